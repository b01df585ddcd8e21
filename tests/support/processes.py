"""Start programs by hand, wait for what they promise, and end them without leftovers."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

T = TypeVar("T")

_POLL_S = 0.02
_LONGEST_SOCKET_PATH = 107
_BUS_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def wait_for(condition: Callable[[], T], timeout_s: float, what: str) -> T:
    """Ask a condition again and again until it holds.

    Args:
        condition: Called without arguments; anything truthy ends the wait.
        timeout_s: Seconds after which to give up. The condition is always asked at least once.
        what: What is awaited, for the error message.

    Returns:
        What the condition returned.

    Raises:
        TimeoutError: The condition did not hold in time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        if result := condition():
            return result
        if time.monotonic() >= deadline:
            raise TimeoutError(f"no {what} within {timeout_s:g} s")
        time.sleep(_POLL_S)


def program(name: str) -> str:
    """Return the path of an installed program, looking among the administrator's as well.

    Raises:
        FileNotFoundError: The program is not installed.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
    if found := shutil.which(name, path=path):
        return found
    raise FileNotFoundError(f"{name} is not installed")


def run(
    command: Sequence[str | Path], env: Mapping[str, str] | None = None, timeout_s: float = 30
) -> str:
    """Run a short command and return what it wrote to standard output.

    Raises:
        RuntimeError: The command failed; the message carries what it wrote.
    """
    done = subprocess.run(
        [str(part) for part in command],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def bare_environment(home: Path, **extra: str) -> dict[str, str]:
    """Return a small environment for a service: nothing of the caller's session leaks into it."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        **extra,
    }


def unprivileged(account: str) -> list[str]:
    """Return the words to put before a command so that it does not run as root.

    Some services refuse to run as root. For an ordinary user the answer is empty. For root it
    switches to the account, which keeps the right to pass through folders that only root may enter
    (such as pytest's temporary ones).
    """
    if os.geteuid() != 0:
        return []
    switch = [f"--reuid={account}", f"--regid={account}", "--clear-groups"]
    # Without the secure bit, access(2) would overlook the right.
    passage = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    passage.append("--securebits=+no_setuid_fixup")
    return [program("setpriv"), *switch, *passage, "--"]


def hand_over(folder: Path, account: str) -> None:
    """Give a folder and all below it to an account when run as root; do nothing otherwise."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, account, account)


def socket_path(path: Path) -> Path:
    """Return the path unchanged if a socket can be made there.

    Raises:
        ValueError: The path is longer than the system allows for sockets.
    """
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise ValueError(f"too long for a socket, choose a folder nearer to the root: {path}")
    return path


class Child:
    """A program running beside the tests, in a process group of its own.

    Use it as a context manager, or call `stop`. All it writes goes to the log file.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        env: Mapping[str, str] | None = None,
        *,
        cwd: Path | None = None,
        stdin: bytes = b"",
        pass_fds: Sequence[int] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start the program.

        Args:
            command: Program and arguments.
            log: File to which standard output and standard error are appended.
            env: The whole environment; the caller's own if not given.
            cwd: Working folder.
            stdin: What the program reads before it meets the end of its standard input.
            pass_fds: Descriptors that stay open, under the same numbers.
            stop_signal: The signal that asks this program to end.
        """
        self.log = log
        self._stop_signal = stop_signal
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        self._feed(stdin)

    def _feed(self, text: bytes) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.write(text)
            with suppress(BrokenPipeError):
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        if self._process.returncode is not None:
            return False
        # WNOWAIT leaves an ended program in the process table, so that its id stays ours.
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is None

    def wait_for(self, condition: Callable[[], T], timeout_s: float, what: str) -> T:
        """Wait like the function `wait_for`, but give up as soon as the program has ended.

        Raises:
            ChildProcessError: The program ended first; the message carries the end of its log.
            TimeoutError: The condition did not hold in time; with the end of the log as well.
        """

        def answer() -> tuple[T] | None:
            alive = self.running
            if result := condition():
                return (result,)
            if not alive:
                raise ChildProcessError(f"ended before: {what}\n{self.log_tail()}")
            return None

        try:
            found = wait_for(answer, timeout_s, what)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log_tail()}") from None
        assert found is not None
        return found[0]

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the log, headed by its path."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join([f"--- {self.log}", *text.splitlines()[-lines:]])

    def stop(self, grace_s: float = 5) -> None:
        """Ask the program to end, then end whatever is left of its process group by force."""
        if self._process.returncode is not None:
            return
        if self.running:
            os.kill(self.pid, self._stop_signal)
            with suppress(TimeoutError):
                wait_for(lambda: not self.running, grace_s, "end")
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def message_bus(folder: Path) -> Iterator[str]:
    """Run a private D-Bus that starts no services by itself.

    Args:
        folder: Where its socket, configuration and log go; made if missing.

    Yields:
        The address of the bus.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = socket_path(folder / "bus")
    address = f"unix:path={quote(str(path))}"
    config = folder / "bus.conf"
    config.write_text(_BUS_CONFIG.format(address=address), encoding="utf-8")
    command = [program("dbus-daemon"), f"--config-file={config}", "--nofork", "--nopidfile"]
    with Child(command, folder / "bus.log", bare_environment(folder)) as bus:
        bus.wait_for(lambda: _accepts(path), 10, "message bus")
        yield address


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
