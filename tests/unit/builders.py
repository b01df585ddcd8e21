"""Events and values for the tests of the pure rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from app.domain import bodies
from app.domain.events import Event, genesis, write_body
from app.domain.fold import Dossier, fold

VIETNAM = dt.timezone(dt.timedelta(hours=7))
STORE = UUID("11111111-1111-4111-8111-111111111111")
OTHER_STORE = UUID("22222222-2222-4222-8222-222222222222")
DOSSIER = UUID("33333333-3333-4333-8333-333333333333")
PAGE = UUID("44444444-4444-4444-8444-444444444444")
SHA = hashlib.sha256(b"page").hexdigest()
NOW = dt.datetime(2026, 11, 20, 10, tzinfo=VIETNAM)
DUE = dt.datetime(2026, 11, 26, 17, tzinfo=VIETNAM)


def received(**changes: Any) -> bodies.Received:
    """A reception; `changes` replace single fields."""
    given: dict[str, Any] = {
        "code": "H24.15-261120-0001",
        "check": "X",
        "lookup": "ABCD2345",
        "agency": "H24.15",
        "procedure": "1.004873",
        "catalogue": 1,
        "forms": "tt03-2025",
        "received_at": NOW,
        "due_at": DUE,
        "counted_from": NOW.date(),
        "submitter": bodies.Person(name="Trần Thị Bé", id_number="000190123456"),
        "number": 1,
        "drawn_from": "range",
        "fee": bodies.ChargedFee(amount=15_000, full=15_000, how="mức do HĐND quy định"),
    }
    return bodies.Received(**(given | changes))


def event(kind: str, body: Any, **changes: Any) -> Event:
    """One event of the dossier; its place in the chain does not matter here."""
    given: dict[str, Any] = {
        "store": STORE,
        "n": 1,
        "prev": genesis(STORE),
        "dossier": DOSSIER,
        "base": 0,
        "kind": kind,
        "v": 1,
        "at": "2026-11-20T10:00:00+07:00",
        "actor": "canbo1",
        "body": body if isinstance(body, bytes) else write_body(body),
    }
    return Event(**(given | changes))


def chain(acts: Sequence[tuple[str, Any]], store: UUID = STORE) -> list[Event]:
    """The acts as a store would number and chain them."""
    events: list[Event] = []
    head = genesis(store)
    for n, (kind, body) in enumerate(acts, start=1):
        made = event(kind, body, store=store, n=n, prev=head)
        events.append(made)
        head = made.hash
    return events


def dossier_after(*acts: tuple[str, Any], **reception: Any) -> Dossier:
    """What a reception and the acts after it add up to."""
    folded = fold(chain([("dossier.received", received(**reception)), *acts]))
    assert folded is not None
    return folded


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a body's or message's type, within the limits that it declares."""
    if get_origin(kind) is typing.Annotated:
        inner, *metas = get_args(kind)
        (meta,) = (meta for meta in metas if isinstance(meta, msgspec.Meta))
        return _within(inner, meta)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of([values_of(part) for part in get_args(kind)])
    if get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis:
        return st.lists(values_of(get_args(kind)[0]), max_size=3).map(tuple)
    if get_origin(kind) is tuple:
        return st.tuples(*map(values_of, get_args(kind)))
    if get_origin(kind) is dict:
        return st.dictionaries(*map(values_of, get_args(kind)), max_size=3)
    if is_dataclass(kind):
        return _dataclasses(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return _PLAIN[kind]


def _within(inner: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    if meta.pattern is not None:
        return st.from_regex(meta.pattern.replace("\\Z", ""), fullmatch=True)
    if inner is str:
        return st.text(max_size=min(meta.max_length or 40, 40))
    if inner is int:
        least = meta.ge if meta.ge is not None else meta.gt + 1
        return st.integers(least, meta.le)
    assert inner is dt.datetime
    assert meta.tz is True
    return _MOMENTS


def _dataclasses(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind, include_extras=True)
    required, optional = {}, {}
    for part in fields(kind):
        is_required = part.default is MISSING and part.default_factory is MISSING
        (required if is_required else optional)[part.name] = values_of(hints[part.name])
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: kind(**given))


_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
_MOMENTS = st.datetimes(timezones=_OFFSETS)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=40),
    int: st.integers(-(2**40), 2**40),
    bool: st.booleans(),
    UUID: st.uuids(),
    dt.date: st.dates(),
    type(None): st.none(),
}
