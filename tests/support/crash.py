"""What a disk still holds after the power goes: writes and names that were synced, and some luck.

A recorder turns what a program does to a folder into operations. From any prefix of
them `crash` makes an image: every file holds what it held at its last sync, and of the writes
since then each one is kept, lost, or torn into its sectors. A new name is durable once its
folder was synced; of the others the first few are, as file systems keep them in order.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
LOST, TORN = 0.4, 0.2  # of the writes not yet synced; the rest is kept
JUNK = b"\xa5" * 32768  # shared memory is worth nothing after a cut

File = int
Image = dict[str, bytes | None]
"""Contents by path relative to the folder; None for a folder."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes written to a file."""

    file: File
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file cut off, or grown with zeros."""

    file: File
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file's contents made durable."""

    file: File


@dataclass(frozen=True, slots=True)
class FailedSync:
    """A sync that was answered with an error: what was written is dropped, as systems do."""

    file: File


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """The names in a folder made durable; "" is the folder that is watched."""

    folder: str


@dataclass(frozen=True, slots=True)
class Link:
    """A new name; `file` None for a folder."""

    path: str
    file: File | None


@dataclass(frozen=True, slots=True)
class Unlink:
    """A name removed."""

    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """A file under another name, in the place of what was there."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words that left the process: from now on they must hold."""

    words: str


Naming = Link | Unlink | Rename
Op = Write | Truncate | Sync | FailedSync | SyncFolder | Naming | Said


@dataclass
class Record:
    """A folder as it was, durably, and what was done to it since.

    Attributes:
        start: contents by path, None for a folder.
        ops: in the order in which they happened.
    """

    start: Image
    ops: list[Op] = field(default_factory=list)
    _files: dict[str, File] = field(default_factory=dict)
    _last: int = 0

    @classmethod
    def of(cls, root: Path) -> Record:
        """Begin with what lies in a folder now."""
        record = cls(image_of(root))
        for path, content in record.start.items():
            if content is not None:
                record._files[path] = record._fresh()
        return record

    def _fresh(self) -> File:
        self._last += 1
        return self._last

    def started(self) -> dict[str, File]:
        """Return the files of the start by path."""
        numbers = range(1, 1 + sum(1 for content in self.start.values() if content is not None))
        paths = (path for path, content in self.start.items() if content is not None)
        return dict(zip(paths, numbers, strict=True))

    def open(self, path: str, *, truncate: bool = False) -> File:
        """Return the file under a name now; note a new name, or that it was emptied."""
        if path not in self._files:
            self._files[path] = self._fresh()
            self.ops.append(Link(path, self._files[path]))
        elif truncate:
            self.ops.append(Truncate(self._files[path], 0))
        return self._files[path]

    def knows(self, path: str) -> bool:
        """Tell whether a file has this name now."""
        return path in self._files

    def make_folder(self, path: str) -> None:
        """Note a new folder."""
        self.ops.append(Link(path, None))

    def unlink(self, path: str) -> None:
        """Note that a name is gone."""
        self._files.pop(path, None)
        self.ops.append(Unlink(path))

    def rename(self, old: str, new: str) -> None:
        """Note another name."""
        self._files[new] = self._files.pop(old)
        self.ops.append(Rename(old, new))

    def said(self, upto: int) -> list[str]:
        """Return what had left the process before operation `upto`."""
        return [op.words for op in self.ops[:upto] if isinstance(op, Said)]

    def without_syncs(self) -> Record:
        """Return the same on a disk that ignores flushes."""
        kept = [op for op in self.ops if not isinstance(op, (Sync, SyncFolder))]
        return Record(self.start, kept, self._files, self._last)


def image_of(root: Path) -> Image:
    """Return what lies in a folder; shared memory and lock files are left out."""
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if not is_passing(path.name)
    }


def is_passing(name: str) -> bool:
    """Tell whether a file means nothing after a restart."""
    return name.endswith(("-shm", ".lock", ".log"))


def crash(record: Record, upto: int, chance: random.Random) -> Image:
    """Return what a power cut before operation `upto` leaves."""
    disk = _Disk(record)
    for op in record.ops[:upto]:
        disk.do(op)
    return disk.cut(chance)


def without_a_cut(record: Record) -> Image:
    """Return what lies there once every operation reached the disk."""
    disk = _Disk(record)
    for op in record.ops:
        disk.do(op)
    return disk.settled()


class _Disk:
    """Contents and names that are durable, and those that wait for a sync."""

    def __init__(self, record: Record) -> None:
        numbers = record.started()
        self._names: dict[str, File | None] = {path: numbers.get(path) for path in record.start}
        self._contents = {
            number: bytearray(record.start[path] or b"") for path, number in numbers.items()
        }
        self._waiting: dict[File, list[Write | Truncate]] = {}
        self._naming: list[Naming] = []

    def do(self, op: Op) -> None:
        """Take in what the program did."""
        match op:
            case Write() | Truncate():
                self._waiting.setdefault(op.file, []).append(op)
            case Sync():
                for waiting in self._waiting.pop(op.file, []):
                    self._apply(waiting)
            case FailedSync():
                self._waiting.pop(op.file, None)
            case SyncFolder():
                self._sync_names(op.folder)
            case Link() | Unlink() | Rename():
                self._naming.append(op)

    def cut(self, chance: random.Random) -> Image:
        """Let luck decide on what was not synced; return what is left."""
        for waiting in self._waiting.values():
            for op in waiting:
                self._apply_by_luck(op, chance)
        for naming in self._naming[: chance.randint(0, len(self._naming))]:
            self._name(naming)
        return self._left()

    def settled(self) -> Image:
        """Let everything reach the disk; return what is there."""
        for waiting in self._waiting.values():
            for op in waiting:
                self._apply(op)
        for naming in self._naming:
            self._name(naming)
        return self._left()

    def _left(self) -> Image:
        return {
            path: None if file is None else bytes(self._contents.get(file, b""))
            for path, file in sorted(self._names.items())
            if self._is_reachable(path)
        }

    def _is_reachable(self, path: str) -> bool:
        above = [str(parent) for parent in Path(path).parents][:-1]
        return all(folder in self._names for folder in above)

    def _sync_names(self, folder: str) -> None:
        rest: list[Naming] = []
        for op in self._naming:
            paths = (op.old, op.new) if isinstance(op, Rename) else (op.path,)
            if any(_folder_of(path) == folder for path in paths):
                self._name(op)
            else:
                rest.append(op)
        self._naming = rest

    def _name(self, op: Naming) -> None:
        match op:
            case Link():
                self._names[op.path] = op.file
            case Unlink():
                self._names.pop(op.path, None)
            case Rename():
                if op.old in self._names:
                    self._names[op.new] = self._names.pop(op.old)

    def _apply(self, op: Write | Truncate) -> None:
        content = self._contents.setdefault(op.file, bytearray())
        if isinstance(op, Truncate):
            del content[op.size :]
            content.extend(bytes(op.size - len(content)))
            return
        content.extend(bytes(max(0, op.offset + len(op.data) - len(content))))
        content[op.offset : op.offset + len(op.data)] = op.data

    def _apply_by_luck(self, op: Write | Truncate, chance: random.Random) -> None:
        luck = chance.random()
        if luck < LOST:
            return
        if luck >= LOST + TORN:
            self._apply(op)
        elif isinstance(op, Write):
            for part in _torn(op, chance):
                self._apply(part)


def _torn(op: Write, chance: random.Random) -> list[Write]:
    """Return those sectors of a write that came through; within one only its beginning."""
    if len(op.data) <= SECTOR:
        return [Write(op.file, op.offset, op.data[: chance.randrange(len(op.data) + 1)])]
    starts = [0, *range(SECTOR - op.offset % SECTOR, len(op.data), SECTOR)]
    ends = [*starts[1:], len(op.data)]
    return [
        Write(op.file, op.offset + start, op.data[start:end])
        for start, end in zip(starts, ends, strict=True)
        if chance.random() < 0.5
    ]


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def lay_out(image: Image, folder: Path) -> Path:
    """Put an image into an empty folder, with junk as shared memory; return the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path, content in image.items():
        target = folder / path
        if content is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if path.endswith("-wal"):
            target.with_name(target.name.removesuffix("-wal") + "-shm").write_bytes(JUNK)
    return folder
