"""The citizens' page: state and due date to whoever holds the receipt, and nothing to others."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest

from app.domain.papers import GivenPaper
from app.services import corrections, intake
from app.services.intake import Reception
from tests.support.office import BICH, Answer, Office, birth_entry, copies_entry, running_office

SECRETS = ("Nguyễn Thị Kín", "NGUYỄN THỊ KÍN", "000190000055", "0912000055", "Trần Gia Hân")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with running_office(folder, database=request.param) as running:
        running.receptions = _received(running)  # type: ignore[attr-defined]
        yield running


def _received(office: Office) -> Iterator[Reception]:
    counter = office.station()
    catalogue = counter.desk.catalogue()
    found = []
    for i in range(12):
        found.append(
            counter.receive("Nguyễn Thị Kín", id_number="000190000055", phone="0912000055")
        )
        if i % 4 == 3:
            counter.sync()
    procedure = catalogue.procedure("1.001193", counter.clock().date())

    papers = tuple(GivenPaper(key=p.key, original=1) for p in procedure.papers if p.required)
    found.append(intake.receive(counter.desk, BICH, birth_entry("Nguyễn Thị Kín", papers=papers)))
    void = counter.receive("Nguyễn Thị Kín")
    corrections.undo(counter.desk, BICH, void.dossier, "nhầm")
    counter.sync()
    office.void = void  # type: ignore[attr-defined]
    counter.close()
    return iter(found)


@pytest.fixture
def reception(office: Office) -> Reception:
    """A dossier that no other test asks for."""
    return next(office.receptions)  # type: ignore[attr-defined,no-any-return]


def _ask(office: Office, code: str, lookup: str) -> Answer:
    return office.ask("GET", "/tra-cuu?" + urlencode({"ma": code, "m": lookup}))


def _by_qr(office: Office, code: str, lookup: str) -> Answer:
    return office.ask("GET", f"/hs/{quote(code)}?m={quote(lookup)}")


def test_code_and_lookup_show_state_and_due_date_and_no_person(
    office: Office, reception: Reception
) -> None:
    for answer in (
        _by_qr(office, reception.code, reception.lookup),
        _ask(office, reception.code.lower(), f" {reception.lookup.lower()[:4]}-"
             f"{reception.lookup.lower()[4:]} "),
    ):  # fmt: skip
        assert answer.status == 200
        for words in (reception.code, "Được tiếp nhận", f"{reception.due_at:%d/%m/%Y}"):
            assert words in answer.text
        for secret in (*SECRETS, str(reception.dossier), "bich", "Trần Thị Bích"):
            assert secret not in answer.text


def test_an_undone_reception_says_so(office: Office) -> None:
    void = office.void  # type: ignore[attr-defined]

    assert "Đã hoàn tác" in _by_qr(office, void.code, void.lookup).text


def test_a_wrong_lookup_and_an_unknown_code_are_answered_alike(
    office: Office, reception: Reception
) -> None:
    wrong = _ask(office, reception.code, "ABCDEFGH")
    unknown = _ask(office, "H24.15-261120-4711", "ABCDEFGH")

    assert wrong.status == unknown.status == 404
    assert wrong.text.replace(f'value="{reception.code}"', "") == unknown.text.replace(
        'value="H24.15-261120-4711"', ""
    )


@pytest.mark.parametrize("lookup", ["", "A", "ABCDEFGHI", "ỹỹỹỹỹỹỹỹ", "00000000", "\0" * 8, "%"])
def test_no_strange_lookup_opens_anything(
    office: Office, reception: Reception, lookup: str
) -> None:
    answer = _ask(office, reception.code, lookup)

    assert answer.status in (200, 404)
    assert "Được tiếp nhận" not in answer.text


def test_a_dossier_without_a_lookup_code_is_shown_to_nobody(office: Office) -> None:
    bare = office.bare()
    for lookup in ("", "ỹỹỹỹỹỹỹỹ"):
        body = bare.received(lookup=lookup)
        from uuid import uuid4

        assert bare.push([bare.event("dossier.received", body, uuid4())]).status == 200
        for given in ("", "x", lookup, "ABCDEFGH"):
            answer = _ask(office, body["code"], given)
            assert answer.status in (200, 404)
            assert "Được tiếp nhận" not in answer.text


def test_after_five_failures_the_code_is_closed_for_the_day_even_to_the_right_one(
    office: Office, reception: Reception
) -> None:
    for _ in range(5):
        assert _ask(office, reception.code, "ABCDEFGH").status == 404
    blocked = _ask(office, reception.code, reception.lookup)

    assert blocked.status == 429
    assert "Được tiếp nhận" not in blocked.text
    office.clock.move(days=1)
    try:
        assert _ask(office, reception.code, reception.lookup).status == 200
    finally:
        office.clock.move(days=-1)


def test_an_unknown_code_is_closed_just_the_same(office: Office) -> None:
    answers = [_ask(office, "H24.15-261120-4712", "ABCDEFGH").status for _ in range(6)]

    assert answers == [404] * 5 + [429]


def test_right_look_ups_are_not_counted(office: Office, reception: Reception) -> None:
    assert {_by_qr(office, reception.code, reception.lookup).status for _ in range(8)} == {200}


def test_failures_at_the_same_moment_all_count(office: Office, reception: Reception) -> None:
    answers: list[int] = []

    def guess() -> None:
        answers.append(_ask(office, reception.code, "ABCDEFGH").status)

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(answers) <= {404, 429}
    assert _ask(office, reception.code, reception.lookup).status == 429


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onfocus=alert(1) x='",
     "{{7*7}}", "</title><svg onload=alert(1)>"],
)  # fmt: skip
def test_what_is_typed_comes_back_harmless(office: Office, text: str) -> None:
    for answer in (
        _ask(office, text, "ABCDEFGH"),
        _ask(office, "H24.15-261120-4713", text[:40]),
        office.ask("GET", f"/hs/{quote(text, safe='')}"),
        office.ask("GET", f"/hs/{quote(text, safe='')}?m={quote(text)}"),
    ):
        assert answer.status < 500
        for raw in ("<script", "<img", "<svg", "'onfocus", "onfocus=alert(1) x='", "49"):
            assert raw not in answer.text.replace("0,049", "")


def test_every_page_comes_with_headers_that_shut_things_out(
    office: Office, reception: Reception
) -> None:
    for answer in (
        office.ask("GET", "/tra-cuu"),
        _by_qr(office, reception.code, reception.lookup),
        _ask(office, reception.code, "x"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
        assert "server" not in answer.headers


def test_the_root_leads_to_the_page(office: Office) -> None:
    answer = office.ask("GET", "/")

    assert (answer.status, answer.headers["location"]) == (303, "/tra-cuu")


def test_the_steps_of_a_linked_procedure_are_named_with_their_days(office: Office) -> None:
    station = office.station()
    catalogue = station.desk.catalogue()
    procedure = catalogue.procedure("2.000986", station.clock().date())
    papers = tuple(GivenPaper(key=p.key, original=1) for p in procedure.papers if p.required)
    entry = copies_entry(procedure="2.000986", copies=(), papers=papers)
    reception = intake.receive(station.desk, BICH, entry)
    station.sync()

    page = office.ask("GET", f"/hs/{reception.code}?m={reception.lookup}").text

    counted = [stage.stage for stage in station.fold(reception.dossier).stages]
    assert counted
    for stage in procedure.stages:
        assert (html.escape(stage.name) in page) is (stage.key in counted)


@pytest.mark.parametrize(
    "path", ["/nichts", "/hs/a/b", "/tra-cuu/", "/tra-cuu?ma=" + "9" * 5000, "/hs/x?m=" + "A" * 500]
)
def test_whoever_comes_with_a_browser_always_gets_a_page(office: Office, path: str) -> None:
    answer = office.ask("GET", path, headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status in (200, 404)
    assert answer.headers["content-type"].startswith("text/html")
    assert 'name="ma"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_programs_still_get_a_problem(office: Office) -> None:
    answer = office.ask("GET", "/nichts")

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
