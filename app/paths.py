"""Where a profile keeps its things. One profile is one station."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "quay-mot-cua"

# Bytes; the working pictures of a page in colour at 600 dpi take about 100 MB.
_ROOM_IN_MEMORY = 256 << 20


def default_profile() -> Path:
    """Return the folder used when no profile is named."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "quay"


def passing_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """Return a folder for pages on their way, for its owner alone; gone when it is left.

    In memory where the system has a roomy place there: a process that is killed
    leaves no page behind that a restart would find on the disk.
    """
    memory = Path("/dev/shm")
    in_memory = os.access(memory, os.W_OK | os.X_OK) and (
        shutil.disk_usage(memory).free >= _ROOM_IN_MEMORY
    )
    return tempfile.TemporaryDirectory(prefix=prefix, dir=memory if in_memory else None)


def key_folder() -> Path:
    """Return where key files lie when there is no keyring; never in a profile."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "keys"


@dataclass(frozen=True, slots=True)
class Profile:
    """The folder of one station and the places in it.

    Attributes:
        store_name: another than the store's own while one is rebuilt beside it.
    """

    root: Path
    store_name: str = "store.db"

    @property
    def settings(self) -> Path:
        """Settings of this station, TOML."""
        return self.root / "station.toml"

    @property
    def store(self) -> Path:
        """The encrypted database."""
        return self.root / self.store_name

    @property
    def blobs(self) -> Path:
        """Encrypted pages and receipts, by SHA-256."""
        return self.root / "blobs"

    @property
    def journal(self) -> Path:
        """Where the second journal lies while there is no second volume."""
        return self.root / "journal"

    @property
    def recovery(self) -> Path:
        """Pages that arrived and belong to no dossier yet."""
        return self.root / "recovery"

    @property
    def backups(self) -> Path:
        """Full copies made before migrations and on demand."""
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    def lock(self, name: str) -> Path:
        """Return the file whose OS lock guards `name`, such as "sync"."""
        return self.root / f"{name}.lock"
