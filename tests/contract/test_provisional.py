"""A provisional receipt when the numbers are used up, and its replacement at the next sync."""

from collections.abc import Iterator

import pytest

from app.services import lookup, receipts
from tests.support import office as offices
from tests.support.form_samples import layout


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[offices.Office]:
    with offices.running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


def without_numbers(station: offices.Counter) -> None:
    station.change("DELETE FROM number_range")


def test_without_numbers_the_receipt_is_provisional_and_says_so(office):
    station = office.station()
    without_numbers(station)

    reception = station.receive()

    assert reception.provisional
    assert reception.code.startswith("T-")
    receipt = receipts.make_receipt(station.desk, offices.BICH, reception.dossier)
    assert "GIẤY TẠM" in layout(receipt.pdf)


def test_the_next_sync_gives_the_final_code_and_both_are_found(office):
    station = office.station()
    without_numbers(station)
    reception = station.receive()
    provisional = receipts.make_receipt(station.desk, offices.BICH, reception.dossier)
    station.change("DELETE FROM fact WHERE key = 'plan_renewed_on'")

    done = station.sync()

    assert done.numbered == 1
    assert "số chính thức" in done.notice
    after = station.fold(reception.dossier)
    assert after.code.startswith("H24.15-")
    assert not after.provisional
    assert lookup.by_code(station.desk, reception.code) == reception.dossier
    assert lookup.by_code(station.desk, after.code) == reception.dossier
    assert (done.quarantined, done.waiting) == (0, 0)
    assert after.code in office.codes()
    final = receipts.make_receipt(station.desk, offices.BICH, reception.dossier)
    assert final.sha256 != provisional.sha256
    assert final.version == provisional.version + 1


def test_the_status_page_answers_to_both_codes(office):
    station = office.station()
    without_numbers(station)
    reception = station.receive()
    station.change("DELETE FROM fact WHERE key = 'plan_renewed_on'")
    station.sync()
    final = station.fold(reception.dossier).code

    for code in (reception.code, final):
        page = office.ask("GET", f"/hs/{code}?m={reception.lookup}")
        assert page.status == 200
        assert final in page.text


def test_a_dossier_is_numbered_once(office):
    station = office.station()
    without_numbers(station)
    reception = station.receive()
    station.change("DELETE FROM fact WHERE key = 'plan_renewed_on'")
    station.sync()

    assert station.sync().numbered == 0
    assert len(station.fold(reception.dossier).former_codes) == 1
