"""Enrolling a machine once, signing clerks in, and what a request must prove."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.domain import sealing, wire
from app.paths import Profile
from app.sync import enrol
from app.sync.enrol import AlreadyEnrolled
from app.sync.http import PlainHttp, ServerRefused, ServerUnreachable
from server.services import people
from tests.support.office import (
    AGENCY,
    OTHER_AGENCY,
    PASSWORD,
    USER,
    Bare,
    Office,
    enrol_station,
    running_office,
)
from tests.support.ports import free_port


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, database=request.param) as running:
        yield running


def _request(code: str, **more: Any) -> bytes:
    fields = {
        "code": code,
        "name": "tay",
        "signing_key": sealing.public_of_signing(os.urandom(32)).hex(),
        "sealing_key": sealing.public_of_sealing(os.urandom(32)).hex(),
        "incarnation": str(uuid4()),
    }
    return json.dumps(fields | more).encode()


def _enrol(office: Office, code: str, **more: Any) -> Any:
    return office.ask("POST", "/v1/stations/enrol", _request(code, **more))


def test_a_code_works_once(office: Office) -> None:
    code = office.code()
    assert len(code.replace("-", "")) == 24  # 120 bits

    first = _enrol(office, code.lower().replace("-", " "))
    assert first.status == 200
    assert first.json["agency"] == AGENCY
    second = _enrol(office, code)
    assert (second.status, second.problem["type"]) == (403, "bad-code")


def test_a_code_ends_after_a_day(office: Office) -> None:
    code = office.code()
    office.clock.move(hours=24, seconds=1)
    try:
        assert _enrol(office, code).status == 403
    finally:
        office.clock.move(hours=-24, seconds=-1)


@pytest.mark.parametrize(
    "more",
    [
        {"signing_key": "zz"},
        {"signing_key": "00" * 31},
        {"sealing_key": ""},
        {"incarnation": "keine"},
        {"code": 7},
    ],
)
def test_unusable_keys_do_not_use_the_code_up(office: Office, more: dict[str, Any]) -> None:
    code = office.code()
    request = {"code": code} | more

    assert _enrol(office, **request).status == 400
    assert _enrol(office, code).status == 200


def test_a_guessed_code_is_refused(office: Office) -> None:
    for code in ("", "AAAA-AAAA", "0" * 24, "x" * 5000, "\0"):
        assert _enrol(office, code).problem["type"] == "bad-code"


def test_of_two_machines_with_one_code_one_gets_in(office: Office) -> None:
    for _ in range(5):
        code = office.code()
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(_enrol(office, code).status))  # noqa: B023
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 403, 403, 403]


def test_the_store_id_of_another_station_is_not_taken_over(office: Office) -> None:
    bare = office.bare()
    code = office.code()

    assert _enrol(office, code, incarnation=str(bare.store)).status == 403
    assert _enrol(office, code).status == 200


def test_a_replacement_keeps_the_station_and_shuts_the_old_machine_out(office: Office) -> None:
    old = office.bare()
    assert old.push([old.reception()]).status == 200

    answer = _enrol(office, office.code(replaces=old.station))

    assert answer.json["station"] == str(old.station)
    assert old.push([old.reception()]).status == 401


# ---- the station's side --------------------------------------------------------------------------


def test_an_enrolled_profile_is_never_enrolled_again(office: Office, tmp_path: Path) -> None:
    counter = enrol_station(office, tmp_path / "quay")
    before = counter.incarnation
    with pytest.raises(AlreadyEnrolled):
        enrol_station(office, tmp_path / "quay")

    assert counter.incarnation == before
    assert counter.opened.station.agency == AGENCY
    assert counter.opened.station.province_key == office.keys.public
    counter.close()


def test_a_refused_code_leaves_an_empty_profile_that_can_try_again(
    office: Office, tmp_path: Path
) -> None:
    root = tmp_path / "quay"

    def attempt(address: str, code: str) -> None:
        enrol.enrol(
            Profile(root), server=address, code=code, ca_file="", journal_folder="",
            clock=office.clock(),
        )  # fmt: skip

    with pytest.raises(ServerRefused, match="Mã đăng ký"):
        attempt(office.address, "FALSCH")
    with pytest.raises(ServerUnreachable):
        attempt(f"http://127.0.0.1:{free_port()}", "FALSCH")
    for address in ("http://example.test", "ftp://127.0.0.1", "127.0.0.1", "https://"):
        with pytest.raises(PlainHttp):
            attempt(address, "FALSCH")
    assert not root.exists() or not list(root.iterdir())

    attempt(office.address, office.code())
    assert (root / "store.db").exists()


# ---- what a request must prove -------------------------------------------------------------------


def _signed(bare: Bare, at: str, *, target: str = "/v1/pull?after=0", key: bytes = b"") -> Any:
    message = wire.request_bytes("GET", "/v1/pull?after=0", at, b"")
    signature = sealing.sign(key or bare.signing, message).hex()
    value = f'QMC-Station id="{bare.station}", at="{at}", signature="{signature}"'
    return bare.office.ask("GET", target, b"", {"Authorization": value})


def test_a_signature_covers_target_time_and_key(office: Office) -> None:
    bare = office.bare()
    now = office.clock().isoformat()

    assert _signed(bare, now).status == 200
    assert _signed(bare, now, target="/v1/pull?after=1").status == 401
    assert _signed(bare, now, target="/v1/pull?after=0&x=1").status == 401
    assert _signed(bare, now, key=os.urandom(32)).status == 401


def test_a_clock_too_far_off_is_told_the_servers_time(office: Office) -> None:
    bare = office.bare()
    for minutes in (-11, 11):
        at = (office.clock() + dt.timedelta(minutes=minutes)).isoformat()
        answer = _signed(bare, at)
        assert (answer.status, answer.problem["type"]) == (401, "clock")
        told = dt.datetime.fromisoformat(answer.headers["qmc-server-time"])
        assert told == office.clock()


@pytest.mark.parametrize("at", ["gestern", "2026-11-20", "2026-11-20T09:00:00", "", "9" * 40])
def test_a_time_that_is_none_is_refused(office: Office, at: str) -> None:
    assert _signed(office.bare(), at).status == 401


def test_a_station_with_a_wrong_clock_corrects_it_and_says_so(
    office: Office, tmp_path: Path
) -> None:
    counter = enrol_station(office, tmp_path / "quay")
    desk = counter.desk
    desk.clock = lambda: office.clock() - dt.timedelta(days=30)
    counter.receive()

    done = counter.sync()

    assert done.waiting == 0
    assert done.skew_s == pytest.approx(30 * 86400, abs=60)
    assert "lệch" in done.notice
    counter.close()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer x",
        "QMC-Station",
        'QMC-Station id="' + "-" * 36 + '", at="x", signature="' + "0" * 128 + '"',
        'QMC-Station id="' + "0" * 36 + '", at="x", signature="' + "0" * 128 + '"',
        f'QMC-Station id="{uuid4()}", at="x", signature="{"0" * 128}"',
        f'QMC-Station id="{uuid4()}", at="x", signature="{"0" * 127}"',
    ],
)
def test_whoever_does_not_sign_is_told_nothing(office: Office, value: str) -> None:
    for method, target in (
        ("GET", "/v1/pull?after=0"),
        ("POST", "/v1/push"),
        ("GET", "/v1/digest?upto=0"),
        ("GET", f"/v1/stores/{uuid4()}/events"),
        ("POST", "/v1/codes/lease"),
        ("POST", "/v1/codes/plan"),
        ("POST", "/v1/auth/token"),
        ("GET", "/v1/catalogue"),
        ("POST", "/v1/files"),
        ("HEAD", f"/v1/files/{uuid4()}"),
        ("PATCH", f"/v1/files/{uuid4()}"),
        ("DELETE", f"/v1/files/{uuid4()}"),
    ):
        headers = {"Authorization": value, "Tus-Resumable": "1.0.0"}
        headers["Content-Type"] = "application/offset+octet-stream"
        assert office.ask(method, target, b"{}", headers).status in (400, 401), target


def test_a_revoked_station_may_do_nothing_more(office: Office) -> None:
    bare = office.bare()
    with office.database.writing() as session:
        from server.models.base import StationRow

        row = session.get(StationRow, (AGENCY, bare.station))
        assert row is not None
        row.revoked_at = office.clock()

    assert bare.ask("GET", "/v1/pull?after=0").status == 403
    assert bare.push([bare.reception()]).status == 403


# ---- clerks --------------------------------------------------------------------------------------


def _token(bare: Bare, username: str, password: str) -> Any:
    return bare.post("/v1/auth/token", {"username": username, "password": password})


def test_a_clerk_gets_a_token_that_ends_after_fourteen_days(office: Office) -> None:
    bare = office.bare()
    token = _token(bare, USER, PASSWORD).json["token"]
    asked = {"Authorization": f"Bearer {token}"}

    assert office.ask("GET", "/v1/auth/me", b"", asked).json["user"] == USER
    office.clock.move(days=14, seconds=1)
    try:
        assert office.ask("GET", "/v1/auth/me", b"", asked).status == 401
    finally:
        office.clock.move(days=-14, seconds=-1)
    for value in ("Bearer ", "Bearer x", f"Basic {token}", ""):
        assert office.ask("GET", "/v1/auth/me", b"", {"Authorization": value}).status == 401


def test_unknown_names_wrong_passwords_and_other_agencies_are_answered_alike(
    office: Office,
) -> None:
    bare, stranger = office.bare(), office.bare(OTHER_AGENCY)
    with office.database.writing() as session:
        people.add_user(session, AGENCY, "lan", "Lan", "reception", PASSWORD)

    answers = [
        _token(bare, "lan", "sai mật khẩu"),
        _token(bare, "không-có", PASSWORD),
        _token(stranger, "lan", PASSWORD),
        _token(bare, "la\0n", PASSWORD),
        _token(bare, "x" * 10_000, PASSWORD),
    ]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1


def test_guessing_a_password_at_once_from_many_sides_is_counted(office: Office) -> None:
    bare = office.bare()
    with office.database.writing() as session:
        people.add_user(session, AGENCY, "minh", "Minh", "reception", PASSWORD)
    threads = [threading.Thread(target=_token, args=(bare, "minh", f"sai {i}")) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    answer = _token(bare, "minh", PASSWORD)
    assert (answer.status, answer.problem["type"]) == (429, "locked")
    assert int(answer.headers["retry-after"]) > 0
