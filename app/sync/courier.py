"""Carry the queue on a stick where there is no line, and bring the answers back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.domain import bundle, wire
from app.domain.bodies import Exported
from app.domain.bundle import AnswersNote, BundleHead, NotABundle, QueueNote
from app.errors import AppError
from app.models import events, numbers, projection
from app.models.blobs import write_durably
from app.models.catalogue import CatalogueRefused, keep, newest_version
from app.models.store import VIETNAM, Store
from app.sync import digest, pull, push
from app.sync.http import Connection

SUFFIX = ".qmcb"
KEPT = "Không có gì trên máy bị thay đổi."
_RAW_AT_MOST = 48 * 1024 * 1024


class BundleRefused(AppError):
    """A bundle cannot be used here; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A queue on a stick: the file, events in it, and those that did not fit."""

    file: Path
    count: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a bundle brought.

    Attributes:
        kind: "queue" (relayed for another station) or "answers" (ours).
        file: of the answers, to be carried back; None for ours.
        confirmed: own events that the server now holds.
        pulled: events of others.
        quarantined: own events it set aside.
        proven: moment at which both sides were shown equal, "" if not.
        notice: words for the clerk, "" if none.
    """

    kind: str
    station: str
    file: Path | None = None
    confirmed: int = 0
    pulled: int = 0
    quarantined: int = 0
    proven: str = ""
    notice: str = ""


def export_queue(store: Store, folder: Path, actor: str, now: dt.datetime) -> Queued:
    """Write everything that the server lacks into one file; the export is an event too.

    Raises:
        BundleRefused: the station was never online since the server has a
            courier key, or the folder is not there.
        OSError: the stick cannot be written.
    """
    if not folder.is_dir():
        raise BundleRefused(f"Không có thư mục {folder}.", "Cắm USB rồi chọn lại.", KEPT)
    with store.database.reading() as session:
        key = events.get_fact(session, "courier_key")
    if not key:
        raise BundleRefused(
            "Máy này chưa có khoá để gói dữ liệu cho máy chủ.",
            "Nối mạng một lần, bấm F5, rồi xuất lại.",
            KEPT,
        )
    with store.database.reading() as session:
        waiting = events.waiting_count(session)
    body = Exported(what="hàng đợi gửi máy chủ", rows=waiting, target=folder.name[:80])
    with store.acting(needs_journal=False) as session:
        projection.record(session, events.Act("data.exported", body, actor, now))
    pushes, left = _pushes(store)
    with store.database.reading() as session:
        incarnation = events.incarnation(session)
        today = now.astimezone(VIETNAM).date()
        stock = numbers.stock(session, incarnation, store.station.agency, today)
        note = QueueNote(
            cursor=pull.cursor(session, store.station.agency),
            catalogue=newest_version(session),
            plan=wire.PlanRequest(
                incarnation=incarnation,
                wants_more=stock.is_low,
                holds=numbers.held(session, incarnation, today),
            ),
        )
    head = BundleHead(
        kind="queue",
        station=store.station.id,
        name=store.station.name,
        agency=store.station.agency,
        made_at=now.isoformat(timespec="seconds"),
    )
    items = [msgspec.json.encode(note), *(data for data, _ in pushes)]
    data = bundle.write_bundle(head, items, public=bytes.fromhex(key), sign=store.sign)
    file = folder / f"gui-{_mark(head)}{SUFFIX}"
    write_durably(file, data)
    return Queued(file=file, count=sum(count for _, count in pushes), left=left)


def _pushes(store: Store) -> tuple[list[tuple[bytes, int]], int]:
    """Return (push, events in it) of all that waits, and how many events had no room."""
    found: list[tuple[bytes, int]] = []
    size = left = 0
    with store.database.reading() as session:
        for incarnation in events.own_stores(session):
            after = events.have(session, incarnation)
            while batch := events.of_store(session, incarnation, after, wire.MAX_BATCH_EVENTS):
                after = batch[-1].n
                data = wire.write_push(push.head_of(store, batch), batch)
                if left or size + len(data) > _RAW_AT_MOST:  # no gaps: what follows waits too
                    left += len(batch)
                    continue
                size += len(data)
                found.append((data, len(batch)))
    return found, left


def _mark(head: BundleHead) -> str:
    stamp = dt.datetime.fromisoformat(head.made_at).astimezone(VIETNAM)
    return f"{head.agency}-{str(head.station)[:8]}-{stamp:%y%m%d-%H%M%S}"


def import_file(store: Store, file: Path, connection: Connection, now: dt.datetime) -> Imported:
    """Take a bundle from a stick: our answers, or the queue of a station to be relayed.

    Args:
        store: of this station.
        file: on the stick; it is left as it is.
        connection: used only to relay.
        now: noted with a catalogue.

    Raises:
        BundleRefused: not a bundle, damaged, or another station's answers.
        ServerUnreachable, ServerRefused: a queue could not be relayed now.
    """
    try:
        if file.stat().st_size > bundle.MAX_BUNDLE_BYTES:
            raise NotABundle("Tệp này quá lớn, không phải gói chuyển dữ liệu.")
        data = file.read_bytes()
        head = bundle.read_head(data)
    except OSError as error:
        raise BundleRefused(
            f"Không đọc được tệp {file.name}.", "Rút USB, cắm lại rồi thử lại.", KEPT
        ) from error
    except NotABundle as error:
        raise BundleRefused(
            error.words, "Chọn tệp khác, hoặc xuất lại từ máy kia.", KEPT
        ) from error
    if head.kind == "queue":
        return _relay(file, head, data, connection)
    if head.station != store.station.id:
        raise BundleRefused(
            f"Gói trả lời này là của máy {head.name} ({head.agency}), không phải máy này.",
            "Cắm USB vào đúng máy đó.",
            KEPT,
        )
    try:
        items = bundle.open_bundle(data, signer=store.station.province_key, unseal=store.unseal)
        note = msgspec.json.decode(items[0], type=AnswersNote)
    except NotABundle as error:
        raise BundleRefused(error.words, "Xuất và nhập lại từ đầu.", KEPT) from error
    except (msgspec.DecodeError, IndexError) as error:
        raise BundleRefused(
            "Gói trả lời không đọc được.", "Cập nhật chương trình.", KEPT
        ) from error
    return _take_answers(store, note, items[1:], now)


def _relay(file: Path, head: BundleHead, data: bytes, connection: Connection) -> Imported:
    reply = connection.ask(
        "POST", "/v1/courier", data, {"Content-Type": "application/octet-stream"}
    )
    taken = "Máy chủ đã nhận gói; nhập lại lần nữa không sao."
    try:
        back = bundle.read_head(reply.content)
        target = file.with_name(f"tra-loi-{_mark(back)}{SUFFIX}")
        write_durably(target, reply.content)
    except NotABundle as error:
        raise BundleRefused(
            "Máy chủ trả lời không đúng giao thức.", "Thử lại sau.", taken
        ) from error
    except OSError as error:
        raise BundleRefused(
            "Không ghi được gói trả lời lên USB.",
            f"Kiểm tra chỗ trống và khoá ghi ({error.strerror}), rồi nhập lại.",
            taken,
        ) from error
    return Imported(
        kind="queue",
        station=head.name,
        file=target,
        notice=f"Mang {target.name} về máy {head.name} và nhập ở đó.",
    )


def _take_answers(
    store: Store, note: AnswersNote, items: Sequence[bytes], now: dt.datetime
) -> Imported:
    confirmed = quarantined = 0
    notice = ""
    for said in note.stores:
        for answer in said.answers:
            gained, refused = push.note_answer(store, said.store, answer)
            confirmed += gained
            quarantined += refused
        if said.problem is not None:
            notice = f"{said.problem.title} {said.problem.detail}".strip()
    with store.database.writing() as session:
        numbers.keep(session, note.incarnation, note.ranges)  # perhaps no longer the present one
    pulled = sum(pull.keep_page(store, *page) for page in _pages(items[: note.pages]))
    for item in items[note.pages :]:
        notice = _take_catalogue(store, item, now) or notice
    proven = digest.prove_by(store, note.digest)
    return Imported(
        kind="answers",
        station=store.station.name,
        confirmed=confirmed,
        pulled=pulled,
        quarantined=quarantined,
        proven=proven,
        notice=notice,
    )


def _pages(items: Sequence[bytes]) -> Iterator[tuple[wire.PullHead, list[wire.StreamEvent]]]:
    return (pull.read(item) for item in items)


def _take_catalogue(store: Store, item: bytes, now: dt.datetime) -> str:
    try:
        signed = msgspec.json.decode(item, type=wire.SignedCatalogue)
        with store.database.writing() as session:
            keep(session, signed, store.station.province_key, now)
    except (msgspec.DecodeError, CatalogueRefused) as error:
        return str(error)
    return ""
