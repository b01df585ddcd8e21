"""The bad line itself: what the faults are played on must do what it says."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.link import Line, LinkNotPossible, link
from tests.support.processes import wait_for

# the office answers datagrams, and counts what comes over a connection
OFFICE = """
import selectors, socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp = socket.socket()
udp.bind(("10.77.0.2", 9000)), tcp.bind(("10.77.0.2", 9000)), tcp.listen()
print("ready", flush=True)
ways = selectors.DefaultSelector()
ways.register(udp, selectors.EVENT_READ), ways.register(tcp, selectors.EVENT_READ)
while True:
    for key, _ in ways.select():
        if key.fileobj is udp:
            udp.sendto(*udp.recvfrom(2048))
        else:
            with tcp.accept()[0] as peer:
                while peer.recv(65536):
                    pass
                peer.sendall(b"!")
"""
# numbered datagrams of 100 bytes, five at a time; prints which came back, and how long they took
DATAGRAMS = """
import json, socket, struct, sys, time
count, gap_s = int(sys.argv[1]), float(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("localhost", 9000))
udp.settimeout(1.0)
sent, came = {}, {}
def take(timeout):
    udp.settimeout(timeout)
    n = struct.unpack("I", udp.recv(2048)[:4])[0]
    came[n] = time.monotonic() - sent[n]
for n in range(count):
    sent[n] = time.monotonic()
    udp.send(struct.pack("I", n) + bytes(96))
    try:
        take(gap_s)
    except TimeoutError:
        pass
try:
    while True:
        take(0.4)
except TimeoutError:
    print(json.dumps(came))
"""
TRANSFER = """
import socket, sys, time
with socket.create_connection(("localhost", 9000)) as tcp:
    started = time.monotonic()
    tcp.sendall(bytes(int(sys.argv[1])))
    tcp.shutdown(socket.SHUT_WR)
    tcp.recv(1)
    print(time.monotonic() - started)
"""


def on_a_line(test: Callable[..., None]) -> Callable[..., None]:
    """Where no line can be made, what remains to be asked is that the refusal says why."""

    @functools.wraps(test)
    def played(*given: Any, **named: Any) -> None:
        refused = ""
        try:
            test(*given, **named)
        except LinkNotPossible as refusal:
            refused = str(refusal)
        assert re.search("not allowed|not installed|not permitted|^$", refused, re.I)

    return played


def office(line: Line) -> subprocess.Popen[Any]:
    server = line.popen([sys.executable, "-c", OFFICE], "office", stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return server


def came_back(line: Line, count: int, gap_s: float = 0.001) -> dict[int, float]:
    said = line.run([sys.executable, "-c", DATAGRAMS, str(count), str(gap_s)], "station")
    assert said.returncode == 0, said.stderr
    return {int(n): s for n, s in json.loads(said.stdout).items()}


@on_a_line
def test_a_transfer_goes_at_the_rate_and_no_faster() -> None:
    rate, size = 2_000_000, 400_000
    with link(rate=rate) as line:
        office(line)
        said = line.run([sys.executable, "-c", TRANSFER, str(size)], "station")
        sent = line.bytes_up

    share = size * 8 / float(said.stdout) / rate
    assert 0.6 < share <= 1.0
    assert size < sent < 1.2 * size


@on_a_line
def test_a_packet_takes_the_delay_both_ways() -> None:
    with link(rate=10_000_000, rtt_ms=120) as line:
        office(line)
        times = sorted(came_back(line, 15, 0.02).values())

    assert len(times) == 15
    assert times[0] >= 0.120
    assert times[7] < 1.5 * 0.120


@on_a_line
def test_losses_have_the_asked_share_and_follow_the_seed() -> None:
    arrived = []
    for seed in (1, 1, 2):
        with link(rate=50_000_000, loss=0.1, seed=seed) as line:
            office(line)
            came = came_back(line, 800)
            assert line.lost[0] + line.lost[1] == 800 - len(came)
            arrived.append(set(came))

    assert arrived[0] == arrived[1] != arrived[2]
    for came in arrived:
        assert 0.75 < (1 - len(came) / 800) / (1 - 0.9 * 0.9) < 1.25  # lost on either way


@on_a_line
def test_a_cut_stops_everything_and_a_mend_goes_on() -> None:
    with link(rate=10_000_000, rtt_ms=20) as line:
        office(line)
        assert len(came_back(line, 5)) == 5
        line.cut()
        assert came_back(line, 5) == {}
        line.mend()
        assert len(came_back(line, 5)) == 5


@on_a_line
def test_what_was_sent_in_a_cut_never_comes() -> None:
    with link(rate=10_000_000, rtt_ms=1000) as line:
        office(line)
        late = [sys.executable, "-c", DATAGRAMS.replace("take(0.4)", "take(2.0)"), "3", "0.001"]
        assert len(json.loads(line.run(late, "station").stdout)) == 3
        line.cut()
        before = line.bytes_up
        station = line.popen(late, "station", stdout=subprocess.PIPE)
        wait_for(lambda: line.bytes_up - before == 3 * 128, 10, "three packets on their way")
        line.mend()  # long before they would have come
        assert json.loads(station.communicate()[0]) == {}


@on_a_line
def test_two_lines_stand_at_once_and_know_nothing_of_each_other() -> None:
    with link(rate=10_000_000) as one, link(rate=10_000_000) as other:
        office(one), office(other)
        one.cut()
        assert came_back(one, 3) == {}
        assert len(came_back(other, 3)) == 3


@on_a_line
def test_a_full_queue_drops() -> None:
    with link(rate=64_000, queue_bytes=2_000) as line:
        office(line)
        came = came_back(line, 100, 0.0001)
        assert line.lost[0] == 100 - len(came) > 30


@on_a_line
def test_both_ends_send_with_cubic_and_see_nothing_of_the_machine() -> None:
    with link(rate=1_000_000) as line:
        for side in ("station", "office"):
            said = line.run(["cat", "/proc/sys/net/ipv4/tcp_congestion_control"], side)
            assert said.stdout == "cubic\n"
            seen = line.run(["cat", "/proc/net/dev"], side).stdout
            assert "line:" in seen
            for outside in Path("/sys/class/net").iterdir():
                assert outside.name == "lo" or f"{outside.name}:" not in seen


@on_a_line
def test_a_plain_pair_counts_and_cannot_be_cut() -> None:
    with link() as line:
        office(line)
        assert len(came_back(line, 10)) == 10
        assert line.bytes_up >= 10 * 128
        assert line.bytes_down >= 10 * 128
        with pytest.raises(ValueError, match="cannot be cut"):
            line.cut()


@on_a_line
def test_nothing_is_left_when_the_line_goes_or_its_user_is_killed(tmp_path: Path) -> None:
    with link(rate=1_000_000) as line:
        left = [line.popen(["sleep", "100"], "office").pid, *line.holders.values()]
    assert not [pid for pid in left if is_there(pid)]

    program = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.support.link import link
with link(rate=1_000_000) as line:
    pids = [line.popen(["sleep", "100"], "office").pid, *line.holders.values()]
    print(*pids, flush=True)
    time.sleep(100)
"""
    user = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert user.stdout is not None
    left = [int(pid) for pid in user.stdout.readline().split()]
    user.send_signal(signal.SIGKILL)
    user.communicate()
    wait_for(lambda: not [pid for pid in left if is_there(pid)], 10, "end of all")


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_bridge_that_cannot_start_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(LinkNotPossible, match="ended at once"), link(rate=1_000_000):
        pass
