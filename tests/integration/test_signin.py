"""Signing in: online first, then by PIN, with waits that grow and outlive a restart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from app.services import signin
from app.services.signin import SignInRefused
from app.sync import enrol
from app.sync.enrol import WrongPassword
from app.sync.http import ServerUnreachable
from tests.support.office import PASSWORD, PIN, USER, Counter, Office, running_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    counter.sign_in()
    start = office.clock.now
    yield counter
    office.clock.now = start
    counter.close()


def _wrong(counter: Counter, pin: str = "111222") -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        signin.sign_in_offline(counter.desk, USER, pin)
    return caught.value


def test_a_clerk_who_was_online_once_signs_in_by_pin(counter: Counter) -> None:
    clerk = signin.sign_in_offline(counter.desk, USER, PIN)

    assert clerk.display_name == "Trần Thị Bích"
    assert "reception" in clerk.roles
    assert signin.session_of(counter.desk) == clerk
    assert [c.user for c in signin.known_clerks(counter.desk)] == [USER]


def test_nobody_signs_in_who_was_never_online_here(counter: Counter) -> None:
    with pytest.raises(SignInRefused, match="có mạng"):
        signin.sign_in_offline(counter.desk, "truong", PIN)


@pytest.mark.parametrize("pin", ["12345", "1" * 6, "123456", "654321", "abcdef", "1234567890123"])
def test_a_pin_that_is_guessed_at_once_is_refused(counter: Counter, pin: str) -> None:
    with pytest.raises(SignInRefused):
        signin.check_pin(pin)


def test_waits_grow_with_every_wrong_pin_and_survive_reopening(counter: Counter) -> None:
    waits = []
    for failures in range(1, 9):
        _wrong(counter)
        counter.reopen()
        locked = counter.value("SELECT locked_until FROM clerk WHERE failures = :f", f=failures)
        until = dt.datetime.fromisoformat(locked).replace(tzinfo=dt.UTC)
        waits.append((until - counter.clock()) // dt.timedelta(minutes=1))
        if waits[-1]:
            with pytest.raises(SignInRefused, match="Đã nhập sai"):
                signin.sign_in_offline(counter.desk, USER, PIN)  # even the right one waits
        counter.clock.move(minutes=waits[-1])

    assert waits == [0, 0, 1, 2, 4, 8, 16, 32]
    signin.sign_in_offline(counter.desk, USER, PIN)
    assert counter.value("SELECT failures FROM clerk") == 0


def test_the_wait_never_exceeds_an_hour(counter: Counter) -> None:
    counter.change("UPDATE clerk SET failures = 40")
    _wrong(counter)
    counter.clock.move(minutes=60)

    assert signin.sign_in_offline(counter.desk, USER, PIN).user == USER


def test_setting_the_clock_forward_and_back_does_not_shorten_the_policy(
    counter: Counter,
) -> None:
    counter.clock.move(days=14)
    signin.sign_in_offline(counter.desk, USER, PIN)
    counter.clock.move(minutes=1)
    with pytest.raises(SignInRefused, match="14 ngày"):
        signin.sign_in_offline(counter.desk, USER, PIN)
    counter.clock.move(days=-14, minutes=-1, hours=-2)
    with pytest.raises(SignInRefused, match="chạy lùi"):
        signin.sign_in_offline(counter.desk, USER, PIN)


def test_signing_in_online_again_renews_the_fourteen_days(counter: Counter) -> None:
    counter.clock.move(days=15)
    counter.sign_in()
    counter.clock.move(days=13)

    assert signin.sign_in_offline(counter.desk, USER, PIN).user == USER


def test_a_session_ends_after_its_hours_and_by_signing_out(counter: Counter) -> None:
    signin.sign_in_offline(counter.desk, USER, PIN)
    counter.clock.move(hours=12, minutes=1)
    with pytest.raises(SignInRefused):
        signin.session_of(counter.desk)
    signin.sign_in_offline(counter.desk, USER, PIN)
    signin.sign_out(counter.desk, USER)
    with pytest.raises(SignInRefused):
        signin.session_of(counter.desk, USER)


def test_the_server_token_opens_by_the_pin_only(counter: Counter) -> None:
    token = signin.token_of(counter.desk, USER, PIN)
    answer = counter.office.ask("GET", "/v1/auth/me", b"", {"Authorization": f"Bearer {token}"})

    assert answer.json["user"] == USER
    with pytest.raises(SignInRefused):
        signin.token_of(counter.desk, USER, "111222")
    with pytest.raises(SignInRefused):
        signin.token_of(counter.desk, "nobody", PIN)
    sealed = counter.value("SELECT sealed_token FROM clerk")
    assert token.encode() not in sealed


def test_a_wrong_password_is_said_and_then_the_server_makes_one_wait(office: Office) -> None:
    counter = office.station()
    connection = counter.connect()
    for _ in range(5):
        with pytest.raises(WrongPassword):
            enrol.sign_in(connection, "truong", "sai mật khẩu")
    with pytest.raises(ServerUnreachable) as caught:
        enrol.sign_in(connection, "truong", PASSWORD)
    assert caught.value.retry_after_s > 0
    start = office.clock.now
    office.clock.move(minutes=2)
    assert enrol.sign_in(connection, "truong", PASSWORD).user == "truong"
    office.clock.now = start
    with pytest.raises(WrongPassword):
        enrol.sign_in(connection, "không có", PASSWORD)
    connection.close()
    counter.close()


def test_clerks_of_another_agency_do_not_sign_in_here(office: Office) -> None:
    counter = office.station("H24.16")
    connection = counter.connect()
    with pytest.raises(WrongPassword):
        enrol.sign_in(connection, USER, PASSWORD)
    connection.close()
    counter.close()
