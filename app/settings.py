"""What a station is told once: its server, and where its second journal lies."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from app.errors import AppError


class BadSettings(AppError):
    """The settings file cannot be used; it is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one profile; read and checked once at start.

    Attributes:
        profile_id: names this profile's keys in the keyring.
        server: base address, https (http on loopback only).
        ca_file: certificate authority of the server, or "" for the system's.
        journal_folder: on another volume, or "" for a folder of the profile.
        scanner, printer: the usual devices, or "".
        scanners: further devices by name, such as `escl:http://192.168.1.20/eSCL`
            or `folder:/srv/scans`.
        read_text: text of scanned pages is read in idle time, where OCR is installed.
        scan_gap_ms: keys that come closer together than this are a scanner's.
        practice: True for a profile that never sends anything.
        station_id, station_name, agency: who this station is, told at enrolment.
        province_key, recovery_key: public keys in hex, pinned at enrolment.
    """

    profile_id: str
    server: str = ""
    ca_file: str = ""
    journal_folder: str = ""
    scanner: str = ""
    scanners: tuple[str, ...] = ()
    read_text: bool = False
    printer: str = ""
    scan_gap_ms: int = 35
    practice: bool = False
    station_id: str = ""
    station_name: str = ""
    agency: str = ""
    province_key: str = ""
    recovery_key: str = ""


def read_settings(path: Path) -> Settings:
    """Return the settings of a profile.

    Raises:
        BadSettings: there is no such file, or it is not understood.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Settings)
    except FileNotFoundError as error:
        raise BadSettings(
            "Máy này chưa được đăng ký với máy chủ.",
            "Nhờ quản trị cấp mã, rồi chạy: main.py --profile … enrol --server … --code …",
        ) from error
    except (OSError, ValueError) as error:
        raise BadSettings(
            f"Không đọc được tệp cài đặt {path.name}: {error}.",
            "Sửa lại tệp, hoặc đăng ký lại máy.",
            "Kho hồ sơ không bị đụng tới.",
        ) from error


def write_settings(path: Path, settings: Settings) -> None:
    """Replace the settings file; a crash leaves the old one or the new one."""
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in asdict(settings).items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
