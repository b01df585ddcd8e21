"""A pile of paper: durable, routed by its codes, and kept only when a person says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import pytest

from app.domain.routing import RECEIPT_PAPER, UNSORTED_PAPER, Decision, Fate, NoteKind
from app.errors import AppError
from app.models.problems import DamagedStore
from app.services import corrections, pile_proposals, piles, receipts
from app.services.pile_proposals import NoSuchPile, Proposal
from app.services.piles import ProposalChanged
from app.services.scanning import NotAPage
from printing.document import PaperSize
from tests.support import paper_mill as mills
from tests.support.office import (
    BICH,
    OTHER_AGENCY,
    Counter,
    Office,
    picture,
    running_office,
)
from tests.support.paper_mill import CLEAN, NOISY, WORST, Mill, Milled

DPI = 200  # quick to draw; the large stack is read at 300


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture(scope="module")
def counter(office: Office) -> Iterator[Counter]:
    counter = office.station()
    yield counter
    counter.close()


@pytest.fixture(scope="module")
def mill() -> Mill:
    return Mill(seed=3, dpi=DPI)


def receipt_of(counter: Counter, dossier: UUID, paper: PaperSize = PaperSize.A5) -> bytes:
    return receipts.make_receipt(counter.desk, BICH, dossier, paper=paper).pdf


def take_in(counter: Counter, images: Sequence[bytes], sides: Sequence[str] = ()) -> UUID:
    pile = piles.begin(counter.desk, BICH, "file")
    for i, image in enumerate(images):
        side = sides[i] if sides else ""
        piles.add_page(counter.desk, pile, image, device="file", side=side)
    return pile


def read(counter: Counter, pile: UUID) -> Proposal:
    while piles.read_next(counter.desk, pile):
        pass
    return pile_proposals.propose(counter.desk, pile)


def owners(proposal: Proposal) -> list[str]:
    return [
        page.placed.code if page.placed.fate is Fate.KEEP else page.placed.fate.value
        for page in proposal.pages
    ]


class Desk:
    """Two dossiers, their receipts and some letters, scanned without wear."""

    def __init__(self, counter: Counter, mill: Mill) -> None:
        self.first, self.second = counter.receive("Người Một"), counter.receive("Người Hai")
        self.receipts = [
            mill.scan(mills.receipt(one.code, DPI, pdf=receipt_of(counter, one.dossier)), CLEAN)
            for one in (self.first, self.second)
        ]
        self.letters = [mill.scan(mills.letter(i, DPI), CLEAN) for i in range(4)]

    def pile(self, counter: Counter) -> UUID:
        """Take in: first receipt, two letters, second receipt, two letters."""
        a, b = self.receipts
        return take_in(counter, [a, *self.letters[:2], b, *self.letters[2:]])


@pytest.fixture
def desk(counter: Counter, mill: Mill) -> Desk:
    return Desk(counter, mill)


# ---- a whole stack -------------------------------------------------------------------------------


def milled_stack(counter: Counter) -> tuple[list[Milled], str]:
    """Return 120 pages of 20 dossiers at 300 dpi, and the code that counts no longer."""
    received = [counter.receive(f"Người {i}") for i in range(20)]
    void = counter.receive("Người Đổi Ý")
    pdfs = {
        one.code: receipt_of(counter, one.dossier, mills.paper_of(i))
        for i, one in enumerate([*received, void])
    }
    corrections.undo(counter.desk, BICH, void.dossier, "người dân rút lại ngay")
    codes = [one.code for one in received]
    mill = Mill(11, 300)
    return list(mills.stack(codes, 120, mill, (CLEAN, NOISY), void=void.code, pdfs=pdfs)), void.code


def test_a_stack_of_120_pages_goes_to_its_20_dossiers_and_none_goes_wrong(office: Office) -> None:
    counter = office.station()
    stack, void = milled_stack(counter)
    assert len(stack) == 120
    assert sum(one.what == "blank" for one in stack) == 2
    assert sum(one.what == "parcel" for one in stack) == 1
    pile = take_in(counter, [one.image for one in stack], [one.side for one in stack])

    proposal = read(counter, pile)

    wrong = [
        (page.number, page.placed.code, truth.owner)
        for page, truth in zip(proposal.pages, stack, strict=True)
        if page.placed.fate is Fate.KEEP and page.placed.code != truth.owner
    ]
    missed = [
        page.number
        for page, truth in zip(proposal.pages, stack, strict=True)
        if truth.code and truth.owner and page.placed.code != truth.code
    ]
    assert wrong == []
    assert missed == []
    of_void = [p for p, truth in zip(proposal.pages, stack, strict=True) if truth.owner == ""]
    assert [p.placed.fate for p in of_void] == [Fate.WAIT] * 3
    assert void in of_void[0].placed.notes[0].words
    kept = piles.keep(counter.desk, BICH, pile, seen=proposal.mark)
    assert kept.problems == ()
    assert kept.has_ended is False  # three pages wait for a person
    assert sum(kept.pages.values()) == sum(
        one.owner != "" and one.what not in ("blank", "cover") for one in stack
    )
    counter.close()


def test_of_the_worst_paper_a_page_goes_right_or_waits(counter: Counter) -> None:
    codes = [counter.receive(f"Người {i}").code for i in range(8)]
    stack = list(mills.stack(codes, 26, Mill(4, 200), WORST))
    pile = take_in(counter, [one.image for one in stack], [one.side for one in stack])

    proposal = read(counter, pile)

    of_kept = [
        (page.placed.code, truth.owner)
        for page, truth in zip(proposal.pages, stack, strict=True)
        if page.placed.fate is Fate.KEEP
    ]
    assert of_kept
    assert proposal.waiting_count
    assert [code for code, _ in of_kept] == [owner for _, owner in of_kept]


# ---- taking in and reading -----------------------------------------------------------------------


def test_a_pile_goes_on_where_it_stopped(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    assert piles.read_next(counter.desk, pile)
    counter.reopen()

    (found,) = [one for one in piles.open_piles(counter.desk) if one.id == pile]
    assert (found.page_count, found.unread_count) == (6, 5)
    proposal = read(counter, pile)

    a, b = desk.first.code, desk.second.code
    assert owners(proposal) == [a, a, a, b, b, b]
    assert proposal.unread_count == 0


def test_what_is_no_page_is_refused_and_the_pile_stays(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)

    with pytest.raises(NotAPage):
        piles.add_page(counter.desk, pile, b"no picture", device="file")

    assert len(pile_proposals.propose(counter.desk, pile).pages) == 6


def test_no_other_text_than_dossier_codes_is_remembered(counter: Counter, mill: Mill) -> None:
    card = mill.scan(mills.id_card(3, DPI), CLEAN)
    pile = take_in(counter, [card, mill.scan(mills.parcel(3, DPI), CLEAN)])
    read(counter, pile)

    for reading in counter.values(
        "SELECT reading FROM pending_page WHERE draft = :pile", pile=pile.hex
    ):
        assert "000190" not in reading
        assert "Nguyễn" not in reading
        assert "EM0" not in reading


def test_a_page_whose_image_was_lost_waits_and_says_so(counter: Counter, desk: Desk) -> None:
    pile = take_in(counter, [desk.receipts[0], picture(77)])
    lost = pile_proposals.propose(counter.desk, pile).pages[1]
    counter.desk.store.blobs.drop(lost.sha256)

    proposal = read(counter, pile)

    assert owners(proposal) == [desk.first.code, "wait"]
    assert {note.kind for note in proposal.pages[1].placed.notes} == {NoteKind.UNREADABLE}
    with pytest.raises(DamagedStore):
        piles.picture(counter.desk, lost.id, height_px=100)


# ---- what the store knows ------------------------------------------------------------------------


def test_a_code_that_is_not_here_and_one_of_another_agency_wait(
    counter: Counter, mill: Mill
) -> None:
    strange, theirs = mills.code_of(9999), mills.code_of(1, OTHER_AGENCY)
    images = [mill.scan(mills.receipt(code, DPI), CLEAN) for code in (strange, theirs)]

    proposal = read(counter, take_in(counter, images))

    assert owners(proposal) == ["wait", "wait"]
    kinds = [page.placed.notes[0].kind for page in proposal.pages]
    assert kinds == [NoteKind.UNKNOWN, NoteKind.ELSEWHERE]


def test_a_closed_dossier_takes_its_pages_with_a_note(counter: Counter, desk: Desk) -> None:
    counter.change("UPDATE dossier SET is_open = 0 WHERE id = :id", id=desk.first.dossier.hex)

    proposal = read(counter, desk.pile(counter))

    assert owners(proposal)[:3] == [desk.first.code] * 3
    assert {note.kind for note in proposal.pages[0].placed.notes} == {NoteKind.CLOSED}


def test_a_code_that_two_dossiers_bear_is_nobodys(counter: Counter, desk: Desk) -> None:
    counter.change(
        "INSERT INTO dossier_code (code, dossier) VALUES (:code, :id)",
        code=desk.first.code, id=desk.second.dossier.hex,
    )  # fmt: skip

    proposal = read(counter, desk.pile(counter))

    assert owners(proposal) == ["wait"] * 3 + [desk.second.code] * 3


# ---- changing ------------------------------------------------------------------------------------


def test_a_person_moves_drops_and_takes_it_all_back(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    before = read(counter, pile)
    pages = [page.id for page in before.pages]

    former = [
        piles.decide(counter.desk, pages[1:2], Decision(Fate.KEEP, desk.second.dossier, "to-khai")),
        piles.decide(counter.desk, pages[2:3], Decision(Fate.DROP)),
        piles.turn(counter.desk, pages[4:5], 90),
    ]

    counter.reopen()
    after = pile_proposals.propose(counter.desk, pile)
    a, b = desk.first.code, desk.second.code
    assert owners(after) == [a, b, "drop", b, b, b]
    assert after.pages[4].turned == 90
    assert after.mark != before.mark
    for one in reversed(former):
        piles.put_back(counter.desk, one)
    assert pile_proposals.propose(counter.desk, pile) == before


def test_choosing_a_dossier_for_a_separator_takes_what_follows_along(
    counter: Counter, desk: Desk, mill: Mill
) -> None:
    strange = mill.scan(mills.receipt(mills.code_of(9998), DPI), CLEAN)
    pile = take_in(counter, [strange, desk.letters[0], desk.receipts[1], desk.letters[1]])
    first = read(counter, pile).pages[0].id

    piles.decide(
        counter.desk, [first], Decision(Fate.KEEP, desk.first.dossier, RECEIPT_PAPER, begins=True)
    )

    a, b = desk.first.code, desk.second.code
    assert owners(pile_proposals.propose(counter.desk, pile)) == [a, a, b, b]


# ---- keeping -------------------------------------------------------------------------------------


def test_nothing_belongs_to_a_dossier_before_somebody_says_so(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    proposal = read(counter, pile)
    assert counter.fold(desk.first.dossier).pages == ()

    kept = piles.keep(counter.desk, BICH, pile, seen=proposal.mark)

    assert kept.pages == {desk.first.code: 3, desk.second.code: 3}
    assert kept.has_ended
    for reception, own in ((desk.first, proposal.pages[:3]), (desk.second, proposal.pages[3:])):
        attached = counter.fold(reception.dossier).pages
        assert [page.sha256 for page in attached] == [page.sha256 for page in own]
        assert [page.paper for page in attached] == [RECEIPT_PAPER, UNSORTED_PAPER, UNSORTED_PAPER]
        assert [page.position for page in attached] == [1, 1, 2]
    with pytest.raises(NoSuchPile):
        piles.keep(counter.desk, BICH, pile, seen=proposal.mark)


def test_pages_kept_by_a_pile_reach_the_server(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    proposal = read(counter, pile)
    piles.keep(counter.desk, BICH, pile, seen=proposal.mark)

    while counter.sync().pages_waiting:
        pass

    waiting = "SELECT count(*) FROM page WHERE dossier = :id AND stored_at IS NULL"
    assert counter.value(waiting, id=desk.first.dossier.hex) == 0


def test_what_changed_since_it_was_seen_is_not_kept(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    seen = read(counter, pile).mark
    corrections.undo(counter.desk, BICH, desk.second.dossier, "hoàn tác trong lúc xem")

    with pytest.raises(ProposalChanged) as caught:
        piles.keep(counter.desk, BICH, pile, seen=seen)

    assert caught.value.kept
    assert counter.fold(desk.first.dossier).pages == ()
    again = pile_proposals.propose(counter.desk, pile)
    assert owners(again) == [desk.first.code] * 3 + ["wait"] * 3


def test_an_unread_pile_is_not_kept(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    mark = pile_proposals.propose(counter.desk, pile).mark

    with pytest.raises(AppError, match="6 trang chưa đọc"):
        piles.keep(counter.desk, BICH, pile, seen=mark)


def test_what_waits_stays_in_the_pile_and_can_be_kept_later(counter: Counter, desk: Desk) -> None:
    pile = take_in(counter, [desk.letters[0], desk.receipts[0], desk.letters[1]])
    proposal = read(counter, pile)

    kept = piles.keep(counter.desk, BICH, pile, seen=proposal.mark)

    assert (kept.pages, kept.has_ended) == ({desk.first.code: 2}, False)
    left = pile_proposals.propose(counter.desk, pile)
    assert owners(left) == ["wait"]
    piles.decide(
        counter.desk, [left.pages[0].id], Decision(Fate.KEEP, desk.first.dossier, UNSORTED_PAPER)
    )
    left = pile_proposals.propose(counter.desk, pile)
    assert piles.keep(counter.desk, BICH, pile, seen=left.mark).has_ended
    assert len(counter.fold(desk.first.dossier).pages) == 3


def test_a_full_disk_in_the_middle_doubles_nothing(
    counter: Counter, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pile = desk.pile(counter)
    proposal = read(counter, pile)
    acting, acts = counter.desk.store.acting, []

    def full(**more):
        acts.append(more)
        if len(acts) == 2:
            raise DamagedStore("Đĩa đầy.", "Dọn đĩa rồi làm lại.")
        return acting(**more)

    monkeypatch.setattr(counter.desk.store, "acting", full)
    kept = piles.keep(counter.desk, BICH, pile, seen=proposal.mark)
    assert kept.pages == {desk.first.code: 3}
    assert "Đĩa đầy" in kept.problems[0]
    assert not kept.has_ended

    left = pile_proposals.propose(counter.desk, pile)
    # the first dossier's receipt is gone from the pile, the second's still leads its own pages
    assert owners(left) == [desk.second.code] * 3
    assert piles.keep(counter.desk, BICH, pile, seen=left.mark).has_ended
    assert len(counter.fold(desk.first.dossier).pages) == 3
    assert len(counter.fold(desk.second.dossier).pages) == 3


def test_a_turned_page_is_kept_as_scanned_with_a_turned_copy(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)
    page = read(counter, pile).pages[1]
    piles.turn(counter.desk, [page.id], 90)
    proposal = pile_proposals.propose(counter.desk, pile)
    upright = piles.picture(counter.desk, page.id, height_px=200)
    assert upright.width > upright.height

    piles.keep(counter.desk, BICH, pile, seen=proposal.mark)

    row = "SELECT {0} FROM page WHERE page = :page"
    assert counter.value(row.format("sha256"), page=page.id.hex) == page.sha256
    derived = counter.value(row.format("derived"), page=page.id.hex)
    assert counter.desk.store.blobs.get(derived)[:2] == b"\xff\xd8"


def test_a_pile_thrown_away_leaves_nothing(counter: Counter, desk: Desk) -> None:
    pile = desk.pile(counter)

    piles.discard(counter.desk, pile)
    piles.discard(counter.desk, pile)

    assert pile not in {one.id for one in piles.open_piles(counter.desk)}
    with pytest.raises(NoSuchPile):
        piles.add_page(counter.desk, pile, desk.letters[0], device="file")
    count = "SELECT count(*) FROM pending_page WHERE draft = :pile"
    assert counter.value(count, pile=pile.hex) == 0


def test_blank_backs_go_with_their_dossier_and_the_pile_ends(
    counter: Counter, desk: Desk, mill: Mill
) -> None:
    back = mill.scan(mills.blank(DPI), CLEAN)
    cover = mill.scan(mills.cover(desk.second.code, DPI), CLEAN)
    images = [desk.receipts[0], back, cover, back, desk.letters[0], desk.letters[1]]
    pile = take_in(counter, images, ["front", "back"] * 3)
    proposal = read(counter, pile)
    a, b = desk.first.code, desk.second.code
    assert owners(proposal) == [a, "drop", "drop", "drop", b, b]

    kept = piles.keep(counter.desk, BICH, pile, seen=proposal.mark)

    assert kept.pages == {a: 1, b: 2}
    assert kept.has_ended
