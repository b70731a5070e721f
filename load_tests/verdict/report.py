"""The report to hand in: one HTML file that needs no network (pure)."""

from collections.abc import Sequence
from html import escape
from typing import Any

from load_tests.charts import chart
from load_tests.verdict.judge import MEAN_MS, P99_MS

_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif;max-width:1000px;margin:32px auto;padding:0 16px;
color:#1b2430;background:#fff}h1{font-size:24px}h2{font-size:18px;margin-top:32px}table{border-collapse:collapse;width:100%}
td,th{padding:4px 8px;border-bottom:1px solid #e3e7ec;text-align:right;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}.v{padding:12px 16px;border-radius:6px;font-size:18px;font-weight:600}
.green{background:#e5f4ea;color:#17603a}.red{background:#fbe9e7;color:#96261a}.bad{color:#96261a;font-weight:600}
svg{width:100%;height:auto;margin:8px 0}small{color:#5b6674}
"""


def html(about: dict[str, Any], figures: dict[str, Any], result: dict[str, Any], why: Sequence[str]) -> str:
    """The whole file. ``about``: what was run on what; ``why``: the faults, none of them when the run is green."""
    verdict = "不合格 / not met" if why else "合格 / met"
    parts = [
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>响应时间测试报告</title><style>{_STYLE}</style></head><body>",
        "<h1>响应时间测试报告 <small>Load test of the 3-second response target</small></h1>",
        f'<p class="v {"red" if why else "green"}">{verdict}：平均响应 {figures["mean_ms"]} ms（要求 ≤ {MEAN_MS} ms），'
        f"p99 {figures['p99_ms']} ms（要求 ≤ {P99_MS} ms）</p>",
    ]
    parts += ["<ul>", *(f'<li class="bad">{escape(one)}</li>' for one in why), "</ul>"] if why else []
    parts += ["<h2>测试条件 Conditions</h2>", _pairs(about)]
    parts += ["<h2>结果 Figures</h2>", _pairs(figures)]
    parts += ["<h2>各接口 Endpoints <small>ms</small></h2>", _endpoints(result["rows"])]
    parts += ["<h2>过程 Over time</h2>", *_charts(result)]
    parts += [
        "<h2>学时核对 Two ledgers</h2>",
        "<p>每名模拟学员自己用秒表记录实际播放的时间，结束后与服务器记录的有效时间比对；每次断线或换设备最多相差一个心跳。</p>",
        _pairs(_ledger(result["found"]["ledger"])),
        "</body></html>",
    ]
    return "\n".join(parts)


def _pairs(values: dict[str, Any]) -> str:
    def text(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{name} {count}" for name, count in value.items())
        return f"{value:,}" if isinstance(value, int | float) else str(value)

    rows = (f"<tr><td>{escape(name)}</td><td>{escape(text(value))}</td></tr>" for name, value in values.items())
    return f"<table>{''.join(rows)}</table>"


def _endpoints(rows: Sequence[dict[str, Any]]) -> str:
    names = ("count", "failures", "mean", "p50", "p95", "p99", "max")
    head = "".join(f"<th>{name}</th>" for name in ("", *names))
    body = []
    for row in rows:
        cells = "".join(f"<td>{row[name] or 0:,.0f}</td>" for name in names)
        body.append(f"<tr><td>{escape(row['name'])}</td>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(body)}</table>"


def _charts(result: dict[str, Any]) -> list[str]:
    history: list[dict[str, Any]] = result["history"]

    def line(name: str) -> list[tuple[float, float]]:
        return [(5.0 * number, float(one.get(name) or 0)) for number, one in enumerate(history)]

    users = [("learners and staff", line("user_count"))]
    times = [("p50", line("response_time_percentile_0.5")), ("p95", line("response_time_percentile_0.95"))]
    server = [(name, [(at, value) for at, value in points]) for name, points in result.get("server", {}).items()]
    return [
        chart("Response time", times, x="s", y="ms"),
        chart("Users", users, x="s", y="users"),
        chart("Responses a second", [("responses", line("current_rps"))], x="s", y="1/s"),
        *(chart(name, [(name, points)], x="s", y=name.rpartition(" ")[2]) for name, points in server),
    ]


def _ledger(ledger: Sequence[Sequence[float]]) -> dict[str, Any]:
    off = sorted(abs(shown - earned) for shown, earned, _ in ledger)
    undisturbed = [abs(shown - earned) for shown, earned, may in ledger if may == min(one[2] for one in ledger)]
    return {
        "learners": len(ledger),
        "shown, s": round(sum(one[0] for one in ledger) / 1000),
        "earned, s": round(sum(one[1] for one in ledger) / 1000),
        "furthest apart, ms": round(off[-1]) if off else 0,
        "furthest apart of those without a broken line, ms": round(max(undisturbed, default=0)),
    }
