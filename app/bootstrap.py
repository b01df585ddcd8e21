"""Builds the long-lived objects and joins them; the only file that may import everything."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from app.commands.opened import Opened
from app.domain import shapes
from app.domain.catalogue import Catalogue, read_catalogue
from app.models import restore as restoring
from app.models.keys import StationKeys, load_keys
from app.models.store import Station, Store, now_local
from app.paths import Profile
from app.services import print_jobs
from app.services.desk import Desk
from app.settings import BadSettings, Settings, read_settings
from app.sync import enrol as enrolling
from app.sync.engine import SyncEngine
from app.sync.http import Connection
from printing.drivers.opening import open_printer
from printing.spool import Spool


@dataclass(frozen=True, slots=True)
class Workstation:
    """One profile, opened: what commands and the window work with."""

    profile: Profile
    settings: Settings
    station: Station
    keys: StationKeys
    desk: Desk

    def connect(self) -> Connection:
        """Open a connection to the server, signed as this station."""
        return Connection(self.settings, self.station.id, self.desk.store.sign, self.desk.clock)

    def engine(self, progress: Callable[[int, int], None] = lambda _taken, _of: None) -> SyncEngine:
        """Return an engine that syncs this profile; `progress` is told parts of a first fill."""
        return SyncEngine(
            self.desk.store, self.connect, self.desk.clock, practice=self.settings.practice,
            progress=progress,
        )  # fmt: skip

    def spool(self) -> Spool:
        """Return the spool of this profile."""
        return Spool(print_jobs.DeskJournal(self.desk), open_printer)

    def close(self) -> None:
        """Close the store."""
        self.desk.store.close()


def station_of(settings: Settings) -> Station:
    """Return who this station is.

    Raises:
        BadSettings: the settings do not say.
    """
    try:
        return Station(
            id=UUID(settings.station_id),
            name=settings.station_name,
            agency=settings.agency,
            province_key=bytes.fromhex(settings.province_key),
            recovery_key=bytes.fromhex(settings.recovery_key),
        )
    except ValueError as error:
        raise BadSettings(
            "Tệp cài đặt không nói máy này là quầy nào.", "Đăng ký lại máy."
        ) from error


def journal_of(settings: Settings) -> Path | None:
    """Return where the second journal is wanted, None for a folder of the profile."""
    return Path(settings.journal_folder) if settings.journal_folder else None


def open_workstation(root: Path) -> Workstation:
    """Open a profile.

    Raises:
        BadSettings: it is not enrolled.
        StoreProblem: the store cannot be opened; it is left as it is.
    """
    shapes.learn()  # before window, sync and scanning read events in several threads
    profile = Profile(root.absolute())
    settings = read_settings(profile.settings)
    station = station_of(settings)
    keys = load_keys(settings.profile_id)
    store = Store.open(profile, keys, station, journal_of(settings))
    desk = Desk(store, clock=now_local, practice=settings.practice)
    return Workstation(profile, settings, station, keys, desk)


def restore_workstation(
    root: Path, recovery_key: bytes | None, journals: Path | None
) -> tuple[Workstation, restoring.Restored]:
    """Rebuild a profile's store from copies and journals.

    Raises:
        BadSettings: the settings are gone too; enrol again as a replacement.
        StoreProblem: a journal does not open.
    """
    shapes.learn()  # before window, sync and scanning read events in several threads
    profile = Profile(root.absolute())
    settings = read_settings(profile.settings)
    station = station_of(settings)
    keys = load_keys(settings.profile_id)
    store, restored = restoring.restore(
        profile,
        keys,
        station,
        journal_of(settings),
        more_journals=journals,
        private=recovery_key,
        now=now_local(),
    )
    desk = Desk(store, clock=now_local, practice=settings.practice)
    return Workstation(profile, settings, station, keys, desk), restored


class Joiner:
    """Opens, enrols and restores profiles for the commands and the window."""

    def open(self, root: Path) -> Workstation:
        """Open a profile; raises as `open_workstation`."""
        return open_workstation(root)

    def enrol(self, root: Path, arguments: argparse.Namespace) -> dict[str, Any]:
        """Enrol a fresh profile with a one-time code."""
        enrolled = enrolling.enrol(
            Profile(root.absolute()),
            server=arguments.server,
            code=arguments.code,
            ca_file=str(arguments.ca.absolute()) if arguments.ca else "",
            journal_folder=str(arguments.journal.absolute()) if arguments.journal else "",
            clock=now_local(),
        )
        return {
            "station": str(enrolled.station.id),
            "name": enrolled.station.name,
            "agency": enrolled.station.agency,
            "keys": enrolled.key_place,
        }

    def backup(self, opened: Opened) -> str:
        """Make a full copy; return its path."""
        return str(restoring.back_up(opened.desk.store, now=now_local()))

    def restore(self, root: Path, arguments: argparse.Namespace) -> dict[str, Any]:
        """Rebuild a store from copies, journals and, at the next sync, the server."""
        private = None
        if arguments.recovery_key is not None:
            private = bytes.fromhex(arguments.recovery_key.read_text("ascii").strip())
        opened, restored = restore_workstation(root, private, arguments.journal)
        opened.close()
        return {
            "copy": str(restored.copy) if restored.copy else None,
            "from_journal": restored.from_journal,
            "set_aside": str(restored.set_aside) if restored.set_aside else None,
            "journals": [str(path) for path in restored.journals],
            "damaged": [str(path) for path in restored.damaged],
            "next": _next_after(restored),
        }

    def catalogue(self, root: Path) -> Catalogue:
        """Return the profile's catalogue, or the bundled one without a profile."""
        if not Profile(root).settings.exists():
            return bundled_catalogue()
        opened = open_workstation(root)
        try:
            return opened.desk.catalogue()
        finally:
            opened.close()


def _next_after(restored: restoring.Restored) -> str:
    words = "Chạy sync để lấy phần còn lại từ máy chủ và nhận dải số mới."
    if restored.damaged:
        names = ", ".join(path.name for path in restored.damaged)
        words += f" Nhật ký {names} có bản ghi hỏng: đối chiếu hồ sơ trong ngày với giấy đã in."
    return words


def bundled_catalogue() -> Catalogue:
    """Return the catalogue that came with the program."""
    folder = Path(__file__).parent.parent / "resources" / "catalogue"
    return read_catalogue({p.name: p.read_text("utf-8") for p in folder.glob("*.toml")})
