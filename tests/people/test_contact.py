"""Contact data in free text (row 14; regulation.md 5.2): 23 that are, 20 that aren't."""

import pytest

from classroom.people.contact import ContactData, families_in, refuse_contact_data

ARE = [
    ("我的电话13812345678", "MOBILE"),
    ("打138-1234-5678", "MOBILE"),
    ("138 1234 5678 找我", "MOBILE"),
    ("+86 13912345678", "MOBILE"),
    ("008615012345678", "MOBILE"),
    ("一三八一二三四五六七八", "MOBILE"),
    ("幺三八零零壹贰叁肆伍陆", "MOBILE"),
    ("１３８１２３４５６７８", "MOBILE"),
    ("1\u200b3\u200b8\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7\u200b8", "MOBILE"),
    ("1*3*8*1*2*3*4*5*6*7*8", "MOBILE"),
    ("办公室020-83123456", "LANDLINE"),
    ("0755-26123456转802", "LANDLINE"),
    ("拨400-820-8820", "HOTLINE"),
    ("邮箱 zhang.san@example.com", "EMAIL"),
    ("zhangsan＠example．com", "EMAIL"),
    ("zhangsan(at)example点com", "EMAIL"),
    ("加我微信 zhang_san88", "WECHAT"),
    ("微 信：dianGong2026", "WECHAT"),
    ("+v dianGong2026", "WECHAT"),
    ("vx:abc12345", "WECHAT"),
    ("wxid_a1b2c3d4e5", "WXID"),
    ("QQ 12345678", "QQ"),
    ("扣扣群：987654321", "QQ"),
]
ARE_NOT = [
    "440307199003070017",
    "身份证 11010519491231002X 与照片一致",
    "440106198512310021 和 440604198811110032",
    "准考证号 2026440100012345",
    "按 GB 11643-1999 和 GB/T 22239-2019",
    "AQ 3013-2008 第 5.2 条",
    "时间戳 1772413200000",
    "统一社会信用代码 91440101MA5D2Q7X3T",
    "额定电压 380/220 V，频率 50 Hz",
    "压力 0.8 MPa，温度 180 ℃",
    "10 kV 线路停电检修",
    "请不要留微信",
    "课程编号 LOW-VOLTAGE-2026",
    "第 3 课 15 分 20 秒处听不清",
    "2026-11-26 09:30 到 10:45",
    "请用 QQ 浏览器或 Chrome 打开",
    "学时 8 小时，共 28800 秒",
    "一共三次，第二次光线太暗",
    "请看 12 号机位，13 号不用",
    "温度计读数 36.5，38.2，39.1",
]


@pytest.mark.parametrize(("text", "family"), ARE)
def test_contact_data_is_found(text: str, family: str) -> None:
    assert family in families_in(text)


@pytest.mark.parametrize("text", ARE_NOT)
def test_what_only_looks_like_it_is_let_through(text: str) -> None:
    assert families_in(text) == ()


def test_the_corpus_is_as_large_as_the_rule_says() -> None:
    assert (len(ARE), len(ARE_NOT)) == (23, 20)


def test_valid_id_numbers_are_no_mobile_numbers() -> None:
    """5.2: an un-anchored pattern hits 17,863 of 20,000."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for sequence in range(2_000):
        body = f"44010619{60 + sequence % 40:02d}0138{1 + sequence % 9}{sequence % 100:02d}"[:17].ljust(17, "3")
        check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
        assert families_in(f"证件{body}{check}号") == ()


def test_the_refusal_names_the_family_and_never_what_was_written() -> None:
    with pytest.raises(ContactData) as refused:
        refuse_contact_data("加微信 zhang_san88 或 13812345678")

    assert (refused.value.code, refused.value.families) == ("CONTACT_DATA", ("MOBILE", "WECHAT"))
    assert "zhang" not in str(refused.value)
    assert "138" not in str(refused.value)


def test_nothing_written_is_nothing_to_refuse() -> None:
    assert (refuse_contact_data(None), refuse_contact_data(""), refuse_contact_data("请专心学习")) == (
        None,
        "",
        "请专心学习",
    )
