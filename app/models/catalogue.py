"""The signed catalogue: taken whole, or the last good one stays."""

from __future__ import annotations

import datetime as dt
import functools

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import sealing
from app.domain.catalogue import BadCatalogue, Catalogue, read_catalogue
from app.domain.wire import SignedCatalogue, catalogue_bytes
from app.errors import AppError
from app.models.base import CatalogueRow
from app.models.problems import DamagedStore


class NoCatalogue(AppError):
    """No usable catalogue is on this station."""


class CatalogueRefused(AppError):
    """A catalogue that arrived was not taken; the last good one stays."""


class _Payload(msgspec.Struct):
    version: int
    files: dict[str, str]


def load(session: Session) -> Catalogue:
    """Return the newest catalogue of the store.

    Raises:
        NoCatalogue: there is none.
    """
    payload = session.scalar(
        select(CatalogueRow.payload).order_by(CatalogueRow.version.desc()).limit(1)
    )
    if payload is None:
        raise NoCatalogue(
            "Máy này chưa có danh mục thủ tục.", "Nối mạng và bấm F5 (hoặc chạy “sync”) một lần."
        )
    return _stored(payload)


def _stored(payload: str) -> Catalogue:
    """Read a payload that was checked when it was kept: what is wrong now is the disk's doing."""
    try:
        return parse(payload)
    except (BadCatalogue, msgspec.DecodeError) as error:
        raise DamagedStore(
            "Danh mục trong kho hồ sơ bị hỏng.",
            "Chạy “restore”: dựng lại từ bản sao và nhật ký thứ hai.",
            "Tệp hỏng được giữ nguyên.",
        ) from error


def load_version(session: Session, version: int) -> Catalogue:
    """Return the version a dossier was received under, or the newest if it is gone."""
    row = session.get(CatalogueRow, version)
    return load(session) if row is None else _stored(row.payload)


@functools.lru_cache(maxsize=4)
def parse(payload: str) -> Catalogue:
    """Read a payload; the last few are kept, for they cost tens of milliseconds."""
    content = msgspec.json.decode(payload, type=_Payload)
    return read_catalogue(content.files)


def newest_version(session: Session) -> int:
    """Return the number of the newest catalogue, 0 for none."""
    return (
        session.scalar(select(CatalogueRow.version).order_by(CatalogueRow.version.desc()).limit(1))
        or 0
    )


def kept(session: Session) -> tuple[tuple[int, dt.datetime], ...]:
    """Return (version, when it came in) of every catalogue of the store, the newest first."""
    rows = session.execute(
        select(CatalogueRow.version, CatalogueRow.stored_at).order_by(CatalogueRow.version.desc())
    )
    return tuple((row.version, row.stored_at) for row in rows)


def newest_at(session: Session) -> dt.datetime | None:
    """Return when the newest catalogue came in, None for none."""
    return session.scalar(
        select(CatalogueRow.stored_at).order_by(CatalogueRow.version.desc()).limit(1)
    )


def keep(
    session: Session, signed: SignedCatalogue, province_key: bytes, now: dt.datetime
) -> Catalogue:
    """Take a newer catalogue after checking signature, number and content.

    Raises:
        CatalogueRefused: it was not taken; the message names the place.
    """
    stays = "Danh mục đang dùng vẫn giữ nguyên."
    try:
        signature = bytes.fromhex(signed.signature)
    except ValueError:
        signature = b""
    if not sealing.is_signed(province_key, signature, catalogue_bytes(signed.payload)):
        raise CatalogueRefused(
            "Danh mục vừa nhận không có chữ ký đúng của tỉnh.", "Báo quản trị máy chủ.", stays
        )
    try:
        catalogue = parse(signed.payload)
    except (BadCatalogue, msgspec.DecodeError) as error:
        raise CatalogueRefused(
            f"Danh mục vừa nhận có chỗ sai: {error}.", "Báo quản trị sửa đúng chỗ này.", stays
        ) from error
    newest = newest_version(session)
    if catalogue.version != signed.version or catalogue.version <= newest:
        raise CatalogueRefused(
            f"Danh mục vừa nhận là bản {catalogue.version}, máy đã có bản {newest}.",
            "Báo quản trị: số phiên bản chỉ được tăng.",
            stays,
        )
    session.add(
        CatalogueRow(
            version=catalogue.version,
            payload=signed.payload,
            signature=signed.signature,
            stored_at=now,
        )
    )
    return catalogue
