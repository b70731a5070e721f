"""The generated files are what the protocol says."""

import json

from realtime import schema


def test_generated_files_are_those_in_the_tree() -> None:
    """Given the protocol module, when the files are generated again, then nothing differs."""
    stale = [
        str(path.relative_to(schema.ROOT)) for path, text in schema.generated().items() if path.read_text() != text
    ]
    assert stale == []


def test_every_message_has_a_sentence_and_a_tag() -> None:
    """Given the schema, then each message says who tells whom what, and is told apart by its type."""
    definitions = json.loads(schema.generated()[schema.SCHEMA])["$defs"]
    for union in ("FromPage", "ToPage"):
        names = [one["$ref"].rsplit("/", 1)[1] for one in definitions[union]["anyOf"]]
        assert all(definitions[name]["description"] for name in names)
        tags = [definitions[name]["properties"]["type"]["enum"][0] for name in names]
        assert len(set(tags)) == len(names)
