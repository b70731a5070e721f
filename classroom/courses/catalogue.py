"""The catalogue of what is trained for: kinds of qualification, and the items below them as data (pure).

A printed code is text, never a number: 8.10 isn't 8.1. Where the catalogue prints no code, ours is made of letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Qualification(StrEnum):
    """资格类型."""

    SPECIAL_OPERATION = "special_operation"
    PRINCIPAL = "principal"
    SAFETY_MANAGER = "safety_manager"


LABELS: Mapping[Qualification, str] = {
    Qualification.SPECIAL_OPERATION: "特种作业",
    Qualification.PRINCIPAL: "主要负责人",
    Qualification.SAFETY_MANAGER: "安全管理人员",
}


@dataclass(frozen=True, slots=True)
class Item:
    """An operation item (操作项目), or the trade that a principal or safety manager answers for."""

    code: str
    label: str
    category: str  # 作业类别
    managed: bool  # of principals and safety managers, else of special operations


class UnknownItem(ValueError):
    """The catalogue has no such item below that qualification."""


_SPECIAL = """
电工作业: 1.1 低压电工作业, 1.2 高压电工作业, 1.3 电力电缆作业, 1.4 继电保护作业, 1.5 电气试验作业, 1.6 防爆电气作业
焊接与热切割作业: 2.1 熔化焊接与热切割作业, 2.2 压力焊作业, 2.3 钎焊作业
高处作业: 3.1 登高架设作业, 3.2 高处安装、维护、拆除作业
制冷与空调作业: 4.1 制冷与空调设备运行操作作业, 4.2 制冷与空调设备安装修理作业
金属非金属矿山安全作业: 5.1 矿井通风作业, 5.2 尾矿作业, 5.3-1 安全检查作业（露天矿山）, 5.3-2 安全检查作业（小型露天采石场）,
 5.3-3 安全检查作业（地下矿山）, 5.4 提升机操作作业, 5.5 支柱作业, 5.6 井下电气作业, 5.7 排水作业, 5.8 爆破作业
冶金（有色）生产安全作业: 7.1 煤气作业
危险化学品安全作业: 8.1 光气及光气化工艺作业, 8.2 氯碱电解工艺作业, 8.3 氯化工艺作业, 8.4 硝化工艺作业, 8.5 合成氨工艺作业,
 8.6 裂解（裂化）工艺作业, 8.7 氟化工艺作业, 8.8 加氢工艺作业, 8.9 重氮化工艺作业, 8.10 氧化工艺作业, 8.11 过氧化工艺作业,
 8.12 胺基化工艺作业, 8.13 磺化工艺作业, 8.14 聚合工艺作业, 8.15 烷基化工艺作业, 8.16 化工自动化控制仪表作业
烟花爆竹安全作业: fireworks-storage 烟花爆竹储存作业
"""
_MANAGED = """
矿山: mine-quarry 小型露天采石场, mine-open 露天矿山, mine-underground 地下矿山
烟花爆竹: fireworks-trade 烟花爆竹经营
危险化学品: chemicals-production 危险化学品生产, chemicals-trade 危险化学品经营
金属冶炼: smelting 金属冶炼
"""


def _read(text: str, *, managed: bool) -> dict[str, Item]:
    items = {}
    for line in text.replace(",\n ", ", ").strip().splitlines():
        category, _, listed = line.partition(": ")
        for one in listed.split(", "):
            code, _, label = one.partition(" ")
            items[code] = Item(code, label, category, managed)
    return items


ITEMS: Mapping[str, Item] = _read(_SPECIAL, managed=False) | _read(_MANAGED, managed=True)


def _facets() -> dict[str, str]:
    found = {}
    for qualification, label in LABELS.items():
        found[qualification.value] = label
        for item in ITEMS.values():
            if item.managed is not (qualification is Qualification.SPECIAL_OPERATION):
                found[f"{qualification.value}/{item.code}"] = item.label
    return found


FACETS: Mapping[str, str] = (
    _facets()
)  # what counts are narrowed by: a qualification, or its item as special_operation/1.1


def item_of(qualification: Qualification, code: str) -> Item:
    """The item below a qualification. Raises UnknownItem."""
    item = ITEMS.get(code)
    if item is None or item.managed is (qualification is Qualification.SPECIAL_OPERATION):
        raise UnknownItem(f"{qualification.value} has no item {code[:20]!r}")
    return item
