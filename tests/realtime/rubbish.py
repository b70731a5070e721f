"""Frames that no honest page sends: ``python -m tests.realtime.rubbish`` throws them at a server over many sockets."""

import asyncio
import json
import random  # noqa: TID251 - seeded: the same rubbish every time
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime.protocol import MAX_MESSAGE_BYTES, VERSION, FromPage

KINDS: tuple[type[msgspec.Struct], ...] = get_args(FromPage)
TEXTS = ("", "x", "练习", "\0", "\ud800", "'; DROP TABLE people; --", "../../etc/passwd", "x" * 129, "nod", "enrol")
NUMBERS = (0, 1, -1, 5_000, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308)
THINGS: tuple[Any, ...] = (*TEXTS, *NUMBERS, None, True, False, [], {}, [[]], {"type": "beat"})


def tag(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def honest(kind: type[msgspec.Struct], **known: Any) -> dict[str, Any]:
    """A message of this kind as a page might send it; ``known`` are ids that mean something."""
    message: dict[str, Any] = {"type": tag(kind)}
    for field in msgspec.structs.fields(kind):
        options: tuple[Any, ...] = get_args(field.type)
        if field.name in known:
            message[field.name] = known[field.name]
        elif field.name == "version":
            message["version"] = VERSION
        elif field.name == "position_ms":
            message["position_ms"] = 1_000
        elif field.type is bool:
            message[field.name] = True
        elif field.type is bytes:
            message[field.name] = "/9j/2Q=="  # a JPEG that holds nothing
        elif options and isinstance(options[0], str):
            message[field.name] = options[0]
        elif field.required:
            message[field.name] = "one"
    return message


def bent(kind: type[msgspec.Struct]) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each way to get a message of this kind wrong, named."""
    good = honest(kind)
    for field in msgspec.structs.fields(kind):
        if field.required:
            yield f"without {field.name}", {name: value for name, value in good.items() if name != field.name}
        yield f"{field.name} is a list", good | {field.name: [good.get(field.name)]}
        yield f"{field.name} is an object", good | {field.name: {}}
        yield f"{field.name} is a fraction", good | {field.name: 1.5}
        if type(None) not in get_args(field.type):
            yield f"{field.name} is null", good | {field.name: None}
        if field.name not in ("sdp", "jpeg"):
            yield f"{field.name} is huge", good | {field.name: "x" * 1_000}
        yield f"{field.name} is a huge number", good | {field.name: 10**30}
        if field.name in ("position_ms", "version"):
            yield f"{field.name} is text", good | {field.name: "1"}
            yield f"{field.name} is true", good | {field.name: True}
            for number in ("NaN", "Infinity", "-Infinity", "1e999", "0x10", "01", "--1"):
                yield f"{field.name} is {number}", json.dumps(good | {field.name: "?"}).replace('"?"', number)
        if field.name == "position_ms":
            yield "position_ms is negative", good | {"position_ms": -1}
        if field.type is bool:
            yield f"{field.name} is a number", good | {field.name: 1}
        if field.type is str or str in get_args(field.type):
            yield f"{field.name} holds half a character", good | {field.name: "\ud800"}
            yield f"{field.name} is true", good | {field.name: True}
        if get_args(field.type) and isinstance(get_args(field.type)[0], str):
            yield f"{field.name} is no such code", good | {field.name: "such"}
        yield f"{field.name} is deep", json.dumps(good | {field.name: "?"}).replace('"?"', "[" * 20_000 + "]" * 20_000)
    yield "with a field more", good | {"more": 1}
    yield "deep", '{"type":' * 8_000
    yield "in a list", json.dumps([good])
    yield "cut off", json.dumps(good)[:-1]
    yield "with something behind it", json.dumps(good) + "{}"
    yield "huge", good | {"more": "x" * MAX_MESSAGE_BYTES}


def doubled(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each field twice in one message: its name, the text, the message whose last word it is."""
    good = honest(kind)
    for name, value in good.items():
        other = honest(kind, **{name: value}) if name == "type" else good | {name: value}
        text = json.dumps(good)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
        yield name, text, other
        first = {"type": good["type"], name: None} if name != "type" else {"type": "none"}
        rest = json.dumps({key: one for key, one in good.items() if key != "type" or name == "type"})
        yield f"{name}, first wrong", json.dumps(first)[:-1] + ", " + rest[1:], good


def frame(chance: random.Random) -> str | bytes | None:
    """Something: a message that is right, nearly right, JSON at least, text at least, or bytes."""
    match chance.randrange(10):
        case 0:
            return chance.randbytes(chance.randrange(200))
        case 1:
            return "".join(chance.choices('{}[]",:\\ truefalsn0123456789eE+-.u\0é安😀', k=chance.randrange(80)))
        case 2:
            deep = chance.choice((1, 10, 1_000, 10_000))
            return chance.choice(("[", '{"type":', "[{")) * deep + chance.choice(("", "]" * deep, "}" * deep))
        case 3:
            return json.dumps({"type": chance.choice(THINGS)})
        case 4 if chance.random() < 0.1:
            return chance.choice((None, "", "x" * (MAX_MESSAGE_BYTES + 1), '"' + "安" * (MAX_MESSAGE_BYTES // 3)))
        case 4 | 5 | 6:
            return json.dumps(honest(chance.choice(KINDS)), ensure_ascii=chance.random() < 0.5)
        case _:
            message = honest(chance.choice(KINDS))
            for _ in range(chance.randrange(1, 3)):
                message[chance.choice((*message, "more"))] = chance.choice(THINGS)
            text = json.dumps(message, ensure_ascii=chance.random() < 0.5)
            return text if chance.random() < 0.8 else text[: chance.randrange(len(text))]


async def throw(url: str, cookies: list[str], class_id: str, sockets: int, frames: int, seed: int) -> Counter[str]:
    """Throw so many frames over so many sockets at once; what came back, counted."""
    answers: Counter[str] = Counter()
    shares = [random.Random(f"{seed} {n}") for n in range(sockets)]

    async def one(n: int, chance: random.Random) -> None:
        left = frames // sockets
        while left > 0:
            try:
                left -= await _until_closed(url, cookies[n % len(cookies)], class_id, left, chance, answers)
            except (OSError, InvalidStatus, TimeoutError) as error:
                answers[f"not opened: {type(error).__name__}"] += 1
                left -= 1
            await asyncio.sleep(chance.uniform(0.5, 1.5))

    await asyncio.gather(*(one(n, chance) for n, chance in enumerate(shares)))
    return answers


async def _until_closed(
    url: str, cookie: str, class_id: str, left: int, chance: random.Random, answers: Counter[str]
) -> int:
    sent = 0
    headers = {"Cookie": cookie}
    async with connect(
        url.replace("http", "ws") + "/ws/classroom",
        origin=url,
        additional_headers=headers,
        proxy=None,
        compression=None,
    ) as socket:

        async def hear() -> None:
            async for said in socket:
                message = json.loads(said)
                answers[message["type"] if message["type"] != "refused" else f"refused {message['code']}"] += 1

        hearing = asyncio.create_task(hear())
        try:
            if chance.random() < 0.8:
                await socket.send(json.dumps({"type": "hello", "version": VERSION, "class_id": class_id}))
            while sent < left and socket.close_code is None:
                gust = min(left - sent, chance.randrange(1, 25))  # is sent before a close is heard
                for _ in range(gust):
                    text = frame(chance)
                    await socket.send(text.encode("utf-8", "replace").decode() if isinstance(text, str) else text or "")
                    sent += 1
                    answers["sent"] += 1
                await asyncio.sleep(chance.uniform(0.5, 1.5))
        except ConnectionClosed:
            pass
        finally:
            await socket.close()
            await asyncio.gather(hearing, return_exceptions=True)
        answers[f"closed {socket.close_code}"] += 1
    return sent


if __name__ == "__main__":
    print("ready", flush=True)
    print(json.dumps(asyncio.run(throw(**json.load(sys.stdin)))))
