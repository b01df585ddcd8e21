import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.papers import GivenPaper, Paper, TakenBecause, as_asked, check_papers

FORM = Paper(key="to-khai", name="Tờ khai", original=1)
COPY = Paper(key="ban-sao", name="Bản sao", photocopy=1)
CERTIFIED = Paper(key="chung-thuc", name="Bản chứng thực", certified=1)
OPTIONAL = Paper(key="uy-quyen", name="Văn bản ủy quyền", required=False, original=1)
IN_DATABASE = Paper(key="can-cuoc", name="Căn cước", original=1, replaced_by="CSDLQG về dân cư")


def given_(key: str, original: int = 0, certified: int = 0, photocopy: int = 0) -> GivenPaper:
    return GivenPaper(key=key, original=original, certified=certified, photocopy=photocopy)


def test_papers_given_as_asked_leave_nothing_open():
    check = check_papers([FORM, COPY], [given_("to-khai", 1), given_("ban-sao", photocopy=1)])

    assert (check.missing, check.short, check.unexplained) == ((), (), ())
    assert check.is_complete


def test_missing_papers_are_named_in_the_order_of_the_form():
    check = check_papers([FORM, OPTIONAL, COPY], [])

    assert check.missing == (FORM, COPY)
    assert not check.is_complete


def test_a_paper_ticked_with_no_sheet_is_missing():
    assert check_papers([FORM], [given_("to-khai")]).missing == (FORM,)


def test_an_optional_paper_may_be_absent():
    assert check_papers([OPTIONAL], []).is_complete
    assert check_papers([OPTIONAL], [given_("uy-quyen")]).is_complete


@pytest.mark.parametrize(
    ("asked", "got", "is_short"),
    [
        (COPY, given_("ban-sao", original=1), False),
        (COPY, given_("ban-sao", certified=1), False),
        (COPY, given_("ban-sao", photocopy=1), False),
        (CERTIFIED, given_("chung-thuc", original=1), False),
        (CERTIFIED, given_("chung-thuc", certified=1), False),
        (CERTIFIED, given_("chung-thuc", photocopy=1), True),
        (FORM, given_("to-khai", certified=1), True),
        (FORM, given_("to-khai", photocopy=9), True),
        (FORM, given_("to-khai", original=2), False),
    ],
)
def test_an_original_stands_for_a_copy_but_never_the_other_way(asked, got, is_short):
    check = check_papers([asked], [got])

    assert check.short == ((asked,) if is_short else ())
    assert check.is_complete


@pytest.mark.parametrize(
    ("got", "is_short"),
    [
        ((1, 1, 1), False),
        ((3, 0, 0), False),
        ((2, 0, 1), False),
        ((1, 2, 0), False),
        ((2, 0, 0), True),
        ((1, 1, 0), True),
        ((1, 0, 2), True),
        ((0, 3, 3), True),
    ],
)
def test_one_original_stands_for_one_copy_only(got, is_short):
    asked = Paper(key="x", name="X", original=1, certified=1, photocopy=1)

    assert bool(check_papers([asked], [given_("x", *got)]).short) is is_short


def test_a_paper_that_a_database_answered_for_is_neither_missing_nor_short():
    got = GivenPaper(key="can-cuoc", replaced_by_data=True)

    check = check_papers([IN_DATABASE], [got])

    assert (check.missing, check.short, check.unexplained) == ((), (), ())


def test_no_database_can_answer_for_a_paper_that_names_none():
    assert check_papers([FORM], [GivenPaper(key="to-khai", replaced_by_data=True)]).missing == (
        FORM,
    )


def test_a_paper_taken_although_a_database_holds_it_needs_a_reason():
    check = check_papers([IN_DATABASE], [given_("can-cuoc", original=1)])

    assert check.unexplained == (IN_DATABASE,)
    assert check.is_complete


@pytest.mark.parametrize("reason", TakenBecause)
def test_a_paper_taken_because_the_database_could_not_serve_is_in_order(reason):
    got = GivenPaper(key="can-cuoc", original=1, taken_because=reason)

    check = check_papers([IN_DATABASE], [got])

    assert (check.missing, check.short, check.unexplained) == ((), (), ())


def test_every_reason_has_words_of_its_own():
    words = [reason.words for reason in TakenBecause]

    assert words[0] == "không khai thác được dữ liệu (mất mạng)"
    assert len(set(words)) == len(TakenBecause)


def test_an_extra_paper_does_no_harm():
    extra = GivenPaper(key="khac-1", name="Đơn giải trình", original=1)

    assert check_papers([FORM], [given_("to-khai", 1), extra]).is_complete


def test_a_paper_is_given_as_asked_with_the_reason_only_where_a_database_should_serve():
    asked = as_asked(IN_DATABASE, TakenBecause.OFFLINE)

    assert asked == GivenPaper(key="can-cuoc", original=1, taken_because=TakenBecause.OFFLINE)
    assert as_asked(FORM, TakenBecause.OFFLINE).taken_because is None


def test_a_paper_without_a_number_is_given_as_one_original():
    assert as_asked(Paper(key="x", name="X")) == GivenPaper(key="x", original=1)
    assert as_asked(COPY) == GivenPaper(key="ban-sao", photocopy=1)


counts = st.integers(0, 3)
asked_papers = st.builds(
    Paper, key=st.just("x"), name=st.just("X"), original=counts, certified=counts,
    photocopy=counts, replaced_by=st.sampled_from(["", "CSDL hộ tịch"]),
)  # fmt: skip


@given(asked_papers)
def test_what_is_given_as_asked_is_always_enough(paper):
    check = check_papers([paper], [as_asked(paper, TakenBecause.OUTAGE)])

    assert (check.missing, check.short, check.unexplained) == ((), (), ())


@given(asked_papers, counts, counts, counts)
def test_handing_in_more_never_makes_a_paper_short(paper, original, certified, photocopy):
    got = given_("x", original, certified, photocopy)
    if got.count and not check_papers([paper], [got]).short:
        for more in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
            richer = given_("x", original + more[0], certified + more[1], photocopy + more[2])
            assert not check_papers([paper], [richer]).short


@given(asked_papers, counts, counts, counts)
def test_short_is_what_no_sharing_out_of_the_sheets_could_fill(
    paper, original, certified, photocopy
):
    got = given_("x", original, certified, photocopy)
    enough = any(
        original - as_certified - as_copy >= paper.original
        and certified + as_certified - certified_as_copy >= paper.certified
        and photocopy + as_copy + certified_as_copy >= paper.photocopy
        for as_certified in range(original + 1)
        for as_copy in range(original - as_certified + 1)
        for certified_as_copy in range(certified + as_certified + 1)
    )
    if got.count:
        assert bool(check_papers([paper], [got]).short) is not enough
