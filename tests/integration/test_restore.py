"""Backup, dead disks, copied disks and new machines: nothing lost, no code issued twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.bootstrap import Joiner
from app.domain.wire import NumberRange
from app.models import store as store_module
from app.models.problems import DamagedStore, WrongKey
from app.models.restore import back_up
from app.paths import Profile
from app.services import lookup, scanning, station
from tests.support.office import (
    BICH,
    Counter,
    Office,
    enrol_station,
    picture,
    running_office,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running_office(tmp_path / "office") as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    yield counter
    counter.close()


def _codes(counter: Counter) -> list[str]:
    found: list[str] = counter.values("SELECT code FROM dossier ORDER BY code")
    return found


def _scan(counter: Counter, reception: object, seed: int) -> str:
    page = scanning.keep_image(
        counter.desk, picture(seed), paper="ban-chinh", position=1, device="file"
    )
    scanning.attach_page(counter.desk, BICH, reception.dossier, page)  # type: ignore[attr-defined]
    return page.sha256


def _lose_store(counter: Counter) -> None:
    counter.close()
    for path in counter.root.glob("store.db*"):
        path.unlink()
    shutil.rmtree(counter.profile.blobs, ignore_errors=True)


def _lose_everything_but_settings(counter: Counter) -> None:
    _lose_store(counter)
    for folder in (counter.profile.journal, counter.profile.backups):
        shutil.rmtree(folder, ignore_errors=True)


def _ranges(counter: Counter) -> list[tuple[int, int]]:
    with counter.office.database.reading() as session:
        from server.models.base import RangeRow

        rows = session.query(RangeRow).filter(RangeRow.kind == "range")
        return [(row.first, row.last) for row in rows]


# ---- the ways a store is lost --------------------------------------------------------------------


def test_a_backup_older_than_the_journal_is_brought_up_to_date(counter: Counter) -> None:
    codes = [counter.receive(f"Trước {i}").code for i in range(3)]
    copy = back_up(counter.desk.store, now=counter.clock())
    codes += [counter.receive(f"Sau {i}").code for i in range(4)]
    before = counter.incarnation
    _lose_store(counter)

    restored = counter.restore()

    assert (restored.copy, restored.from_journal) == (copy, 4)
    assert _codes(counter) == sorted(codes)
    assert counter.incarnation != before
    counter.sync()
    codes.append(counter.receive("Mới").code)
    assert len(set(codes)) == len(codes)
    counter.sync()
    assert counter.office.codes() == sorted(codes)


def test_a_journal_alone_brings_back_every_dossier_and_page_not_yet_sent(
    counter: Counter,
) -> None:
    receptions = [counter.receive(f"Người {i}") for i in range(5)]
    pages = [_scan(counter, reception, i) for i, reception in enumerate(receptions)]
    _lose_store(counter)

    restored = counter.restore()

    assert restored.copy is None
    assert restored.from_journal == 10
    assert _codes(counter) == sorted(r.code for r in receptions)
    done = counter.sync()
    assert (done.waiting, done.pages, done.pages_waiting) == (0, 5, 0)
    stored = counter.office.settings.blobs / "pages"
    assert {path.name for path in stored.rglob("*") if path.is_file()} == set(pages)
    assert counter.sync().proven


def test_pages_the_server_holds_already_are_not_missed_after_a_dead_disk(
    counter: Counter,
) -> None:
    reception = counter.receive()
    sent = _scan(counter, reception, 1)
    assert counter.sync().pages == 1
    waiting = _scan(counter, reception, 2)
    _lose_store(counter)

    counter.restore()
    done = counter.sync()

    assert (done.waiting, done.pages_waiting) == (0, 0)
    stored = counter.office.settings.blobs / "pages"
    assert {p.name for p in stored.rglob("*") if p.is_file()} == {sent, waiting}


def test_own_events_come_back_from_the_server_when_the_journal_is_gone_too(
    counter: Counter,
) -> None:
    codes = [counter.receive(f"Người {i}").code for i in range(4)]
    counter.sync()
    copy = counter.root.parent / "old.db"
    _lose_everything_but_settings(counter)
    assert not copy.exists()

    counter.restore()
    assert _codes(counter) == []
    # an empty store does not know what it was called; an old copy does
    done = counter.sync()

    assert _codes(counter) == sorted(codes)
    assert done.proven
    codes.append(counter.receive("Mới").code)
    assert len(set(codes)) == len(codes)


def test_an_old_copy_without_a_journal_is_completed_by_the_server(counter: Counter) -> None:
    codes = [counter.receive("Trước").code]
    copy = back_up(counter.desk.store, now=counter.clock())
    codes += [counter.receive(f"Sau {i}").code for i in range(3)]
    counter.sync()
    _lose_store(counter)
    shutil.rmtree(counter.profile.journal)

    restored = counter.restore()
    assert (restored.copy, restored.from_journal) == (copy, 0)
    assert _codes(counter) == codes[:1]
    counter.sync()

    assert _codes(counter) == sorted(codes)
    codes.append(counter.receive("Mới").code)
    counter.sync()
    assert len(set(codes)) == len(codes)
    assert counter.office.codes() == sorted(codes)
    assert counter.sync().proven


def test_a_damaged_copy_is_passed_over_for_the_one_before(counter: Counter) -> None:
    codes = [counter.receive("Một").code]
    good = back_up(counter.desk.store, now=counter.clock())
    counter.clock.move(minutes=1)
    codes.append(counter.receive("Hai").code)
    bad = back_up(counter.desk.store, now=counter.clock())
    bad.write_bytes(b"noise" * 3000)

    restored = counter.restore()

    assert restored.copy == good
    assert restored.set_aside is not None
    assert (restored.set_aside / "store.db").exists()
    assert _codes(counter) == sorted(codes)


def test_the_former_store_is_set_aside_and_never_overwritten(counter: Counter) -> None:
    counter.receive()
    counter.close()
    before = counter.profile.store.read_bytes()

    restored = counter.restore()

    assert restored.set_aside is not None
    assert (restored.set_aside / "store.db").read_bytes() == before


def test_a_journal_that_does_not_open_leaves_everything_as_it_is(counter: Counter) -> None:
    counter.receive()
    counter.close()
    path = counter.profile.journal / f"{counter.incarnation}.qmcj"
    whole = path.read_bytes()
    before = counter.profile.store.read_bytes()

    path.write_bytes(whole[:30])
    with pytest.raises(DamagedStore):
        counter.restore()
    path.write_bytes(whole)
    with pytest.raises(WrongKey):
        counter.restore(recovery_key=bytes(32))

    assert counter.profile.store.read_bytes() == before
    counter.reopen()


# ---- another machine -----------------------------------------------------------------------------


def test_a_new_machine_takes_the_place_of_a_dead_one_with_the_recovery_key(
    office: Office, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    dead = enrol_station(office, tmp_path / "dead", journal_folder=str(stick))
    receptions = [dead.receive(f"Người {i}") for i in range(3)]
    dead.sync()
    receptions.append(dead.receive("Chưa gửi"))
    _scan(dead, receptions[-1], 4)
    dead.close()
    shutil.rmtree(dead.root)  # disk and keys are gone; the stick is there

    fresh = enrol_station(office, tmp_path / "fresh", replaces=dead.opened.station.id)
    assert fresh.opened.station.id == dead.opened.station.id
    restored = fresh.restore(office.recovery_key, stick)
    assert restored.from_journal == 5
    done = fresh.sync()

    assert (done.waiting, done.pages, done.pages_waiting) == (0, 1, 0)
    assert office.codes() == sorted(r.code for r in receptions)
    later = fresh.receive("Mới")
    assert later.code not in {r.code for r in receptions}
    fresh.sync()
    assert later.code in office.codes()
    fresh.close()


def test_journals_of_other_stations_in_the_same_folder_are_left_alone(
    office: Office, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    one = enrol_station(office, tmp_path / "one", journal_folder=str(share))
    other = enrol_station(office, tmp_path / "other", journal_folder=str(share))
    mine, theirs = one.receive("Của mình"), other.receive("Của máy kia")
    _lose_store(one)

    restored = one.restore()

    assert restored.from_journal == 1
    assert _codes(one) == [mine.code]
    one.sync()
    other.sync()
    assert office.codes() == sorted([mine.code, theirs.code])
    one.close()
    other.close()


def test_a_disk_moved_to_another_machine_begins_a_new_incarnation(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = counter.receive()
    before = counter.incarnation
    monkeypatch.setattr(store_module, "machine_mark", lambda: "another machine")

    counter.reopen()

    assert counter.incarnation != before
    assert counter.receive().provisional  # no number of the former incarnation is touched
    counter.sync()
    final = counter.receive()
    assert not final.provisional
    assert final.code != first.code
    counter.reopen()
    assert counter.fact("own_stores").split() == [str(before), str(counter.incarnation)]


# ---- put back by hand ----------------------------------------------------------------------------


def _put_back(counter: Counter, older: Path) -> None:
    counter.close()
    for path in counter.root.glob("store.db*"):
        path.unlink()
    shutil.copy(older, counter.profile.store)
    counter.reopen()


def _older(counter: Counter) -> Path:
    counter.close()
    older = counter.root.parent / f"{counter.root.name}-older.db"
    shutil.copy(counter.profile.store, older)
    counter.reopen()
    return older


@pytest.mark.parametrize("sent", [True, False])
def test_a_store_put_back_to_an_older_file_is_noticed_by_the_journal(
    counter: Counter, sent: bool
) -> None:
    codes = [counter.receive("Trước").code]
    older = _older(counter)
    codes += [counter.receive(f"Sau {i}").code for i in range(7)]
    if sent:
        counter.sync()
    before = counter.incarnation

    _put_back(counter, older)

    assert counter.incarnation != before
    assert _codes(counter) == sorted(codes)
    counter.sync()
    codes += [counter.receive(f"Mới {i}").code for i in range(3)]
    counter.sync()
    assert len(set(codes)) == len(codes)
    assert counter.office.codes() == sorted(codes)


def test_it_is_noticed_by_the_profile_journal_while_the_stick_is_out(
    office: Office, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    counter = enrol_station(office, tmp_path / "quay", journal_folder=str(stick))
    codes = [counter.receive("Trước").code]
    older = _older(counter)
    stick.rename(tmp_path / "pulled")
    codes.append(counter.receive("Sau").code)

    _put_back(counter, older)

    assert _codes(counter) == sorted(codes)
    assert counter.receive("Mới").code not in codes
    counter.close()


@pytest.mark.parametrize("lost", ["journal", "nothing"])
def test_codes_stay_unique_through_any_order_of_losses(counter: Counter, lost: str) -> None:
    issued: list[str] = []

    def receive(count: int) -> None:
        issued.extend(counter.receive(f"Người {len(issued) + i}").code for i in range(count))

    steps: list[Callable[[], object]] = [counter.sync, lambda: receive(3)]
    receive(2)
    back_up(counter.desk.store, now=counter.clock())
    for step in steps * 2:
        step()
    counter.sync()
    if lost == "journal":
        shutil.rmtree(counter.profile.journal)
    _lose_store(counter)
    counter.restore()
    counter.sync()
    receive(4)
    counter.sync()

    final = [code for code in issued if not code.startswith("T-")]
    assert len(set(issued)) == len(issued)
    assert set(final) <= set(counter.office.codes())


def test_a_lease_answered_to_the_former_incarnation_is_not_given_to_the_next(
    counter: Counter,
) -> None:
    key = "11111111-1111-1111-1111-111111111111"
    counter.change("DELETE FROM number_range WHERE kind = 'lease'")
    counter.change("UPDATE fact SET value = :key WHERE key = 'lease_key'", key=key)
    back_up(counter.desk.store, now=counter.clock())
    counter.sync()  # the answer to that key comes now
    first = [counter.receive(f"Trước {i}").code for i in range(3)]
    _lose_everything = counter.profile.journal
    _lose_store(counter)
    shutil.rmtree(_lose_everything)

    counter.restore()
    counter.sync()
    later = [counter.receive(f"Sau {i}").code for i in range(3)]

    assert not set(first) & set(later)


def test_a_lists_line_says_that_a_dossier_of_a_former_incarnation_waits(
    counter: Counter,
) -> None:
    counter.receive("Đã gửi")
    counter.sync()
    waiting = counter.receive("Chưa gửi")
    _lose_store(counter)
    counter.restore()

    counter.sync()
    lines = {line.code: str(line.sync) for line in lookup.newest(counter.desk).lines}
    assert set(lines.values()) == {"stored"}
    assert waiting.code in lines
    assert station.status(counter.desk, "").waiting == 0


def test_the_command_says_what_came_from_where(counter: Counter) -> None:
    from argparse import Namespace

    counter.receive()
    _lose_store(counter)

    said = Joiner().restore(counter.root, Namespace(recovery_key=None, journal=None))

    assert said["from_journal"] == 1
    assert said["copy"] is None
    assert Profile(counter.root).store.exists()
    counter.reopen()
    assert isinstance(_ranges(counter)[0], tuple)
    assert NumberRange
