"""Push, pull, digest, numbers, catalogue, enrolment and sign-in."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import msgspec
import zstandard
from fastapi import APIRouter, Header, Query, Request, Response

from app.domain import wire
from server.deps import BodyDep, PartsDep, SignedDep, station_of
from server.errors import ServerProblem, not_authentic, not_found, unreadable
from server.services import catalogues, enrolment, people, push, streams

router = APIRouter(prefix="/v1")
LONGEST_WAIT_S = 25
LARGEST = 2**53


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _packed(data: bytes, accept: str) -> Response:
    if "zstd" in accept:
        packed = zstandard.ZstdCompressor(level=6).compress(data)
        headers = {"Content-Encoding": "zstd"}
        return Response(packed, headers=headers, media_type=wire.JSON_LINES)
    return Response(data, media_type=wire.JSON_LINES)


def _read(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(str(error)) from error


@router.get("/time")
def time(parts: PartsDep) -> Response:
    """Answer the server's time; the first call of every pass."""
    return _json({"server_time": parts.clock().isoformat(), "protocol": wire.PROTOCOL})


@router.post("/push")
def push_events(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Store 1 to 200 events of one store; repeating is harmless."""
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
        return _json(push.take(session, station, head, events, now))


@router.get("/pull")
def pull_events(
    parts: PartsDep,
    signed: SignedDep,
    after: Annotated[int, Query(ge=0, le=LARGEST)],
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Answer the events of the station's stream after a cursor."""
    now = parts.clock()
    with parts.database.reading() as session:
        station = station_of(session, signed, now)
        head, entries = streams.pull(session, station, after, now)
    return _packed(wire.write_pull(head, entries), accept_encoding)


@router.get("/digest")
def get_digest(
    parts: PartsDep,
    signed: SignedDep,
    upto: Annotated[int, Query(ge=0, le=LARGEST)],
    stream: str = "",
) -> Response:
    """Answer count and rolling hash of the station's stream up to a sequence."""
    now = parts.clock()
    with parts.database.reading() as session:
        station = station_of(session, signed, now)
        if stream and stream != station.agency:
            raise not_found("Máy này không đọc luồng đó.")
        return _json(streams.digest(session, station.agency, upto, now))


@router.get("/stores/{store}/events")
def store_events(
    parts: PartsDep,
    signed: SignedDep,
    store: UUID,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
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
    return _packed(wire.write_pull(head, entries), accept_encoding)


@router.post("/stations/enrol")
def enrol(parts: PartsDep, body: BodyDep) -> Response:
    """Use up a one-time code and register a station's public keys."""
    request = _read(body.data, wire.EnrolRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = enrolment.enrol(session, request, now)
        ranges = enrolment.plan(session, station, request.incarnation, now)
        return _json(
            wire.EnrolAnswer(
                station=station.id,
                station_name=station.name,
                agency=station.agency,
                province_key=parts.keys.public.hex(),
                recovery_key=parts.keys.recovery_public.hex(),
                ranges=tuple(ranges),
                policy=wire.Policy(),
                server_time=now.isoformat(),
            )
        )


@router.post("/codes/plan")
def plan(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Register an incarnation if it is new; answer its standing range, 45 days ahead."""
    request = _read(body.data, wire.PlanRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        ranges = enrolment.add_incarnation(session, station, request.incarnation, now)
        return _json(wire.NumbersAnswer(ranges=tuple(ranges), server_time=now.isoformat()))


@router.post("/codes/lease")
def lease(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Answer a small block of a day's low numbers; the same key gets the same block."""
    request = _read(body.data, wire.LeaseRequest)
    try:
        day = dt.date.fromisoformat(request.day)
    except ValueError as error:
        raise unreadable("day phải có dạng YYYY-MM-DD") from error
    now = parts.clock()
    if abs((day - enrolment.local_day(now)).days) > 1:
        raise ServerProblem(422, "other-day", "Chỉ cấp số cho ngày hôm nay.")
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        ranges = enrolment.lease(session, station, request.incarnation, request.key, day)
        return _json(wire.NumbersAnswer(ranges=tuple(ranges), server_time=now.isoformat()))


@router.get("/catalogue")
def get_catalogue(
    parts: PartsDep, signed: SignedDep, request: Request, accept_encoding: str = Header("")
) -> Response:
    """Answer the newest signed catalogue; 304 if the caller has it."""
    with parts.database.reading() as session:
        station_of(session, signed, parts.clock())
        found = catalogues.newest(session)
    if found is None:
        raise not_found("Máy chủ chưa có danh mục.")
    tag = f'"{found.version}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    response = _packed(msgspec.json.encode(found), accept_encoding)
    response.headers["ETag"] = tag
    return response


@router.post("/auth/token")
def token(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Sign a clerk in; answers a token."""
    request = _read(body.data, wire.TokenRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        user = people.check_password(session, request.username, request.password, now)
        if user is not None and user.agency == station.agency:
            value, ends = people.issue_token(session, user, now)
            return _json(
                wire.TokenAnswer(
                    token=value,
                    user=user.username,
                    display_name=user.display_name,
                    roles=tuple(user.roles.split()),
                    agency=user.agency,
                    expires_at=ends.isoformat(),
                    policy=wire.Policy(),
                    server_time=now.isoformat(),
                )
            )
    raise ServerProblem(401, "wrong-password", "Tên đăng nhập hoặc mật khẩu chưa đúng.")


@router.get("/auth/me")
def me(parts: PartsDep, authorization: Annotated[str, Header()] = "") -> Response:
    """Answer whose token this is."""
    kind, _, value = authorization.partition(" ")
    if kind != "Bearer" or not value:
        raise not_authentic("thiếu token")
    with parts.database.reading() as session:
        user = people.of_token(session, value, parts.clock())
        return _json({"user": user.username, "agency": user.agency, "roles": user.roles.split()})
