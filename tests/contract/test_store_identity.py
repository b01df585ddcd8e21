"""Incarnations that the server has not seen yet, and profiles that send nothing."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.models.restore import back_up
from app.services import lookup
from app.settings import write_settings
from tests.support import office as offices


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[offices.Office]:
    with offices.running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def test_two_restores_without_network_lose_nothing_and_block_nothing(office):
    station = office.station()
    back_up(station.desk.store, now=station.desk.now())
    first = station.receive("Trần Văn Một")
    station.restore()
    second = station.receive("Trần Văn Hai")
    station.restore()
    third = station.receive("Trần Văn Ba")

    done = station.sync()

    assert (done.waiting, done.quarantined) == (0, 0)
    final = {station.fold(r.dossier).code for r in (first, second, third)}
    assert len(final) == 3
    assert final <= set(office.codes())


def test_a_practice_profile_sends_nothing(office):
    station = office.station()
    settings = replace(station.opened.settings, practice=True)
    write_settings(station.profile.settings, settings)
    station.reopen()
    reception = station.receive("Người Tập Sự")

    done = station.sync()

    assert (done.pushed, done.proven) == (0, "")
    assert "tập sự" in done.notice
    assert reception.code not in office.codes()


def test_without_a_place_for_the_journal_the_code_is_provisional(office, monkeypatch):
    station = office.station()
    station.receive()

    def gone(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.models.journal.Journal.create", gone)
    station.desk.store._journal = None

    reception = station.receive("Lê Văn Tạm")

    assert reception.provisional
    assert lookup.by_code(station.desk, reception.code) == reception.dossier
    monkeypatch.undo()
    assert station.sync().numbered == 1
    assert not station.fold(reception.dossier).provisional
    assert Path(station.desk.store.journal_folder).is_dir()
