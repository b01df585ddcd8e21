"""Fees and exemptions.

Tariffs are data. Source of the copy tariff: TT 226/2016/TT-BTC as quoted in
provincial lists; of the exemptions: Luật Hộ tịch Điều 11.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.amounts import in_figures


class FeeKind(StrEnum):
    """How a fee is worked out."""

    NONE = "none"
    FIXED = "fixed"  # so much a case
    PER_COPY = "per_copy"  # so much a copy
    COPIES = "copies"  # by pages and copies, with a ceiling a copy
    COUNCIL = "council"  # set by the provincial council, looked up per agency
    OPEN = "open"  # the sources name no fee; a supervisor must fill it in


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRule:
    """The tariff of one procedure; amounts in đồng.

    Attributes:
        amount: of `fixed` and `per_copy`.
        first, first_pages, next, cap: of `copies`: the price of each of the
            first pages, how many those are, of each later page, and the most
            one copy may cost.
        council_key: which of the agency's council tariffs applies.
        free_within_days: no fee if filed within so many days of `free_field`.
        free_field: the case field that holds that day.
        free_reason: words for that on the receipt.
    """

    kind: FeeKind = FeeKind.NONE
    amount: int = 0
    first: int = 0
    first_pages: int = 0
    next: int = 0
    cap: int = 0
    council_key: str = ""
    free_within_days: int = 0
    free_field: str = ""
    free_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A ground on which no fee, or part of it, is due.

    Attributes:
        key: stable.
        name: as printed.
        subjects: subject keys (lĩnh vực) it covers.
        percent: how much of the fee is waived.
    """

    key: str
    name: str
    subjects: tuple[str, ...]
    percent: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLine:
    """One paper of a certified-copy dossier."""

    name: str
    pages: int
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What is due, and why.

    Attributes:
        amount: đồng; 0 when free.
        full: the amount before exemption.
        how: one Vietnamese sentence.
        exemption: key of the ground, or "".
        is_known: False while the tariff is open: collect nothing yet.
    """

    amount: int
    full: int
    how: str
    exemption: str = ""
    is_known: bool = True


def fee_words(amount: int, how: str, *, is_known: bool) -> str:
    """Say a fee in đồng, and why if nothing is due; an open tariff is never said to be 0."""
    if not is_known:
        return how
    if amount:
        return f"{in_figures(amount)} đồng"
    return f"0 đồng ({how})" if how else "0 đồng"


def copy_price(rule: FeeRule, pages: int) -> int:
    """Return the price of one certified copy of `pages` pages, at most the cap."""
    if pages < 1:
        raise ValueError(f"a copy has at least one page, got {pages}")
    first = min(pages, rule.first_pages)
    return min(rule.cap, rule.first * first + rule.next * (pages - first))


def line_price(rule: FeeRule, line: CopyLine) -> int:
    """Return the price of all copies of one line."""
    if line.copies < 1:
        raise ValueError(f"a line has at least one copy, got {line.copies}")
    return line.copies * copy_price(rule, line.pages)


def work_out(
    rule: FeeRule,
    *,
    received_on: dt.date,
    copies: Sequence[CopyLine] = (),
    count: int = 1,
    fields: Mapping[str, str] | None = None,
    council: Mapping[str, int] | None = None,
    exemption: Exemption | None = None,
) -> Fee:
    """Return the fee of one dossier.

    Args:
        rule: the procedure's tariff.
        received_on: local day of reception.
        copies: lines of a certified-copy dossier.
        count: copies asked for, for `per_copy`.
        fields: case fields; days as ISO text.
        council: the agency's council tariffs in đồng, by key.
        exemption: the ground that the clerk accepted, if any.
    """
    full, how, is_known = _full(rule, copies, count, council or {})
    if (full or not is_known) and _is_in_time(rule, received_on, fields or {}):
        return Fee(amount=0, full=full, how=f"miễn: {rule.free_reason}", exemption="in-time")
    if is_known and rule.free_within_days and not (fields or {}).get(rule.free_field):
        how, is_known = "chưa tính: chưa khai ngày để xét miễn", False
    if not is_known:
        return Fee(amount=0, full=0, how=how, is_known=False)
    if exemption is not None and full:
        amount = full - full * exemption.percent // 100
        return Fee(amount=amount, full=full, how=f"miễn: {exemption.name}", exemption=exemption.key)
    return Fee(amount=full, full=full, how=how)


def _full(
    rule: FeeRule, copies: Sequence[CopyLine], count: int, council: Mapping[str, int]
) -> tuple[int, str, bool]:
    if rule.kind is FeeKind.NONE:
        return 0, "không thu", True
    if rule.kind is FeeKind.FIXED:
        return rule.amount, "mức cố định", True
    if rule.kind is FeeKind.PER_COPY:
        return rule.amount * count, f"{count} bản", True
    if rule.kind is FeeKind.COPIES:
        total = sum(line_price(rule, line) for line in copies)
        return total, f"{sum(line.copies for line in copies)} bản", True
    if rule.kind is FeeKind.COUNCIL and rule.council_key in council:
        return council[rule.council_key], "mức do HĐND quy định", True
    return 0, "chưa có mức thu trong danh mục", False


def _is_in_time(rule: FeeRule, received_on: dt.date, fields: Mapping[str, str]) -> bool:
    if not rule.free_within_days:
        return False
    try:
        since = dt.date.fromisoformat(fields.get(rule.free_field, ""))
    except ValueError:
        return False
    return dt.timedelta() <= received_on - since <= dt.timedelta(days=rule.free_within_days)
