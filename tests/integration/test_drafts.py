"""Receptions as typed so far: kept, offered again, ended with their pages."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.services import drafts, intake, scanning
from app.services.desk import Clerk
from tests.support.office import BICH, Counter, copies_entry, picture, running_office

OTHER = Clerk(user="hoa", display_name="Đỗ Thị Hoa", roles=frozenset())


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


@pytest.fixture(autouse=True)
def _empty(counter: Counter) -> None:
    counter.change("DELETE FROM draft")
    counter.change("DELETE FROM pending_page")


def _page(counter: Counter, seed: int, position: int = 1) -> scanning.KeptPage:
    return scanning.keep_image(
        counter.desk, picture(seed), paper="ban-chinh", position=position, device="máy quét"
    )


def test_a_draft_is_offered_again_after_a_restart_to_its_clerk_only(counter: Counter) -> None:
    draft = uuid4()
    drafts.save(counter.desk, BICH, draft, {"name": "Nguyễn Văn", "fields": {"a": "1"}})
    drafts.save(counter.desk, BICH, draft, {"name": "Nguyễn Văn Đức", "fields": {"a": "12"}})

    counter.reopen()

    [found] = drafts.open_drafts(counter.desk, BICH)
    assert found.id == draft
    assert found.content == {"name": "Nguyễn Văn Đức", "fields": {"a": "12"}}
    assert drafts.open_drafts(counter.desk, OTHER) == ()


def test_drafts_come_newest_first_with_their_pages_counted(counter: Counter) -> None:
    first, second = uuid4(), uuid4()
    drafts.save(counter.desk, BICH, first, {})
    scanning.add_to_draft(counter.desk, first, _page(counter, 1))
    scanning.add_to_draft(counter.desk, first, _page(counter, 2, 2))
    counter.clock.move(minutes=1)
    drafts.save(counter.desk, BICH, second, {})

    found = drafts.open_drafts(counter.desk, BICH)

    assert [(d.id, d.page_count) for d in found] == [(second, 0), (first, 2)]


def test_a_reception_ends_its_draft_and_takes_its_pages(counter: Counter) -> None:
    draft = uuid4()
    drafts.save(counter.desk, BICH, draft, {"name": "x"})
    pages = [_page(counter, seed, seed) for seed in (3, 4)]
    for page in pages:
        scanning.add_to_draft(counter.desk, draft, page)
    scanning.assign(counter.desk, pages[1].page, "ban-can-chung-thuc")
    assert [p.sha256 for p in scanning.pages_of_draft(counter.desk, draft)] == [
        page.sha256 for page in pages
    ]

    reception = intake.receive(counter.desk, BICH, copies_entry(draft=draft))

    folded = counter.fold(reception.dossier)
    assert {(p.sha256, p.paper) for p in folded.pages} == {
        (pages[0].sha256, "ban-chinh"),
        (pages[1].sha256, "ban-can-chung-thuc"),
    }
    assert drafts.open_drafts(counter.desk, BICH) == ()
    assert scanning.pages_of_draft(counter.desk, draft) == ()
    journal = counter.desk.store.journal_folder / "pages"
    assert {page.sha256 for page in pages} <= {path.name for path in journal.iterdir()}


def test_a_reception_that_fails_leaves_the_draft_as_it_was(counter: Counter) -> None:
    draft = uuid4()
    drafts.save(counter.desk, BICH, draft, {"name": ""})
    scanning.add_to_draft(counter.desk, draft, _page(counter, 5))

    with pytest.raises(intake.IntakeFaults):
        intake.receive(counter.desk, BICH, copies_entry("", draft=draft))

    [found] = drafts.open_drafts(counter.desk, BICH)
    assert (found.id, found.page_count) == (draft, 1)


def test_a_discarded_draft_and_a_dropped_page_are_gone(counter: Counter) -> None:
    draft = uuid4()
    drafts.save(counter.desk, BICH, draft, {})
    one, two = _page(counter, 6), _page(counter, 7, 2)
    for page in (one, two):
        scanning.add_to_draft(counter.desk, draft, page)

    scanning.drop_from_draft(counter.desk, one.page)
    assert [p.page for p in scanning.pages_of_draft(counter.desk, draft)] == [two.page]
    drafts.discard(counter.desk, draft)

    assert drafts.open_drafts(counter.desk, BICH) == ()
    assert scanning.pages_of_draft(counter.desk, draft) == ()


def test_drafts_take_no_number_and_never_leave(counter: Counter) -> None:
    counter.sync()
    before = counter.value("SELECT count(*) FROM event")
    drafts.save(counter.desk, BICH, uuid4(), {"name": "Nháp"})

    assert counter.value("SELECT count(*) FROM event") == before
    assert counter.sync().pushed == 0
