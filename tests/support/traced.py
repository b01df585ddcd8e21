"""A real process under strace: every write, sync and name it asks the system for, as a record."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.crash import Record, Said, Sync, SyncFolder, Truncate, Write, is_passing
from tests.support.processes import program

_CALLS = (
    "openat,open,creat,close,dup,dup2,dup3,fcntl,lseek,write,pwrite64,writev,pwritev,sendfile,"
    "copy_file_range,fsync,fdatasync,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,"
    "unlinkat,mkdir,mkdirat,link,linkat"
)
_LINE = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(?: .*)?$")
_HANDLE = re.compile(r"^(\d+)")
_MARK = b"said: "


class NotUnderstood(Exception):
    """A call that changes a watched file in a way that the record does not know."""


def traced(
    command: Sequence[str | Path], root: Path, *, env: Mapping[str, str], log: Path, stdin: str = ""
) -> Record:
    """Run a command to its end and return what it did to a folder.

    Lines "said: …" on its standard output are noted where they left the process.

    Raises:
        NotUnderstood: the record would not be the whole truth.
        CalledProcessError: the command failed.
    """
    record = Record.of(root)
    watching = [program("strace"), "-f", "-qq", "-xx", "-s", "1048576", "-o", str(log)]
    watching += ["-e", f"trace={_CALLS}", "-e", "signal=none", "--", *map(str, command)]
    subprocess.run(watching, env=dict(env), input=stdin.encode(), check=True, capture_output=True)
    with log.open(encoding="ascii", errors="replace") as lines:
        reader = _Reader(record, root.resolve())
        for line in lines:
            reader.read(line.rstrip("\n"))
    return record


class _Reader:
    """Follows descriptors, positions and names of one process."""

    def __init__(self, record: Record, root: Path) -> None:
        self._record = record
        self._root = f"{root}/"
        self._bare_root = str(root)
        self._files: dict[int, int] = {}
        self._folders: dict[int, str] = {}
        self._at: dict[int, int] = {}

    def read(self, line: str) -> None:
        """Take in one line of strace."""
        if "unfinished ..." in line or "resumed>" in line:
            if any(name in line for name in ("fsync", "fdatasync", "write", "rename", "unlink")):
                raise NotUnderstood(line[:200])  # threads at once: their order is not known
            return
        found = _LINE.match(line)
        if found is None or int(found[3]) < 0:
            return
        call, result = found[1], int(found[3])
        arguments = _split(found[2])
        handler = getattr(self, f"_{call}", None)
        if handler is not None:
            handler(arguments, result)
        elif self._touches(arguments):
            raise NotUnderstood(line[:200])

    def _touches(self, arguments: list[str]) -> bool:
        handle = _handle(arguments[0])
        return handle in self._files or any(
            self._place(_text(part)) is not None for part in arguments if part.startswith('"')
        )

    def _place(self, path: bytes) -> str | None:
        text = path.decode()
        if not text.startswith(self._root) or is_passing(text):
            return None
        return text.removeprefix(self._root)

    def _openat(self, arguments: list[str], result: int) -> None:
        self._close([str(result)], 0)
        path, flags = _text(arguments[1]), arguments[2]
        place = self._place(path)
        if place is None:
            if path.decode(errors="replace").rstrip("/") == self._bare_root:
                self._folders[result] = ""
            return
        if not {"O_CREAT", "O_WRONLY", "O_RDWR"} & set(flags.split("|")):
            if not self._record.knows(place):
                self._folders[result] = place
            return
        if "O_APPEND" in flags:
            raise NotUnderstood(f"append to {place}")
        self._files[result] = self._record.open(place, truncate="O_TRUNC" in flags)
        self._at[result] = 0

    def _close(self, arguments: list[str], _: int) -> None:
        handle = _handle(arguments[0])
        for known in (self._files, self._folders, self._at):
            known.pop(handle, None)  # type: ignore[attr-defined]

    def _lseek(self, arguments: list[str], result: int) -> None:
        if _handle(arguments[0]) in self._files:
            self._at[_handle(arguments[0])] = result

    def _fcntl(self, arguments: list[str], _: int) -> None:
        if "F_DUPFD" in arguments[1] and _handle(arguments[0]) in self._files:
            raise NotUnderstood("a descriptor was doubled")

    def _write(self, arguments: list[str], result: int) -> None:
        handle = _handle(arguments[0])
        if handle in self._files:
            data = _text(arguments[1])[:result]
            self._write_at(handle, self._at[handle], data)
            self._at[handle] += result
        elif handle == 1:
            for line in _text(arguments[1]).splitlines():
                if line.startswith(_MARK):
                    self._record.ops.append(Said(line.removeprefix(_MARK).decode()))

    def _pwrite64(self, arguments: list[str], result: int) -> None:
        handle = _handle(arguments[0])
        if handle in self._files:
            self._write_at(handle, int(arguments[3]), _text(arguments[1])[:result])

    def _write_at(self, handle: int, offset: int, data: bytes) -> None:
        self._record.ops.append(Write(self._files[handle], offset, data))

    def _ftruncate(self, arguments: list[str], _: int) -> None:
        handle = _handle(arguments[0])
        if handle in self._files:
            self._record.ops.append(Truncate(self._files[handle], int(arguments[1])))

    def _fsync(self, arguments: list[str], _: int) -> None:
        handle = _handle(arguments[0])
        if handle in self._folders:
            self._record.ops.append(SyncFolder(self._folders[handle]))
        elif handle in self._files:
            self._record.ops.append(Sync(self._files[handle]))

    _fdatasync = _fsync

    def _rename(self, arguments: list[str], _: int) -> None:
        old, new = (self._place(_text(part)) for part in arguments[-2:])
        if old is not None and new is not None:
            self._record.rename(old, new)

    def _unlink(self, arguments: list[str], _: int) -> None:
        place = self._place(_text(arguments[0]))
        if place is not None and self._record.knows(place):
            self._record.unlink(place)

    def _mkdir(self, arguments: list[str], _: int) -> None:
        place = self._place(_text(arguments[0]))
        if place is not None:
            self._record.make_folder(place)


def _handle(argument: str) -> int:
    found = _HANDLE.match(argument)
    return int(found[1]) if found else -1


def _split(text: str) -> list[str]:
    """Split a call's arguments; with -xx no comma stands within a string."""
    return [part.strip() for part in text.split(",")]


def _text(argument: str) -> bytes:
    inside = argument.strip().removesuffix("...").strip('"')
    return bytes.fromhex(inside.replace("\\x", ""))
