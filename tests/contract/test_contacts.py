"""A store that runs on two machines is stopped at the second one's first contact, and settled."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from app.bootstrap import open_workstation
from app.domain import bodies
from app.models import events, projection
from app.services import lookup, settling, station
from app.sync.http import ServerRefused
from tests.support.office import BICH, Counter, Office


def cloned(office: Office, counter: Counter) -> Counter:
    """Copy a whole machine, keys and all: what an image of a disk does."""
    counter.close()
    root = counter.root.with_name(f"{counter.root.name}-clone")
    shutil.copytree(counter.root, root)
    counter.opened = open_workstation(counter.root)
    counter._take_clock()
    copy = Counter(office, root, counter.clock, open_workstation(root))
    copy._take_clock()
    return copy


def test_a_clone_is_stopped_at_its_first_contact_before_it_did_anything(office: Office) -> None:
    original = office.station()
    clone = cloned(office, original)
    original.sync()

    with pytest.raises(ServerRefused) as caught:
        clone.sync()

    assert caught.value.type == "cloned"
    assert caught.value.title == "Hai máy đang dùng cùng một kho hồ sơ."
    assert "Báo quản trị" in caught.value.advice
    standing = station.status(clone.desk, "")
    assert standing.stopped
    assert not standing.is_green
    assert original.sync().proven  # the other goes on
    for counter in (original, clone):
        counter.close()


def test_a_stopped_clone_gives_out_no_final_code_any_more(office: Office) -> None:
    original = office.station()
    clone = cloned(office, original)
    original.sync()
    with pytest.raises(ServerRefused):
        clone.sync()

    codes = [clone.receive(f"Người {i}").code for i in range(3)]

    assert all(code.startswith("T-") for code in codes)
    assert not original.receive().code.startswith("T-")
    for counter in (original, clone):
        counter.close()


def test_what_a_clone_received_before_it_was_stopped_is_kept_under_its_own_name(
    office: Office,
) -> None:
    original = office.station()
    original.receive("Trước khi sao")
    original.sync()
    clone = cloned(office, original)
    theirs = [original.receive(f"Máy gốc {i}") for i in range(3)]
    ours = [clone.receive(f"Bản sao {i}") for i in range(3)]
    assert {r.code for r in theirs} & {r.code for r in ours}  # the worst case: the same numbers
    original.sync()
    with pytest.raises(ServerRefused):
        clone.sync()

    clone.restore()  # what the words advise
    done = clone.sync()

    assert done.waiting == 0
    refused = station.refused_events(clone.desk)
    assert len(refused) == 3
    for reception in ours:
        mended = settling.mend(clone.desk, BICH, reception.dossier, "trùng số", new_code=True)
        assert mended.code not in {r.code for r in (*theirs, *ours)}
    done = clone.sync()
    assert (done.quarantined, done.waiting) == (0, 0)
    assert done.proven
    assert original.sync().proven
    assert len(office.codes()) == len(set(office.codes())) == 7
    for reception in (*theirs, *ours):
        shown = lookup.show(clone.desk, reception.dossier).dossier
        assert shown == original.fold(reception.dossier)
    for counter in (original, clone):
        counter.close()


def test_a_stopped_machine_stays_stopped_however_often_it_tries(office: Office) -> None:
    original = office.station()
    clone = cloned(office, original)
    for _ in range(3):
        original.sync()
    for _ in range(9):  # counting on, it would overtake the original while that one sleeps
        with pytest.raises(ServerRefused) as caught:
            clone.sync()
        assert caught.value.type == "cloned"
        assert clone.receive().code.startswith("T-")
    assert original.sync().proven
    for counter in (original, clone):
        counter.close()


def test_what_was_rescued_once_is_not_done_again_by_another_restore(office: Office) -> None:
    original = office.station()
    reception = original.receive("Trước khi sao")
    original.sync()
    clone = cloned(office, original)
    original.receive("Máy gốc")
    original.sync()
    with clone.desk.store.acting() as session:
        paid = bodies.FeePaid(amount=1_000, method="cash")
        made = events.Act("fee.paid", paid, BICH.user, clone.desk.now(), reception.dossier)
        projection.record(session, made)
    with pytest.raises(ServerRefused):
        clone.sync()
    for _ in range(3):
        office.clock.move(seconds=1)
        clone.restore()
        clone.sync()
    original.sync()
    assert original.fold(reception.dossier).paid == 1_000
    assert clone.fold(reception.dossier).paid == 1_000
    for counter in (original, clone):
        counter.close()


def test_numbers_of_both_halves_stay_apart_after_the_settling(office: Office) -> None:
    original = office.station()
    clone = cloned(office, original)
    original.sync()
    with pytest.raises(ServerRefused):
        clone.sync()
    clone.restore()
    clone.sync()
    codes = [c.receive(f"Người {i}").code for i in range(8) for c in (original, clone)]
    for counter in (original, clone):
        counter.sync()
        counter.close()
    assert len(set(codes)) == len(codes)
    assert sorted(office.codes()) == sorted(codes)


def test_an_old_copy_put_back_by_hand_is_stopped_too(office: Office) -> None:
    counter = office.station()
    counter.close()
    old = counter.profile.store.read_bytes()
    counter.reopen()
    counter.sync()
    counter.close()
    for path in counter.root.glob("store.db*"):
        path.unlink()
    counter.profile.store.write_bytes(old)
    counter.reopen()
    with pytest.raises(ServerRefused) as caught:
        counter.sync()
    assert caught.value.type == "cloned"
    counter.restore()
    assert counter.sync().proven
    counter.close()


def _hello(bare: Any, contacts: int, passing: str = "") -> Any:
    message = {"store": str(bare.store), "contacts": contacts, "passing": passing or str(uuid4())}
    return bare.post("/v1/hello", message)


def test_the_same_greeting_again_is_harmless_and_an_older_one_is_not(office: Office) -> None:
    bare = office.bare()
    passing = str(uuid4())
    assert [_hello(bare, 5, passing).status for _ in range(2)] == [200, 200]
    assert _hello(bare, 5).problem["type"] == "cloned"
    assert _hello(bare, 4, passing).problem["type"] == "cloned"
    assert _hello(bare, 9).status == 200


def test_a_greeting_tells_what_the_server_has(office: Office) -> None:
    bare = office.bare()
    bare.push([bare.reception() for _ in range(3)])
    answer = _hello(bare, 1).json
    assert (answer["have"], answer["cursor"], answer["stream"]) == (3, 3, "H24.15")
    assert answer["own_stores"] == [str(bare.store)]
    stranger = replace(office.bare(), store=bare.store)
    assert _hello(stranger, 1).status == 403


@pytest.mark.parametrize("contacts", [0, -1, 2**60, "x"])
def test_a_greeting_that_cannot_be_is_refused(office: Office, contacts: Any) -> None:
    assert _hello(office.bare(), contacts).status == 400
