"""The station's keys, in the OS keyring or, without one, in an owner-only file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import keyring
import keyring.errors

from app.models.blobs import make_folder, sync_folder
from app.models.problems import WrongKey
from app.paths import key_folder

SERVICE = "quay-mot-cua"


@dataclass(frozen=True, slots=True)
class StationKeys:
    """Raw private keys of one profile, 32 bytes each.

    Attributes:
        store: of the database, pages and second journal.
        signing: Ed25519, authenticates the station.
        sealing: X25519, opens what is sealed to the station.
        place: "keyring" or "file".
    """

    store: bytes
    signing: bytes
    sealing: bytes
    place: str = "keyring"

    def __repr__(self) -> str:
        return f"StationKeys(place={self.place!r})"


def make_keys() -> StationKeys:
    """Return fresh random keys."""
    return StationKeys(os.urandom(32), os.urandom(32), os.urandom(32))


def save_keys(profile_id: str, keys: StationKeys) -> str:
    """Keep the keys; return where: "keyring" or "file"."""
    text = json.dumps([keys.store.hex(), keys.signing.hex(), keys.sealing.hex()])
    try:
        keyring.set_password(SERVICE, profile_id, text)
        if keyring.get_password(SERVICE, profile_id) == text:
            return "keyring"
    except keyring.errors.KeyringError:
        pass  # no keyring here: the device screen says so
    _write_owner_only(_key_file(profile_id), text)
    return "file"


def _write_owner_only(path: Path, text: str) -> None:
    """Write a file that only its owner reads; after a power cut it is there whole or not at all."""
    make_folder(path.parent.parent)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    sync_folder(path.parent.parent)
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def load_keys(profile_id: str) -> StationKeys:
    """Return the keys of a profile.

    Raises:
        WrongKey: there are none here, or the keyring is locked.
    """
    path = _key_file(profile_id)
    try:
        if path.exists():
            return _parsed(path.read_text("utf-8"), "file")
        text = keyring.get_password(SERVICE, profile_id)
    except (keyring.errors.KeyringError, OSError) as error:
        raise _no_key("Kho khoá của hệ điều hành đang khoá hoặc không mở được.") from error
    if text is None:
        raise _no_key("Không tìm thấy khoá của kho hồ sơ trên máy này.")
    return _parsed(text, "keyring")


def forget_keys(profile_id: str) -> None:
    """Remove the keys of a profile; harmless if there are none."""
    _key_file(profile_id).unlink(missing_ok=True)
    try:
        keyring.delete_password(SERVICE, profile_id)
    except keyring.errors.KeyringError:
        return


def _key_file(profile_id: str) -> Path:
    return key_folder() / f"{profile_id}.key"


def _parsed(text: str, place: str) -> StationKeys:
    try:
        store, signing, sealing = (bytes.fromhex(part) for part in json.loads(text))
    except (ValueError, TypeError) as error:
        raise _no_key("Khoá của kho hồ sơ bị hỏng.") from error
    return StationKeys(store, signing, sealing, place)


def _no_key(title: str) -> WrongKey:
    return WrongKey(
        title,
        "Đăng nhập đúng tài khoản hệ điều hành của quầy; nếu máy đã thay, nhờ quản trị khôi phục.",
        "Kho hồ sơ còn nguyên, không kho mới nào được tạo.",
    )
