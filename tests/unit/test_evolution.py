"""Events that were shipped once are read for ever (docs/events.md, "Evolution")."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.domain import bodies
from app.domain.events import KIND_WORDS, KINDS, kind_words, read_body, write_body

SHIPPED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/events/shipped.jsonl").read_text().splitlines()
]


def test_every_version_of_every_kind_has_an_example() -> None:
    shipped = {(example["kind"], example["v"]) for example in SHIPPED}
    known = {(kind.name, v) for kind in KINDS.values() for v in range(1, kind.v + 1)}
    assert shipped == known


@pytest.mark.parametrize("example", SHIPPED, ids=lambda e: f"{e['kind']}-{e['v']}")
def test_a_shipped_event_says_today_what_it_said_then(example: dict[str, Any]) -> None:
    body = read_body(example["kind"], example["v"], example["body"].encode())

    if example["v"] == KINDS[example["kind"]].v:
        # nothing that it held was lost or renamed
        assert msgspec.json.decode(write_body(body)) == json.loads(example["body"])


@pytest.mark.parametrize("example", SHIPPED, ids=lambda e: f"{e['kind']}-{e['v']}")
def test_a_field_of_a_newer_version_is_passed_over_and_kept(example: dict[str, Any]) -> None:
    newer = json.dumps(json.loads(example["body"]) | {"of_tomorrow": {"x": [1]}}).encode()

    body = read_body(example["kind"], example["v"], newer)

    assert body == read_body(example["kind"], example["v"], example["body"].encode())


def test_an_example_was_not_made_from_defaults_alone() -> None:
    received = [e for e in SHIPPED if e["kind"] == "dossier.received"]
    names = {name for example in received for name in json.loads(example["body"])}
    assert names >= set(bodies.Received.__dataclass_fields__) - {
        "due_is_certain"
    }  # true by default


def test_every_kind_has_words_for_people() -> None:
    assert set(KIND_WORDS) == set(KINDS)
    assert kind_words("dossier.teleported") == "việc của phiên bản mới hơn"
