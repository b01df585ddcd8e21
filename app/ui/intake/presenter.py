"""Turns keys on the reception screen into stored dossiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.bodies import Person
from app.domain.cards import Card
from app.domain.codes import status_address
from app.domain.papers import GivenPaper
from app.errors import AppError
from app.services import citizens, corrections, drafts, intake, lookup, receipts, signin
from app.services.cashier import Bill
from app.services.desk import VIETNAM
from app.services.intake import Intake, IntakeFaults, Late, Reception
from app.services.print_jobs import BATCH_FORM
from app.ui.intake.draft_pages import DraftPages
from app.ui.intake.lacking import Lacking
from app.ui.intake.view import IntakeView
from app.ui.jobs import Lane
from app.ui.seat import OfDossier, OfDossiers, Seat
from app.ui.widgets.strip import Choice

CLEAR_AFTER_MS = 60_000


class IntakePresenter(QObject):
    """One clerk's reception screen.

    Attributes:
        pages: takes scanned pages in for the reception under way.
    """

    def __init__(self, view: IntakeView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._print_room, self._pay_desk = seat.ways, seat.print_room, seat.pay_desk
        self._draft = uuid4()
        self._last: Reception | None = None
        self._batch: list[Reception] = []
        self._batch_key = ""
        self._drafts: tuple[drafts.Draft, ...] = ()
        self.pages = DraftPages(
            view, seat.desk, seat.jobs, scanners=seat.scanners, choose_files=seat.choose_files,
            draft=lambda: self._draft,
        )  # fmt: skip
        self._lacking = Lacking(view, seat, self._receive_owing)
        self._clear = QTimer(self)
        self._clear.setSingleShot(True)
        self._clear.setInterval(CLEAR_AFTER_MS)
        self._clear.timeout.connect(self._clear_screen)
        self.pages.begun.connect(self._save)
        self.pages.ended.connect(self._ways.sounded)
        self._pay_desk.settled.connect(self._show_bill)
        view.procedure_picked.connect(self.pick)
        view.id_entered.connect(self._look_for_citizen)
        view.touched.connect(self._quote)
        view.edited.connect(self._save)
        view.submitted.connect(self.submit)
        view.scan_asked.connect(self.pages.scan)
        view.files_asked.connect(self.pages.scan_files)
        view.draft_chosen.connect(self._open_draft)
        view.late.ask_leave(asked=not self._clerk.is_supervisor)

    # ---- beginning -----------------------------------------------------------

    def begin(self, *, keep_person: bool = False, keep_procedure: bool = False) -> None:
        """Turn to a new dossier; an unfinished one stays as a draft."""
        self._save()
        if not keep_person:
            self._end_batch()
        self._clear.stop()
        self._draft = uuid4()
        self.pages.count = 0
        self._view.result.clear()
        self._view.begin(keep_person=keep_person, keep_procedure=keep_procedure)
        self._show_tiles()
        if keep_person:
            self._look_for_citizen(self._view.person.person().id_number)
        if keep_procedure and self._view.procedure is not None:
            self.pick(self._view.procedure.code)

    def _show_tiles(self) -> None:
        def show(found: tuple[Any, ...]) -> None:
            self._view.tiles.show_procedures([(p.code, f"{p.short} — {p.name}") for p in found])

        self._run(lambda: intake.most_used(self._desk), show)

    def start(self) -> None:
        """After sign-in: show the tiles, and offer what was being typed when the program ended."""
        self._show_tiles()

        def offer(found: tuple[drafts.Draft, ...]) -> None:
            if not found:
                return
            draft = found[0]
            self._view.notice.say(
                f"Lần trước còn {len(found)} hồ sơ đang nhập ({_draft_words(draft)}).",
                Choice("Mở lại", lambda: self.reopen(draft)),
                Choice("Để sau", self._view.notice.clear),
                Choice("Bỏ", lambda: self._discard(draft.id)),
                tone="wait",
            )

        self._run(lambda: drafts.open_drafts(self._desk, self._clerk), offer)

    def choose_draft(self) -> None:
        """Ctrl+N: keep what is being typed and offer all drafts."""
        self._save()

        def offer(found: tuple[drafts.Draft, ...]) -> None:
            self._drafts = tuple(d for d in found if d.id != self._draft)
            if self._drafts:
                self._view.offer_drafts([_draft_words(draft) for draft in self._drafts])
            else:
                self._view.notice.say("Không có hồ sơ nháp nào khác.", tone="wait")

        self._run(lambda: drafts.open_drafts(self._desk, self._clerk), offer)

    def _open_draft(self, number: int) -> None:
        if 0 <= number < len(self._drafts):
            self.reopen(self._drafts[number])

    def reopen(self, draft: drafts.Draft) -> None:
        """Put a draft back on the screen, with its pages."""
        self._clear.stop()
        self._view.begin()
        self._draft = draft.id
        content = draft.content
        if content.get("procedure"):
            self.pick(content["procedure"])
        self._view.restore(content)
        self._view.papers.restore(
            [
                GivenPaper(key=k, original=o, certified=c, photocopy=p)
                for k, o, c, p in content.get("papers", [])
            ]
        )
        self.pages.show()
        self._quote()

    def _discard(self, draft: UUID) -> None:
        self._view.notice.clear()
        self._run(lambda: drafts.discard(self._desk, draft), lambda _: None)

    def begin_late(self, pad: str = "") -> None:
        """Ctrl+H: enter what was written by hand while there was no power."""
        if self._view.shows_result:
            self.begin()
        self._view.late.begin(self._desk.now().date(), pad)
        self._view.order_tabs()
        self._view.go_to(self._view.late.time if pad else self._view.late.pad)

    # ---- typing ----------------------------------------------------------------

    def search(self, text: str) -> list[tuple[str, str]]:
        """Return (code, words) of procedures that match."""
        found = self._desk.catalogue().search(text, self._desk.now().date())
        return [(p.code, f"{p.short} — {p.name}") for p in found]

    @Slot(str)
    def pick(self, code: str) -> None:
        """Choose a procedure."""
        catalogue = self._desk.catalogue()
        try:
            procedure = intake.find_procedure(catalogue, code, self._desk.now().date())
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.notice.clear()
        self._view.show_procedure(procedure, intake.exemptions_for(catalogue, procedure))
        self._quote()
        self._view.after_procedure()

    def take_card(self, card: Card) -> None:
        """Fill whoever the card belongs to; from the outcome of the last dossier, begin anew.

        The person whose fields have the focus, or else the submitter; once the submitter is
        known, the next person of the case whose number is still empty.
        """
        view = self._view
        if view.shows_result:
            self.begin()
        self._ways.sounded.emit(not card.warnings)
        who = view.case.person_in_focus()
        known = view.person.id_number.text().strip()
        if not who and view.applicant_has_focus:
            view.applicant.fill(card)
        elif not who and known in ("", card.id_number):
            view.person.fill(card)
            if view.procedure is None:
                view.go_to(view.picker)
            else:
                view.after_procedure()
        elif who := who or view.case.person_for(card):
            view.case.fill_person(who, card)
            view.go_to(view.case.after_person(who) or view.papers)
        elif view.relation != "self":
            view.applicant.fill(card)
        else:
            self._ask_whose(card)

    def _ask_whose(self, card: Card) -> None:
        """The submitter is known and the card is another's: the clerk says whose it is."""
        view = self._view

        def as_applicant() -> None:
            view.set_relation(1)
            view.applicant.fill(card)
            view.notice.clear()

        def as_submitter() -> None:
            view.person.fill(card)
            view.notice.clear()

        def as_next() -> None:
            self.begin()
            self.take_card(card)

        view.notice.say(
            f"Thẻ của {card.name or 'người khác'} (… {card.id_number[-4:]}). Người nộp đã có tên.",
            Choice("Người mới, hồ sơ mới", as_next),
            Choice("Thay người nộp", as_submitter),
            Choice("Chủ hồ sơ (nộp thay)", as_applicant),
            tone="wait",
        )

    @Slot(str)
    def _look_for_citizen(self, id_number: str) -> None:
        def show(known: citizens.Known | None) -> None:
            strip = self._view.citizen
            if known is None or id_number != self._view.person.person().id_number:
                strip.clear()
                return
            self._view.person.fill_known(known.person)
            parts = [known.person.name]
            choices = []
            if known.ready:
                parts.append(f"{len(known.ready)} kết quả chờ trả")
                choices.append(Choice("Trả kết quả", lambda: self._go_return(known.ready)))
            if known.awaiting:
                parts.append(f"{len(known.awaiting)} hồ sơ chờ bổ sung")
                first = known.awaiting[0]
                choices.append(Choice("Nhận bổ sung", lambda: self._go_supplement(first)))
            if known.open_count:
                parts.append(f"{known.open_count} hồ sơ đang giải quyết")
            parts.append(f"lần gần nhất {known.newest_on}")
            tone = "good" if known.ready else "wait" if known.awaiting else "work"
            strip.say(" · ".join(parts), *choices, tone=tone)

        self._run(lambda: citizens.known(self._desk, id_number), show)

    def _go_return(self, dossiers: tuple[UUID, ...]) -> None:
        self._ways.go("returning", OfDossiers(dossiers))

    def _go_supplement(self, dossier: UUID) -> None:
        self._ways.go("dossiers", OfDossier(dossier, "supplement"))

    @Slot()
    def _save(self) -> None:
        """Keep what was typed; nothing waits for it."""
        if not self._view.has_content or self._view.shows_result:
            return
        content, draft = self._view.content(), self._draft
        self._run(
            lambda: drafts.save(self._desk, self._clerk, draft, content),
            lambda _: self._view.saved.setText(f"Đã lưu nháp {self._desk.now():%H:%M:%S}"),
        )

    @Slot()
    def _quote(self) -> None:
        if self._view.procedure is None:
            self._view.show_quote(None)
            return
        try:
            self._view.show_quote(intake.quote(self._desk, self._entry()))
        except AppError as problem:
            self._view.notice.say_problem(problem)

    def _entry(self) -> Intake:
        view = self._view
        assert view.procedure is not None
        applicant: Person | None = view.applicant.person() if view.relation != "self" else None
        if applicant is not None and not applicant.name:
            applicant = None
        return Intake(
            procedure=view.procedure.code,
            submitter=view.person.person(),
            applicant=applicant,
            relation=view.relation,
            fields=view.case.values(),
            papers=view.papers.given(),
            copies=view.copies.lines(),
            copy_count=view.fee.count.value(),
            exemption=view.fee.exemption_key,
            return_via=view.fee.return_via.currentIndex(),
            summary=view.summary.text(),
            draft=self._draft,
            batch=self._batch_key,
        )

    # ---- receiving ---------------------------------------------------------------

    @Slot()
    def submit(self) -> None:
        """F9: store the dossier and print; a second press while it is stored does nothing."""
        self._submit(is_last=True)

    def submit_more(self) -> None:
        """Ctrl+F9: store the dossier, print later: another one of this person follows."""
        self._batch_key = self._batch_key or uuid4().hex[:12]
        self._submit(is_last=False)

    def _submit(self, *, is_last: bool, twice: bool = False, owing: str = "") -> None:
        view = self._view
        if view.shows_result or view.is_busy:
            return
        if view.procedure is None:
            self._without_procedure(is_last=is_last)
            return
        if self.pages.is_scanning:
            view.notice.say("Máy quét đang chạy: đợi xong trang này, hoặc bấm Esc.", tone="wait")
            return
        entry = replace(self._entry(), owed_reason=owing)
        if not view.late.isHidden():
            at = view.late.moment(VIETNAM)
            if at is None:
                view.notice.say("Ghi bù: gõ ngày và giờ nhận, ví dụ 09:30.", tone="bad")
                view.go_to(view.late.time)
                return
            entry = replace(entry, pad=view.late.pad.text(),
                            late=Late(at=at, reason=view.late.reason.text(),
                                      allowed_by=self._clerk.user))  # fmt: skip
        view.set_busy(True)
        user, pin = view.late.supervisor.text().strip(), view.late.pin.text()

        def work() -> intake.Twin | Reception:
            ready = entry
            if entry.late is not None and not self._clerk.is_supervisor:
                leave = signin.leave_of(self._desk, user, pin)
                late = replace(entry.late, allowed_by=leave.user, leave=leave)
                ready = replace(entry, late=late)
            if not twice:
                number = entry.submitter.id_number
                twin = intake.same_today(self._desk, entry.procedure, number)
                if twin is not None:
                    return twin
            return intake.receive(self._desk, self._clerk, ready)

        def done(outcome: intake.Twin | Reception) -> None:
            view.set_busy(False)
            if isinstance(outcome, Reception):
                self._received(outcome, is_last=is_last)
            else:
                self._ask_twin(outcome, is_last=is_last, owing=owing)

        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done,
            failed=lambda problem: self._refused(entry, problem),
        )  # fmt: skip

    def _without_procedure(self, *, is_last: bool) -> None:
        """F9 on an empty form ends a batch; otherwise a procedure is missing."""
        if is_last and self._batch and not self._view.copies.lines():
            self._print_batch(self._batch[-1])
            return
        self._view.notice.say("Chọn thủ tục trước: gõ tên hoặc mã tắt.", tone="bad")
        self._view.go_to(self._view.picker)

    def _receive_owing(self, _: Intake, reason: str) -> None:
        self._submit(is_last=not self._batch_key, owing=reason)

    def _ask_twin(self, twin: intake.Twin, *, is_last: bool, owing: str) -> None:
        """The same person was here today for the same procedure: nothing is stored yet."""
        self._ways.sounded.emit(False)
        assert self._view.procedure is not None
        self._view.notice.say(
            f"Người này đã nộp “{self._view.procedure.name}” lúc {twin.received_at:%H:%M} hôm nay "
            f"({twin.code}).",
            Choice("Mở hồ sơ đó", lambda: self._open_code(twin.code)),
            Choice(
                "Vẫn nhận hồ sơ mới",
                lambda: self._submit(is_last=is_last, twice=True, owing=owing),
            ),
            tone="bad",
        )

    def _open_code(self, code: str) -> None:
        self._run(
            lambda: lookup.by_code(self._desk, code),
            lambda dossier: self._ways.go("dossiers", OfDossier(dossier)),
        )

    def _received(self, reception: Reception, *, is_last: bool) -> None:
        view = self._view
        self._ways.received.emit(reception.dossier)
        self._ways.changed.emit()
        self._ways.sounded.emit(True)
        self._draft = uuid4()
        self.pages.count = 0
        view.late.hide()
        if not is_last:
            self._batch.append(reception)
            codes = ", ".join(one.code for one in self._batch)
            view.begin(keep_person=True)
            self._show_tiles()
            view.notice.say(
                f"Đã nhận {len(self._batch)} hồ sơ ({codes}), chưa in. Chọn thủ tục tiếp theo; "
                "F9 khi hết để in một giấy chung.", tone="good",
            )  # fmt: skip
            return
        if self._batch:
            self._batch.append(reception)
            self._print_batch(reception)
            return
        self._show_reception(reception)
        self._print_room.print_receipt(reception.dossier, reception.code)

    def _show_reception(self, reception: Reception, more: tuple[str, ...] = ()) -> None:
        view = self._view
        view.set_busy(False)
        view.notice.clear()
        address = self._desk.agency().status_address
        view.result.show_reception(
            reception, status_address(address, reception.code, reception.lookup), more
        )
        view.show_result()
        view.saved.clear()
        self._last = reception
        self._clear.start()

    def _print_batch(self, last: Reception) -> None:
        """Print the one receipt of what was received together."""
        batch = tuple(self._batch)
        self._batch, self._batch_key = [], ""
        self._show_reception(last, tuple(one.code for one in batch if one is not last))
        if len(batch) == 1:
            self._print_room.print_receipt(last.dossier, last.code)
            return
        ids = [one.dossier for one in batch]
        self._print_room.print_made(
            lambda: receipts.batch_receipt(self._desk, self._clerk, ids), BATCH_FORM,
            f"giấy tiếp nhận {len(ids)} hồ sơ",
        )  # fmt: skip

    def _end_batch(self) -> None:
        """The person goes: what was received and not printed comes out now."""
        if self._batch:
            self._print_batch(self._batch[-1])
        self._batch_key = ""

    def _refused(self, entry: Intake, problem: AppError) -> None:
        view = self._view
        view.set_busy(False)  # what the clerk typed stays as typed
        self._ways.sounded.emit(False)
        if not isinstance(problem, IntakeFaults):
            view.notice.say_problem(problem)
            return
        first = view.show_faults(problem.faults)
        if problem.faults:
            words = [fault.words for fault in problem.faults]
            if problem.missing:
                words.append("Còn thiếu: " + "; ".join(p.name for p in problem.missing) + ".")
            view.notice.say(f"Còn {len(words)} chỗ cần sửa. " + " ".join(words), tone="bad")
            view.go_to(first or view.picker)
        else:
            may_owe = view.procedure is not None and view.procedure.may_owe_papers
            self._lacking.offer(entry, problem.missing, may_owe)

    @Slot()
    def undo(self) -> None:
        """Ctrl+Z: void the reception that is on screen."""
        reception = self._last
        if reception is None or not self._view.shows_result:
            return

        def done(code: str) -> None:
            self._last = None
            self._ways.changed.emit()
            self._view.notice.say(
                f"Đã hoàn tác {code}. Số này không dùng lại, vẫn ghi trong sổ. "
                "Thu lại giấy đã in và huỷ.", tone="wait",
            )  # fmt: skip

        self._run(
            lambda: corrections.undo(
                self._desk, self._clerk, reception.dossier, "hoàn tác tại quầy"
            ),
            done,
        )

    # ---- money, and the screen between two citizens --------------------------------

    def pay(self) -> None:
        """F8: take the fee of what was just received."""
        if self._last is not None and self._view.shows_result:
            self._clear.stop()
            self._pay_desk.ask(self._last.dossier, self._view.notice.say_problem)
        else:
            self._view.notice.say("Tiếp nhận (F9) trước, rồi thu tiền.", tone="wait")

    def _show_bill(self, bill: Bill) -> None:
        if self._last is not None and bill.dossier == self._last.dossier:
            self._view.result.show_bill(bill)
            if self._view.shows_result:
                self._clear.start()

    def _clear_screen(self) -> None:
        """Nobody's data stays on the screen when the next citizen steps up."""
        if self._view.shows_result:
            self.begin()

    @property
    def last(self) -> Reception | None:
        """What was received last and is on the screen, None before."""
        return self._last if self._view.shows_result else None

    @property
    def draft(self) -> UUID:
        """What scanned pages wait for."""
        return self._draft

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )


def _draft_words(draft: drafts.Draft) -> str:
    name = draft.content.get("person", {}).get("name") or "chưa có tên"
    pages = f", {draft.page_count} trang quét" if draft.page_count else ""
    return f"{name}, {draft.updated_at.astimezone(VIETNAM):%H:%M}{pages}"
