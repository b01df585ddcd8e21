"""What is done all day takes few keys: every press counts, Telex and Shift too, and no click."""

import itertools

import pytest

from app.domain.bodies import Person
from app.domain.fold import Dossier
from app.domain.papers import as_asked
from app.services import intake, lookup, processing
from tests.support import flows
from tests.support import office as offices
from tests.support.hands import telex

_numbers = itertools.count(700)
COPY, BIRTH, RETURN = 30, 110, 8


def card(name: str, sex: str = "Nam") -> str:
    digit = "0" if sex == "Nam" else "1"
    return f"000{digit}90{next(_numbers):06d}||{name}|01021990|{sex}|Số 12, tổ 5|15042021"


def dossier(station, reception) -> Dossier:
    return lookup.show(station.desk, reception).dossier


def newest(station) -> Dossier:
    return dossier(station, lookup.newest(station.desk).lines[0].id)


@pytest.mark.parametrize(
    ("text", "keys"),
    [("an", 2), ("ân", 3), ("Đức", 7), ("nguyễn", 8), ("ươ", 4), ("Gia Hân", 10), ("12/3", 4)],
)
def test_keys_of_telex_are_counted_as_typed(text, keys):
    assert telex(text) == keys


def test_certified_copies_with_phone_and_fee_take_thirty_keys_at_most(seat, station):
    hands = flows.certified_copy(seat, card("Nguyễn Văn Bản"))

    assert hands.pressed <= COPY, hands.told
    stored = newest(station)
    assert stored.submitter.name == "Nguyễn Văn Bản"
    assert stored.submitter.phone == "0912345678"
    (line,) = stored.copies
    assert (line.pages, line.copies) == (2, 3)
    assert stored.paid == stored.fee.amount == 12_000


def test_a_birth_registration_with_every_field_takes_a_hundred_and_ten_keys_at_most(seat, station):
    mother = card("Lê Thị Mẹ", "Nữ")

    hands = flows.birth(seat, card("Nguyễn Văn Cha"), mother)

    assert hands.pressed <= BIRTH, hands.told
    stored = newest(station)
    assert all(stored.fields.get(key) for key in (
        "child_name", "child_born", "child_sex", "child_ethnic", "birth_place", "mother_name",
        "mother_id", "father_name", "father_id", "birth_cert_number"))  # fmt: skip
    assert stored.fields["child_name"] == "Nguyễn Gia Hân"
    assert stored.fields["mother_name"] == "Lê Thị Mẹ"
    assert stored.fields["father_name"] == "Nguyễn Văn Cha"
    assert stored.submitter.phone == "0912345678"


def test_handing_a_result_out_takes_eight_keys_at_most(seat, station):
    person = Person(name="Phạm Văn Kết", id_number=f"000090{next(_numbers):06d}")
    procedure = intake.find_procedure(station.desk.catalogue(), "stlh", offices.FRIDAY.date())
    papers = tuple(as_asked(paper) for paper in procedure.papers if paper.required)
    entry = intake.Intake(procedure=procedure.code, submitter=person, papers=papers)
    done = intake.receive(station.desk, offices.BICH, entry)
    processing.record_result(
        station.desk, offices.BICH, done.dossier,
        processing.Result(name="Trích lục", number="7/TL", issued_on=station.desk.now().date()),
    )  # fmt: skip

    hands = flows.give(seat, done.code)

    assert hands.pressed <= RETURN, hands.told
    given = dossier(station, done.dossier)
    assert given.returned_at is not None
    assert given.paid == given.fee.amount > 0
    assert given.satisfaction == 1
