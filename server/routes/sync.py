"""Events between station and server: hello, push, pull, snapshot, proof."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from app.domain import sealing, wire
from server.deps import POLICY, BodyDep, Packed, Parts, PartsDep, Signed, SignedDep, station_of
from server.errors import ServerProblem, not_found, unreadable
from server.routes.answers import LARGEST, as_json, as_packed, read_message, says
from server.services import courier, enrolment, push, snapshots, streams

router = APIRouter(prefix="/v1")
log = logging.getLogger(__name__)

_BUNDLE = "application/octet-stream"
_LOOK_AGAIN_S = 0.5
After = Annotated[int, Query(ge=0, le=LARGEST)]


@router.get("/time", **says(wire.TimeAnswer, signed=False))
def time(parts: PartsDep) -> Response:
    """Answer the server's time."""
    now = parts.clock()
    return as_json(wire.TimeAnswer(server_time=now.isoformat(), protocol=wire.PROTOCOL))


@router.post("/hello", **says(wire.Welcome, takes=wire.Hello, also=(409,)))
def hello(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Note a store's contact; the first call of every pass."""
    request = read_message(body.data, wire.Hello)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        store = enrolment.greet(session, station, request, now)
        courier = parts.keys.courier_public
        return as_json(
            wire.Welcome(
                server_time=now.isoformat(),
                have=store.have,
                stream=station.agency,
                cursor=streams.cursor(session, station.agency),
                own_stores=tuple(enrolment.stores_of(session, station)),
                policy=POLICY,
                courier_key=courier.hex(),
                courier_signature=sealing.sign(
                    parts.keys.signing, wire.courier_bytes(courier)
                ).hex(),
            )
        )


@router.post("/push", **says(wire.PushAnswer, takes=wire.JSON_LINES, also=(409,)))
async def push_events(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Store 1 to 200 events of one store; repeating is harmless.

    A push that overtook the one before it waits a moment for that one.
    """
    answer, gap = await run_in_threadpool(_pushed, parts, body, signed)
    until = monotonic() + parts.settings.gap_wait_s
    while gap is not None and (left := until - monotonic()) > 0:
        with parts.bells.listening(gap) as bell:
            await parts.bells.wait(bell, min(left, _LOOK_AGAIN_S))
        answer, gap = await run_in_threadpool(_pushed, parts, body, signed)
    return as_json(answer)


def _pushed(parts: Parts, body: Packed, signed: Signed) -> tuple[wire.PushAnswer, str | None]:
    """Return the answer to a push, and what to listen to if it came too early."""
    try:
        head, events = wire.read_push(body.data)
    except wire.UnreadableMessage as error:
        raise unreadable(str(error)) from error
    if len(body.raw) > wire.MAX_PACKED_BYTES and head.count > 1:
        raise ServerProblem(413, "too-large", "Gói gửi quá lớn.", "Gửi ít sự kiện hơn một lần.")
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        station.seen_at = now
        answer, stream = push.take(session, station, head, events, now), station.agency
    mark = f"store {head.store}"
    if answer.have < head.first - 1:
        return answer, mark
    parts.bells.ring(stream)
    parts.bells.ring(mark)
    return answer, None


@router.get("/pull", **says(wire.JSON_LINES, also=(404, 426)))
async def pull_events(
    parts: PartsDep,
    signed: SignedDep,
    after: After,
    wait: Annotated[float, Query(ge=0, le=60)] = 0,
    stream: str = "",
    echo: UUID | None = None,
    accept_encoding: Annotated[str, Header()] = "",
    qmc_protocol: Annotated[int, Header()] = wire.PROTOCOL,
) -> Response:
    """Answer the events of the station's stream after a cursor; with `wait`, once there are any."""
    _check_protocol(parts, qmc_protocol)
    agency = await run_in_threadpool(_stream_of, parts, signed, stream)
    with parts.bells.listening(agency) as bell:
        head, data = await run_in_threadpool(_pulled, parts, signed, after, echo)
        if wait and not head.count and await parts.bells.wait(bell, wait):
            head, data = await run_in_threadpool(_pulled, parts, signed, after, echo)
    return as_packed(data, accept_encoding)


def _check_protocol(parts: Parts, spoken: int) -> None:
    """An old station may always push; to pull it may have to be brought up to date."""
    if spoken < parts.settings.oldest_pull:
        raise ServerProblem(
            426, "upgrade", "Phiên bản chương trình trên máy này đã cũ.",
            "Cập nhật chương trình. Hồ sơ tiếp nhận ở máy vẫn được gửi lên máy chủ.",
        )  # fmt: skip


def _stream_of(parts: Parts, signed: Signed, stream: str) -> str:
    """Return the stream that a station asks for and is entitled to: its agency's."""
    with parts.database.reading() as session:
        station = station_of(session, signed, parts.clock())
    if stream not in ("", station.agency):
        raise not_found("Máy này không đọc luồng đó.")
    return station.agency


def _pulled(
    parts: Parts, signed: Signed, after: int, echo: UUID | None
) -> tuple[wire.PullHead, bytes]:
    now = parts.clock()
    with parts.database.reading() as session:
        station = station_of(session, signed, now)
        head, entries = streams.pull(session, station, after, now, echo)
    return head, wire.write_pull(head, entries)


@router.post("/courier", **says(_BUNDLE, takes=_BUNDLE))
def carry(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Take the queue of a station from a stick; any station may bring it. Answers a bundle."""
    now = parts.clock()
    with parts.database.reading() as session:
        station_of(session, signed, now)
    answers = courier.carry(parts.database, parts.keys, body.raw, now)
    return Response(answers, media_type=_BUNDLE)


@router.get("/snapshot", **says(wire.Snapshot))
def get_snapshot(parts: PartsDep, signed: SignedDep) -> Response:
    """Answer in how many whole parts the station's stream can be had."""
    agency = _stream_of(parts, signed, "")
    with parts.database.reading() as session:
        return as_json(snapshots.offer(session, agency))


@router.get("/snapshot/{number}", **says("application/zstd", also=(206, 404, 416, 426)))
def get_part(
    parts: PartsDep,
    signed: SignedDep,
    number: int,
    qmc_protocol: Annotated[int, Header()] = wire.PROTOCOL,
) -> Response:
    """Answer a part of the stream, as a pull packed with zstd; Range goes on with it."""
    _check_protocol(parts, qmc_protocol)
    agency = _stream_of(parts, signed, "")
    if not 0 <= number < LARGEST // snapshots.PART_ENTRIES:
        raise not_found("Không có phần này.")
    with parts.database.reading() as session:
        path = snapshots.part(session, parts.settings.blobs, agency, number, parts.clock())
    if path is None:
        raise not_found("Không có phần này.")
    return FileResponse(path, media_type="application/zstd")


@router.get("/digest", **says(wire.Digest, also=(404,)))
def get_digest(
    parts: PartsDep,
    signed: SignedDep,
    upto: After,
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    stream: str = "",
) -> Response:
    """Answer count and rolling hash of the station's stream up to a sequence, or between two."""
    agency, now = _stream_of(parts, signed, stream), parts.clock()
    with parts.database.reading() as session:
        if after is not None:
            return as_json(streams.digest_between(session, agency, after, upto, now))
        return as_json(streams.digest(session, agency, upto, now))


@router.post("/proofs", **says(takes=wire.Proof, status=204))
def note_proof(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Note that a station found both sides equal, or the first event that differs there."""
    found = read_message(body.data, wire.Proof)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        streams.note_proof(station, found, now)
    return Response(status_code=204)


@router.get("/stores/{store}/events", **says(wire.JSON_LINES, also=(404,)))
def store_events(
    parts: PartsDep,
    signed: SignedDep,
    store: UUID,
    after: After = 0,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Answer a store's own events after a number, so that it can be restored."""
    now = parts.clock()
    with parts.database.reading() as session:
        station = station_of(session, signed, now)
        events = streams.of_store(session, station, store, after)
    if events is None:
        raise not_found("Máy này không có kho đó.")
    entries = [
        wire.StreamEvent(seq=0, recorded_at="", store=event.store, n=event.n, event=event)
        for event in events
    ]
    head = wire.PullHead(
        protocol=wire.PROTOCOL, stream=str(store), after=after,
        upto=events[-1].n if events else after, count=len(entries),
        more=len(entries) == streams.PULL_EVENTS, server_time=now.isoformat(),
    )  # fmt: skip
    return as_packed(wire.write_pull(head, entries), accept_encoding)
