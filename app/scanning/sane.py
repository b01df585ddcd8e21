"""SANE scanners through the `scanimage` program, so that a crash stays outside."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app.paths import passing_folder
from app.scanning import child
from app.scanning.driver import (
    Device,
    FeederEmpty,
    FeederJam,
    NoRoom,
    Progress,
    ScannedPage,
    ScannerBusy,
    ScannerCoverOpen,
    ScannerCrashed,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    Source,
)

_PAGE = re.compile(rb"Scanning page (\d+)")
_PROGRESS = re.compile(rb"Progress: ([\d.]+)%")
_SILENCE_S = 60.0
_END_S = 5.0
# scanimage exits with the SANE status of what ended it
_PROBLEMS: dict[int, type[ScanProblem]] = {
    3: ScannerBusy,
    4: ScannerGone,
    6: FeederJam,
    7: FeederEmpty,
    8: ScannerCoverOpen,
    9: ScannerGone,
    11: ScannerGone,
}
_FEEDERS = ("automatic document feeder", "adf", "feeder")


class SaneScanners:
    """All scanners that SANE knows: USB, and network ones by sane-airscan.

    Args:
        silence_s: after so long without a sign of life the child is ended.
    """

    def __init__(self, *, silence_s: float = _SILENCE_S) -> None:
        self._silence_s = silence_s

    def devices(self) -> list[Device]:
        """Return the scanners that answer within half a minute; [] without SANE."""
        try:
            found = subprocess.run(
                ["scanimage", "-f", "%d\t%v %m%n"],
                capture_output=True, timeout=30, check=False, env=_environment(),
            )  # fmt: skip
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return []
        lines = found.stdout.decode("utf-8", "replace").splitlines()
        rows = [line.partition("\t") for line in lines if "\t" in line]
        return [Device(name=name, label=label.strip()) for name, _, label in rows]

    def scan(
        self,
        device: str,
        profile: ScanProfile,
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield pages as they arrive.

        Raises:
            ScanProblem: scanning ended early; what came before was yielded.
        """
        sources = self._sources(device)
        with passing_folder("qmc-scan-") as folder:
            command = _command(device, profile, sources, Path(folder))
            try:
                process = subprocess.Popen(
                    command,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL,
                    env=_environment(),
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ScannerGone(
                    title="Máy này chưa cài phần mềm quét SANE.",
                    advice="Cài gói sane-utils, hoặc chọn tệp ảnh.",
                ) from error
            try:
                yield from self._pages(process, device, profile, progress, cancel)
            finally:
                _end(process)

    def _pages(
        self,
        process: subprocess.Popen[bytes],
        device: str,
        profile: ScanProfile,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        signs: queue.Queue[tuple[str, bytes]] = queue.Queue()
        errors: list[bytes] = []
        assert process.stdout is not None
        assert process.stderr is not None
        for name, stream in (("page", process.stdout), ("progress", process.stderr)):
            threading.Thread(target=_read, args=(name, stream, signs), daemon=True).start()
        count, coming, open_streams, silent = 0, 1, 2, 0.0
        while open_streams:
            if cancel.is_set():
                return
            try:
                name, line = signs.get(timeout=0.1)
            except queue.Empty:
                silent += 0.1
                if silent >= self._silence_s:
                    raise ScannerCrashed(count) from None
                continue
            silent = 0.0
            if name == "end":
                open_streams -= 1
            elif name == "page":
                path = Path(os.fsdecode(line.strip()))
                image = path.read_bytes()
                path.unlink()  # a stack does not pile up in memory
                count += 1
                duplex = profile.source is Source.FEEDER_DUPLEX
                side = ("back" if count % 2 == 0 else "front") if duplex else ""
                yield ScannedPage(image, device, side=side)
            elif found := _PROGRESS.search(line):
                progress(coming, float(found[1]) / 100)
            elif found := _PAGE.search(line):  # said on the same stream; `count` may lag or lead
                coming = int(found[1])
            else:
                errors.append(line)
        self._check_end(process, count, profile, b" ".join(errors))

    def _check_end(
        self, process: subprocess.Popen[bytes], count: int, profile: ScanProfile, said: bytes
    ) -> None:
        try:
            code = process.wait(self._silence_s)
        except subprocess.TimeoutExpired:
            raise ScannerCrashed(count) from None
        if code < 0:
            raise ScannerCrashed(count)
        text = said.decode("utf-8", "replace").lower()
        ran_out = code == 7 or "out of documents" in text
        if ran_out and count and profile.source is not Source.GLASS:
            return  # an emptied feeder is how a stack ends
        if code == 0 and count:
            return
        if "no space left" in text:
            raise NoRoom(count)
        if "jammed" in text:
            raise FeederJam(count)
        if "cover" in text and "open" in text:
            raise ScannerCoverOpen(count)
        raise (FeederEmpty if ran_out else _PROBLEMS.get(code, ScannerGone))(count)

    def _sources(self, device: str) -> list[str]:
        """Return the device's own names of its paper sources."""
        try:
            found = subprocess.run(
                ["scanimage", "-d", device, "-A"],
                capture_output=True, timeout=30, check=False, env=_environment(),
            )  # fmt: skip
        except FileNotFoundError:
            return []
        except subprocess.TimeoutExpired as error:
            raise ScannerCrashed from error
        match = re.search(r"--source ([^\n\[]+)", found.stdout.decode("utf-8", "replace"))
        return [] if match is None else [name.strip() for name in match[1].split("|")]


def _command(device: str, profile: ScanProfile, sources: list[str], folder: Path) -> list[str]:
    command = ["scanimage", "-d", device, "--format=jpeg", "-p"]
    command += ["--resolution", str(profile.dpi), "--mode", "Color" if profile.colour else "Gray"]
    source = _pick_source(profile.source, sources)
    if source:
        command += ["--source", source]
    command += ["-x", "210", "-y", "297"]
    command += [f"--batch={folder}/p%04d.jpg", "--batch-print"]
    if profile.source is Source.GLASS:
        command.append("--batch-count=1")
    return command


def _pick_source(wanted: Source, sources: list[str]) -> str:
    """Match a wish with a device's words, which differ from driver to driver."""
    feeders = [s for s in sources if any(word in s.lower() for word in _FEEDERS)]
    duplex = [s for s in feeders if "duplex" in s.lower()]
    simplex = [s for s in feeders if s not in duplex]
    glass = [s for s in sources if s not in feeders]
    choice = {
        Source.FEEDER: simplex + duplex,
        Source.FEEDER_DUPLEX: duplex + simplex,
        Source.GLASS: glass,
    }[wanted]
    return choice[0] if choice else ""


def _read(name: str, stream: IO[bytes], signs: queue.Queue[tuple[str, bytes]]) -> None:
    """Pass on what a child says, a line or a progress mark at a time."""
    pending = b""
    while chunk := os.read(stream.fileno(), 4096):
        pending += chunk
        *lines, pending = re.split(rb"[\r\n]", pending)
        for line in lines:
            if line.strip():
                signs.put((name, line))
    if pending.strip():
        signs.put((name, pending))
    stream.close()
    signs.put(("end", b""))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child that still runs: ask first, so that the lamp goes out."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment() -> dict[str, str]:
    """Return this process's environment without what no child may see."""
    return child.environment() | {"LC_ALL": "C"}


def is_available() -> bool:
    """Tell whether SANE's program is installed."""
    return shutil.which("scanimage") is not None
