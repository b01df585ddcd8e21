"""Pages of a pile go where their codes say, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.routing import (
    RECEIPT_PAPER,
    UNSORTED_PAPER,
    Decision,
    Fate,
    Known,
    Mark,
    MarkKind,
    NoteKind,
    PilePage,
    Placed,
    Rules,
    Standing,
    mark_of,
    route,
)

SPACE = UUID(int=1)
CODES = [f"H24.15-261120-{n:04d}" for n in range(1, 6)]
A, B = CODES[:2]
OPEN = {code: Known(Standing.OPEN, uuid5(SPACE, code), code) for code in CODES}


def page(name: str, *marks: Mark, **more) -> PilePage:
    return PilePage(page=uuid5(SPACE, name), marks=marks, **more)


def receipt(code: str, name: str = "", **more) -> PilePage:
    return page(name or f"receipt {code}", Mark(MarkKind.RECEIPT, code), **more)


def cover(code: str, paper: str = "", name: str = "", **more) -> PilePage:
    return page(name or f"cover {code}", Mark(MarkKind.COVER, code, paper), **more)


def kinds(placed: Placed) -> set[NoteKind]:
    return {note.kind for note in placed.notes}


def owners(placed: Sequence[Placed]) -> list[str]:
    return [one.code if one.fate is Fate.KEEP else one.fate.value for one in placed]


# ---- what a barcode is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (A, Mark(MarkKind.RECEIPT, A)),
        ("H24.15-261120-12345", Mark(MarkKind.RECEIPT, "H24.15-261120-12345")),
        ("T-1A2B3C-261120-0001", Mark(MarkKind.RECEIPT, "T-1A2B3C-261120-0001")),
        ("GT-1A2B3C-00001", Mark(MarkKind.RECEIPT, "GT-1A2B3C-00001")),
        ("GT-1A2B3C-001", Mark(MarkKind.FOREIGN)),
        (f"https://hs.example.vn/hs/{A}?m=ABCD2345", Mark(MarkKind.RECEIPT, A)),
        (f"BIA|{A}", Mark(MarkKind.COVER, A)),
        (f"BIA|{A}|to-khai", Mark(MarkKind.COVER, A, "to-khai")),
        (f"BIA|{A}|../../etc", Mark(MarkKind.COVER, A)),
        ("000190000001||Nguyễn Thị Thử|01021990|Nữ|Số 12|15042021", Mark(MarkKind.OTHER)),
        ("T-SHIRT", Mark(MarkKind.FOREIGN)),
        ("T-1A2B3C-261120-00", Mark(MarkKind.FOREIGN)),
        ("H24.15-261320-0001", Mark(MarkKind.FOREIGN)),
        ("BIA|", Mark(MarkKind.FOREIGN)),
        ("BIA|H24", Mark(MarkKind.FOREIGN)),
        ("EM123456789VN", Mark(MarkKind.FOREIGN)),
        (f"https://evil.example/?m=ABCD2345&x={A}", Mark(MarkKind.FOREIGN)),
        ("", Mark(MarkKind.FOREIGN)),
    ],
)
def test_only_a_well_formed_code_of_ours_begins_a_dossier(text: str, mark: Mark) -> None:
    assert mark_of(text) == mark


@given(st.text(max_size=60))
def test_no_text_breaks_the_routing(text: str) -> None:
    mark = mark_of(text)

    assert bool(mark.code) == mark.is_separator


# ---- plain piles ---------------------------------------------------------------------------------


def test_a_receipt_begins_a_dossier_and_is_filed_as_its_signed_copy() -> None:
    placed = route([receipt(A), page("1"), receipt(B), page("2"), page("3")], OPEN)

    assert owners(placed) == [A, A, B, B, B]
    assert [one.paper for one in placed[:2]] == [RECEIPT_PAPER, UNSORTED_PAPER]
    assert [one.is_separator for one in placed] == [True, False, True, False, False]


def test_a_cover_sheet_names_the_paper_and_is_not_kept() -> None:
    placed = route([cover(A, "to-khai"), page("1"), cover(A), page("2")], OPEN)

    assert owners(placed) == ["drop", A, "drop", A]
    assert (placed[1].paper, placed[3].paper) == ("to-khai", UNSORTED_PAPER)
    assert NoteKind.COVER in kinds(placed[0])


def test_an_office_may_keep_covers_and_drop_receipts() -> None:
    rules = Rules(keeps_receipts=False, keeps_covers=True)

    placed = route([receipt(A), page("1"), cover(B), page("2")], OPEN, rules)

    assert owners(placed) == ["drop", A, B, B]


def test_pages_before_the_first_separator_belong_to_nobody() -> None:
    placed = route([page("0"), page("1"), receipt(A)], OPEN)

    assert owners(placed) == ["wait", "wait", A]
    assert kinds(placed[0]) == {NoteKind.NO_SEPARATOR}


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (None, NoteKind.UNKNOWN),
        (Known(Standing.VOID, uuid5(SPACE, B), B), NoteKind.VOID),
        (Known(Standing.ELSEWHERE), NoteKind.ELSEWHERE),
        (Known(Standing.DOUBTFUL), NoteKind.DOUBTFUL),
    ],
)
def test_a_separator_that_cannot_count_ends_the_run_and_what_follows_waits(
    known: Known | None, note: NoteKind
) -> None:
    store = {A: OPEN[A]} | ({B: known} if known else {})

    placed = route([receipt(A), page("1"), receipt(B), page("2"), receipt(A, "again")], store)

    assert owners(placed) == [A, A, "wait", "wait", A]
    assert kinds(placed[2]) == {note}
    assert kinds(placed[3]) == {NoteKind.AFTER_TROUBLE}
    assert all(one.dossier is None for one in placed[2:4])
    assert B in placed[2].notes[0].words


def test_a_closed_dossier_takes_its_pages_and_says_so() -> None:
    closed = {A: replace(OPEN[A], standing=Standing.CLOSED)}

    placed = route([receipt(A), page("1")], closed)

    assert owners(placed) == [A, A]
    assert kinds(placed[0]) == {NoteKind.CLOSED}


def test_a_replaced_provisional_code_leads_to_the_dossier_it_became() -> None:
    old = "T-1A2B3C-261120-0001"
    store = {old: OPEN[A], A: OPEN[A]}

    placed = route([receipt(old), page("1"), receipt(A), page("2")], store)

    assert owners(placed) == [A, A, A, A]
    assert kinds(placed[0]) == {NoteKind.REPLACED}
    assert kinds(placed[2]) == {NoteKind.REPEATED}


def test_the_same_receipt_twice_joins() -> None:
    placed = route([receipt(A), page("1"), receipt(B), receipt(A, "again"), page("2")], OPEN)

    assert owners(placed) == [A, A, B, A, A]
    assert NoteKind.REPEATED in kinds(placed[3])


def test_two_codes_on_one_page_are_a_question() -> None:
    both = page("both", Mark(MarkKind.RECEIPT, A), Mark(MarkKind.RECEIPT, B))

    placed = route([receipt(A), both, page("1")], OPEN)

    assert owners(placed) == [A, "wait", "wait"]
    assert kinds(placed[1]) == {NoteKind.TWO_CODES}


def test_a_known_and_an_unknown_code_on_one_page_are_a_question_too() -> None:
    misread = "H24.15-261120-9999"
    for codes in ((A, misread), (misread, A)):
        both = page("both", *(Mark(MarkKind.RECEIPT, code) for code in codes))
        assert owners(route([both, page("1")], OPEN)) == ["wait", "wait"]


def test_bars_and_qr_that_say_the_same_are_one_code() -> None:
    both = page("both", Mark(MarkKind.RECEIPT, A), Mark(MarkKind.RECEIPT, A))

    assert owners(route([both, page("1")], OPEN)) == [A, A]


def test_a_foreign_barcode_is_a_note_and_moves_nothing() -> None:
    placed = route([receipt(A), page("1", Mark(MarkKind.FOREIGN)), page("2")], OPEN)

    assert owners(placed) == [A, A, A]
    assert kinds(placed[1]) == {NoteKind.FOREIGN}


def test_bars_that_nothing_could_read_end_the_run_for_they_may_be_a_receipt() -> None:
    unread = page("?", has_unread_bars=True)

    placed = route([receipt(A), page("1"), unread, page("2"), receipt(B), page("3")], OPEN)

    assert owners(placed) == [A, A, "wait", "wait", B, B]
    assert kinds(placed[2]) == {NoteKind.UNREAD_BARS}
    assert placed[2].is_separator
    begun = Decision(Fate.KEEP, OPEN[B].dossier, RECEIPT_PAPER, begins=True)
    after = route([receipt(A), replace(unread, decision=begun), page("2")], OPEN)
    assert owners(after) == [A, B, B]


def test_an_id_card_is_a_paper_like_any_other() -> None:
    placed = route([receipt(A), page("1", Mark(MarkKind.OTHER))], OPEN)

    assert owners(placed) == [A, A]
    assert placed[1].notes == ()


# ---- both sides ----------------------------------------------------------------------------------


def test_backs_follow_their_fronts_and_blank_ones_are_dropped() -> None:
    placed = route(
        [
            receipt(A, side="front"), page("b0", side="back", is_blank=True),
            page("f1", side="front"), page("b1", side="back"),
            receipt(B, side="front"), page("b2", side="back"),
        ],
        OPEN,
    )  # fmt: skip

    assert owners(placed) == [A, "drop", A, A, B, B]
    assert kinds(placed[1]) == {NoteKind.BLANK_BACK}
    assert placed[1].code == A
    assert placed[5].paper == RECEIPT_PAPER


def test_a_receipt_lying_face_down_still_begins_its_dossier() -> None:
    placed = route(
        [
            receipt(A, side="front"), page("b0", side="back", is_blank=True),
            page("f1", side="front", is_blank=True), receipt(B, side="back"),
            page("f2", side="front"),
        ],
        OPEN,
    )  # fmt: skip

    assert owners(placed) == [A, "drop", "drop", B, B]


def test_a_blank_page_of_its_own_is_kept_and_pointed_out() -> None:
    placed = route([receipt(A), page("1", is_blank=True)], OPEN)

    assert owners(placed) == [A, A]
    assert kinds(placed[1]) == {NoteKind.BLANK}


def test_of_a_sheet_blank_on_both_sides_one_is_left_to_be_seen() -> None:
    sheet = [page("f", side="front", is_blank=True), page("b", side="back", is_blank=True)]

    assert owners(route([receipt(A), *sheet], OPEN)) == [A, A, "drop"]


def test_a_page_that_cannot_be_opened_waits() -> None:
    placed = route([receipt(A), page("1", is_readable=False), page("2")], OPEN)

    assert owners(placed) == [A, "wait", A]
    assert placed[1].dossier is None


# ---- what a person decides ---------------------------------------------------------------------


def test_a_decision_stands_over_the_rules_and_moves_one_page() -> None:
    moved = Decision(Fate.KEEP, OPEN[B].dossier, "to-khai")

    placed = route([receipt(A), page("1", decision=moved), page("2")], OPEN)

    assert owners(placed) == [A, B, A]
    assert placed[1].paper == "to-khai"


def test_a_decision_that_begins_a_dossier_takes_what_follows_until_the_next_separator() -> None:
    begun = Decision(Fate.KEEP, OPEN[B].dossier, RECEIPT_PAPER, begins=True)

    placed = route([receipt("X", decision=begun), page("1"), receipt(A), page("2")], OPEN)

    assert owners(placed) == [B, B, A, A]
    assert not any(note.asks for one in placed for note in one.notes)


def test_a_dropped_page_can_be_had_back() -> None:
    back = Decision(Fate.KEEP, OPEN[A].dossier, UNSORTED_PAPER)

    placed = route([cover(A, decision=back), page("1", decision=Decision(Fate.DROP))], OPEN)

    assert owners(placed) == [A, "drop"]


def test_a_sheet_of_a_pad_ends_the_run_until_its_dossier_is_entered() -> None:
    pad = "GT-1A2B3C-00001"
    pile = [receipt(A), page("1"), receipt(pad), page("2")]

    placed = route(pile, OPEN)
    entered = route(pile, OPEN | {pad: Known(Standing.OPEN, uuid5(SPACE, B), B)})

    assert owners(placed) == [A, A, "wait", "wait"]
    assert kinds(placed[2]) == {NoteKind.NOT_ENTERED}
    assert "GT-1A2B3C-00001 chưa được nhập" in placed[2].notes[0].words
    assert [one.dossier for one in entered[2:]] == [uuid5(SPACE, B)] * 2


# ---- any pile -----------------------------------------------------------------------------------

_STANDINGS = st.sampled_from(list(Standing))
_STORES = st.fixed_dictionaries(
    {},
    optional={
        code: _STANDINGS.map(
            lambda s, code=code: Known(
                s, uuid5(SPACE, code) if s in (Standing.OPEN, Standing.CLOSED) else None, code
            )
        )
        for code in CODES
    },
)
_MARKS = st.one_of(
    st.sampled_from([Mark(MarkKind.FOREIGN), Mark(MarkKind.OTHER)]),
    st.builds(Mark, st.sampled_from([MarkKind.RECEIPT, MarkKind.COVER]), st.sampled_from(CODES)),
)


@st.composite
def piles(draw: st.DrawFn) -> list[PilePage]:
    count = draw(st.integers(0, 25))
    return [
        PilePage(
            page=uuid5(SPACE, str(i)),
            side=draw(st.sampled_from(["", "front", "back"])),
            is_blank=draw(st.booleans()),
            is_readable=draw(st.sampled_from([True, True, True, False])),
            has_unread_bars=draw(st.sampled_from([False, False, False, True])),
            marks=tuple(draw(st.lists(_MARKS, max_size=2))) if draw(st.booleans()) else (),
        )
        for i in range(count)
    ]


@given(piles(), _STORES, st.builds(Rules, st.booleans(), st.booleans()))
def test_every_page_is_accounted_for_once_and_in_order(pile, store, rules) -> None:
    placed = route(pile, store, rules)

    assert [one.page for one in placed] == [one.page for one in pile]
    assert all((one.dossier is not None) or one.fate is not Fate.KEEP for one in placed)
    assert all(one.notes for one in placed if one.fate is not Fate.KEEP)


@given(piles(), _STORES)
def test_no_page_goes_to_a_dossier_across_a_separator(pile, store) -> None:
    """Behind a page with a code, that code's dossier or nobody's: never an earlier one's."""
    placed = route(pile, store)

    allowed: set[UUID | None] = {None}
    for i, one in enumerate(placed):
        is_back = i > 0 and pile[i].side == "back" and pile[i - 1].side == "front"
        sheet = [pile[i - 1], pile[i]] if is_back else [pile[i], *pile[i + 1 : i + 2]]
        if not is_back and not (
            len(sheet) == 2 and pile[i].side == "front" and sheet[1].side == "back"
        ):
            sheet = sheet[:1]
        codes = {m.code for p in sheet for m in p.marks if m.is_separator}
        if not codes and any(p.has_unread_bars for p in sheet):
            allowed = {None}
        if codes:
            allowed = {store[c].dossier for c in codes if c in store} | {None}
            if len(codes) > 1:
                allowed = {None}
        assert one.dossier in allowed


@given(piles(), _STORES)
def test_a_page_is_kept_only_in_a_dossier_that_may_take_it(pile, store) -> None:
    takes = {k.dossier for k in store.values() if k.standing in (Standing.OPEN, Standing.CLOSED)}

    for one in route(pile, store):
        assert one.fate is not Fate.KEEP or one.dossier in takes


@given(piles(), _STORES, st.data())
def test_a_decision_for_one_page_changes_no_other(pile, store, data) -> None:
    if not pile:
        return
    chosen = data.draw(st.integers(0, len(pile) - 1))
    decision = data.draw(
        st.sampled_from([Decision(Fate.DROP), Decision(Fate.KEEP, OPEN[B].dossier, "to-khai")])
    )
    changed = [replace(p, decision=decision) if i == chosen else p for i, p in enumerate(pile)]

    before, after = route(pile, store), route(changed, store)

    assert after[chosen].fate is decision.fate
    assert [one for i, one in enumerate(after) if i != chosen] == [
        one for i, one in enumerate(before) if i != chosen
    ]
