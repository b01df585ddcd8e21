"""Finds results by receipt, card or words, compares the card, and hands them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.amounts import in_figures
from app.domain.cards import Card
from app.errors import AppError
from app.services import preferences, returning
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.services.returning import Handing, Match, Returnable
from app.ui.jobs import Lane
from app.ui.returning.view import ReturningView
from app.ui.seat import OfDossier, Seat
from app.ui.widgets.strip import Choice

SLIP, SLIP_OF_SEVERAL = "result", "result-several"
CLEAR_AFTER_MS = 60_000


class ReturningPresenter(QObject):
    """The returning screen."""

    def __init__(self, view: ReturningView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room = seat.ways, seat.print_room
        self._course, self._pay_desk = seat.course, seat.pay_desk
        self._rows: list[Returnable] = []
        self._chosen: set[UUID] = set()
        self._pleased = 0
        self._card: Card | None = None
        self._is_giving = False
        self._owing = ""
        self._clear = QTimer(self)
        self._clear.setSingleShot(True)
        self._clear.setInterval(CLEAR_AFTER_MS)
        self._clear.timeout.connect(view.notice.clear)
        view.sought.connect(self.seek)
        view.toggled.connect(self._toggle)
        view.dropped.connect(self._drop)
        view.pleased.connect(self._note_pleased)
        view.authorised_asked.connect(self.authorise)
        view.lost_asked.connect(lambda: view.lost.toggle())
        view.slip.setChecked(preferences.read(seat.desk, seat.clerk).result_slip)
        self._ways.preferred.connect(lambda chosen: view.slip.setChecked(chosen.result_slip))
        self._course.settled.connect(self._changed)
        self._pay_desk.settled.connect(lambda bill: self._changed(bill.dossier))

    # ---- finding ------------------------------------------------------------------

    def begin(self) -> None:
        """Empty the screen for the next citizen."""
        self._rows, self._chosen, self._card, self._owing = [], set(), None, ""
        self._pleased = 0
        self._view.clear()
        self._view.line.setFocus()

    def add(self, dossiers: Sequence[UUID]) -> None:
        """Put dossiers on the list, as by scanning their receipts."""
        self._run(
            lambda: tuple(returning.look(self._desk, one) for one in dossiers),
            lambda found: self._add(found, by_receipt=True),
        )

    def _add(self, found: Sequence[Returnable], *, by_receipt: bool = False) -> None:
        self._clear.stop()
        self._view.notice.clear()
        self._view.line.clear()
        for one in found:
            known = next((i for i, row in enumerate(self._rows) if row.id == one.id), None)
            if known is None:
                self._rows.append(one)
            else:
                self._rows[known] = one
            if self._can_go(one):
                self._chosen.add(one.id)
        self._show()
        if found:
            at = next(i for i, row in enumerate(self._rows) if row.id == found[-1].id)
            self._view.table.selectRow(at)
            self._view.table.setFocus()
            late = [one for one in found if not self._can_go(one)]
            if by_receipt and late:
                self._say_why(late[0])
            else:
                self._ways.sounded.emit(True)

    @staticmethod
    def _can_go(one: Returnable) -> bool:
        return one.is_ready or one.is_at_once

    def _say_why(self, one: Returnable) -> None:
        """A receipt was scanned whose result is not there."""
        self._ways.sounded.emit(False)
        self._view.notice.say(
            f"Hồ sơ {one.code} đang “{one.state.words}”, chưa có kết quả. "
            f"Hẹn trả {one.due_at:%H:%M %d/%m/%Y}.",
            Choice("Ghi kết quả", lambda: self._course.do("record", one.id, self._view.notice)),
            Choice("Mở hồ sơ", lambda: self._ways.go("dossiers", OfDossier(one.id))),
            tone="wait",
        )

    @Slot(str)
    def seek(self, text: str) -> None:
        """Find by a code or by words of a name."""
        text = text.strip()
        if not text:
            return

        def show(found: tuple[Returnable, ...]) -> None:
            ready = [one for one in found if self._can_go(one)]
            if not found:
                self._ways.sounded.emit(False)
                self._view.notice.say(
                    f"Không thấy hồ sơ nào ứng với “{text}” trên máy này. Kiểm tra lại chữ đã gõ; "
                    "khi có mạng, bấm F5 để nhận dữ liệu mới.", tone="wait",
                )  # fmt: skip
                return
            was_empty = not self._rows
            self._add(found, by_receipt=len(found) == 1)
            if was_empty and len(ready) > 1:  # a name: the clerk says whose
                self._chosen.clear()
                self._show()
                self._view.notice.say("Chọn đúng hồ sơ bằng Space, rồi F9.", tone="wait")

        self._run(lambda: returning.find(self._desk, text), show)

    def take_card(self, card: Card) -> None:
        """Compare a card with what is listed, or list what waits for its bearer."""
        self._ways.sounded.emit(not card.warnings)
        if self._view.is_authorised:
            self._view.fill_recipient(card)
            self._card = card
            self._view.authority.setFocus()
            return
        if not self._rows:
            self._list_of(card)
            return
        self._card = card
        self._show()
        self._stop_other()

    def _stop_other(self) -> bool:
        """Say so if the card is another person's than the submitter's or the owner's."""
        match, card = self._match(), self._card
        if match is None or card is None or match.who != "other" or self._view.is_authorised:
            return False
        self._ways.sounded.emit(False)
        self._view.notice.say(
            match.words,
            Choice("Trả cho người được uỷ quyền", self.authorise),
            Choice("Kết quả của người này", lambda: self._anew(card)),
            Choice("Quét lại", self._forget_card),
            tone="bad",
        )
        return True

    def _list_of(self, card: Card) -> None:
        def show(found: tuple[Returnable, ...]) -> None:
            self._card = card
            if found:
                self._add(found)
            else:
                name = card.name or f"số … {card.id_number[-4:]}"
                self._ways.sounded.emit(False)
                self._view.notice.say(
                    f"Chưa có kết quả nào chờ trả cho {name}. Quét giấy hẹn nếu có.", tone="wait"
                )

        self._run(lambda: returning.of_person(self._desk, card.id_number), show)

    def _anew(self, card: Card) -> None:
        self.begin()
        self._view.notice.clear()
        self._list_of(card)

    def _forget_card(self) -> None:
        self._card = None
        self._view.notice.clear()
        self._show()

    # ---- what is shown --------------------------------------------------------------

    def _match(self) -> Match | None:
        """Return how the card compares with what is to be handed out: the worst of it."""
        going = self._going()
        if self._card is None or not going:
            return None
        found = [returning.compare(one, self._card) for one in going]
        return next((match for match in found if match.who == "other"), found[0])

    def _going(self) -> list[Returnable]:
        return [row for row in self._rows if row.id in self._chosen]

    def _show(self) -> None:
        self._view.show_rows([self._line(row) for row in self._rows],
                             [self._can_go(row) for row in self._rows])  # fmt: skip
        going = self._going()
        left = sum(row.left for row in going)
        unknown = any(not row.fee_is_known for row in going)
        money = f"Còn phải thu {in_figures(left)} đ  (F8)" if left else ""
        self._view.money.setText("Có hồ sơ chưa có mức thu  (F8)" if unknown else money)
        match = self._match()
        if self._view.is_authorised:
            self._view.show_match("Người được uỷ quyền: quét căn cước của người đó, hoặc gõ.",
                                  "wait")  # fmt: skip
        elif match is not None:
            tone = "bad" if match.who == "other" else "good"
            self._view.show_match(("" if tone == "bad" else "✓ ") + match.words, tone)
        else:
            names = ", ".join(dict.fromkeys(row.submitter for row in going)) or "chưa chọn hồ sơ"
            self._view.show_match(
                f"Người nộp: {names}. Xem giấy tờ của người nhận, hoặc quét căn cước.", "plain"
            )

    def _line(self, row: Returnable) -> tuple[str, ...]:
        number = f" số {row.number}" if row.number else ""
        copies = f" ×{row.copies}" if row.copies > 1 else ""
        state = "làm xong ngay" if row.is_at_once else row.state.words
        return (
            "☑" if row.id in self._chosen else "☐",
            row.code,
            row.owner,
            f"{row.result}{number}{copies}" + (" (qua bưu chính)" if row.by_post else ""),
            row.place,
            "chưa tính" if not row.fee_is_known else in_figures(row.left) if row.left else "—",
            state,
        )

    @Slot(int)
    def _toggle(self, at: int) -> None:
        if not 0 <= at < len(self._rows):
            return
        row = self._rows[at]
        if not self._can_go(row):
            self._say_why(row)
            return
        self._chosen ^= {row.id}
        self._show()

    @Slot(int)
    def _drop(self, at: int) -> None:
        if 0 <= at < len(self._rows):
            self._chosen.discard(self._rows.pop(at).id)
            self._show()
            if not self._rows:
                self.begin()

    @Slot(int)
    def _note_pleased(self, number: int) -> None:
        self._pleased = number
        self._view.show_pleased(number)

    @Slot()
    def authorise(self) -> None:
        """U: somebody with an authority takes the results; again: the submitter does."""
        self._view.notice.clear()
        on = not self._view.is_authorised
        self._view.show_recipient(on=on)
        if on and self._card is not None:
            match = self._match()
            if match is not None and match.who == "other":
                self._view.fill_recipient(self._card)
        self._show()
        if on:
            is_filled = bool(self._view.name.text())
            (self._view.authority if is_filled else self._view.name).setFocus()
        else:
            self._view.table.setFocus()

    def _changed(self, dossier: UUID) -> None:
        """Something was done with a dossier: money came in, a result was recorded."""
        if any(row.id == dossier for row in self._rows) and self._view.isVisible():
            self.add([dossier])

    # ---- handing out ----------------------------------------------------------------

    def pay(self) -> None:
        """F8: take what is still owed, of the chosen row or the first that owes."""
        at = self._view.table.currentRow()
        here = self._rows[at] if 0 <= at < len(self._rows) else None
        owing = [row for row in self._going() if row.left or not row.fee_is_known]
        row = here if here in owing else owing[0] if owing else here
        if row is not None:
            self._pay_desk.ask(row.id, self._view.notice.say_problem)

    def record(self) -> None:
        """Ctrl+F9: record the result of the chosen row first."""
        at = self._view.table.currentRow()
        if 0 <= at < len(self._rows):
            self._course.do("record", self._rows[at].id, self._view.notice)

    @Slot()
    def give(self) -> None:
        """F9: hand out what is marked, together; a second press meanwhile does nothing."""
        if self._is_giving:
            return
        if not self._rows and self._view.line.text().strip():
            self.seek(self._view.line.text())
            return
        view, going = self._view, [row.id for row in self._going()]
        if self._stop_other():
            return
        how = Handing(
            recipient=view.recipient() if view.is_authorised else None,
            relation="authorised" if view.is_authorised else "self",
            authority=view.authority.text(),
            lost_receipt=view.lost.isChecked(),
            satisfaction=self._pleased,
            owing=self._owing,
        )
        self._is_giving = True
        self._jobs.run(
            Lane.DATABASE, lambda: returning.give(self._desk, self._clerk, going, how),
            owner=self, done=self._given, failed=self._refused,
        )  # fmt: skip

    def _refused(self, problem: AppError) -> None:
        self._is_giving = False
        self._ways.sounded.emit(False)
        owes = any(row.left for row in self._going())
        if owes and self._clerk.is_supervisor:
            self._view.notice.say_problem(
                problem, Choice("Cho trả trước, thu sau (ghi lý do)", self._ask_owing)
            )
        else:
            self._view.notice.say_problem(problem)

    def _ask_owing(self) -> None:
        def go_on(reason: str) -> None:
            self._owing = " ".join(reason.split())
            if self._owing:
                self.give()

        self._view.notice.ask("Cho trả khi chưa thu đủ. Lý do:", go_on)

    def _given(self, gone: tuple[Returnable, ...]) -> None:
        self._is_giving = False
        prints, ids = self._view.slip.isChecked(), tuple(one.id for one in gone)
        rest = [row for row in self._rows if row.id not in ids]
        self._ways.changed.emit()
        self._ways.sounded.emit(True)
        self._ways.received.emit(gone[-1].id)
        codes = ", ".join(one.code for one in gone)
        self.begin()
        if rest:
            self._rows = rest
            self._show()
            self._view.table.setFocus()
        self._view.notice.say(f"Đã trả {len(gone)} kết quả: {codes}.", tone="good")
        self._clear.start()
        if prints:
            form = SLIP if len(ids) == 1 else SLIP_OF_SEVERAL
            order = (
                Order(form=form, dossier=ids[0])
                if len(ids) == 1
                else Order(form=form, dossiers=ids)
            )
            self._room.print_made(
                lambda: making.make(self._desk, self._clerk, order), form,
                f"giấy biên nhận {codes}",
            )  # fmt: skip

    def step_back(self) -> bool:
        """Esc: give a question up, then the recipient, then the whole list."""
        view = self._view
        if view.notice.give_up():
            return True
        if view.is_authorised:
            self.authorise()
            return True
        had_rows = bool(self._rows)
        if had_rows:
            self.begin()
        return had_rows

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._ways.sounded.emit(False)
        self._view.notice.say_problem(problem)
