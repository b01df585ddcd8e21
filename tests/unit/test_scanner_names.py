"""Devices by name, profiles as data, WIA's numbers, and the rows of the devices screen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.scanning import wia
from app.scanning.driver import (
    Device,
    FeederEmpty,
    FeederJam,
    ScannerCoverOpen,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    Source,
)
from app.scanning.profiles import read_profiles
from app.ui.devices.scanners import scanner_rows


def test_the_bundled_profiles_are_whole_and_named_in_vietnamese() -> None:
    profiles = read_profiles()

    assert len({profile.key for profile in profiles}) == len(profiles) >= 4
    assert {profile.source for profile in profiles} == set(Source)
    assert all(200 <= profile.dpi <= 600 for profile in profiles)
    assert profiles[0].profile == ScanProfile(source=Source.FEEDER, dpi=300, colour=False)


def test_a_profile_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('[[profile]]\nkey="a"\nname="b"\nsource="moon"\ndpi=1\ncolour=false\n')
    with pytest.raises(ValueError, match="moon"):
        read_profiles(path)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-2145320957, FeederEmpty),  # 0x80210003 as COM hands it over, signed
        (0x80210002, FeederJam),
        (0x80210016, ScannerCoverOpen),
        (0x80004005, ScannerGone),
    ],
)
def test_what_windows_says_is_named_for_hands(code: int, kind: type[ScanProblem]) -> None:
    error = OSError("x")
    error.hresult = code  # type: ignore[attr-defined] # as comtypes' errors carry it

    assert wia.problem_of(error) is kind
    assert wia.problem_of(ValueError("a bug")) is None


def test_elsewhere_wia_finds_nothing_and_says_why() -> None:
    assert wia.WiaScanners().devices() == []
    with pytest.raises(ScannerGone, match="Windows"):
        list(
            wia.WiaScanners().scan(
                "wia:x", ScanProfile(), progress=lambda *_: None, cancel=threading.Event()
            )
        )


def test_the_devices_screen_has_a_row_for_each_scanner_there_or_not() -> None:
    found = [Device(name="test:0", label="Máy thử"), Device(name="escl:http://a", label="Máy A")]

    rows = scanner_rows(found, "escl:http://a", ["escl:http://a", "escl:http://b", "folder:/x"])

    assert [(r.label, r.is_found, r.is_chosen) for r in rows] == [
        ("Máy thử", True, False),
        ("Máy A", True, True),
        ("http://b", False, False),
        ("/x", False, False),
    ]
    assert "dây mạng" in rows[2].words
    assert "thư mục" in rows[3].words
    assert scanner_rows([], "", []) == ()
    (lost,) = scanner_rows([], "fujitsu:0")
    assert (lost.is_found, lost.is_chosen) == (False, True)
    assert "dây USB" in lost.words
