import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fees import (
    CopyLine,
    Exemption,
    Fee,
    FeeKind,
    FeeRule,
    copy_price,
    line_price,
    work_out,
)

DAY = dt.date(2026, 11, 20)
COPIES = FeeRule(kind=FeeKind.COPIES, first=2_000, first_pages=2, next=1_000, cap=200_000)
BIRTH = FeeRule(
    kind=FeeKind.COUNCIL,
    council_key="khai-sinh",
    free_within_days=60,
    free_field="child_born",
    free_reason="đăng ký khai sinh đúng hạn (trong 60 ngày)",
)
POOR = Exemption(key="ho-ngheo", name="Hộ nghèo", subjects=("ho-tich",))
COUNCIL = {"khai-sinh": 8_000}


def born(days_ago: int) -> dict[str, str]:
    return {"child_born": (DAY - dt.timedelta(days=days_ago)).isoformat()}


@pytest.mark.parametrize(
    ("pages", "price"),
    [
        (1, 2_000),
        (2, 4_000),
        (3, 5_000),
        (12, 14_000),
        (197, 199_000),
        (198, 200_000),
        (199, 200_000),
        (5_000, 200_000),
    ],
)
def test_a_certified_copy_costs_by_the_page_up_to_the_ceiling(pages, price):
    assert copy_price(COPIES, pages) == price


def test_two_copies_of_twelve_pages_cost_twice_one_copy():
    assert line_price(COPIES, CopyLine(name="Bằng", pages=12, copies=2)) == 28_000


def test_the_ceiling_is_of_one_copy_and_not_of_the_line():
    assert line_price(COPIES, CopyLine(name="Sổ", pages=300, copies=3)) == 600_000


def test_the_bundled_tariff_of_certified_copies_is_that_of_the_law(bundled):
    assert bundled.procedure("2.000815", DAY).fee == COPIES


@pytest.mark.parametrize("pages", [0, -1])
def test_a_copy_without_pages_is_refused(pages):
    with pytest.raises(ValueError, match="at least one page"):
        copy_price(COPIES, pages)


@pytest.mark.parametrize("copies", [0, -1])
def test_a_line_without_copies_is_refused(copies):
    with pytest.raises(ValueError, match="at least one copy"):
        line_price(COPIES, CopyLine(name="x", pages=1, copies=copies))


def test_the_lines_of_a_copy_dossier_are_added_up():
    lines = [CopyLine(name="A", pages=12, copies=2), CopyLine(name="B", pages=1, copies=1)]

    fee = work_out(COPIES, received_on=DAY, copies=lines)

    assert (fee.amount, fee.full, fee.how, fee.is_known) == (30_000, 30_000, "3 bản", True)


@given(st.integers(1, 500), st.integers(1, 20))
def test_a_longer_copy_never_costs_less_and_copies_cost_alike(pages, copies):
    price = copy_price(COPIES, pages)

    assert price <= copy_price(COPIES, pages + 1) <= price + 2_000
    assert price <= 200_000
    assert line_price(COPIES, CopyLine(name="x", pages=pages, copies=copies)) == copies * price


def test_simple_tariffs():
    fixed = FeeRule(kind=FeeKind.FIXED, amount=10_000)
    per_copy = FeeRule(kind=FeeKind.PER_COPY, amount=8_000)

    assert work_out(FeeRule(), received_on=DAY) == Fee(amount=0, full=0, how="không thu")
    assert work_out(fixed, received_on=DAY) == Fee(amount=10_000, full=10_000, how="mức cố định")
    assert work_out(fixed, received_on=DAY, count=3).amount == 10_000
    assert work_out(per_copy, received_on=DAY, count=3) == Fee(
        amount=24_000, full=24_000, how="3 bản"
    )


@pytest.mark.parametrize(
    ("days_ago", "amount", "ground"),
    [(0, 0, "in-time"), (59, 0, "in-time"), (60, 0, "in-time"), (61, 8_000, ""), (-1, 8_000, "")],
)
def test_a_birth_registered_within_sixty_days_is_free(days_ago, amount, ground):
    fee = work_out(BIRTH, received_on=DAY, fields=born(days_ago), council=COUNCIL)

    assert (fee.amount, fee.full, fee.exemption) == (amount, 8_000, ground)
    assert fee.is_known


def test_the_reason_of_a_free_birth_stands_on_the_receipt():
    fee = work_out(BIRTH, received_on=DAY, fields=born(3), council=COUNCIL)

    assert fee.how == "miễn: đăng ký khai sinh đúng hạn (trong 60 ngày)"


@pytest.mark.parametrize("fields", [None, {}, {"child_born": ""}])
def test_without_the_day_that_decides_no_fee_is_invented(fields):
    fee = work_out(BIRTH, received_on=DAY, fields=fields, council=COUNCIL)

    assert (fee.amount, fee.exemption, fee.is_known) == (0, "", False)
    assert "chưa khai ngày" in fee.how


def test_a_birth_whose_day_cannot_be_read_is_not_taken_for_timely():
    fee = work_out(BIRTH, received_on=DAY, fields={"child_born": "hôm qua"}, council=COUNCIL)

    assert fee.amount == 8_000


def test_a_council_fee_that_nobody_entered_is_unknown_and_nothing_is_collected():
    fee = work_out(BIRTH, received_on=DAY, fields=born(61), council={"khai-tu": 8_000})

    assert fee == Fee(amount=0, full=0, how="chưa có mức thu trong danh mục", is_known=False)
    assert not work_out(FeeRule(kind=FeeKind.OPEN), received_on=DAY, council=COUNCIL).is_known


def test_a_timely_birth_is_free_even_where_the_council_fee_is_unknown():
    fee = work_out(BIRTH, received_on=DAY, fields=born(60))

    assert (fee.amount, fee.is_known, fee.exemption) == (0, True, "in-time")


def test_an_unknown_fee_stays_unknown_for_an_exempt_family():
    assert not work_out(BIRTH, received_on=DAY, fields=born(61), exemption=POOR).is_known


def test_an_exempt_family_pays_nothing_and_the_ground_is_named():
    fee = work_out(BIRTH, received_on=DAY, fields=born(61), council=COUNCIL, exemption=POOR)

    assert fee == Fee(amount=0, full=8_000, how="miễn: Hộ nghèo", exemption="ho-ngheo")


@pytest.mark.parametrize(("percent", "amount"), [(50, 4_000), (100, 0), (25, 6_000), (1, 7_920)])
def test_an_exemption_may_waive_a_part(percent, amount):
    half = Exemption(key="giam", name="Giảm", subjects=(), percent=percent)

    fee = work_out(BIRTH, received_on=DAY, fields=born(61), council=COUNCIL, exemption=half)

    assert fee.amount == amount


def test_what_is_free_anyway_needs_no_exemption():
    assert work_out(FeeRule(), received_on=DAY, exemption=POOR).exemption == ""


@given(st.integers(1, 10**9), st.integers(1, 100))
def test_an_exemption_never_charges_more_nor_less_than_nothing(full, percent):
    part = Exemption(key="x", name="X", subjects=(), percent=percent)
    rule = FeeRule(kind=FeeKind.FIXED, amount=full)

    fee = work_out(rule, received_on=DAY, exemption=part)

    assert 0 <= fee.amount <= full
    assert (fee.amount == 0) is (percent == 100)
    assert fee.full == full
