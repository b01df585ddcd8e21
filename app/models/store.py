"""A station's store: database, blobs and second journal, opened and kept in step."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.domain import sealing
from app.domain.events import Event
from app.models import events, migrate
from app.models.blobs import BlobFolder, bring_back_pages, make_folder, write_durably
from app.models.database import Database, check_place
from app.models.journal import Journal, is_other_volume, machine_mark
from app.models.keys import StationKeys
from app.models.problems import DamagedStore, JournalGone, WrongKey
from app.models.recovered import take_in
from app.paths import Profile

log = logging.getLogger(__name__)
_JOURNAL_BATCH = 500
_SMALLEST_STORE = 4096  # one page


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What enrolment settled: public, and kept in the settings file.

    Attributes:
        id, name, agency: who this station is.
        province_key, recovery_key: raw public keys.
    """

    id: UUID
    name: str
    agency: str
    province_key: bytes
    recovery_key: bytes


class Store:
    """Everything one profile keeps; open it once per process.

    Attributes:
        database: the two doors.
        blobs: pages and receipts.
        is_fresh_machine: the disk was copied to another machine: no number of
            the old incarnation may be used.
    """

    def __init__(
        self, profile: Profile, keys: StationKeys, station: Station, journal_folder: Path | None
    ) -> None:
        self.profile = profile
        self.station = station
        self._keys = keys
        self._wanted = journal_folder
        self._journal: Journal | None = None
        self.database = Database(profile.store, keys.store)
        self.blobs = BlobFolder(profile.blobs, keys.store)

    @classmethod
    def open(
        cls, profile: Profile, keys: StationKeys, station: Station, journal_folder: Path | None
    ) -> Store:
        """Open an existing store, bring it up to date and its journal in step.

        Raises:
            WrongKey: there is no store, or the key does not fit; none is made.
            StoreProblem: the store cannot be used; it is left as it is.
        """
        if not profile.store.exists():
            raise WrongKey(
                "Không thấy kho hồ sơ của quầy này.",
                "Chạy “restore” để dựng lại từ bản sao và nhật ký thứ hai.",
                "Không kho mới nào được tạo.",
            )
        if profile.store.stat().st_size < _SMALLEST_STORE:
            # SQLite would take a cut-off file for a fresh one and write into it
            raise DamagedStore(
                "Tệp kho hồ sơ bị hỏng: chỉ còn phần đầu.",
                "Chạy “restore”: dựng lại từ bản sao và nhật ký thứ hai.",
                "Tệp hỏng được giữ nguyên.",
            )
        check_place(profile.root)
        store = cls(profile, keys, station, journal_folder)
        migrate.migrate(store.database, profile.backups)
        store.check_identity()
        store.write_journal()
        return store

    @classmethod
    def create(
        cls,
        profile: Profile,
        keys: StationKeys,
        station: Station,
        journal_folder: Path | None,
        incarnation: UUID,
    ) -> Store:
        """Make an empty store under an incarnation.

        Raises:
            FileExistsError: there is a store already; it is never replaced.
            StoreProblem: the place will not do.
        """
        if profile.store.exists():
            raise FileExistsError(profile.store)
        check_place(profile.root)
        store = cls(profile, keys, station, journal_folder)
        migrate.migrate(store.database, profile.backups)
        store.begin_incarnation(incarnation)
        store.write_journal()
        return store

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def begin_incarnation(self, incarnation: UUID) -> None:
        """Make events under a new identity from now on."""
        with self.database.writing() as session:
            _begin(session, incarnation)
        self._journal = None

    def check_identity(self) -> None:
        """Begin a new incarnation if the disk now runs in another machine.

        A journal that is ahead of the store shows that the store was put
        back to an older state: its events and pages are taken in, and the
        incarnation ends too, for the journal alone cannot tell a copy from
        the original.
        """
        with self.database.reading() as session:
            mark = events.get_fact(session, "machine")
        if mark and mark != machine_mark():
            self.begin_incarnation(uuid4())
            return
        lost = self._ahead_in_journal()
        if lost:
            for place in self._journal_places():
                bring_back_pages(self.blobs, place, self._keys.store)
            with self.database.writing() as session:  # both or neither, should the power go now
                take_in(session, lost)
                _begin(session, uuid4())
            self._journal = None

    def _ahead_in_journal(self) -> list[Event]:
        """Return own events that some journal holds and the store does not."""
        ahead: list[Event] = []
        for place in self._journal_places():
            if not place.is_dir():
                continue  # the stick is out, or nothing ever fell back to the profile
            try:
                found = self._ahead_in(self._open_journal(place))
            except OSError:
                continue
            ahead = max(ahead, found, key=len)
        return ahead

    def _ahead_in(self, journal: Journal) -> list[Event]:
        journalled = journal.last_n()  # before the store: others may act meanwhile
        with self.database.reading() as session:
            last, _ = events.last_of(session, events.incarnation(session))
        if journalled <= last:
            return []
        return [event for event in journal.events() if event.n > last]

    @contextmanager
    def acting(self, *, needs_journal: bool = True) -> Iterator[Session]:
        """Yield a writing session; afterwards its events are in the second journal too.

        Args:
            needs_journal: False for acts that put no final code on paper:
                they stay in the store until the journal is back.

        Raises:
            JournalGone: the acts are stored, but in one place only; no code
                may leave the process.
            StoreProblem: nothing was stored.
        """
        with self.database.writing() as session:
            yield session
        try:
            self.write_journal()
        except JournalGone:
            if needs_journal:
                raise

    def has_journal(self) -> bool:
        """Tell whether the second journal can be written now; it is in step then."""
        try:
            self.write_journal()
        except JournalGone:
            return False
        return True

    def write_journal(self) -> None:
        """Append to the second journal what it lacks; fall back to a folder of the profile.

        Raises:
            JournalGone: it can be written nowhere.
        """
        failure: OSError | None = None
        for place in self._journal_places():
            try:
                journal = self._open_journal(place)
                while self._write_some(journal):
                    pass
            except OSError as error:
                self._journal, failure = None, error
            else:
                return
        raise JournalGone(
            "Không ghi được nhật ký thứ hai ở đâu cả.",
            "Cắm lại ổ nhật ký hoặc dọn đĩa, rồi làm lại.",
            "Hồ sơ đã lưu trong kho; số chưa được đưa ra giấy.",
        ) from failure

    def _write_some(self, journal: Journal) -> bool:
        """Write up to a batch; return whether more may follow."""
        before: list[int] = []

        def missing(after: int) -> list[Event]:
            with self.database.reading() as session:
                found = events.of_store(session, events.incarnation(session), after, _JOURNAL_BATCH)
            before.append(len(found))
            return found

        journal.write(missing)
        return before == [_JOURNAL_BATCH]

    def _journal_places(self) -> list[Path]:
        wanted = [] if self._wanted is None else [self._wanted]
        return [*wanted, self.profile.journal]

    def _open_journal(self, place: Path) -> Journal:
        if place == self._wanted and not place.is_dir():
            raise FileNotFoundError(place)  # the stick is out: do not make its mount point
        if self._journal is not None and self._journal.folder == place:
            return self._journal
        with self.database.reading() as session:
            current = events.incarnation(session)
        self._journal = Journal.create(
            place,
            incarnation=current,
            station=str(self.station.id),
            agency=self.station.agency,
            key=self._keys.store,
            station_public=sealing.public_of_sealing(self._keys.sealing),
            province_public=self.station.recovery_key,
        )
        return self._journal

    @property
    def journal_folder(self) -> Path:
        """Where the journal is written now."""
        return self.profile.journal if self._journal is None else self._journal.folder

    @property
    def misses_journal_folder(self) -> bool:
        """True while the folder meant for the journal is not there (the stick is out)."""
        return self._wanted is not None and self.journal_folder != self._wanted

    @property
    def has_second_volume(self) -> bool:
        """True if the journal lies on another volume than the store."""
        return is_other_volume(self.journal_folder, self.profile.root)

    def sign(self, message: bytes) -> bytes:
        """Sign as this station."""
        return sealing.sign(self._keys.signing, message)

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Open what was sealed to this station.

        Raises:
            NotOpened: it was sealed to another, or changed.
        """
        return sealing.unseal(self._keys.sealing, sealed, purpose)

    @property
    def key_place(self) -> str:
        """Where the keys lie: "keyring" or "file"."""
        return self._keys.place

    def unacknowledged_copy(self, sha256: str) -> None:
        """Copy a page that the server does not hold yet beside the journal.

        Where that fails the page is still safe in the store, and sent from there.
        """
        target = self.journal_folder / "pages" / sha256
        try:
            if not target.exists():
                make_folder(target.parent)
                write_durably(target, self.blobs.path(sha256).read_bytes())
        except OSError as error:
            log.warning("no copy of a page beside the journal: %s", error.strerror)

    def drop_copy(self, sha256: str) -> None:
        """Remove a page's copy beside the journal once the server holds it."""
        try:
            (self.journal_folder / "pages" / sha256).unlink(missing_ok=True)
        except OSError as error:
            log.warning("a page's copy stays beside the journal: %s", error.strerror)


def _begin(session: Session, incarnation: UUID) -> None:
    stores = [*events.own_stores(session), incarnation]
    events.set_fact(session, "incarnation", str(incarnation))
    events.set_fact(session, "own_stores", " ".join(map(str, stores)))
    events.set_fact(session, "machine", machine_mark())
    for fact in ("contacts", "stopped", "used_twice", "lease_key", "plan_renewed_on"):
        events.set_fact(session, fact, "")


def now_local() -> dt.datetime:
    """Return the present moment in Vietnam's one zone."""
    return dt.datetime.now(VIETNAM)


VIETNAM = dt.timezone(dt.timedelta(hours=7))
