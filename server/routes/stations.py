"""Enrolment, numbers, catalogue and sign-in."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Request, Response

from app.domain import wire
from server.deps import POLICY, BodyDep, PartsDep, SignedDep, station_of
from server.errors import ServerProblem, not_authentic, not_found, unreadable
from server.routes.answers import as_json, as_packed, read_message, says
from server.services import catalogues, enrolment, numbers, people

router = APIRouter(prefix="/v1")


@router.post("/stations/enrol", **says(wire.EnrolAnswer, takes=wire.EnrolRequest, signed=False))
def enrol(parts: PartsDep, body: BodyDep) -> Response:
    """Use up a one-time code and register a station's public keys."""
    request = read_message(body.data, wire.EnrolRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = enrolment.enrol(session, request, now)
        ranges = numbers.plan(session, station.agency, request.incarnation, now)
        return as_json(
            wire.EnrolAnswer(
                station=station.id,
                station_name=station.name,
                agency=station.agency,
                province_key=parts.keys.public.hex(),
                recovery_key=parts.keys.recovery_public.hex(),
                ranges=tuple(ranges),
                policy=POLICY,
                server_time=now.isoformat(),
            )
        )


@router.post("/codes/plan", **says(wire.NumbersAnswer, takes=wire.PlanRequest))
def plan(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Register an incarnation if it is new; answer its standing range, 45 days ahead."""
    request = read_message(body.data, wire.PlanRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        ranges = enrolment.add_incarnation(
            session,
            station,
            request.incarnation,
            now,
            wants_more=request.wants_more,
            holds=request.holds,
        )
        return as_json(wire.NumbersAnswer(ranges=tuple(ranges), server_time=now.isoformat()))


@router.post("/codes/lease", **says(wire.NumbersAnswer, takes=wire.LeaseRequest))
def lease(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Answer a small block of a day's low numbers; the same key gets the same block."""
    request = read_message(body.data, wire.LeaseRequest)
    try:
        day = dt.date.fromisoformat(request.day)
    except ValueError as error:
        raise unreadable("day phải có dạng YYYY-MM-DD") from error
    now = parts.clock()
    if abs((day - numbers.local_day(now)).days) > 1:
        raise ServerProblem(422, "other-day", "Chỉ cấp số cho ngày hôm nay.")
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        ranges = numbers.lease(session, station, request.incarnation, request.key, day)
        return as_json(wire.NumbersAnswer(ranges=tuple(ranges), server_time=now.isoformat()))


@router.get("/catalogue", **says(wire.SignedCatalogue, also=(304, 404)))
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
    response = as_packed(msgspec.json.encode(found), accept_encoding, "application/json")
    response.headers["ETag"] = tag
    return response


@router.post("/auth/token", **says(wire.TokenAnswer, takes=wire.TokenRequest))
def token(parts: PartsDep, body: BodyDep, signed: SignedDep) -> Response:
    """Sign a clerk in; answers a token."""
    request = read_message(body.data, wire.TokenRequest)
    now = parts.clock()
    with parts.database.writing() as session:
        station = station_of(session, signed, now)
        user = people.check_password(session, request.username, request.password, now)
        if user is not None and user.agency == station.agency:
            value, ends = people.issue_token(session, user, now)
            return as_json(
                wire.TokenAnswer(
                    token=value,
                    user=user.username,
                    display_name=user.display_name,
                    roles=tuple(user.roles.split()),
                    agency=user.agency,
                    expires_at=ends.isoformat(),
                    policy=POLICY,
                    server_time=now.isoformat(),
                )
            )
    raise ServerProblem(401, "wrong-password", "Tên đăng nhập hoặc mật khẩu chưa đúng.")


@router.get("/auth/me", **says(wire.UserAnswer, signed=False))
def me(parts: PartsDep, authorization: Annotated[str, Header()] = "") -> Response:
    """Answer whose token this is."""
    kind, _, value = authorization.partition(" ")
    if kind != "Bearer" or not value:
        raise not_authentic("thiếu token")
    with parts.database.reading() as session:
        user = people.of_token(session, value, parts.clock())
        roles = tuple(user.roles.split())
        return as_json(wire.UserAnswer(user=user.username, agency=user.agency, roles=roles))
