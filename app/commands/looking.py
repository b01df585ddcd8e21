"""`show`, `find`, `due` and `card`: answers without an act."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from app.commands import reading
from app.commands.opened import Opened
from app.domain.calendar import TermUnit
from app.domain.cards import NotACard, read_card
from app.domain.catalogue import Catalogue
from app.domain.text import mask_number
from app.errors import AppError, WrongUse
from app.services import intake, lookup
from app.services.desk import Clerk


def show(opened: Opened, clerk: Clerk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Show a dossier whole; the look is recorded."""
    dossier = lookup.by_code(opened.desk, arguments.code)
    lookup.viewed(opened.desk, clerk, dossier)
    shown = lookup.show(opened.desk, dossier)
    d = shown.dossier
    return {
        "dossier": str(d.id),
        "code": d.code,
        "former_codes": list(d.former_codes),
        "check": d.check,
        "lookup": d.lookup,
        "procedure": d.procedure,
        "state": int(d.state),
        "state_words": "Đã hoàn tác" if d.voided else d.state.words,
        "payment": str(d.payment),
        "submitter": {
            "name": d.submitter.name,
            "id_number": mask_number(d.submitter.id_number),
            "phone": mask_number(d.submitter.phone, 4),
        },
        "owner": d.owner.name,
        "received": d.received_at.isoformat(),
        "due": d.due_at.isoformat(),
        "fee": d.fee.amount if d.fee.is_known else None,
        "receipt_version": d.receipt_version,
        "papers": [
            {"key": p.key, "original": p.original, "certified": p.certified,
             "photocopy": p.photocopy}
            for p in d.papers
        ],
        "pages": len(d.pages),
        "pages_stored": shown.pages_stored,
        "sync": str(shown.sync),
        "events": [
            {"at": e.at, "kind": e.kind, "actor": e.actor, "stored": e.stored,
             "refusal": e.refusal}
            for e in shown.timeline
        ],
    }  # fmt: skip


def find(opened: Opened, arguments: argparse.Namespace) -> dict[str, Any]:
    """Find dossiers by words without marks, codes or numbers; newest first."""
    page = lookup.find(opened.desk, arguments.text, before=arguments.before)
    return {
        "dossiers": [
            {
                "code": line.code,
                "submitter": line.submitter,
                "owner": line.owner,
                "procedure": line.procedure,
                "received": line.received_at.isoformat(),
                "due": line.due_at.isoformat(),
                "state": int(line.state),
                "state_words": line.state_words,
                "sync": str(line.sync),
            }
            for line in page.lines
        ],
        "next": page.next_before,
    }


def due(catalogue: Catalogue, arguments: argparse.Namespace) -> dict[str, Any]:
    """Answer when a dossier received at a moment would be due, and how that is counted."""
    at = reading.read_moment(arguments.at)
    procedure = intake.find_procedure(catalogue, arguments.procedure, at.date())
    if procedure.term.unit is TermUnit.OPEN:
        raise AppError(
            f"Thủ tục {procedure.code} chưa có thời hạn trong danh mục.",
            "Nhờ người quản trị danh mục điền theo quyết định công bố.",
        )
    found = catalogue.calendar(at.date()).due(at, procedure.term, procedure.cutoff)
    return {
        "due": found.at.isoformat(),
        "counted_from": found.counted_from.isoformat(),
        "how": found.how,
        "days": [day.isoformat() for day in found.days],
        "certain": found.is_certain,
        "procedure": procedure.code,
        "name": procedure.name,
    }


def card(arguments: argparse.Namespace, today: dt.date) -> dict[str, Any]:
    """Answer what the card reader understood."""
    text = reading.read_standard_input() if arguments.qr == "-" else arguments.qr
    if not text.strip():
        raise WrongUse("Không có nội dung thẻ.", "Đưa vào bằng --qr - và standard input.")
    try:
        found = read_card(text, today=today)
    except NotACard as error:
        raise AppError(str(error)) from error
    return {
        "id_number": found.id_number,
        "old_id": found.old_id or None,
        "name": found.name,
        "born": found.born or None,
        "sex": found.sex or None,
        "address": found.address or None,
        "issued": found.issued or None,
        "warnings": list(found.warnings),
        "source": found.source,
        "authenticated": False,
    }
