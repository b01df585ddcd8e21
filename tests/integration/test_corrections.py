"""Amended receipts and undone receptions: the former version is void, never overwritten."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from app.services import corrections, lookup, receipts
from app.services.acting import NotNow
from app.services.corrections import Correction
from app.services.lookup import NoSuchDossier
from tests.support.office import BICH, CHIEF, Counter, running_office


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def test_a_correction_makes_a_second_version_and_keeps_the_first_pdf(counter: Counter) -> None:
    reception = counter.receive("Nguyễn Thị Sai")
    first = receipts.make_receipt(counter.desk, BICH, reception.dossier)
    person = replace(counter.fold(reception.dossier).submitter, name="Nguyễn Thị Đúng")

    version = corrections.correct(
        counter.desk, BICH, reception.dossier, Correction(reason="sai tên", submitter=person)
    )
    second = receipts.make_receipt(counter.desk, BICH, reception.dossier)

    assert (first.version, version, second.version) == (1, 2, 2)
    assert first.sha256 != second.sha256
    assert counter.desk.store.blobs.get(first.sha256) == first.pdf
    assert hashlib.sha256(second.pdf).hexdigest() == second.sha256
    assert counter.fold(reception.dossier).code == reception.code
    counter.sync()
    assert counter.sync().quarantined == 0


def test_only_what_is_given_changes(counter: Counter) -> None:
    reception = counter.receive("Nguyễn Văn Giữ", summary="bằng đại học")
    before = counter.fold(reception.dossier)

    corrections.correct(
        counter.desk, BICH, reception.dossier, Correction(reason="gõ lại", summary="bằng cử nhân")
    )

    after = counter.fold(reception.dossier)
    assert after == replace(before, summary="bằng cử nhân", receipt_version=2)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_correction_needs_a_reason(counter: Counter, reason: str) -> None:
    reception = counter.receive()
    with pytest.raises(NotNow):
        corrections.correct(
            counter.desk, BICH, reception.dossier, Correction(reason=reason, summary="x")
        )
    assert counter.fold(reception.dossier).receipt_version == 1


def test_what_is_too_long_to_keep_is_refused_in_words(counter: Counter) -> None:
    reception = counter.receive()
    with pytest.raises(NotNow):
        corrections.correct(
            counter.desk, BICH, reception.dossier, Correction(reason="lý do", summary="x" * 501)
        )
    with pytest.raises(NotNow):
        corrections.undo(counter.desk, BICH, reception.dossier, "x" * 501)
    assert counter.fold(reception.dossier).receipt_version == 1


def test_undoing_voids_the_dossier_and_both_stay_in_the_record(counter: Counter) -> None:
    reception = counter.receive("Trần Thị Nhầm")

    code = corrections.undo(counter.desk, BICH, reception.dossier, "nhầm thủ tục")

    assert code == reception.code
    shown = lookup.show(counter.desk, reception.dossier)
    assert shown.dossier.voided
    assert [e.kind for e in shown.timeline] == ["dossier.received", "dossier.voided"]
    [line] = lookup.find(counter.desk, reception.code).lines
    assert line.state_words == "Đã hoàn tác"
    with pytest.raises(NotNow):
        corrections.undo(counter.desk, BICH, reception.dossier, "lần nữa")
    with pytest.raises(NotNow):
        corrections.correct(
            counter.desk, BICH, reception.dossier, Correction(reason="sửa", summary="x")
        )


def test_after_ten_minutes_only_a_supervisor_undoes(counter: Counter) -> None:
    reception = counter.receive()
    counter.clock.move(minutes=10, seconds=1)
    with pytest.raises(NotNow, match="10 phút"):
        corrections.undo(counter.desk, BICH, reception.dossier, "muộn")

    corrections.undo(counter.desk, CHIEF, reception.dossier, "muộn")
    assert counter.fold(reception.dossier).voided


def test_what_is_not_here_cannot_be_changed(counter: Counter) -> None:
    with pytest.raises(NoSuchDossier):
        corrections.undo(counter.desk, BICH, uuid4(), "x")
    with pytest.raises(NoSuchDossier):
        corrections.correct(counter.desk, BICH, uuid4(), Correction(reason="x", summary="y"))
