"""Makes the demo: one institution, one class, three lessons, two learners and a member of staff; safe to repeat.

``python -m classroom.demo`` prints the accounts. Passwords are made at random and kept in {DATA}/demo-accounts.json;
with ANXUE_DEMO=1 they are the fixed ones below.
"""

import asyncio
import json
import os
import secrets
import time
from dataclasses import dataclass

import settings
from classroom.courses import hls, slides
from classroom.courses import service as courses
from classroom.courses.rules import Lesson
from classroom.courses.slides import Slide
from classroom.database import close_database, install, open_database
from classroom.people import passwords
from classroom.people import service as people
from classroom.people.rules import Role

INSTITUTION_ID = "demo-institution"
CLASS_ID = "demo-class"
COURSE_ID = "demo-course"
_ACCOUNTS_FILE = settings.DATA / "demo-accounts.json"


@dataclass(frozen=True, slots=True)
class _Person:
    account: str
    name: str
    role: Role
    demo_password: str


PEOPLE = (
    _Person("learner", "张小安", Role.LEARNER, "Learn-2026-demo"),
    _Person("learner2", "李大全", Role.LEARNER, "Learn-2026-demo2"),
    _Person("staff", "王老师", Role.STAFF, "Staff-2026-demo"),
)

LESSONS = (
    (
        "demo-lesson-1",
        "第一课 学习须知",
        60,
        (
            Slide("欢迎参加安全生产培训", ("低压电工作业 · 理论课程", "请本人学习，严禁代学、挂机")),
            Slide(
                "怎样计学时", ("画面播放、您在学习时才计时", "核验通过后，待确认的时间计入学时", "满 45 分钟计 1 学时")
            ),
            Slide("随机核验", ("听到提示音后有 5 秒准备", "按提示完成三个动作", "每两次核验间隔不超过 15 分钟")),
            Slide("暂停与继续", ("切换页面或最小化会暂停", "长时间未操作会自动签退", "下次从上次的位置继续")),
        ),
    ),
    (
        "demo-lesson-2",
        "第二课 低压电工安全基础",
        180,
        (
            Slide(
                "电流对人体的作用",
                ("感知电流：约 1 毫安", "摆脱电流：约 10 毫安", "室颤电流：约 50 毫安，时间越长越危险"),
            ),
            Slide("触电的种类", ("电击：电流通过人体内部", "电伤：电弧烧伤、电烙印", "单相触电、两相触电、跨步电压")),
            Slide(
                "安全电压",
                ("特别危险环境的手持照明：36 伏以下", "金属容器内、潮湿场所：12 伏", "安全电压不等于绝对安全"),
            ),
            Slide("停电作业的步骤", ("停电", "验电", "装设接地线", "悬挂标示牌，装设遮栏")),
            Slide("验电", ("先在有电处检验验电器", "三相都要验", "不得以仪表指示代替验电")),
            Slide("保护接地与保护接零", ("同一系统中不得混用", "零线上不得装熔断器", "重复接地降低零线断开的危险")),
            Slide("漏电保护", ("一般场所：30 毫安，0.1 秒", "每月按试验按钮一次", "跳闸后先查明原因再送电")),
            Slide("触电急救", ("先切断电源，再救人", "判断意识和呼吸", "立即心肺复苏，拨打急救电话")),
            Slide("小结", ("不懂不动，不验不动", "停电、验电、接地、挂牌", "发现隐患立即报告")),
        ),
    ),
    (
        "demo-lesson-3",
        "第三课 现场作业与应急",
        120,
        (
            Slide("作业前", ("持证上岗，穿戴防护用品", "检查工具绝缘", "确认作业票和监护人")),
            Slide("作业中", ("一人操作，一人监护", "与带电体保持距离", "不得移开或越过遮栏")),
            Slide("电气火灾", ("先断电，后灭火", "用二氧化碳或干粉灭火器", "带电时不得用水和泡沫")),
            Slide("临时用电", ("一机一闸一漏一箱", "电缆架空或穿管，不得拖地", "用完及时拆除")),
            Slide("事故报告", ("立即停止作业，抢救伤员", "保护现场，如实报告", "不得迟报、漏报、谎报、瞒报")),
            Slide("结课", ("三违不为，四不伤害", "本课结束前有一次核验")),
        ),
    ),
)


def _say(text: str) -> None:
    print(text, flush=True)


async def seed() -> list[dict[str, str]]:
    """Make what is missing, on the open database; the answer is the accounts with their passwords."""
    if await people.institution(INSTITUTION_ID) is None:
        await people.add_institution(INSTITUTION_ID, "广州市安学培训中心（演示）", "440100")
    await _seed_course()
    return await _seed_people()


async def _seed_course() -> None:
    outline = await courses.class_outline(CLASS_ID)
    missing = [lesson for lesson in LESSONS if not (settings.MEDIA_ROOT / lesson[0] / "master.m3u8").exists()]
    made: dict[str, Lesson] = {}
    for number, (lesson_id, title, seconds, pages) in enumerate(LESSONS, 1):
        folder = settings.MEDIA_ROOT / lesson_id
        begun = time.monotonic()
        if any(lesson_id == one[0] for one in missing):
            _say(f"课件 {number}/{len(LESSONS)} 《{title}》 正在生成 {seconds} 秒视频 / encoding lesson {number} …")
            length_ms, starts = await asyncio.to_thread(
                hls.encode, folder, slides.shots(title, pages, seconds), slides.soft_tone(seconds)
            )
            _say(f"课件 {number}/{len(LESSONS)} 完成 / done, {time.monotonic() - begun:.1f} s")
        else:
            starts = hls.segment_starts((folder / "smooth" / "index.m3u8").read_text())
            length_ms = seconds * 1000
        made[lesson_id] = Lesson(lesson_id, title, length_ms, starts)
    if outline is None:
        await courses.add_course("低压电工作业（演示课程）", list(made.values()), COURSE_ID)
        await courses.add_class(CLASS_ID, "低压电工 初训 演示班", INSTITUTION_ID, COURSE_ID)


async def _seed_people() -> list[dict[str, str]]:
    known = json.loads(_ACCOUNTS_FILE.read_text()) if _ACCOUNTS_FILE.exists() else {}
    accounts = []
    for person in PEOPLE:
        account_id = await people.account_id_of(person.account)
        password = known.get(person.account)
        if account_id is None or password is None:
            password = person.demo_password if settings.DEMO else secrets.token_urlsafe(12)
            encoded = await passwords.hash_password(password)
            if account_id is None:
                account_id = await people.register(INSTITUTION_ID, person.role, person.account, person.name, encoded)
            else:
                await people.set_password(account_id, encoded)
        known[person.account] = password
        if person.role is Role.LEARNER:
            await courses.enrol(account_id, CLASS_ID)
        accounts.append({"account": person.account, "password": password, "role": person.role.value, "id": account_id})
    _keep(known)
    return accounts


def _keep(passwords_by_account: dict[str, str]) -> None:
    handle = os.open(_ACCOUNTS_FILE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(passwords_by_account, file, indent=2)


async def _main() -> None:
    await install(settings.DATABASE)
    await open_database(settings.DATABASE)
    try:
        accounts = await seed()
    finally:
        await close_database()
    _say("演示账号 / demo accounts")
    for account in accounts:
        _say(f"  {account['role']:8} {account['account']:10} {account['password']}")


if __name__ == "__main__":
    asyncio.run(_main())
