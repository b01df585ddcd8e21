"""Forms of some days: the register (07) and the lists that go with paper from hand to hand."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.domain import course
from app.domain.status import CLOSED, BusinessState
from app.models.base import DossierRow
from app.services.desk import Desk
from app.services.paperwork import phrases
from app.services.paperwork.order import NothingToPrint, Setting
from app.services.paperwork.phrases import RETURN_WORDS, short_day, short_moment
from app.services.paperwork.told import Told, form_on, read
from printing.document import PrintDocument
from printing.forms import hand_over as hand_over_list
from printing.forms import register as register_form
from printing.forms.frame import Head, Signature
from printing.forms.register import RegisterRow


def told_of_days(desk: Desk, first: dt.date, last: dt.date) -> tuple[Told, ...]:
    """Return the agency's dossiers received in some days, in the order of reception."""
    with desk.store.database.reading() as session:
        ids = session.scalars(
            select(DossierRow.id)
            .where(
                DossierRow.agency == desk.store.station.agency,
                DossierRow.day >= first,
                DossierRow.day <= last,
            )
            .order_by(DossierRow.received_at, DossierRow.row)
        ).all()
        return tuple(read(session, desk, id) for id in ids)


def told_of(desk: Desk, dossiers: Sequence[UUID]) -> tuple[Told, ...]:
    """Return named dossiers, in the order given, each once.

    Raises:
        NoSuchDossier: one of them is not on this station.
    """
    with desk.store.database.reading() as session:
        return tuple(read(session, desk, id) for id in dict.fromkeys(dossiers))


def register_rows(desk: Desk, first: dt.date, last: dt.date) -> tuple[RegisterRow, ...]:
    """Return the lines of the register: every number of the days, the void ones too."""
    return tuple(_row(i, told) for i, told in enumerate(told_of_days(desk, first, last), start=1))


def register_sha256(rows: Sequence[RegisterRow]) -> str:
    """Return what seals a register: the SHA-256 of its lines, one a line, fields by tabs."""
    lines = ["\t".join(str(getattr(row, name)) for name in row.__slots__) for row in rows]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _row(number: int, told: Told) -> RegisterRow:
    dossier = told.dossier
    returned = course.last(told.acts, "result.returned")
    owner = dossier.owner
    address = owner.address or dossier.submitter.address
    phone = owner.phone or dossier.submitter.phone
    return RegisterRow(
        number=str(number),
        code=dossier.code,
        procedure=told.procedure.name,
        sets=str(dossier.sets),
        owner=owner.name,
        contact="\n".join(part for part in (address, phone) if part),
        agency=told.agency_name(dossier.with_agency or dossier.agency),
        received=short_moment(dossier.received_at),
        due=short_moment(dossier.due_at),
        returned=short_moment(course.at_of(returned)) if returned else "",
        how=RETURN_WORDS[dossier.return_via],
        note=_note(told),
        is_void=dossier.voided,
    )


def _note(told: Told) -> str:
    dossier = told.dossier
    notes = []
    if dossier.voided:
        void = course.last(told.acts, "dossier.voided")
        notes.append("Đã hoàn tác" + (f": {void.body.reason}" if void and void.body.reason else ""))
    elif dossier.state in CLOSED and dossier.state is not BusinessState.RETURNED:
        notes.append(dossier.state.words)
    if dossier.state is BusinessState.AWAITING_SUPPLEMENT:
        notes.append(dossier.state.words)
    if dossier.provisional:
        notes.append("Mã tạm")
    if dossier.former_codes:
        notes.append(f"Mã cũ: {', '.join(dossier.former_codes)}")
    if dossier.receipt_version > 1 and not dossier.former_codes:
        notes.append(f"Giấy hẹn sửa lần {dossier.receipt_version - 1}")
    if dossier.extended:
        notes.append("Đã lùi ngày hẹn")
    return "; ".join(notes)


def register(setting: Setting) -> PrintDocument:
    """Return form 07 (06 of the old set) of some days, in the set in force on the last one."""
    first, last = setting.first_day, setting.last_day
    rows = register_rows(setting.desk, first, last)
    forms, form = form_on(setting.desk.catalogue(), "07", last)
    agency = setting.desk.agency()
    void = sum(row.is_void for row in rows)
    returned = sum(bool(row.returned) for row in rows)
    book = f"Quyển số: {first.year}"
    words = register_form.RegisterWords(
        head=_without_number(phrases.form_head(agency, last, forms, form, book=book)),
        form_number=form.number,
        title=form.title,
        period=phrases.period(first, last),
        rows=rows,
        totals=f"Cộng: {len(rows)} số, trong đó {void} số đã hoàn tác; "
        f"đã trả kết quả {returned} hồ sơ.",
        place_and_date=phrases.place_and_date(agency, setting.desk.now().date()),
        seal=register_sha256(rows),
    )
    return register_form.build(words, setting.paper)


def _without_number(head: Head) -> Head:
    """A book has no number of its own, and its date stands over the signature."""
    return Head(
        parent_line=head.parent_line,
        name_line=head.name_line,
        book_line=head.book_line,
        form_line=head.form_line,
    )


def hand_over(setting: Setting) -> PrintDocument:
    """Return the slip that goes with dossiers to a unit: those named, or the days' open ones.

    Raises:
        NothingToPrint: there are none.
    """
    order, desk = setting.order, setting.desk
    if order.dossiers:
        wanted = told_of(desk, order.dossiers)
    else:
        wanted = tuple(
            told for told in told_of_days(desk, setting.first_day, setting.last_day)
            if told.dossier.is_open and told.dossier.state is not BusinessState.FINISHED
        )  # fmt: skip
    if not wanted:
        raise NothingToPrint(
            "Không có hồ sơ nào để bàn giao.", "Chọn ngày khác, hoặc ghi mã hồ sơ."
        )
    rows = tuple(
        (
            told.dossier.code,
            phrases.content(told),
            told.dossier.owner.name,
            str(sum(p.count for p in told.dossier.papers) or "—"),
            str(len(told.dossier.pages)),
            short_moment(told.dossier.received_at),
            short_moment(told.dossier.due_at),
            "",
        )
        for told in wanted
    )
    agency = desk.agency()
    words = hand_over_list.HandOverWords(
        head=phrases.head(agency, desk.now().date()),
        title="Phiếu bàn giao hồ sơ",
        subtitle=phrases.period(setting.first_day, setting.last_day) if not order.dossiers else "",
        lines=(
            ("Bên giao", f"{agency.name} ({setting.clerk.display_name})"),
            ("Bên nhận", order.to or phrases.WRITE_BY_HAND * 4),
        ),
        columns=(
            ("Mã hồ sơ", 16), ("Nội dung", 26), ("Chủ hồ sơ", 15), ("Số giấy tờ", 6),
            ("Số trang quét", 6), ("Nhận lúc", 9), ("Hẹn trả", 9), ("Ghi chú", 13),
        ),
        rows=rows,
        totals=f"Cộng: {len(rows)} hồ sơ.",
        giver=Signature("NGƯỜI GIAO", setting.clerk.display_name),
        taker=Signature("NGƯỜI NHẬN"),
        slip=order.slip,
    )  # fmt: skip
    return hand_over_list.build(words, setting.paper)


def results(setting: Setting) -> PrintDocument:
    """Return the list of results that a unit hands to the counter: those named, or the days'.

    Raises:
        NothingToPrint: no result waits.
    """
    order, desk = setting.order, setting.desk
    wanted = [
        told
        for told in (told_of(desk, order.dossiers) if order.dossiers else _finished(desk))
        if (at := _recorded_on(told)) is not None
        and (order.dossiers or setting.first_day <= at <= setting.last_day)
    ]
    if not wanted:
        raise NothingToPrint(
            "Không có kết quả nào để bàn giao.", "Chọn ngày khác, hoặc ghi mã hồ sơ."
        )
    rows = tuple(
        (
            told.dossier.code,
            phrases.content(told),
            _result_words(told),
            told.dossier.owner.name,
            told.dossier.owner.address or told.dossier.submitter.address,
            "X" if told.dossier.fee.amount else "",
            "X" if told.dossier.return_via == 1 else "",
        )
        for told in wanted
    )
    agency = desk.agency()
    words = hand_over_list.HandOverWords(
        head=phrases.head(agency, desk.now().date()),
        title="Phiếu bàn giao kết quả giải quyết TTHC",
        lines=(
            ("Bên giao", order.to or phrases.WRITE_BY_HAND * 4),
            ("Bên nhận", f"{agency.name} ({setting.clerk.display_name})"),
        ),
        columns=(
            ("Mã hồ sơ", 16), ("Nội dung giải quyết TTHC", 24), ("Kết quả giải quyết TTHC", 18),
            ("Họ tên chủ hồ sơ", 14), ("Địa chỉ chủ hồ sơ", 14), ("Phí, lệ phí (X là có)", 7),
            ("Trả qua bưu điện (X là có)", 7),
        ),
        rows=rows,
        totals=f"Cộng: {len(rows)} kết quả.",
        giver=Signature("NGƯỜI GIAO"),
        taker=Signature("NGƯỜI NHẬN", setting.clerk.display_name),
    )  # fmt: skip
    return hand_over_list.build(words, setting.paper)


def returned(setting: Setting, all_told: tuple[Told, ...]) -> PrintDocument:
    """Return the sheet on which a recipient signs for several results at once.

    Raises:
        NothingToPrint: one of them was not handed out yet.
    """
    desk = setting.desk
    acts = [course.last(told.acts, "result.returned") for told in all_told]
    for told, act in zip(all_told, acts, strict=True):
        if act is None:
            raise NothingToPrint(
                f"Hồ sơ {told.dossier.code} chưa trả kết quả.", "Trả kết quả trước, rồi in."
            )
    last = acts[-1]
    assert last is not None  # each was asked for above
    recipient = last.body.recipient
    rows = tuple(
        (
            told.dossier.code,
            phrases.content(told),
            _result_words(told),
            f"{told.dossier.result_copies or 1:02d}",
            told.dossier.owner.name,
            short_moment(told.dossier.due_at),
            "không còn giấy tiếp nhận" if act and act.body.lost_receipt else "",
        )
        for told, act in zip(all_told, acts, strict=True)
    )
    agency = desk.agency()
    words = hand_over_list.HandOverWords(
        head=phrases.head(agency, course.at_of(last).date()),
        title="Giấy biên nhận trả nhiều kết quả",
        lines=(
            ("Người trả kết quả", f"{setting.clerk.display_name}, {agency.name}"),
            ("Người nhận kết quả", recipient.name),
            ("Số giấy tờ người nhận", recipient.id_number or phrases.WRITE_BY_HAND * 3),
            ("Trả lúc", phrases.long_moment(course.at_of(last))),
        ),
        columns=(
            ("Mã hồ sơ", 16), ("Nội dung giải quyết TTHC", 24), ("Kết quả", 20), ("Số bản", 6),
            ("Chủ hồ sơ", 14), ("Hẹn trả", 9), ("Ghi chú", 11),
        ),
        rows=rows,
        totals=f"Cộng: {len(rows)} kết quả.",
        giver=Signature("NGƯỜI TRẢ", setting.clerk.display_name),
        taker=Signature("NGƯỜI NHẬN", recipient.name),
    )  # fmt: skip
    return hand_over_list.build(words, setting.paper)


def _finished(desk: Desk) -> tuple[Told, ...]:
    with desk.store.database.reading() as session:
        ids = session.scalars(
            select(DossierRow.id)
            .where(DossierRow.state == int(BusinessState.FINISHED))
            .order_by(DossierRow.row)
        ).all()
        return tuple(read(session, desk, id) for id in ids)


def _recorded_on(told: Told) -> dt.date | None:
    act = course.last(told.acts, "result.recorded")
    return None if act is None else course.at_of(act).date()


def _result_words(told: Told) -> str:
    act = course.last(told.acts, "result.recorded")
    assert act is not None  # asked for above
    body = act.body
    parts = (body.name, body.number and f"số {body.number}",
             body.issued_on and short_day(body.issued_on))  # fmt: skip
    return ", ".join(part for part in parts if part)
