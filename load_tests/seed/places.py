"""Who and where the living demo is: three cities, six institutions, a dozen classes (made up; regions by GB/T 2260)."""

from dataclasses import dataclass

COURSES = (
    ("crowd-low-voltage", "低压电工作业 初训"),
    ("crowd-review", "低压电工作业 复审"),
    ("crowd-site", "施工现场用电"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A class: where it is held, and what it studies."""

    id: str
    title: str
    region: str
    course: str


@dataclass(frozen=True, slots=True)
class School:
    """An institution with its classes; every second class has a proctor of its own."""

    id: str
    name: str
    city: str
    classes: tuple[Held, ...]
    also_in: tuple[str, ...] = ()


SCHOOLS = (
    School(
        "crowd-gz-1", "广州粤安职业培训学校（演示）", "440100",
        (
            Held("crowd-gz-1-a", "低压电工 初训 天河一班", "440106", COURSES[0][0]),
            Held("crowd-gz-1-b", "低压电工 初训 黄埔班", "440112", COURSES[0][0]),
            Held("crowd-gz-1-c", "低压电工 复审 周末班", "440100", COURSES[1][0]),
        ),
    ),
    School(
        "crowd-gz-2", "广州海珠电工培训中心（演示）", "440100",
        (
            Held("crowd-gz-2-a", "低压电工 初训 海珠班", "440105", COURSES[0][0]),
            Held("crowd-gz-2-b", "施工现场用电 番禺班", "440113", COURSES[2][0]),
        ),
    ),
    School(
        "crowd-sz-1", "深圳鹏安技能培训学校（演示）", "440300",
        (
            Held("crowd-sz-1-a", "低压电工 初训 宝安班", "440306", COURSES[0][0]),
            Held("crowd-sz-1-b", "施工现场用电 龙岗班", "440307", COURSES[2][0]),
            Held("crowd-sz-1-c", "低压电工 复审 东莞班", "441900", COURSES[1][0]),
        ),
        also_in=("441900",),
    ),
    School(
        "crowd-sz-2", "深圳南山安全培训中心（演示）", "440300",
        (Held("crowd-sz-2-a", "低压电工 复审 南山班", "440305", COURSES[1][0]),),
    ),
    School(
        "crowd-dg-1", "东莞松山湖技工培训学校（演示）", "441900",
        (
            Held("crowd-dg-1-a", "低压电工 初训 松山湖班", "441900", COURSES[0][0]),
            Held("crowd-dg-1-b", "施工现场用电 厚街班", "441900", COURSES[2][0]),
        ),
    ),
    School(
        "crowd-dg-2", "东莞长安职业培训中心（演示）", "441900",
        (Held("crowd-dg-2-a", "低压电工 初训 长安班", "441900", COURSES[0][0]),),
    ),
)  # fmt: skip
BUREAUS = (
    ("crowd-bureau-gd", "广东省应急管理厅（演示）", "440000", "regulator-gd"),
    ("crowd-bureau-gz", "广州市应急管理局（演示）", "440100", "regulator-gz"),
    ("crowd-bureau-sz", "深圳市应急管理局（演示）", "440300", "regulator-sz"),
    ("crowd-bureau-dg", "东莞市应急管理局（演示）", "441900", "regulator-dg"),
    ("crowd-bureau-th", "天河区应急管理局（演示）", "440106", "regulator-th"),
)
PLATFORM = ("crowd-platform", "安学平台运营（演示）", "440100", "operator")

_FAMILIES = "陈李黄张梁林刘吴罗杨何邓郑谢郭冯曾彭周叶"
_GIVEN = (
    "伟",
    "强",
    "志明",
    "建国",
    "秀英",
    "丽",
    "国华",
    "海燕",
    "俊杰",
    "小红",
    "文斌",
    "永强",
    "桂芳",
    "子豪",
    "晓东",
)


def name(number: int) -> str:
    """A person who doesn't exist."""
    return _FAMILIES[number % len(_FAMILIES)] + _GIVEN[number * 7 // 3 % len(_GIVEN)]
