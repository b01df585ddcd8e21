"""The province's catalogue: checked, signed, monotonic; and the province's keys."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import sealing
from app.domain.catalogue import Catalogue, read_catalogue
from app.domain.wire import SignedCatalogue, catalogue_bytes
from server.errors import ServerProblem
from server.models.base import CatalogueRow


@dataclass(frozen=True, slots=True)
class ProvinceKeys:
    """Keys of the province.

    Attributes:
        signing: raw Ed25519 private key that signs catalogues.
        recovery_public: raw X25519 public key; its private half is kept off the server.
        courier: raw X25519 private key that opens bundles from sticks.
    """

    signing: bytes
    recovery_public: bytes
    courier: bytes

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key, pinned at enrolment."""
        return sealing.public_of_signing(self.signing)

    @property
    def courier_public(self) -> bytes:
        """Raw X25519 public key that stations seal bundles to."""
        return sealing.public_of_sealing(self.courier)

    def __repr__(self) -> str:
        return "ProvinceKeys()"


def make_keys(blobs: Path, recovery_file: Path) -> ProvinceKeys:
    """Make the province's keys once; the recovery key goes to a file of its own.

    Raises:
        FileExistsError: there are keys already.
    """
    folder = blobs / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing, recovery = os.urandom(32), os.urandom(32)
    _write_secret(recovery_file, recovery)
    _write_secret(folder / "province.key", signing)
    (folder / "recovery.pub").write_text(sealing.public_of_sealing(recovery).hex(), "ascii")
    make_courier_key(blobs)
    return load_keys(blobs)


def make_courier_key(blobs: Path) -> None:
    """Make the key for bundles from sticks, if there is none yet."""
    path = blobs / "keys" / "courier.key"
    if not path.exists():
        _write_secret(path, os.urandom(32))


def load_keys(blobs: Path) -> ProvinceKeys:
    """Return the province's keys.

    Raises:
        OSError: `init` was not run with this folder.
    """
    folder = blobs / "keys"
    return ProvinceKeys(
        bytes.fromhex((folder / "province.key").read_text("ascii").strip()),
        bytes.fromhex((folder / "recovery.pub").read_text("ascii").strip()),
        bytes.fromhex((folder / "courier.key").read_text("ascii").strip()),
    )


def _write_secret(path: Path, key: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")


def load_folder(session: Session, folder: Path, keys: ProvinceKeys, now: dt.datetime) -> Catalogue:
    """Check a folder of TOML files, sign it and make it the newest version.

    Raises:
        BadCatalogue: a file is wrong; nothing was loaded.
        ServerProblem: the version is not higher than the newest one.
    """
    files = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}
    catalogue = read_catalogue(files)
    newest = session.scalar(
        select(CatalogueRow.version).order_by(CatalogueRow.version.desc()).limit(1)
    )
    if newest is not None and catalogue.version <= newest:
        raise ServerProblem(
            409, "old-version",
            f"Danh mục bản {catalogue.version} không mới hơn bản {newest} đang dùng.",
            "Tăng version trong catalogue.toml.",
        )  # fmt: skip
    payload = msgspec.json.encode({"version": catalogue.version, "files": files}).decode()
    session.add(
        CatalogueRow(
            version=catalogue.version,
            payload=payload,
            signature=sealing.sign(keys.signing, catalogue_bytes(payload)).hex(),
            loaded_at=now,
        )
    )
    return catalogue


def newest(session: Session) -> SignedCatalogue | None:
    """Return the newest catalogue as it travels, None if none was loaded."""
    row = session.scalars(
        select(CatalogueRow).order_by(CatalogueRow.version.desc()).limit(1)
    ).first()
    if row is None:
        return None
    return SignedCatalogue(version=row.version, payload=row.payload, signature=row.signature)


def version(session: Session, number: int) -> Catalogue | None:
    """Return a version's content, read once a process: a version never changes."""
    signature = session.scalar(select(CatalogueRow.signature).where(CatalogueRow.version == number))
    if signature is None:
        return None
    if signature not in _read:
        payload = session.scalar(select(CatalogueRow.payload).where(CatalogueRow.version == number))
        if len(_read) >= _KEPT:
            _read.clear()
        _read[signature] = parsed(payload or "")
    return _read[signature]


def warm_up(session: Session) -> None:
    """Read the newest version before somebody has to wait for it."""
    number = session.scalar(select(func.max(CatalogueRow.version)))
    if number is not None:
        version(session, number)


_KEPT = 8
_read: dict[str, Catalogue] = {}


def parsed(payload: str) -> Catalogue:
    """Return what a payload says.

    Raises:
        BadCatalogue: it cannot be read.
    """
    content = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    return read_catalogue(msgspec.json.decode(content["files"], type=dict[str, str]))
