"""`result`, `pay` and `return`: how a dossier comes to its end."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from app.commands import reading
from app.commands.opened import Opened
from app.domain.bodies import Person
from app.domain.cards import Card, NotACard, read_card
from app.errors import AppError, WrongUse
from app.services import cashier, lookup, processing, returning
from app.services.desk import Clerk
from app.services.processing import Result
from app.services.returning import Handing


def record_result(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Record a dossier's result."""
    desk = opened.desk
    dossier = lookup.by_code(desk, arguments.code)
    try:
        issued_on = dt.date.fromisoformat(arguments.issued) if arguments.issued else None
    except ValueError as error:
        raise WrongUse(
            f"--issued cần ngày dạng 2026-11-20, không phải “{arguments.issued}”."
        ) from (error)
    result = Result(
        name=arguments.name, number=arguments.number, issued_on=issued_on,
        copies=arguments.copies, place=arguments.place, book=arguments.book,
    )  # fmt: skip
    folded = processing.record_result(desk, clerk, dossier, result)
    return {
        "code": folded.code,
        "state": int(folded.state),
        "state_words": folded.state.words,
        "number": folded.result_number,
        "book": folded.result_book,
    }


def pay(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Note that money came in; all that is left, unless an amount is named."""
    desk = opened.desk
    dossier = lookup.by_code(desk, arguments.code)
    amount = arguments.amount or cashier.bill(desk, dossier).left
    after = cashier.pay(desk, clerk, dossier, amount, arguments.method, arguments.reference)
    return {"code": after.code, "amount": amount, "paid": after.paid, "left": after.left}


def give(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Hand results out, all that are named or none; a card is compared with each."""
    desk = opened.desk
    dossiers = [lookup.by_code(desk, code) for code in arguments.code]
    card = _card(arguments.card, desk.now().date()) if arguments.card else None
    if card is not None and not arguments.authority:
        for dossier in dossiers:
            match = returning.compare(returning.look(desk, dossier), card)
            if match.who == "other":
                raise AppError(
                    match.words, "Người được uỷ quyền: ghi giấy uỷ quyền bằng --authority."
                )
    if arguments.authority and card is None:
        raise WrongUse("--authority cần --card: căn cước của người được uỷ quyền.")
    recipient = _person(card) if card is not None and arguments.authority else None
    gone = returning.give(
        desk, clerk, dossiers,
        Handing(
            recipient=recipient,
            relation="authorised" if recipient else "self",
            authority=arguments.authority,
            lost_receipt=arguments.lost_receipt,
            satisfaction=arguments.satisfaction,
            owing=arguments.owing,
        ),
    )  # fmt: skip
    return {
        "returned": [
            {"code": one.code, "result": one.result, "number": one.number, "state": int(one.state)}
            for one in gone
        ]
    }


def _card(text: str, today: dt.date) -> Card:
    raw = reading.read_standard_input() if text == "-" else text
    try:
        return read_card(raw, today=today)
    except NotACard as error:
        raise AppError(f"Không đọc được thẻ: {error}.", "Quét lại, hoặc bỏ --card.") from error


def _person(card: Card) -> Person:
    return Person(
        name=card.name, id_number=card.id_number, born=card.born, sex=card.sex,
        address=card.address, source=card.source,
    )  # fmt: skip
