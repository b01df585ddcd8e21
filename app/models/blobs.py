"""Pages and receipts as encrypted files named by the SHA-256 of their content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from app.domain import sealing
from app.models.problems import DamagedStore, translated

_PURPOSE = "qmc-blobs-1"


class BlobFolder:
    """A folder of encrypted files; a file is durable when `put` returns."""

    def __init__(self, root: Path, store_key: bytes) -> None:
        self._root = root
        self._key = sealing.derive(store_key, _PURPOSE)

    def path(self, sha256: str) -> Path:
        """Return where a blob lies, or would lie."""
        return self._root / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep `content`; return its SHA-256 in hex. Safe to repeat.

        Raises:
            StoreProblem: the disk is full or cannot be written.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.exists():
            return sha256
        try:
            make_folder(path.parent)
            write_durably(path, sealing.encrypt(self._key, content, sha256.encode()))
        except OSError as error:
            problem = translated(error)
            if problem is None:
                raise
            raise problem from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return a blob's content, checked against its name.

        Raises:
            DamagedStore: it is missing or was changed.
        """
        try:
            content = sealing.decrypt(self._key, self.path(sha256).read_bytes(), sha256.encode())
        except (OSError, sealing.NotOpened) as error:
            raise DamagedStore(
                f"Trang {sha256[:8]}… trên máy bị hỏng hoặc mất.",
                "Quét lại trang này; nếu đã gửi, máy chủ còn giữ bản gốc.",
            ) from error
        return content

    def drop(self, sha256: str) -> None:
        """Remove a blob; harmless if it is gone."""
        self.path(sha256).unlink(missing_ok=True)


def opened_blob(path: Path, store_key: bytes) -> bytes | None:
    """Return the content of one blob file, None if this store's key does not open it."""
    try:
        key = sealing.derive(store_key, _PURPOSE)
        return sealing.decrypt(key, path.read_bytes(), path.name.encode())
    except (OSError, sealing.NotOpened):
        return None


def bring_back_pages(blobs: BlobFolder, journal_folder: Path, key: bytes) -> None:
    """Put the copies of pages beside a journal back among the blobs.

    They are encrypted under the key the journal holds, which is not the
    store's where a new machine takes the place of a lost one.
    """
    for copy in (journal_folder / "pages").glob("*"):
        content = opened_blob(copy, key)
        if content is not None:
            blobs.put(content)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that after a power cut it is there whole or not at all."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that a power cut does not take its name away.

    Syncing a file keeps its contents; that it can still be found is up to every folder above it.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
