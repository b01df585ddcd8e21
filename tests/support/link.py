"""A bad line between a station and an office: two network namespaces and a bridge between them.

Each end lives in a namespace of its own without a name, so nothing of it is left when its
processes end. Packets go through a user-space bridge that knows a rate, a delay, a loss and a
queue; without a rate the two are joined by a plain pair of interfaces. At the station `localhost`
is the office, because a workstation speaks plain HTTP with its own machine only.

Started as a program, this file is the bridge, or enters one end: see `main`.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Side = Literal["station", "office"]
SIDES: tuple[Side, Side] = ("station", "office")
ADDRESS: dict[Side, str] = {"station": "10.77.0.1", "office": "10.77.0.2"}
QUEUE_BYTES = 48_000  # what the modem in between holds before it drops
CONGESTION = "cubic"  # what clerks' Windows machines send with
_READY_S = 20
_MTU = 1500

_NEW_USER, _NEW_NET, _NEW_MOUNT = 0x10000000, 0x40000000, 0x00020000
_MS_BIND, _MS_PRIVATE_ALL = 4096, 0x4000 | (1 << 18)
_DIE_WITH_PARENT = 1
_TUNSETIFF, _TUN, _NO_INFO = 0x400454CA, 0x0001, 0x1000


class LinkNotPossible(RuntimeError):
    """This machine allows no network namespaces, no TUN devices, or no cubic in them."""


@dataclass
class Line:
    """The line while it stands.

    Attributes:
        holders: process ids that keep the two ends.
    """

    holders: dict[Side, int]
    _control: socket.socket
    _children: list[subprocess.Popen[Any]] = field(default_factory=list)

    def run(
        self, command: Sequence[str | Path], side: Side, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command at one end and return what it wrote; its exit code is not judged."""
        return subprocess.run(
            self._entering(command, side), capture_output=True, text=True, timeout=timeout_s,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def popen(
        self, command: Sequence[str | Path], side: Side, **more: Any
    ) -> subprocess.Popen[Any]:
        """Start a command at one end; it dies with the line, and with the thread that asked.

        Args:
            command: program and arguments.
            side: "station" or "office".
            more: further arguments of `subprocess.Popen`.
        """
        child = subprocess.Popen(self._entering(command, side), start_new_session=True, **more)
        self._children.append(child)
        return child

    def _entering(self, command: Sequence[str | Path], side: Side) -> list[str]:
        enter = [sys.executable, "-I", "-S", __file__, "enter", str(self.holders[side])]
        return [*enter, *(str(word) for word in command)]

    def cut(self) -> None:
        """Lose everything from now on, in the air too."""
        self._ask("cut")

    def mend(self) -> None:
        """Carry packets again."""
        self._ask("mend")

    @property
    def bytes_up(self) -> int:
        """What the station sent so far: whole packets with their headers, the lost ones too."""
        return int(self._ask("count")["up"])

    @property
    def bytes_down(self) -> int:
        """What the office sent so far, counted likewise."""
        return int(self._ask("count")["down"])

    @property
    def lost(self) -> tuple[int, int]:
        """Packets lost so far (up, down), by chance, cut or a full queue."""
        up, down = self._ask("count")["lost"]
        return up, down

    def _ask(self, word: str) -> dict[str, Any]:
        self._control.sendall(word.encode() + b"\n")
        answer: dict[str, Any] = json.loads(_line(self._control))
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def _end_children(self) -> None:
        for child in self._children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


@contextmanager
def link(
    *,
    rate: int | None = None,
    rtt_ms: float = 0,
    loss: float = 0,
    seed: int = 1,
    queue_bytes: int = QUEUE_BYTES,
) -> Iterator[Line]:
    """Join a station and an office by a line of their own.

    Args:
        rate: bit/s each way; None for a plain pair of interfaces that cannot be cut.
        rtt_ms: there and back, packets of no length.
        loss: share of packets lost each way, each by itself; a lost one still took its time.
        seed: of the losses.
        queue_bytes: what waits for the line at most, each way.

    Raises:
        LinkNotPossible: the machine does not allow it; the message says what.
    """
    ours, theirs = socket.socketpair()
    wish = {"rate": rate, "rtt_ms": rtt_ms, "loss": loss, "seed": seed, "queue": queue_bytes}
    with ours, theirs:
        bridge = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, "bridge", str(theirs.fileno()),
             json.dumps(wish)], pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip
        theirs.close()
        try:
            ours.settimeout(_READY_S)
            said = json.loads(_line(ours) or b'{"error": "the bridge ended at once"}')
            if "error" in said:
                raise LinkNotPossible(said["error"])
            holders: dict[Side, int] = dict(zip(SIDES, said["holders"], strict=True))
            line = Line(holders, ours)
            try:
                yield line
            finally:
                line._end_children()
        finally:
            ours.close()  # the bridge ends at the end of its control socket, its ends with it
            try:
                bridge.wait(5)
            except subprocess.TimeoutExpired:
                bridge.kill()
                bridge.wait()


def _line(connection: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\n"):
        more = connection.recv(4096)
        if not more:
            break
        said += more
    return said


# ---- the bridge, a program of its own ------------------------------------------------------------


@dataclass
class Way:
    """One direction of the line, as the bridge sees it.

    Attributes:
        source, target: descriptors of the two ends.
        free_at: when the line is free for the next packet.
        sent: bytes offered.
    """

    source: int
    target: int
    chance: random.Random
    free_at: float = 0.0
    sent: int = 0
    lost: int = 0


def main(words: list[str]) -> int:
    """Be the bridge (`bridge FD WISH`), or run a command at one end (`enter PID COMMAND…`)."""
    if words[0] == "enter":
        _enter(int(words[1]))
        os.execvp(words[2], words[2:])
    with socket.socket(fileno=int(words[1])) as control, ExitStack() as stack:
        wish = json.loads(words[2])
        try:
            ends = _make_ends(stack, is_shaped=wish["rate"] is not None)
        except (LinkNotPossible, OSError, subprocess.CalledProcessError) as error:
            control.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
            return 1
        pids = [pid for pid, _ in ends]
        control.sendall(json.dumps({"holders": pids}).encode() + b"\n")
        if wish["rate"] is None:
            _answer_plain(control, pids[0])
        else:
            _carry(control, [tun for _, tun in ends], wish)
    return 0


def _make_ends(stack: ExitStack, *, is_shaped: bool) -> list[tuple[int, int]]:
    """Return (holder's process id, TUN descriptor or -1) of both ends, station first."""
    with _cubic_allowed():
        ends = [_make_end(stack, side, is_shaped=is_shaped) for side in SIDES]
    if not is_shaped:
        (station, _), (office, _) = ends
        _ip("link", "add", "line", "netns", str(station), "type", "veth",
            "peer", "name", "line", "netns", str(office))  # fmt: skip
    for side, (pid, _) in zip(SIDES, ends, strict=True):
        inside = [sys.executable, "-I", "-S", __file__, "enter", str(pid), _program("ip")]
        for words in (
            ["addr", "add", f"{ADDRESS[side]}/24", "dev", "line"],
            ["link", "set", "line", "mtu", str(_MTU), "up"],
            ["link", "set", "lo", "up"],
        ):
            _must([*inside, *words])
    return ends


def _make_end(stack: ExitStack, side: Side, *, is_shaped: bool) -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _hold(theirs, side, is_shaped=is_shaped)
    theirs.close()
    stack.callback(_end, pid)
    with ours:
        said, tuns, _, _ = socket.recv_fds(ours, 4096, 1)
    if said != b"ready":
        raise LinkNotPossible(said.decode() or "the holder of a namespace ended at once")
    return pid, tuns[0] if tuns else -1


def _hold(control: socket.socket, side: Side, *, is_shaped: bool) -> None:
    """Be the process that keeps one end, until the bridge ends."""
    _libc().prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    try:
        _unshare()
        _settle(side)
        tuns = [_make_tun()] if is_shaped else []
        socket.send_fds(control, [b"ready"], tuns)
    except (OSError, LinkNotPossible) as error:
        control.sendall(str(error).encode())
        os._exit(1)
    control.close()
    while True:
        signal.pause()


def _unshare() -> None:
    """Leave the machine's network; an ordinary user becomes the master of the new one only."""
    me, group = os.geteuid(), os.getegid()
    flags = _NEW_NET | _NEW_MOUNT | (_NEW_USER if me else 0)
    if _libc().unshare(flags):
        raise LinkNotPossible(f"network namespaces are not allowed here: {_reason()}")
    if me:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {me} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def _settle(side: Side) -> None:
    """Set congestion control and names of one end."""
    chosen = Path("/proc/sys/net/ipv4/tcp_congestion_control")
    if chosen.read_text().strip() != CONGESTION:
        try:
            chosen.write_text(CONGESTION)
        except OSError as error:
            raise LinkNotPossible(
                f"TCP {CONGESTION} is not allowed in a namespace: widen"
                f" net.ipv4.tcp_allowed_congestion_control ({error.strerror})"
            ) from error
    with suppress(OSError):  # no IPv6: its neighbours' chatter would be counted
        Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
    office = ADDRESS["office"] if side == "station" else "127.0.0.1"
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write(f"{office} localhost\n")
        hosts.flush()
        Path(hosts.name).chmod(0o644)
        _mount(b"none", b"/", _MS_PRIVATE_ALL)
        _mount(hosts.name.encode(), b"/etc/hosts", _MS_BIND)


def _mount(source: bytes, target: bytes, flags: int) -> None:
    if _libc().mount(source, target, None, ctypes.c_ulong(flags), None):
        raise LinkNotPossible(f"mounts are not allowed in a namespace: {_reason()}")


def _make_tun() -> int:
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", b"line", _TUN | _NO_INFO))
    except OSError as error:
        raise LinkNotPossible(f"TUN devices are not allowed here: {error.strerror}") from error
    return tun


@contextmanager
def _cubic_allowed() -> Iterator[None]:
    """Let namespaces choose cubic while they are made, where this machine restricts it."""
    allowed = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control")
    with (Path(tempfile.gettempdir()) / f"qmc-line-{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = allowed.read_text().strip()
        is_open = CONGESTION in before.split()
        if not is_open:
            with suppress(OSError):
                allowed.write_text(f"{before} {CONGESTION}")
        try:
            yield
        finally:
            if not is_open:
                with suppress(OSError):
                    allowed.write_text(before)
            fcntl.flock(lock, fcntl.LOCK_UN)  # the ends have inherited it


def _carry(control: socket.socket, tuns: list[int], wish: dict[str, Any]) -> None:
    """Carry packets until the control socket ends."""
    up, down = (Way(tuns[i], tuns[1 - i], random.Random(f"{wish['seed']}/{i}")) for i in range(2))
    rate, delay_s = wish["rate"] / 8, wish["rtt_ms"] / 2000
    by_source = {up.source: up, down.source: down}
    due: list[tuple[float, int, Way, bytes]] = []
    serial, is_cut = 0, False
    while True:
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, _, way, packet = heapq.heappop(due)
            if is_cut:
                way.lost += 1
                continue
            with suppress(OSError):
                os.write(way.target, packet)
        wait_s = max(0.0, due[0][0] - now) if due else None
        ready, _, _ = select.select([*by_source, control], [], [], wait_s)
        for source in ready:
            if source is control:
                word = _line(control).strip()
                if not word:
                    return
                is_cut = {b"cut": True, b"mend": False}.get(word, is_cut)
                count = {"up": up.sent, "down": down.sent, "lost": [up.lost, down.lost]}
                control.sendall(json.dumps(count).encode() + b"\n")
                continue
            way = by_source[source]
            for packet in _packets(source):
                now = time.monotonic()
                way.sent += len(packet)
                is_full = (way.free_at - now) * rate > wish["queue"]
                if is_cut or is_full:
                    way.lost += 1
                    continue
                way.free_at = max(way.free_at, now) + len(packet) / rate
                if way.chance.random() < wish["loss"]:
                    way.lost += 1
                    continue
                serial += 1
                heapq.heappush(due, (way.free_at + delay_s, serial, way, packet))


def _packets(tun: int) -> Iterator[bytes]:
    """Yield the IPv4 packets that wait, not too many at once."""
    for _ in range(64):
        try:
            packet = os.read(tun, 65536)
        except BlockingIOError:
            return
        if packet[0] >> 4 == 4:
            yield packet


def _answer_plain(control: socket.socket, station: int) -> None:
    """Answer what the station's interface counted, until the control socket ends."""
    while word := _line(control).strip():
        answer: dict[str, Any] = {"error": "a plain pair cannot be cut"}
        if word == b"count":
            table = Path(f"/proc/{station}/net/dev").read_text()
            row = next(line for line in table.splitlines() if line.strip().startswith("line:"))
            counts = row.split(":")[1].split()
            answer = {"up": int(counts[8]), "down": int(counts[0]), "lost": [0, 0]}
        control.sendall(json.dumps(answer).encode() + b"\n")


def _enter(pid: int) -> None:
    """Go to the end that a process keeps; die with the parent."""
    libc, folder = _libc(), Path.cwd()
    kinds = ["user"] if os.geteuid() else []
    handles = [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in [*kinds, "net", "mnt"]]
    for handle in handles:
        if libc.setns(handle, 0):
            raise LinkNotPossible(f"the end of the line cannot be entered: {_reason()}")
        os.close(handle)
    os.chdir(folder)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _ip(*words: str) -> None:
    _must([_program("ip"), *words])


def _must(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LinkNotPossible(f"{' '.join(command[-6:])}: {done.stderr.strip()}")


def _program(name: str) -> str:
    for folder in ("/usr/sbin", "/sbin", "/usr/bin", "/bin"):
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    raise LinkNotPossible(f"{name} is not installed (Debian: iproute2)")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
