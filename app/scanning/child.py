"""A driver in a child process of its own, so that a crash or a hang stays outside.

The parent writes one line of JSON and keeps standard input open; when it
closes, the child lets the scanner go and ends. The child answers frames: a
line of JSON, then as many bytes as it says.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from app.domain.pages import Origin
from app.scanning import driver as problems
from app.scanning.driver import (
    Progress,
    ScannedPage,
    ScannerCrashed,
    ScannerDriver,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    Source,
)

ARGUMENT = "--scanner-child"
SECRETS = ("QMC_USER", "QMC_PIN", "QMC_PASSWORD")
_END_S = 5.0
_LONGEST_LINE = 64 * 1024
_ROOT = Path(__file__).parents[2]

Frame = tuple[dict[str, Any], bytes]


def scan(
    kind: str,
    device: str,
    profile: ScanProfile,
    *,
    progress: Progress,
    cancel: threading.Event,
    silence_s: float,
) -> Iterator[ScannedPage]:
    """Yield the pages that a driver scans in a child process.

    Args:
        kind: which driver: "escl" or "wia".
        device: as the driver names it.
        profile: how to scan.
        progress: called as pages come.
        cancel: checked ten times a second.
        silence_s: after so long without a sign of life the child is ended.

    Raises:
        ScanProblem: scanning ended early; what came before was yielded.
    """
    process = subprocess.Popen(
        command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=_ROOT,
        start_new_session=True,
    )
    try:
        wanted = {
            "kind": kind, "device": device, "source": profile.source.value,
            "dpi": profile.dpi, "colour": profile.colour,
        }  # fmt: skip
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(wanted).encode() + b"\n")
            process.stdin.flush()
        except OSError as error:
            raise ScannerCrashed from error
        yield from _pages(process, progress, cancel, silence_s)
    finally:
        _let_end(process)


def _pages(
    process: subprocess.Popen[bytes],
    progress: Progress,
    cancel: threading.Event,
    silence_s: float,
) -> Iterator[ScannedPage]:
    frames: queue.Queue[Frame | None] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=_read_frames, args=(process.stdout, frames), daemon=True).start()
    count, silent = 0, 0.0
    while not cancel.is_set():
        try:
            frame = frames.get(timeout=0.1)
        except queue.Empty:
            silent += 0.1
            if silent >= silence_s:
                raise ScannerCrashed(count) from None
            continue
        silent = 0.0
        if frame is None:
            raise ScannerCrashed(count)  # it went without a word
        head, content = frame
        match head.get("what"):
            case "progress":
                progress(int(head["page"]), float(head["share"]))
            case "page":
                count += 1
                origin = Origin(head["origin"])
                yield ScannedPage(content, str(head["device"]), origin, str(head["side"]))
            case "problem":
                raise _problem(head, count)
            case _:
                return


def _problem(head: dict[str, Any], count: int) -> ScanProblem:
    kind = getattr(problems, str(head.get("kind")), ScannerGone)
    if not (isinstance(kind, type) and issubclass(kind, ScanProblem)):
        kind = ScannerGone
    return kind(count, str(head.get("title", "")), str(head.get("advice", "")))


def _read_frames(stream: IO[bytes], frames: queue.Queue[Frame | None]) -> None:
    """Pass frames on; a frame that is cut short counts as none."""
    try:
        while line := stream.readline(_LONGEST_LINE):
            head = json.loads(line)
            size = int(head.get("size", 0))
            content = stream.read(size) if size else b""
            if len(content) < size:
                break
            frames.put((head, content))
    except (OSError, ValueError):
        pass
    frames.put(None)


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """End a child: ask first, so that the scanner is let go."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def command() -> list[str]:
    """Return how this program's scanner child is started."""
    if getattr(sys, "frozen", False):
        return [sys.executable, ARGUMENT]
    return [sys.executable, "-m", "app.scanning.child"]


def environment() -> dict[str, str]:
    """Return this process's environment without what no child may see."""
    return {key: value for key, value in os.environ.items() if key not in SECRETS}


# ---- in the child --------------------------------------------------------------------------------


def main() -> int:
    """Scan as told on standard input, answer on standard output."""
    wanted = json.loads(sys.stdin.buffer.readline())
    cancel = threading.Event()
    threading.Thread(target=_watch_parent, args=(cancel,), daemon=True).start()
    out = sys.stdout.buffer
    lock = threading.Lock()

    def send(content: bytes = b"", **head: Any) -> None:
        with lock:
            out.write(json.dumps(head | {"size": len(content)}).encode() + b"\n" + content)
            out.flush()

    profile = ScanProfile(
        source=Source(wanted["source"]), dpi=int(wanted["dpi"]), colour=bool(wanted["colour"])
    )
    try:
        for page in _driven(wanted, profile, send, cancel):
            send(page.image, what="page", device=page.device, origin=page.origin, side=page.side)
        send(what="end")
    except ScanProblem as problem:
        send(
            what="problem", kind=type(problem).__name__,
            title=_own(problem, "title"), advice=_own(problem, "advice"),
        )  # fmt: skip
    except BrokenPipeError:
        return 1
    return 0


def _driven(
    wanted: dict[str, Any],
    profile: ScanProfile,
    send: Callable[..., None],
    cancel: threading.Event,
) -> Iterator[ScannedPage]:
    def progress(page: int, share: float) -> None:
        send(what="progress", page=page, share=share)

    device = str(wanted["device"])
    if wanted["kind"] == "escl":
        from app.scanning.escl import EsclScanner

        return EsclScanner(device).scan(profile, progress=progress, cancel=cancel)
    from app.scanning.wia import WiaHere

    driver: ScannerDriver = WiaHere()
    return driver.scan(device, profile, progress=progress, cancel=cancel)


def _own(problem: ScanProblem, what: str) -> str:
    """Return words that differ from those the problem's kind has anyway."""
    text = str(getattr(problem, what))
    usual = type(problem)(problem.pages_before)
    return "" if text == getattr(usual, what) else text


def _watch_parent(cancel: threading.Event) -> None:
    """End with the parent: its end of standard input closes however it dies."""
    while os.read(sys.stdin.fileno(), 1024):  # not through the buffer: its lock would hold exit up
        pass
    cancel.set()


if __name__ == "__main__":
    sys.exit(main())
