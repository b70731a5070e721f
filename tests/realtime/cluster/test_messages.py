"""Whatever a page says or is told can cross from one process to another unchanged."""

from typing import Any, get_args

import msgspec
import pytest
from msgspec import inspect

from realtime.cluster.messages import Body, Envelope, Said, Told, decode, encode
from realtime.protocol import FromPage, ToPage


def _sample(type_: Any) -> Any:
    match type_:
        case inspect.IntType():
            return 7
        case inspect.StrType():
            return "text"
        case inspect.BytesType():
            return b"\xff\x00"
        case inspect.BoolType():
            return True
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.ListType(item_type=item):
            return [_sample(item)]
        case inspect.DictType():
            return {"REASON": 1}
        case inspect.UnionType(types=types):
            return _sample(types[0])
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{field.name: _sample(field.type) for field in fields})
        case _:
            raise AssertionError(f"a type that no message had: {type_}")


def _of(union: Any) -> list[Any]:
    return [_sample(inspect.type_info(kind)) for kind in get_args(union)]


def _crossed(body: Body) -> Body:
    [arrived] = decode(encode(Envelope("process", "stream", 1, [body]))).bodies
    return arrived


@pytest.mark.parametrize("message", _of(FromPage), ids=lambda one: type(one).__name__)
def test_everything_that_a_page_says_crosses(message: msgspec.Struct) -> None:
    assert _crossed(Said("link", message)) == Said("link", message)


@pytest.mark.parametrize("message", _of(ToPage), ids=lambda one: type(one).__name__)
def test_everything_that_a_page_is_told_crosses(message: msgspec.Struct) -> None:
    assert _crossed(Told("link", message, check_open=True)) == Told("link", message, check_open=True)
