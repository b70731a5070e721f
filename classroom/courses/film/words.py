"""Says a report in plain Chinese for whoever runs the command; the page has its own words in its locales."""

from collections.abc import Mapping

from classroom.courses.film.quality import Code
from classroom.courses.film.report import Finding, Report

FAILURES: Mapping[str, str] = {
    "INTERRUPTED": "处理中断了几次，没有完成。原文件还在，可以重试；反复出现请换一种格式导出。",
    "STALLED": "处理长时间没有进展，已停止。请把视频重新导出为 MP4（H.264）后再试。",
    "DISK_FULL": "磁盘空间不足。请联系平台管理员。",
}
WORDS: Mapping[str, str] = {
    Code.NOT_A_VIDEO: "这不是视频文件。请上传 MP4（H.264）。",
    Code.NO_PICTURE: "文件里没有画面。请上传有画面的视频。",
    Code.ENCRYPTED: "视频加了密，无法播放。请用没有加密的原文件。",
    Code.BROKEN: "文件损坏，或没有导出完成。请重新导出后再传。",
    Code.CUT_OFF: "文件不完整，后面缺了一段。请用完整的原文件。",
    Code.TOO_SHORT: "视频不足 10 秒。",
    Code.TOO_LONG: "视频超过 3 小时。请分成几课。",
    Code.PICTURE_TOO_LARGE: "画面尺寸超过 4K。请导出为 1920×1080。",
    Code.PICTURE_TOO_SMALL: "画面太小，看不清。",
    Code.TOO_FAST: "帧率异常。请重新导出，每秒 25 或 30 帧。",
    Code.FROZEN: "画面静止，共 {seconds} 秒",
    Code.BLACK: "黑屏，共 {seconds} 秒",
    Code.SILENT: "没有声音，共 {seconds} 秒",
    Code.CLIPPED: "声音过载破音，共 {seconds} 秒",
    Code.TOO_QUIET: "整体音量太小（{value} LUFS）",
    Code.TOO_LOUD: "整体音量太大（{value} LUFS）",
    Code.NO_SOUND: "没有声音",
    Code.SOUND_LATE: "声音比画面晚 {value} 毫秒开始，请核对口型",
    Code.SOUND_EARLY: "声音比画面早 {value} 毫秒开始，请核对口型",
    Code.SOUND_GAPS: "声音缺失 {value} 毫秒",
    Code.SOUND_ENDS_EARLY: "声音比画面早 {seconds} 秒结束",
    Code.SOUND_ENDS_LATE: "声音比画面晚 {seconds} 秒结束，多出的部分不保留",
    Code.DAMAGED: "有 {value} 处画面或声音损坏",
    Code.LOW_RESOLUTION: "原片只有 {value} 线，“高清”不会比原片更清楚",
    Code.LOW_FRAME_RATE: "每秒只有 {value} 帧，动作不连贯",
    Code.PORTRAIT: "竖屏画面，两侧会留黑边",
    Code.HIGH_DYNAMIC_RANGE: "HDR 画面，颜色可能偏淡",
    Code.UNEVEN_FRAMES: "帧率不均匀，已转为固定帧率",
    Code.ROTATED: "已按拍摄方向转正",
    Code.INTERLACED: "隔行画面，已转为逐行",
}
_SEVERITY = {"warning": "请确认", "note": "说明", "refusal": "不能使用"}


def said_of(code: str) -> str:
    """Why there is no lesson."""
    return f"{code}: {WORDS.get(code) or FAILURES.get(code) or code}"


def report_in_words(report: Report) -> list[str]:
    """A line for what it is, then a line a finding with its places."""
    loud = "" if report.loudness_lufs is None else f"，音量 {report.loudness_lufs:.1f} LUFS"
    sizes = "、".join(f"{one.name} {one.width}×{one.height}" for one in report.renditions)
    lines = [
        f"{report.width}×{report.height}，每秒 {report.frames_a_second} 帧，{_clock(report.length_ms)}{loud}",
        f"已生成：{sizes}",
    ]
    if not report.findings:
        lines.append("没有发现问题。")
    for one in report.findings:
        lines.append(f"[{_SEVERITY[one.severity]}] {one.code} {_words(one)}")
        lines += [f"    {_clock(at.from_ms)} 至 {_clock(at.to_ms)}" for at in one.places]
        if one.more:
            lines.append(f"    另有 {one.more} 处")
    return lines


def _words(one: Finding) -> str:
    value = one.value or 0
    return WORDS[one.code].format(value=f"{value:g}", seconds=f"{value / 1000:g}")


def _clock(at_ms: int) -> str:
    return f"{at_ms // 60_000}:{at_ms // 1000 % 60:02}"
