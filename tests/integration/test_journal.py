"""The second journal: a hot backup that survives torn writes, pulled sticks and kill -9."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.domain import sealing
from app.domain.events import Event, genesis, verify_chain
from app.models.journal import Journal, open_journal, read_head
from app.models.problems import DamagedStore, JournalGone, WrongKey
from app.services import scanning
from tests.support.office import (
    BICH,
    ROOT,
    Counter,
    Office,
    enrol_station,
    picture,
    running_office,
)

STATION, PROVINCE, STORE_KEY = os.urandom(32), os.urandom(32), os.urandom(32)

APPENDER = """
import sys
from pathlib import Path
from uuid import UUID
from tests.integration.test_journal import chain, journal_in
incarnation = UUID(sys.argv[2])
events = chain(incarnation, 120)
journal = journal_in(Path(sys.argv[1]), incarnation, bytes.fromhex(sys.stdin.read()))
for upto in range(1, 121):
    journal.write(lambda after: events[after:max(after, upto)])
"""

DIER = """
import os, signal, sys
from pathlib import Path
from app.bootstrap import open_workstation
from app.models.store import Store
from app.services import intake
from tests.support.office import BICH, copies_entry
opened = open_workstation(Path(sys.argv[1]))
write, calls = Store.write_journal, []
def dying(self):
    calls.append(1)
    if len(calls) == 2:  # before the act it is written, after the commit it is not
        os.kill(os.getpid(), signal.SIGKILL)
    write(self)
Store.write_journal = dying
intake.receive(opened.desk, BICH, copies_entry("Vũ Thị Chưa Ghi"))
"""


def chain(store: UUID, count: int) -> list[Event]:
    """Return a store's first events, the same ones every time."""
    events: list[Event] = []
    head = genesis(store)
    for n in range(1, count + 1):
        event = Event(
            store=store, n=n, prev=head, dossier=UUID(int=n), base=0, kind="note.added", v=1,
            at="2026-11-20T09:00:00+07:00", actor="bich", body=b'{"text":"%d"}' % n,
        )  # fmt: skip
        events.append(event)
        head = event.hash
    return events


def journal_in(folder: Path, incarnation: UUID, key: bytes = STORE_KEY) -> Journal:
    """Open or make an incarnation's journal."""
    return Journal.create(
        folder, incarnation=incarnation, station="s", agency="H24.15", key=key,
        station_public=sealing.public_of_sealing(STATION),
        province_public=sealing.public_of_sealing(PROVINCE),
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office, tmp_path: Path) -> Iterator[Counter]:
    stick = tmp_path / "stick"
    stick.mkdir()
    counter = enrol_station(office, tmp_path / "quay", journal_folder=str(stick))
    yield counter
    counter.close()


def _whole(path: Path, private: bytes) -> list[Event]:
    return list(open_journal(path, private).events())


# ---- the file ------------------------------------------------------------------------------------


def test_a_tail_torn_at_any_length_is_passed_over_and_mended(tmp_path: Path) -> None:
    incarnation = uuid4()
    events = chain(incarnation, 4)
    journal = journal_in(tmp_path / "whole", incarnation)
    journal.write(lambda after: events[after:3])
    third = journal.path.stat().st_size
    journal.write(lambda after: events[after:])
    whole = journal.path.read_bytes()

    for cut in range(third, len(whole)):
        folder = tmp_path / "cut"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / journal.path.name).write_bytes(whole[:cut])
        torn = journal_in(folder, incarnation)
        assert torn.last_n() == 3, cut
        assert [e.n for e in torn.events()] == [1, 2, 3]
        assert torn.write(lambda after: events[after:]) == 4
        assert _whole(torn.path, STATION) == events
        assert torn.path.stat().st_size == len(whole)


def test_noise_behind_the_last_record_is_cut_off(tmp_path: Path) -> None:
    incarnation = uuid4()
    events = chain(incarnation, 3)
    journal = journal_in(tmp_path, incarnation)
    journal.write(lambda after: events[after:2])
    with journal.path.open("ab") as file:
        file.write(os.urandom(5000))

    again = journal_in(tmp_path, incarnation)
    assert again.last_n() == 2
    again.write(lambda after: events[after:])
    assert _whole(again.path, PROVINCE) == events


def test_a_changed_record_ends_what_is_believed_and_is_written_anew(tmp_path: Path) -> None:
    incarnation = uuid4()
    events = chain(incarnation, 5)
    journal = journal_in(tmp_path, incarnation)
    places = []
    for upto in range(1, 6):
        journal.write(lambda after, upto=upto: events[after:upto])
        places.append(journal.path.stat().st_size)
    content = bytearray(journal.path.read_bytes())
    content[places[2] + 40] ^= 1  # in the fourth
    journal.path.write_bytes(content)

    again = journal_in(tmp_path, incarnation)
    assert [e.n for e in again.events()] == [1, 2, 3]
    again.write(lambda after: events[after:])
    assert _whole(again.path, STATION) == events


@pytest.mark.parametrize("left", [0, 3, 40, 200])
def test_a_file_without_its_head_is_set_aside_and_made_anew(tmp_path: Path, left: int) -> None:
    incarnation = uuid4()
    events = chain(incarnation, 3)
    journal = journal_in(tmp_path, incarnation)
    journal.write(lambda after: events[after:2])
    os.truncate(journal.path, left)

    again = journal_in(tmp_path, incarnation)
    again.write(lambda after: events[after:])

    assert _whole(again.path, STATION) == events


def test_records_of_another_incarnation_are_not_believed(tmp_path: Path) -> None:
    one, other = uuid4(), uuid4()
    first, second = journal_in(tmp_path, one), journal_in(tmp_path, other)
    first.write(lambda after: chain(one, 3)[after:])
    head = second.path.read_bytes()
    length = first.path.stat().st_size - len(head)
    second.path.write_bytes(head + first.path.read_bytes()[-length:])

    assert list(open_journal(second.path, STATION).events()) == []


def test_the_key_of_station_or_province_opens_it_and_no_other(tmp_path: Path) -> None:
    incarnation = uuid4()
    events = chain(incarnation, 2)
    journal = journal_in(tmp_path, incarnation)
    journal.write(lambda after: events[after:])

    assert _whole(journal.path, STATION) == events
    assert _whole(journal.path, PROVINCE) == events
    with pytest.raises(WrongKey):
        open_journal(journal.path, os.urandom(32))
    head = read_head(journal.path)
    assert (head.incarnation, head.agency) == (incarnation, "H24.15")


def test_what_is_no_journal_is_named(tmp_path: Path) -> None:
    for content in (b"", b"QMCJ1\n", b"QMCJ1\n{}\n", b"QMCJ1\n[1]\n", os.urandom(300)):
        path = tmp_path / "x.qmcj"
        path.write_bytes(content)
        with pytest.raises(DamagedStore):
            open_journal(path, STATION)


def test_several_processes_append_without_tearing_each_other(tmp_path: Path) -> None:
    incarnation = uuid4()
    children = []
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path), str(incarnation)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
        )
        assert child.stdin is not None
        child.stdin.write(STORE_KEY.hex().encode())
        child.stdin.close()
        children.append(child)
    assert [child.wait(60) for child in children] == [0, 0]

    # the seals were made by another process with its own key pairs: open with the store key
    journal = Journal(tmp_path, read_head(tmp_path / f"{incarnation}.qmcj"), STORE_KEY)
    found = list(journal.events())
    assert found == chain(incarnation, 120)
    verify_chain(found, n=0, head=genesis(incarnation))


# ---- with a store --------------------------------------------------------------------------------


def test_what_was_received_stands_in_the_journal_before_the_code_leaves(counter: Counter) -> None:
    reception = counter.receive("Nguyễn Thị Nhật Ký")
    path = counter.desk.store.journal_folder / f"{counter.incarnation}.qmcj"

    found = _whole(path, counter.office.recovery_key)

    assert reception.code.encode() in found[-1].body
    assert "Nhật Ký".encode() not in path.read_bytes()


def test_a_stick_that_is_pulled_out_is_replaced_and_caught_up_when_it_comes_back(
    counter: Counter, tmp_path: Path
) -> None:
    counter.receive()
    stick = tmp_path / "stick"
    stick.rename(tmp_path / "pulled")

    counter.receive()
    counter.receive()

    assert counter.desk.store.journal_folder == counter.profile.journal
    assert not stick.exists()  # nobody makes a folder where the stick should be
    path = counter.profile.journal / f"{counter.incarnation}.qmcj"
    assert [e.n for e in _whole(path, counter.opened.keys.sealing)] == [1, 2, 3]

    (tmp_path / "pulled").rename(stick)
    counter.receive()
    assert counter.desk.store.journal_folder == stick
    back = stick / f"{counter.incarnation}.qmcj"
    assert [e.n for e in _whole(back, counter.opened.keys.sealing)] == [1, 2, 3, 4]


def test_pages_are_kept_although_the_stick_is_out(counter: Counter, tmp_path: Path) -> None:
    reception = counter.receive()
    (tmp_path / "stick").rename(tmp_path / "pulled")

    page = scanning.keep_image(
        counter.desk, picture(3), paper="ban-chinh", position=1, device="file"
    )
    scanning.attach_page(counter.desk, BICH, reception.dossier, page)

    assert (counter.profile.journal / "pages" / page.sha256).exists()
    assert not (tmp_path / "stick").exists()


def test_where_it_can_be_written_nowhere_no_final_code_leaves_and_nothing_is_lost(
    counter: Counter, tmp_path: Path
) -> None:
    before = counter.receive()
    (tmp_path / "stick").rename(tmp_path / "pulled")
    shutil.rmtree(counter.profile.journal, ignore_errors=True)
    counter.profile.journal.write_bytes(b"a file stands where the folder should")

    between = counter.receive()
    assert between.provisional
    with pytest.raises(JournalGone):
        counter.desk.store.write_journal()

    counter.profile.journal.unlink()
    after = counter.receive()
    assert not after.provisional
    assert len({before.code, between.code, after.code}) == 3
    path = counter.profile.journal / f"{counter.incarnation}.qmcj"
    assert [e.n for e in _whole(path, counter.opened.keys.sealing)] == [1, 2, 3]


def test_a_process_killed_between_commit_and_journal_is_caught_up_at_the_next_opening(
    counter: Counter,
) -> None:
    counter.receive()
    counter.close()
    done = subprocess.run(
        [sys.executable, "-c", DIER, str(counter.root)], cwd=ROOT, check=False, env=os.environ
    )
    assert done.returncode == -9
    path = Path(counter.opened.settings.journal_folder) / f"{counter.incarnation}.qmcj"
    assert [e.n for e in _whole(path, counter.opened.keys.sealing)] == [1]

    incarnation = counter.incarnation
    counter.reopen()

    assert counter.incarnation == incarnation
    assert [e.n for e in _whole(path, counter.opened.keys.sealing)] == [1, 2]
    assert counter.values("SELECT submitter FROM dossier ORDER BY row")[-1] == "Vũ Thị Chưa Ghi"


def test_a_journal_behind_by_thousands_is_caught_up(counter: Counter, tmp_path: Path) -> None:
    for _ in range(30):
        counter.receive()
    path = tmp_path / "stick" / f"{counter.incarnation}.qmcj"
    path.unlink()

    counter.reopen()

    assert [e.n for e in _whole(path, counter.opened.keys.sealing)] == list(range(1, 31))
