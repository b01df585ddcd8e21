"""Does one act on a dossier for whichever screen asks: asks for the words, does it, prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.domain.catalogue import Procedure
from app.domain.fold import Dossier
from app.domain.papers import Paper
from app.errors import AppError
from app.services import (
    corrections,
    endings,
    handing_over,
    lookup,
    notes,
    processing,
    receipts,
    story,
    supplements,
)
from app.services.corrections import Correction
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.ui.course import dialogs
from app.ui.jobs import JobRunner, Lane
from app.ui.print_room import PrintRoom
from app.ui.widgets.strip import Strip

T = TypeVar("T")
ACTS: tuple[tuple[str, str], ...] = (
    ("supplement", "Yêu cầu bổ sung (mẫu 02)"),
    ("supplement_came", "Nhận bổ sung"),
    ("more_papers", "Nhận thêm giấy tờ"),
    ("refuse", "Từ chối (mẫu 03)"),
    ("withdraw", "Rút hồ sơ"),
    ("stop", "Dừng giải quyết (mẫu 05)"),
    ("reopen", "Mở lại hồ sơ đã dừng"),
    ("extend", "Lùi ngày hẹn, xin lỗi (mẫu 04)"),
    ("record", "Ghi kết quả"),
    ("note", "Ghi chú cho đồng nghiệp"),
)
"""What F7 offers: verb and words."""


class CourseDesk(QObject):
    """The acts of a dossier's course.

    Every act is asked for with the strip of the screen that asks: what is refused is said there,
    or in the act's own window.

    Signals:
        settled: an act was done.
            dossier (UUID)
    """

    settled = Signal(object)

    def __init__(
        self, parent: QWidget, desk: Desk, clerk: Clerk, jobs: JobRunner, room: PrintRoom
    ) -> None:
        super().__init__(parent)
        self._window, self._desk, self._clerk, self._jobs = parent, desk, clerk, jobs
        self._room = room
        self.dialog: QWidget | None = None

    def do(self, verb: str, dossier: UUID, strip: Strip) -> None:
        """Begin an act by a verb of `ACTS`."""
        if verb in endings.KINDS:
            self._end(verb, dossier, strip)
        else:
            getattr(self, f"_{verb}")(dossier, strip)

    # ---- papers ------------------------------------------------------------------

    def _supplement(self, dossier: UUID, strip: Strip) -> None:
        def look() -> tuple[tuple[supplements.Lack, ...], Dossier]:
            return (
                supplements.lacks_of(self._desk, dossier),
                lookup.show(self._desk, dossier).dossier,
            )

        def ask(found: tuple[tuple[supplements.Lack, ...], Dossier]) -> None:
            lacks, folded = found
            dialog = dialogs.AskDialog(lacks, folded.supplement_rounds + 1, self._window)
            self._open(
                dialog,
                lambda: supplements.ask(
                    self._desk, self._clerk, dossier, dialog.items(), dialog.reason.text()
                ),
                dossier, form="02",
            )  # fmt: skip

        self._run(look, ask, strip)

    def _supplement_came(self, dossier: UUID, strip: Strip) -> None:
        self._take_papers(dossier, strip, "Nhận bổ sung", supplements.receive)

    def _more_papers(self, dossier: UUID, strip: Strip) -> None:
        self._take_papers(dossier, strip, "Nhận thêm giấy tờ", supplements.add_papers)

    def _take_papers(
        self, dossier: UUID, strip: Strip, title: str, take: Callable[..., Dossier]
    ) -> None:
        def look() -> tuple[tuple[Paper, ...], tuple[str, ...]]:
            folded = lookup.show(self._desk, dossier).dossier
            return self._procedure(folded).papers, supplements.asked_for(self._desk, dossier)

        def ask(found: tuple[tuple[Paper, ...], tuple[str, ...]]) -> None:
            dialog = dialogs.PapersDialog(title, *found, self._window)
            self._open(
                dialog, lambda: take(self._desk, self._clerk, dossier, dialog.given()), dossier
            )

        self._run(look, ask, strip)

    # ---- ends ----------------------------------------------------------------------

    def _end(self, how: str, dossier: UUID, strip: Strip) -> None:
        words = endings.KINDS[how][1]

        def end(reason: str) -> None:
            self._run(
                lambda: endings.end(self._desk, self._clerk, dossier, how, reason),
                lambda _: self._settled(dossier, strip, f"{words}: đã ghi.",
                                        endings.FORM_OF.get(how, "")),
                strip,
            )  # fmt: skip

        strip.ask(f"{words}. Lý do:", end, placeholder="ghi rõ, sẽ in trên giấy")

    def _reopen(self, dossier: UUID, strip: Strip) -> None:
        self._run(
            lambda: endings.reopen(self._desk, self._clerk, dossier),
            lambda _: self._settled(dossier, strip, "Đã mở lại hồ sơ."), strip,
        )  # fmt: skip

    # ---- work ------------------------------------------------------------------------

    def _extend(self, dossier: UUID, strip: Strip) -> None:
        def ask(folded: Dossier) -> None:
            dialog = dialogs.ExtendDialog(folded.due_at.astimezone(VIETNAM), self._window)

            def work() -> Dossier:
                day = dialog.day_typed()
                if day is None:
                    raise AppError("Ngày hẹn mới chưa đúng.", "Gõ ngày/tháng/năm.")
                return processing.extend(
                    self._desk, self._clerk, dossier, day, dialog.reason.text()
                )

            self._open(dialog, work, dossier, form="04")

        self._run(lambda: lookup.show(self._desk, dossier).dossier, ask, strip)

    def _record(self, dossier: UUID, strip: Strip) -> None:
        def ask(folded: Dossier) -> None:
            procedure = self._procedure(folded)
            copies = sum(line.copies for line in folded.copies) or folded.sets
            dialog = dialogs.ResultDialog(
                _result_of(procedure), procedure.book, copies, self._desk.now().date(), self._window
            )

            def work() -> Dossier:
                result = dialog.result_typed()
                if result is None:
                    raise AppError("Ngày cấp chưa đúng.", "Gõ ngày/tháng/năm.")
                return processing.record_result(self._desk, self._clerk, dossier, result)

            self._open(dialog, work, dossier)

        self._run(lambda: lookup.show(self._desk, dossier).dossier, ask, strip)

    def _note(self, dossier: UUID, strip: Strip) -> None:
        def note(text: str) -> None:
            self._run(
                lambda: notes.add(self._desk, self._clerk, dossier, text),
                lambda _: self._settled(dossier, strip, "Đã ghi chú."), strip,
            )  # fmt: skip

        strip.ask("Ghi chú:", note, placeholder="Ví dụ: đã gọi điện, hẹn chiều")

    def propose(self, dossier: UUID, strip: Strip) -> None:
        """Lay an answer before the leader."""

        def ask(folded: Dossier) -> None:
            dialog = dialogs.ProposeDialog(_result_of(self._procedure(folded)), self._window)
            self._open(
                dialog,
                lambda: processing.propose(
                    self._desk, self._clerk, dossier, dialog.outcome.currentData(),
                    dialog.words.text(),
                ),
                dossier,
            )  # fmt: skip

        self._run(lambda: lookup.show(self._desk, dossier).dossier, ask, strip)

    def sign(self, dossiers: Sequence[UUID], strip: Strip) -> None:
        """Sign what was laid before the leader, one or several."""

        def work() -> None:
            for dossier in dossiers:
                processing.sign(self._desk, self._clerk, dossier)

        self._run(
            work,
            lambda _: self._settled(dossiers[0], strip, f"Đã ký {len(dossiers)} hồ sơ."), strip,
        )  # fmt: skip

    def decline(self, dossier: UUID, strip: Strip) -> None:
        """Send what was laid before the leader back."""

        def decline(reason: str) -> None:
            self._run(
                lambda: processing.decline(self._desk, self._clerk, dossier, reason),
                lambda _: self._settled(dossier, strip, "Đã trả lại cho chuyên viên."), strip,
            )  # fmt: skip

        strip.ask("Trả lại dự thảo. Chỗ phải sửa:", decline)

    def complete_stage(self, dossier: UUID, strip: Strip) -> None:
        """Note that the present stage of a linked group is done."""

        def ask(lines: tuple[processing.StageLine, ...]) -> None:
            current = next((line for line in lines if line.is_current), None)
            if current is None:
                strip.say("Hồ sơ này không có bước nào đang làm.", tone="wait")
                return

            def done(result: str) -> None:
                self._run(
                    lambda: processing.complete_stage(
                        self._desk, self._clerk, dossier, current.key, result
                    ),
                    lambda _: self._settled(dossier, strip, f"Xong bước “{current.name}”."), strip,
                )  # fmt: skip

            strip.ask(f"Xong bước “{current.name}”. Kết quả:", done, placeholder="số, ngày, nếu có")

        self._run(lambda: processing.stages(self._desk, dossier), ask, strip)

    def take(self, dossiers: Sequence[UUID], unit: str, strip: Strip) -> None:
        """Take dossiers up."""
        self._run(
            lambda: processing.take(self._desk, self._clerk, dossiers, unit),
            lambda count: self._settled(dossiers[0], strip, f"Đã nhận xử lý {count} hồ sơ."),
            strip,
        )

    def pass_on(self, dossiers: Sequence[UUID]) -> None:
        """Hand dossiers over to another unit or agency, with a slip."""
        agency, today = self._desk.agency(), self._desk.now().date()
        others = [
            (a.code, a.name) for a in self._desk.catalogue().agencies
            if a.code != agency.code and a.effective_from <= today
        ]  # fmt: skip
        dialog = dialogs.PassDialog(
            agency.units, [(agency.code, f"{agency.name} (nội bộ)"), *others], self._window
        )
        self._open(
            dialog,
            lambda: handing_over.hand_over(
                self._desk, self._clerk, dossiers, to_agency=dialog.agency.currentData(),
                to_unit=dialog.unit.currentText(), note=dialog.note.text(),
            ),
            dossiers[0],
        )  # fmt: skip

    # ---- the receipt's words -----------------------------------------------------------

    def correct(self, dossier: UUID, strip: Strip) -> None:
        """Mend the words of a receipt, and print its new version."""

        def ask(folded: Dossier) -> None:
            dialog = dialogs.CorrectDialog(self._procedure(folded).fields, self._window)
            person = folded.submitter
            dialog.person.restore({
                "name": person.name, "id_number": person.id_number, "phone": person.phone,
                "born": person.born, "sex": person.sex, "address": person.address,
                "email": person.email, "source": person.source, "kind": str(person.kind - 1),
            })  # fmt: skip
            dialog.person.tidy()
            dialog.case.restore(folded.fields)
            dialog.summary.setText(folded.summary)

            def work() -> int:
                fields = {k: v for k, v in dialog.case.values().items() if v}
                mended = dialog.person.person()
                summary = dialog.summary.text().strip()
                return corrections.correct(
                    self._desk, self._clerk, dossier,
                    Correction(
                        reason=dialog.reason.text(),
                        submitter=mended if mended != person else None,
                        fields=fields if fields != folded.fields else None,
                        summary=summary if summary != folded.summary else None,
                    ),
                )  # fmt: skip

            self._open(dialog, work, dossier, form=receipts.FORM)

        self._run(lambda: lookup.show(self._desk, dossier).dossier, ask, strip)

    def retype(self, dossier: UUID, strip: Strip) -> None:
        """Show what is typed again into another system, to be copied line by line."""

        def show(rows: tuple[tuple[str, str], ...]) -> None:
            self.dialog = dialogs.RetypeDialog(rows, self._window)
            self.dialog.show()

        self._run(lambda: story.retyping(self._desk, self._clerk, dossier), show, strip)

    # ---- how it is done ----------------------------------------------------------------

    def _procedure(self, folded: Dossier) -> Procedure:
        """Return a dossier's procedure as in force when it was received, or today's."""
        catalogue = self._desk.catalogue()
        day = folded.received_at.astimezone(VIETNAM).date()
        try:
            return catalogue.procedure(folded.procedure, day)
        except KeyError as error:
            raise AppError(
                f"Danh mục không còn thủ tục {folded.procedure}.", "Bấm F5 để nhận danh mục mới."
            ) from error

    def _open(
        self, dialog: dialogs.ActDialog, work: Callable[[], Any], dossier: UUID, *, form: str = ""
    ) -> None:
        """Show a window; F9 does its act, and what is refused is said in it."""
        self.dialog = dialog

        def done(_: Any) -> None:
            dialog.accept()
            self._settled(dossier, None, "", form)

        def start() -> None:
            self._jobs.run(
                Lane.DATABASE, work, owner=dialog, done=done, failed=dialog.notice.say_problem
            )

        dialog.done_asked.connect(start)
        dialog.finished.connect(self._window.activateWindow)
        dialog.open()

    def _settled(self, dossier: UUID, strip: Strip | None, words: str, form: str = "") -> None:
        self.settled.emit(dossier)
        if strip is not None and words:
            strip.say(words, tone="good")
        if form == receipts.FORM:
            self._room.print_receipt(dossier, "")
        elif form:
            order = Order(form=form, dossier=dossier)
            self._room.print_made(
                lambda: making.make(self._desk, self._clerk, order), form,
                making.kind_of(form).name.lower(),
            )  # fmt: skip

    def _run(self, work: Callable[[], T], done: Callable[[T], None], strip: Strip) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=strip.say_problem)


def _result_of(procedure: Procedure) -> str:
    """Return what a procedure's result is called, for the clerk to change if need be."""
    return procedure.result or f"Kết quả: {procedure.name}"
