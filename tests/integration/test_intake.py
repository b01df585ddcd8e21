"""Receiving: every fault is named, nothing half right is stored, and the fee is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.bodies import Person
from app.domain.fees import CopyLine
from app.domain.papers import GivenPaper
from app.errors import AppError
from app.models.catalogue import NoCatalogue
from app.services import intake, lookup
from app.services.intake import IntakeFaults, Late, UnknownProcedure
from tests.support.office import (
    BICH,
    CHIEF,
    Counter,
    Office,
    birth_entry,
    copies_entry,
    running_office,
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture(scope="module")
def shared(office: Office) -> Iterator[Counter]:
    """A station for acts that store nothing, or whose traces disturb nobody."""
    counter = office.station()
    yield counter
    counter.close()


def _all_papers(counter: Counter, procedure: str) -> tuple[GivenPaper, ...]:
    found = counter.desk.catalogue().procedure(procedure, counter.clock().date())
    return tuple(GivenPaper(key=p.key, original=1) for p in found.papers if p.required)


def _faults(counter: Counter, entry: intake.Intake) -> IntakeFaults:
    before = (
        counter.value("SELECT count(*) FROM event"),
        counter.value("SELECT max(last) FROM number_mark"),
    )
    with pytest.raises(IntakeFaults) as caught:
        intake.receive(counter.desk, BICH, entry)
    after = (
        counter.value("SELECT count(*) FROM event"),
        counter.value("SELECT max(last) FROM number_mark"),
    )
    assert before == after, "something was stored"
    return caught.value


def _person(**more: str) -> Person:
    return Person(**{"name": "Lê Thị Mai", "id_number": "000190000003"} | more)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (copies_entry("   "), "submitter.name"),
        (copies_entry(id_number="12345"), "submitter.id_number"),
        (copies_entry(phone="09"), "submitter.phone"),
        (copies_entry("x" * 501), "submitter.name"),
        (copies_entry(address="x" * 501), "submitter.address"),
        (copies_entry(summary="x" * 501), "summary"),
        (copies_entry(submitter=_person(born="2027-02-30")), "submitter.born"),
        (copies_entry(submitter=_person(born="2027-01-01")), "submitter.born"),
        (copies_entry(relation="for"), "applicant"),
        (copies_entry(relation="for", applicant=Person(name="")), "applicant.name"),
        (copies_entry(copies=()), "copies"),
        (copies_entry(copies=(CopyLine(name="", pages=1, copies=1),)), "copies"),
        (copies_entry(copies=(CopyLine(name="Bằng", pages=0, copies=1),)), "copies"),
        (copies_entry(fields={"unknown": "1"}), "fields.unknown"),
        (copies_entry(owed_reason="mai nộp", papers=()), "papers"),
        (birth_entry(fields={"child_name": "An", "child_born": "hôm qua"}), "fields.child_born"),
        (birth_entry(fields={"child_name": "An", "child_born": "2026-12-01"}), "fields.child_born"),
        (birth_entry(fields={"child_name": "An", "child_sex": "khác"}), "fields.child_sex"),
        (birth_entry(fields={"child_name": "x" * 501}), "fields.child_name"),
    ],
)
def test_a_fault_is_named_by_its_field_and_nothing_is_stored(
    shared: Counter, entry: intake.Intake, field: str
) -> None:
    if field == "papers":
        entry = replace(entry, copies=(), procedure="1.004873", fields={})
    found = _faults(shared, entry)

    assert field in {fault.field for fault in found.faults}, found.faults
    assert all(fault.words for fault in found.faults)
    assert found.kept


def test_all_faults_are_named_at_once_and_missing_papers_by_name(shared: Counter) -> None:
    found = _faults(
        shared, birth_entry("", fields={"child_name": "An"}, submitter=Person(name="", phone="1"))
    )

    fields = {fault.field for fault in found.faults}
    assert {"submitter.name", "submitter.phone"} <= fields
    assert found.missing
    assert all(paper.name in found.advice for paper in found.missing)


def test_an_unknown_procedure_offers_what_is_near(shared: Counter) -> None:
    with pytest.raises(UnknownProcedure) as caught:
        intake.receive(shared.desk, BICH, copies_entry(procedure="khai sinh"))

    assert "khai sinh" in caught.value.advice


def test_without_a_catalogue_nothing_can_be_received(office: Office, tmp_path: Path) -> None:
    counter = office.station()
    counter.change("DELETE FROM catalogue")
    counter.reopen()

    with pytest.raises(NoCatalogue):
        counter.receive()
    counter.sync()
    assert counter.receive().code
    counter.close()


def test_owed_papers_are_kept_with_their_reason_where_the_procedure_allows(
    office: Office,
) -> None:
    counter = office.station()
    catalogue = counter.desk.catalogue()
    day = counter.clock().date()
    may_owe = next(
        (p for p in catalogue.procedures_on(day) if p.may_owe_papers and not p.fields), None
    )
    entry = birth_entry()
    if may_owe is not None:
        entry = intake.Intake(procedure=may_owe.code, submitter=entry.submitter)
    procedure = catalogue.procedure(entry.procedure, day)
    entry = replace(entry, owed_reason="bản chính ở quê, nộp sau")
    if not procedure.may_owe_papers:
        assert "papers" in {f.field for f in _faults(counter, entry).faults}
    else:
        reception = intake.receive(counter.desk, BICH, entry)
        folded = counter.fold(reception.dossier)
        assert set(folded.owed) == {p.key for p in procedure.papers if p.required}
    counter.close()


def test_a_late_entry_needs_a_supervisor_a_reason_and_a_moment_that_is_past(
    office: Office,
) -> None:
    counter = office.station()
    at = counter.clock() - dt.timedelta(days=1)
    late = Late(at=at, reason="mất điện", allowed_by="truong")

    with pytest.raises(AppError, match="người phụ trách"):
        intake.receive(counter.desk, BICH, copies_entry(late=late))
    with pytest.raises(IntakeFaults):
        intake.receive(counter.desk, CHIEF, copies_entry(late=replace(late, reason=" ")))
    ahead = replace(late, at=counter.clock() + dt.timedelta(minutes=1))
    with pytest.raises(IntakeFaults):
        intake.receive(counter.desk, CHIEF, copies_entry(late=ahead))

    reception = intake.receive(counter.desk, CHIEF, copies_entry(late=late))
    assert f"-{at:%y%m%d}-" in reception.code
    folded = counter.fold(reception.dossier)
    assert folded.received_at == at
    assert counter.sync().quarantined == 0
    counter.close()


@pytest.mark.parametrize("roles", [(), ("returning", "cashier"), ("officer",), ("leader",)])
def test_only_reception_and_supervisors_receive(shared: Counter, roles: tuple[str, ...]) -> None:
    events = shared.value("SELECT count(*) FROM event")
    with pytest.raises(AppError, match="không được tiếp nhận"):
        intake.receive(shared.desk, replace(BICH, roles=frozenset(roles)), copies_entry())
    assert shared.value("SELECT count(*) FROM event") == events


@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        ([(1, 1)], 2000),
        ([(2, 1)], 4000),
        ([(3, 1)], 5000),
        ([(3, 2)], 10000),
        ([(3, 2), (1, 1)], 12000),
        ([(500, 1)], 200000),
    ],
)
def test_the_fee_of_certified_copies_counts_pages_and_stops_at_the_ceiling(
    shared: Counter, lines: list[tuple[int, int]], amount: int
) -> None:
    copies = tuple(CopyLine(name="Bằng", pages=p, copies=c) for p, c in lines)

    reception = shared.receive(copies=copies)

    assert reception.fee.amount == amount
    assert shared.fold(reception.dossier).fee.amount == amount


def test_a_birth_registered_in_time_is_free_and_later_is_not(office: Office) -> None:
    counter = office.station()
    papers = _all_papers(counter, "1.001193")
    in_time = intake.receive(counter.desk, BICH, birth_entry(papers=papers))
    fields = birth_entry().fields | {"child_born": "2026-01-02"}
    late = intake.receive(counter.desk, BICH, birth_entry(papers=papers, fields=fields))

    assert in_time.fee.amount == 0
    assert late.fee.amount == 8000
    assert counter.fold(late.dossier).payment == "unpaid"
    counter.close()


def test_an_exemption_must_fit_the_procedure(shared: Counter) -> None:
    with pytest.raises(AppError, match="không áp dụng"):
        intake.receive(shared.desk, BICH, copies_entry(exemption="ho-ngheo"))


def test_what_was_typed_is_tidied_before_it_is_kept(shared: Counter) -> None:
    reception = shared.receive(
        "  Nguyễn\tVăn   Đức\x00 ", id_number="000 090.000-002", phone="+84 912 345 678"
    )

    person = shared.fold(reception.dossier).submitter
    assert person.name == "Nguyễn Văn Đức"
    assert person.id_number == "000090000002"
    assert person.phone == "0912345678"


def test_a_second_dossier_of_the_same_person_today_is_pointed_out(office: Office) -> None:
    counter = office.station()
    first = counter.receive(id_number="000190000044")

    twin = intake.same_today(counter.desk, "2.000815", "000190000044")
    assert twin is not None
    assert twin.code == first.code
    assert intake.same_today(counter.desk, "2.000815", "") is None
    assert intake.same_today(counter.desk, "1.001193", "000190000044") is None
    counter.clock.move(days=1)
    assert intake.same_today(counter.desk, "2.000815", "000190000044") is None
    counter.clock.move(days=-1)
    counter.close()


def test_a_dossier_says_whether_the_server_was_out_of_reach(office: Office) -> None:
    counter = office.station()
    counter.sync()
    online = counter.receive()
    counter.clock.move(minutes=11)
    offline = counter.receive()
    counter.clock.move(minutes=-11)

    assert not counter.fold(online.dossier).offline
    assert counter.fold(offline.dossier).offline
    counter.close()


def test_due_date_and_fee_are_quoted_without_storing_anything(shared: Counter) -> None:
    before = shared.value("SELECT count(*) FROM event")

    quoted = intake.quote(shared.desk, copies_entry())

    assert quoted.due is not None
    assert quoted.fee.amount == 10000
    assert shared.value("SELECT count(*) FROM event") == before


def test_what_is_received_can_be_shown_at_once(shared: Counter) -> None:
    reception = shared.receive("Đặng Thị Ngay")

    shown = lookup.show(shared.desk, reception.dossier)

    assert shown.dossier.submitter.name == "Đặng Thị Ngay"
    assert [entry.kind for entry in shown.timeline] == ["dossier.received"]
    assert str(shown.sync) == "waiting"


def test_case_fields_left_empty_are_named_and_hold_nobody_up(shared: Counter) -> None:
    papers = _all_papers(shared, "1.001193")
    reception = intake.receive(shared.desk, BICH, replace(birth_entry(fields={}), papers=papers))

    assert "Họ tên người được khai sinh" in reception.unfilled
