"""Limits are answered honestly: when to come again, and never a failed push."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sync.http import ServerUnreachable
from server.gate import Rate
from tests.support.office import Counter, Office, running_office
from tests.support.processes import wait_for


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office", requests_per_s=2, requests_burst=12) as running:
        yield running


def test_a_caller_that_asks_too_much_is_told_when_to_come_again(narrow: Office) -> None:
    bare = narrow.bare()
    answers = [bare.ask("GET", "/v1/pull?after=0") for _ in range(30)]
    refused = [a for a in answers if a.status == 429]
    assert refused
    assert {a.status for a in answers} == {200, 429}
    assert refused[0].problem["type"] == "too-many"
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "qmc-server-time" in refused[0].headers
    time.sleep(int(refused[-1].headers["retry-after"]))
    assert bare.ask("GET", "/v1/pull?after=0").status == 200


def test_one_station_uses_up_nobody_elses_requests(narrow: Office) -> None:
    greedy, modest = narrow.bare(), narrow.bare()
    while greedy.ask("GET", "/v1/pull?after=0").status == 200:
        pass
    assert modest.ask("GET", "/v1/pull?after=0").status == 200


def test_a_station_that_was_put_off_loses_nothing(narrow: Office) -> None:
    counter: Counter = narrow.station()
    codes = [counter.receive(f"Người {i}").code for i in range(5)]
    deadline, waits = time.monotonic() + 60, []
    while time.monotonic() < deadline:
        try:
            if counter.sync().proven:
                break
        except ServerUnreachable as problem:
            waits.append(problem.retry_after_s)
            time.sleep(problem.retry_after_s)
    assert waits
    assert min(waits) >= 1
    assert narrow.codes() == sorted(codes)
    counter.close()


def test_beyond_what_a_process_can_do_at_once_it_says_later(tmp_path: Path) -> None:
    with running_office(tmp_path / "office", requests_at_once=1) as office:
        bare = office.bare()
        events = [[bare.reception() for _ in range(150)] for _ in range(6)]
        answers: list[int] = []

        def ask() -> None:
            answers.append(bare.ask("GET", "/v1/catalogue").status)

        threads = [threading.Thread(target=ask) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(answers) <= {200, 503}
        assert 200 in answers
        for batch in events:
            while (answer := bare.push(batch)).status == 503:
                assert 2 <= int(answer.headers["retry-after"]) <= 10
                assert answer.problem["type"] == "busy"
            assert answer.status == 200


def test_a_bucket_fills_again_with_time() -> None:
    now = [100.0]
    rate = Rate(2, 3, lambda: now[0])
    assert [rate.wait_s(b"a") for _ in range(4)] == [0, 0, 0, 1]
    assert rate.wait_s(b"b") == 0
    now[0] += 0.5
    assert rate.wait_s(b"a") == 0
    assert rate.wait_s(b"a") == 1
    now[0] += 100
    assert [rate.wait_s(b"a") for _ in range(4)] == [0, 0, 0, 1]


def test_strangers_do_not_fill_the_memory() -> None:
    now = [0.0]
    rate = Rate(1, 2, lambda: now[0])
    for i in range(45_000):
        now[0] += 0.001
        rate.wait_s(str(i).encode())
    assert len(rate._buckets) <= 21_000


def test_a_body_that_stands_still_gives_its_place_back(tmp_path: Path) -> None:
    with running_office(tmp_path / "office", requests_at_once=1, silence_s=0.5) as office:
        line = socket.create_connection(("127.0.0.1", office.port), 10)
        line.sendall(b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        wait_for(lambda: office.ask("GET", "/v1/time").status == 503, 10, "the place to be taken")
        wait_for(lambda: office.ask("GET", "/v1/time").status == 200, 10, "the place to be free")
        line.settimeout(10)
        said = b""
        while more := line.recv(4096):  # until the server closes
            said += more
        line.close()
        assert said.startswith(b"HTTP/1.1 400")


def test_a_body_that_comes_slowly_but_comes_is_taken(tmp_path: Path) -> None:
    with running_office(tmp_path / "office", silence_s=1) as office:
        line = socket.create_connection(("127.0.0.1", office.port), 10)
        line.sendall(b"POST /v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n")
        for piece in (b"ab", b"cd", b"ef"):
            time.sleep(0.6)
            line.sendall(piece)
        assert line.recv(4096).startswith(b"HTTP/1.1 401")
        line.close()
