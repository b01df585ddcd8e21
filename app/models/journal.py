"""The second journal: every own event again, encrypted, on another volume.

It is the high-water mark outside the store and the hot backup at once. The
file begins with a header in which the journal's key is sealed to the station
and to the province's recovery key, for the keyring dies with the disk. Then
come records: length, and the encrypted event. A torn last record is cut off
when the file is next opened; every record carries its number, so a lost or
foreign one cannot pass. See docs/adr/0002.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import filelock

from app.domain import sealing
from app.domain.events import BrokenChain, Event, genesis, verify_chain
from app.models.blobs import make_folder, write_durably
from app.models.problems import DamagedStore, WrongKey

_MAGIC = b"QMCJ1\n"
_LENGTH = struct.Struct(">I")
_LARGEST_RECORD = 1 << 20
_PURPOSE = "qmc-journal-key"


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Whose journal a file is; keys sealed, hashes in hex.

    Attributes:
        mark: shows that all of it is as it was written, b"" where none was.
    """

    incarnation: UUID
    station: str
    agency: str
    sealed_to_station: bytes
    sealed_to_province: bytes
    mark: bytes = b""

    def to_line(self) -> bytes:
        """Return the header line after the magic."""
        fields = {
            "incarnation": str(self.incarnation),
            "station": self.station,
            "agency": self.agency,
            "to_station": self.sealed_to_station.hex(),
            "to_province": self.sealed_to_province.hex(),
        }
        if self.mark:
            fields["mark"] = self.mark.hex()
        return json.dumps(fields).encode() + b"\n"

    def marked(self, key: bytes) -> JournalHead:
        """Return the head with the mark that the journal's key gives it."""
        bare = replace(self, mark=b"")
        secret = sealing.derive(key, "qmc-journal-head-1")
        return replace(self, mark=hmac.digest(secret, bare.to_line(), "sha256"))


def read_head(path: Path) -> JournalHead:
    """Return the header of a journal file.

    Raises:
        DamagedStore: this is no journal.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ValueError("no journal")
            raw = json.loads(file.readline(65536))
        return JournalHead(
            UUID(raw["incarnation"]),
            raw["station"],
            raw["agency"],
            bytes.fromhex(raw["to_station"]),
            bytes.fromhex(raw["to_province"]),
            bytes.fromhex(raw.get("mark", "")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedStore(
            f"Tệp {path.name} không phải nhật ký thứ hai, hoặc phần đầu đã hỏng.",
            "Chọn tệp nhật ký khác.",
        ) from error


def open_key(head: JournalHead, private: bytes) -> bytes:
    """Return a journal's key, opened by the station's or the province's private key.

    Raises:
        WrongKey: neither seal opens.
    """
    for sealed in (head.sealed_to_station, head.sealed_to_province):
        try:
            return sealing.unseal(private, sealed, _PURPOSE)
        except sealing.NotOpened:
            continue
    raise WrongKey(
        "Khoá này không mở được nhật ký thứ hai.",
        "Dùng khoá khôi phục của tỉnh.",
        "Nhật ký còn nguyên.",
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far a journal file was verified: its length, last number and hash."""

    length: int
    n: int
    head: bytes


class Journal:
    """One incarnation's second journal file.

    Several processes may append: an OS lock makes them take turns, and each
    writes what the file lacks, whoever made it.
    """

    def __init__(self, folder: Path, head: JournalHead, key: bytes) -> None:
        self.folder = folder
        self.path = folder / f"{head.incarnation}.qmcj"
        self._header = head
        self._key = sealing.derive(key, "qmc-journal-1")
        self._lock = filelock.FileLock(str(self.path) + ".lock")
        self._seen = _Seen(0, 0, genesis(head.incarnation))
        self._synced = 0  # length up to which this object knows it on the disk

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        incarnation: UUID,
        station: str,
        agency: str,
        key: bytes,
        station_public: bytes,
        province_public: bytes,
    ) -> Journal:
        """Make the file if it is not there; return the journal.

        A file whose head is damaged could never be opened again: it is set
        aside, and the new one is filled from the store.

        Raises:
            OSError: the folder cannot be written.
        """
        make_folder(folder)
        head = JournalHead(
            incarnation,
            station,
            agency,
            sealing.seal(station_public, key, _PURPOSE),
            sealing.seal(province_public, key, _PURPOSE),
        ).marked(key)
        journal = cls(folder, head, key)
        if not _has_head(journal.path, head, key):
            write_durably(journal.path, _MAGIC + head.to_line())
        return journal

    def last_n(self) -> int:
        """Return the number of the last event in the file.

        Raises:
            OSError: the file cannot be read (the stick was pulled out).
        """
        with self._lock:
            return self._catch_up_reading().n

    def write(self, missing: Callable[[int], Sequence[Event]]) -> int:
        """Append what the file lacks, durably; return the last number in it.

        Args:
            missing: given the last number in the file, returns the events
                after it in order.

        Raises:
            OSError: the volume is gone or full; a torn record is cut off
                by the next call.
        """
        with self._lock:
            seen = self._catch_up_reading()
            events = missing(seen.n)
            if events:
                head = verify_chain(events, n=seen.n, head=seen.head)
                data = b"".join(self._record(event) for event in events)
                self._append(data, seen.length)
                seen = self._seen = _Seen(seen.length + len(data), events[-1].n, head)
            elif self._synced != seen.length:
                self._append(b"", seen.length)  # whoever wrote it may have died before the sync
            self._synced = seen.length
            return seen.n

    def _append(self, data: bytes, at: int) -> None:
        """Write and sync behind `at`; what could not be synced is not left to be believed."""
        with self.path.open("r+b", buffering=0) as file:
            file.seek(at)
            file.truncate()
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                # after a failed sync the system shows what it has dropped: read back, it
                # would look written
                with suppress(OSError):
                    file.truncate(at)
                raise

    def events(self) -> Iterator[Event]:
        """Yield all whole events in the file, in order; a torn tail is passed over."""
        with self.path.open("rb") as file:
            _skip_head(file)
            yield from (event for event, _ in self._records(file, 0))

    def salvage(self) -> tuple[list[Event], int]:
        """Return all events that can be read, and how many whole records cannot.

        Unlike `events` it goes on behind a damaged record: the event may lie
        in another journal, or at the server. A record that was cut off in
        the middle of its writing is not damage.
        """
        found: list[Event] = []
        damaged = n = 0
        with self.path.open("rb") as file:
            _skip_head(file)
            while len(prefix := file.read(_LENGTH.size)) == _LENGTH.size:
                length = _LENGTH.unpack(prefix)[0]
                box = file.read(length) if length <= _LARGEST_RECORD else b""
                if len(box) < length:
                    damaged += length > _LARGEST_RECORD
                    break
                n += 1
                try:
                    found.append(self._opened(box, n))
                except sealing.NotOpened:
                    damaged += 1
        return found, damaged

    def _opened(self, box: bytes, n: int) -> Event:
        context = f"{self._header.incarnation}/{n}".encode()
        return _parse_record(sealing.decrypt(self._key, box, context))

    def _catch_up_reading(self) -> _Seen:
        size = self.path.stat().st_size
        if size == self._seen.length:
            return self._seen
        with self.path.open("rb") as file:
            seen = self._seen
            if size < seen.length or seen.length == 0:
                seen = _Seen(_skip_head(file), 0, genesis(self._header.incarnation))
            file.seek(seen.length)
            for event, end in self._records(file, seen.n):
                try:
                    head = verify_chain([event], n=seen.n, head=seen.head)
                except BrokenChain:
                    break
                seen = _Seen(end, event.n, head)
        self._seen = seen
        return seen

    def _record(self, event: Event) -> bytes:
        envelope = json.dumps(
            [
                str(event.store), event.n, event.prev.hex(), str(event.dossier or ""), event.base,
                event.kind, event.v, event.at, event.actor,
            ]
        )  # fmt: skip
        text = envelope.encode() + b"\n" + event.body
        box = sealing.encrypt(self._key, text, f"{self._header.incarnation}/{event.n}".encode())
        return _LENGTH.pack(len(box)) + box

    def _records(self, file: object, n: int) -> Iterator[tuple[Event, int]]:
        """Yield (event, end position) of whole records; stop at the first torn one."""
        read, tell = file.read, file.tell  # type: ignore[attr-defined]
        while True:
            prefix = read(_LENGTH.size)
            if len(prefix) < _LENGTH.size:
                return
            length = _LENGTH.unpack(prefix)[0]
            box = read(length) if length <= _LARGEST_RECORD else b""
            n += 1
            try:
                event = self._opened(box, n)
            except sealing.NotOpened:
                return
            yield event, tell()


def _has_head(path: Path, expected: JournalHead, key: bytes) -> bool:
    """Tell whether a journal can go on in a file; a damaged one is set aside.

    The seals are read only when the store is lost: that they still are what
    was written must show before.
    """
    try:
        head = read_head(path)
    except DamagedStore as damage:
        if isinstance(damage.__cause__, FileNotFoundError):
            return False
        if isinstance(damage.__cause__, OSError):
            raise damage.__cause__ from None
        path.replace(path.with_suffix(".damaged"))
        return False
    whose = (expected.incarnation, expected.station, expected.agency)
    is_same = (head.incarnation, head.station, head.agency) == whose
    if not is_same or (head.mark and head != head.marked(key)):
        path.replace(path.with_suffix(".damaged"))
        return False
    return True


def _skip_head(file: object) -> int:
    file.seek(len(_MAGIC))  # type: ignore[attr-defined]
    file.readline(65536)  # type: ignore[attr-defined]
    return int(file.tell())  # type: ignore[attr-defined]


def _parse_record(text: bytes) -> Event:
    line, _, body = text.partition(b"\n")
    store, n, prev, dossier, base, kind, v, at, actor = json.loads(line)
    return Event(
        store=UUID(store),
        n=n,
        prev=bytes.fromhex(prev),
        dossier=UUID(dossier) if dossier else None,
        base=base,
        kind=kind,
        v=v,
        at=at,
        actor=actor,
        body=body,
    )


def open_journal(path: Path, private: bytes) -> Journal:
    """Open a journal file by the station's or the province's private key.

    Raises:
        DamagedStore: this is no journal.
        WrongKey: the key does not open it.
    """
    head = read_head(path)
    journal = Journal(path.parent, head, open_key(head, private))
    journal.path = path
    return journal


def is_other_volume(folder: Path, store: Path) -> bool:
    """Tell whether two folders lie on different volumes."""
    try:
        return folder.stat().st_dev != store.stat().st_dev
    except OSError:
        return False


def machine_mark() -> str:
    """Return a hash that tells this machine from a copy of its disk."""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            text = Path(place).read_text("ascii").strip()
        except OSError:
            continue
        if text:
            return hashlib.sha256(b"qmc-machine\n" + text.encode()).hexdigest()
    return hashlib.sha256(b"qmc-machine\n" + _windows_machine().encode()).hexdigest()


def _windows_machine() -> str:
    try:
        import winreg
    except ImportError:
        return ""
    with winreg.OpenKey(  # type: ignore[attr-defined, unused-ignore]
        winreg.HKEY_LOCAL_MACHINE,  # type: ignore[attr-defined, unused-ignore]
        r"SOFTWARE\Microsoft\Cryptography",
    ) as key:
        return str(winreg.QueryValueEx(key, "MachineGuid")[0])  # type: ignore[attr-defined, unused-ignore]
