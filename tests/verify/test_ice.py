"""Reaching a media process without any network, and offers from strangers."""

import pytest

from tests.actor.frames import Actor
from tests.verify.film import series
from verify import ice

OFFER = """v=0
m=video 9 UDP/TLS/RTP/SAVPF 96
a=candidate:1 1 udp 2113937151 0f3d0f6e-8a5e-4a55-9a3f-9a7b5d1a2c3e.local 46410 typ host
a=candidate:2 1 udp 2122194687 192.0.2.7 48021 typ host
a=mid:0
a=end-of-candidates
"""


async def test_a_machine_with_only_itself_still_connects(cast: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither side has an address but 127.0.0.1, as on a machine that is offline."""
    monkeypatch.setattr(ice, "_host_addresses", lambda use_ipv4, use_ipv6: [])

    samples = await series(cast.pictures()[:5])

    assert [sample.faces for sample in samples] == [1] * 5


def test_names_that_nobody_can_resolve_and_the_end_of_candidates_are_left_out() -> None:
    assert ice.trim(OFFER).splitlines() == [
        "v=0",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=candidate:2 1 udp 2122194687 192.0.2.7 48021 typ host",
        "a=mid:0",
    ]


def test_an_offer_brings_a_bounded_number_of_addresses() -> None:
    many = "".join(f"a=candidate:{n} 1 udp 2122194687 192.0.2.{n} 4000 typ host\r\n" for n in range(200))

    assert ice.trim(many).count("a=candidate") == ice.MAX_CANDIDATES


def test_no_stun_server_is_asked_unless_one_is_set() -> None:
    assert ice.configuration([]).iceServers == []
    assert [s.urls for s in ice.configuration([ice.IceServer("turn:192.0.2.1")]).iceServers] == ["turn:192.0.2.1"]
