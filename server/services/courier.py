"""Bundles from a stick: a station's queue, brought by another station, by the same path."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select

from app.domain import bundle, sealing, wire
from app.domain.bundle import AnswersNote, BundleHead, NotABundle, QueueNote, StoreAnswer
from server.errors import ServerProblem, not_authentic, unreadable
from server.models.base import StationRow
from server.models.database import ServerDatabase
from server.services import catalogues, enrolment, push, streams
from server.services.catalogues import ProvinceKeys

MAX_PAGES = 100


@dataclass(frozen=True, slots=True)
class _Writer:
    """The station whose queue it is, as enrolled here."""

    id: UUID
    name: str
    agency: str
    signing_key: bytes
    sealing_key: bytes


def carry(database: ServerDatabase, keys: ProvinceKeys, data: bytes, now: dt.datetime) -> bytes:
    """Take a station's queue and return the bundle of answers for it.

    Every push inside is taken as if it had come by a line, in a transaction
    of its own: a bundle that comes twice changes nothing.

    Raises:
        ServerProblem: it is no queue of a station known here, or damaged.
    """
    try:
        head = bundle.read_head(data)
        writer = _writer(database, head)
        items = bundle.open_bundle(
            data,
            signer=writer.signing_key,
            unseal=lambda sealed, purpose: sealing.unseal(keys.courier, sealed, purpose),
        )
        note = msgspec.json.decode(items[0], type=QueueNote)
    except NotABundle as error:
        raise unreadable(error.words) from error
    except (msgspec.DecodeError, IndexError) as error:
        raise unreadable("gói chuyển dữ liệu không đọc được bên trong") from error
    stores = _push_all(database, writer, items[1:], now)
    return _answers(database, keys, writer, note, stores, now)


def _writer(database: ServerDatabase, head: BundleHead) -> _Writer:
    with database.reading() as session:
        row = session.scalars(select(StationRow).where(StationRow.id == head.station)).first()
        if row is None or row.revoked_at is not None:
            raise not_authentic("gói chuyển dữ liệu của máy chưa đăng ký hoặc đã bị thu hồi")
        return _Writer(row.id, row.name, row.agency, row.signing_key, row.sealing_key)


def _push_all(
    database: ServerDatabase, writer: _Writer, pushes: Sequence[bytes], now: dt.datetime
) -> list[StoreAnswer]:
    answers: dict[UUID, StoreAnswer] = {}
    for data in pushes:
        try:
            head, events = wire.read_push(data)
        except wire.UnreadableMessage as error:
            raise unreadable(str(error)) from error
        former = answers.get(head.store, StoreAnswer(store=head.store, answers=()))
        if former.problem is not None:
            continue  # what follows a refused push does not fit either
        try:
            with database.writing() as session:
                station = session.get_one(StationRow, (writer.agency, writer.id))
                answer = push.take(session, station, head, events, now)
        except ServerProblem as problem:
            said = wire.Problem(
                type=problem.type, title=problem.title, status=problem.status,
                detail=problem.detail, n=problem.n,
            )  # fmt: skip
            answers[head.store] = StoreAnswer(
                store=head.store, answers=former.answers, problem=said
            )
        else:
            answers[head.store] = StoreAnswer(store=head.store, answers=(*former.answers, answer))
    return list(answers.values())


def _answers(
    database: ServerDatabase,
    keys: ProvinceKeys,
    writer: _Writer,
    note: QueueNote,
    stores: Sequence[StoreAnswer],
    now: dt.datetime,
) -> bytes:
    with database.writing() as session:
        station = session.get_one(StationRow, (writer.agency, writer.id))
        ranges = enrolment.add_incarnation(
            session, station, note.plan.incarnation, now,
            wants_more=note.plan.wants_more, holds=note.plan.holds,
        )  # fmt: skip
    pages: list[bytes] = []
    upto = note.cursor
    with database.reading() as session:
        station = session.get_one(StationRow, (writer.agency, writer.id))
        while len(pages) < MAX_PAGES:
            head, entries = streams.pull(session, station, upto, now, note.plan.incarnation)
            if not entries:
                break
            pages.append(wire.write_pull(head, entries))
            upto = head.upto
        digest = streams.digest(session, writer.agency, upto, now)
        catalogue = catalogues.newest(session)
    first = AnswersNote(
        stores=tuple(stores),
        incarnation=note.plan.incarnation,
        ranges=tuple(ranges),
        pages=len(pages),
        digest=digest,
        server_time=now.isoformat(),
    )
    items = [msgspec.json.encode(first), *pages]
    if catalogue is not None and catalogue.version > note.catalogue:
        items.append(msgspec.json.encode(catalogue))
    return bundle.write_bundle(
        BundleHead(
            kind="answers", station=writer.id, name=writer.name, agency=writer.agency,
            made_at=now.isoformat(timespec="seconds"),
        ),
        items,
        public=writer.sealing_key,
        sign=lambda message: sealing.sign(keys.signing, message),
    )  # fmt: skip
