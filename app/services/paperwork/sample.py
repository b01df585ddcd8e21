"""A sample of a procedure's receipt: what the catalogue makes of it, with nobody's data."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.domain import codes, fold
from app.domain.bodies import ChargedFee, Person
from app.domain.catalogue import Procedure
from app.domain.fees import CopyLine, FeeKind
from app.domain.papers import as_asked
from app.services import intake
from app.services.desk import Desk
from app.services.intake import Intake
from app.services.paperwork.order import NothingToPrint, Setting
from app.services.paperwork.receipt import receipt_words
from app.services.paperwork.told import Told
from printing.document import PrintDocument
from printing.forms import receipt

WATERMARK = "MẪU"
_PERSON = Person(name="Nguyễn Văn Mẫu", id_number="000090000000", address="Địa chỉ của người nộp")
_NOBODY = UUID(int=0)


def receipt_of(setting: Setting) -> PrintDocument:
    """Return form 01 of a procedure as it would be printed now, across it MẪU.

    No number is drawn and nothing is stored; the code ends in a number that
    no range holds.

    Raises:
        UnknownProcedure: none in force has this code.
        NothingToPrint: its term is open, so it cannot be received yet.
    """
    desk = setting.desk
    procedure = intake.find_procedure(
        desk.catalogue(), setting.order.procedure, desk.now().date()
    )  # fmt: skip
    words = receipt_words(_told(desk, procedure), clerk_name=setting.clerk.display_name)
    document = receipt.build(replace(words, watermark=WATERMARK), setting.paper)
    return replace(document, title=f"Giấy tiếp nhận mẫu: {procedure.name}")


def _told(desk: Desk, procedure: Procedure) -> Told:
    now, catalogue = desk.now(), desk.catalogue()
    copies = (CopyLine(name="Giấy tờ cần sao", pages=3, copies=2),)
    entry = Intake(
        procedure=procedure.code,
        submitter=_PERSON,
        copies=copies if procedure.fee.kind is FeeKind.COPIES else (),
        papers=tuple(as_asked(paper) for paper in procedure.papers if not paper.presented_only),
    )
    quoted = intake.quote(desk, entry)
    if quoted.due is None:
        raise NothingToPrint(
            f"Thủ tục {procedure.code} chưa có thời hạn, nên chưa lập được giấy hẹn.",
            "Báo quản trị danh mục của tỉnh điền thời hạn.",
        )
    code = codes.write_code(catalogue.code_patterns, desk.store.station.agency, now.date(), 0)
    dossier = fold.Dossier(
        id=_NOBODY,
        code=code,
        check=codes.check_character(code),
        lookup=codes.lookup_code(bytes(codes.LOOKUP_BYTES)),
        agency=desk.store.station.agency,
        procedure=procedure.code,
        catalogue=catalogue.version,
        forms=catalogue.form_set(now.date()).key,
        received_at=now,
        due_at=quoted.due.at,
        counted_from=quoted.due.counted_from,
        submitter=_PERSON,
        applicant=None,
        relation="self",
        summary="",
        fields={},
        papers=entry.papers,
        owed=(),
        copies=entry.copies,
        fee=ChargedFee(amount=quoted.fee.amount, how=quoted.fee.how, is_known=quoted.fee.is_known),
        sets=1,
        channel=1,
        return_via=0,
        stages=intake.stage_dues(catalogue, procedure, now),
        provisional=False,
        practice=False,
        offline=False,
        due_is_certain=quoted.due.is_certain,
    )
    return Told(
        dossier=dossier, acts=(), catalogue=catalogue, newest=catalogue, today=now.date()
    )  # fmt: skip
