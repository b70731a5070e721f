"""One part of the process tells another."""

from classroom import notices


async def test_subscribers_hear_the_fields_in_turn_until_they_leave() -> None:
    heard: list[str] = []

    async def first(learner_id: str) -> None:
        heard.append(f"first {learner_id}")

    async def second(learner_id: str) -> None:
        heard.append(f"second {learner_id}")

    leave, leave_second = notices.subscribe("portrait", first), notices.subscribe("portrait", second)
    await notices.publish("portrait", learner_id="a")
    leave()
    await notices.publish("portrait", learner_id="b")
    leave_second()

    assert heard == ["first a", "second a", "second b"]


async def test_a_subscriber_that_fails_keeps_nobody_from_hearing() -> None:
    heard: list[str] = []

    async def fails(learner_id: str) -> None:
        raise LookupError

    async def hears(learner_id: str) -> None:
        heard.append(learner_id)

    leave, leave_too = notices.subscribe("portrait", fails), notices.subscribe("portrait", hears)
    await notices.publish("portrait", learner_id="a")
    leave()
    leave_too()

    assert heard == ["a"]


async def test_what_is_published_is_carried_and_what_was_carried_is_only_delivered() -> None:
    carried: list[tuple[str, dict[str, object]]] = []
    heard: list[str] = []

    async def carrier(topic: str, fields: dict[str, object]) -> None:
        carried.append((topic, fields))
        raise ConnectionError

    async def hears(learner_id: str) -> None:
        heard.append(learner_id)

    leave, stop = notices.subscribe("portrait", hears), notices.carry(carrier)
    await notices.publish("portrait", learner_id="a")
    await notices.deliver("portrait", learner_id="b")
    stop()
    await notices.publish("portrait", learner_id="c")
    leave()

    assert heard == ["a", "b", "c"]
    assert carried == [("portrait", {"learner_id": "a"})]
