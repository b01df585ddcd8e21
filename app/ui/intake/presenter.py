"""Turns keys on the reception screen into one stored dossier."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, Slot

from app.domain.bodies import Person
from app.domain.cards import Card
from app.domain.codes import status_address
from app.domain.papers import GivenPaper
from app.errors import AppError
from app.scanning.driver import ScannedPage, ScanProblem, ScanProfile
from app.scanning.files import read_files
from app.services import corrections, drafts, intake, lookup, page_care, scanning, waiting_pages
from app.services.intake import Intake, IntakeFaults, Reception
from app.ui.intake.view import IntakeView
from app.ui.jobs import Lane
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice


class IntakePresenter(QObject):
    """One clerk's reception screen."""

    def __init__(self, view: IntakeView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._scanners, self._choose_files = seat.scanners, seat.choose_files
        self._ways, self._print_room = seat.ways, seat.print_room
        self._draft = uuid4()
        self._last: Reception | None = None
        self._page_count = 0
        self._cancel = threading.Event()
        self._is_scanning = False
        view.procedure_picked.connect(self.pick)
        view.id_entered.connect(self._look_for_citizen)
        view.touched.connect(self._quote)
        view.edited.connect(self._save)
        view.submitted.connect(self.submit)
        view.scan_asked.connect(self.scan)
        view.files_asked.connect(self.scan_files)

    # ---- beginning -----------------------------------------------------------

    def begin(self, *, keep_person: bool = False, keep_procedure: bool = False) -> None:
        """Turn to a new dossier; an unfinished one stays as a draft."""
        self._save()
        self._draft = uuid4()
        self._page_count = 0
        self._view.begin(keep_person=keep_person, keep_procedure=keep_procedure)

    def offer_drafts(self) -> None:
        """After a start: offer what was being typed when the program ended."""

        def offer(found: tuple[drafts.Draft, ...]) -> None:
            if not found:
                return
            draft = found[0]
            name = draft.content.get("person", {}).get("name") or "chưa có tên"
            words = (
                f"Lần trước còn {len(found)} hồ sơ đang nhập ({name}, "
                f"{draft.updated_at.astimezone().strftime('%H:%M')}"
                f"{f', {draft.page_count} trang quét' if draft.page_count else ''})."
            )
            self._view.notice.say(
                words,
                Choice("Mở lại", lambda: self.reopen(draft)),
                Choice("Để sau", self._view.notice.clear),
                Choice("Bỏ", lambda: self._discard(draft.id)),
                tone="wait",
            )

        self._run(lambda: drafts.open_drafts(self._desk, self._clerk), offer)

    def reopen(self, draft: drafts.Draft) -> None:
        """Put a draft back on the screen, with its pages."""
        self._view.begin()
        self._draft = draft.id
        content = draft.content
        self._view.person.restore(content.get("person", {}))
        if content.get("procedure"):
            self.pick(content["procedure"])
        self._view.restore_fields(content.get("fields", {}))
        self._view.papers.restore(
            [
                GivenPaper(key=k, original=o, certified=c, photocopy=p)
                for k, o, c, p in content.get("papers", [])
            ]
        )
        self._view.restore_rest(content)
        self._show_pages()
        self._quote()

    def _discard(self, draft: UUID) -> None:
        self._view.notice.clear()
        self._run(lambda: drafts.discard(self._desk, draft), lambda _: None)

    # ---- typing ----------------------------------------------------------------

    def search(self, text: str) -> list[tuple[str, str]]:
        """Return (code, words) of procedures that match."""
        found = self._desk.catalogue().search(text, self._desk.now().date())
        return [(p.code, f"{p.short} — {p.name}") for p in found]

    @Slot(str)
    def pick(self, code: str) -> None:
        """Choose a procedure."""
        try:
            procedure = intake.find_procedure(self._desk.catalogue(), code, self._desk.now().date())
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._view.notice.clear()
        self._view.show_procedure(procedure)
        self._quote()
        self._view.after_procedure()

    def take_card(self, card: Card) -> None:
        """Fill the person in from a card; from the outcome of the last dossier, begin anew."""
        if self._view.shows_result:
            self.begin()
        self._view.person.fill(card)
        self._ways.sounded.emit(not card.warnings)
        if self._view.procedure is None:
            self._view.picker.setFocus()
        else:
            self._view.after_procedure()

    @Slot(str)
    def _look_for_citizen(self, id_number: str) -> None:
        def show(found: tuple[lookup.Listed, ...]) -> None:
            if not found:
                self._view.citizen.clear()
                return
            newest = found[0]
            still = sum(1 for line in found if line.state not in (3, 7, 8, 10))
            self._view.citizen.say(
                f"{newest.submitter}: {len(found)} hồ sơ ở đây, {still} đang giải quyết; "
                f"gần nhất {newest.code} ({newest.state_words}).",
            )

        self._run(lambda: lookup.of_citizen(self._desk, id_number), show)

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
            self._view.show_quote(intake.quote(self._desk, self._intake()))
        except AppError as problem:
            self._view.notice.say_problem(problem)

    def _intake(self) -> Intake:
        view = self._view
        assert view.procedure is not None
        owner = view.owner.text().strip()
        applicant = Person(name=owner) if owner and view.relation != "self" else None
        return Intake(
            procedure=view.procedure.code,
            submitter=view.person.person(),
            applicant=applicant,
            relation=view.relation,
            fields=view.fields(),
            papers=view.papers.given(),
            copies=view.copies.lines(),
            return_via=view.return_via.currentIndex(),
            draft=self._draft,
        )

    # ---- receiving ---------------------------------------------------------------

    @Slot()
    def submit(self) -> None:
        """F9: store the dossier; a second press while it is stored does nothing."""
        view = self._view
        if view.shows_result or not view.receive_button.isEnabled():
            return
        if view.procedure is None:
            view.notice.say("Chọn thủ tục trước: gõ tên hoặc mã tắt.", tone="bad")
            view.picker.setFocus()
            return
        if self._is_scanning:
            view.notice.say("Máy quét đang chạy: đợi xong trang này, hoặc bấm Esc.", tone="wait")
            return
        entry = self._intake()
        view.set_busy(True)
        self._jobs.run(
            Lane.DATABASE,
            lambda: (
                intake.same_today(self._desk, entry.procedure, entry.submitter.id_number),
                intake.receive(self._desk, self._clerk, entry),
            ),
            owner=self,
            done=lambda both: self._show_reception(both[1], both[0]),
            failed=self._show_refusal,
        )

    def _show_reception(self, reception: Reception, twin: intake.Twin | None) -> None:
        view = self._view
        view.set_busy(False)
        view.notice.clear()
        address = status_address(
            self._desk.agency().status_address, reception.code, reception.lookup
        )
        view.result.show_reception(reception, address)
        view.show_result()
        view.saved.clear()
        if twin is not None:
            view.notice.say(
                f"Người này hôm nay đã nộp thủ tục này lúc {twin.received_at:%H:%M} "
                f"({twin.code}). Nếu nhận trùng, bấm Ctrl+Z để hoàn tác.",
                tone="wait",
            )
        self._last = reception
        self._draft = uuid4()
        self._page_count = 0
        self._ways.sounded.emit(True)
        self._ways.received.emit(reception.dossier)
        self._print_room.print_receipt(reception.dossier, reception.code)
        self._ways.changed.emit()

    def _show_refusal(self, problem: AppError) -> None:
        self._view.set_busy(False)  # what the clerk typed stays as typed
        self._ways.sounded.emit(False)
        if isinstance(problem, IntakeFaults):
            self._view.show_faults(problem.faults, [p.name for p in problem.missing])
        else:
            self._view.notice.say_problem(problem)

    @Slot()
    def undo(self) -> None:
        """Ctrl+Z: void the reception that is on screen."""
        reception = self._last
        if reception is None or not self._view.shows_result:
            return

        def done(code: str) -> None:
            self._last = None
            self._view.notice.say(
                f"Đã hoàn tác {code}. Số này không dùng lại; thu lại giấy đã in.", tone="wait"
            )

        self._run(
            lambda: corrections.undo(
                self._desk, self._clerk, reception.dossier, "hoàn tác tại quầy"
            ),
            done,
        )

    # ---- pages -------------------------------------------------------------------

    @Slot()
    def scan(self) -> None:
        """F6: scan from the feeder into the paper that is marked."""
        if self._is_scanning or self._view.shows_result:
            return
        device = self._scanners.chosen
        if not device:
            self._view.notice.say(
                "Chưa thấy máy quét nào. Kiểm tra dây và nút nguồn; hoặc Ctrl+O lấy ảnh từ tệp.",
                tone="bad",
            )
            return
        cancel = self._cancel = threading.Event()

        def pages() -> Any:
            return self._scanners.drivers.scan(
                device, ScanProfile(), progress=self._progress, cancel=cancel
            )

        self._take_pages(pages)

    @Slot()
    def scan_files(self) -> None:
        """Ctrl+O: take pages from files."""
        files = self._choose_files()
        cancel = self._cancel = threading.Event()
        if files and not self._is_scanning:
            self._take_pages(lambda: read_files(files, progress=self._progress, cancel=cancel))

    def cancel_scan(self) -> bool:
        """Esc: stop scanning, keep what came; True if there was something to stop."""
        self._cancel.set()
        return self._is_scanning

    def _progress(self, page: int, share: float) -> None:
        words = f"Đang quét trang {page}… {share:.0%}   (Esc để dừng)"
        self._jobs.tell(self, lambda: self._view.notice.say(words))

    def _take_pages(self, pages: Callable[[], Any]) -> None:
        """Keep pages as they arrive: durable before the next one is fed."""
        paper, draft = self._view.papers.current_paper(), self._draft
        self._is_scanning = self._scanners.is_busy = True
        self._save()

        def work() -> ScanProblem | None:
            try:
                scanned: ScannedPage
                for scanned in pages():
                    waiting_pages.take_in(self._desk, scanned, waiting_for=draft, paper=paper)
                    self._jobs.tell(self, self._page_arrived)
            except ScanProblem as problem:
                return problem
            return None

        self._jobs.run(
            Lane.SCANNER, work, owner=self, done=self._scan_ended, failed=self._scan_failed
        )

    def _page_arrived(self) -> None:
        self._page_count += 1
        self._show_pages()
        draft = self._draft
        self._jobs.run(
            Lane.PICTURES,
            lambda: page_care.care_for_all(self._desk, draft),
            owner=self,
            done=lambda _: None,
            failed=lambda _: None,  # the page is sent as it came
        )

    def _scan_ended(self, problem: ScanProblem | None) -> None:
        self._is_scanning = self._scanners.is_busy = False
        self._show_pages()
        if problem is not None:
            self._ways.sounded.emit(False)
            self._view.notice.say_problem(problem)
        else:
            self._ways.sounded.emit(True)
            self._view.notice.say(f"Đã quét xong, {self._page_count} trang.", tone="good")

    def _scan_failed(self, problem: AppError) -> None:
        self._is_scanning = self._scanners.is_busy = False
        self._show_refusal(problem)

    @property
    def is_scanning(self) -> bool:
        """True while pages are coming."""
        return self._is_scanning

    @property
    def last(self) -> Reception | None:
        """What was received last, None before."""
        return self._last

    @property
    def draft(self) -> UUID:
        """What scanned pages wait for."""
        return self._draft

    @Slot()
    def show_pages(self) -> None:
        """Count the draft's pages again."""
        self._show_pages()

    def _show_pages(self) -> None:
        draft = self._draft

        def show(pages: tuple[scanning.KeptPage, ...]) -> None:
            counts: dict[str, int] = {}
            for page in pages:
                counts[page.paper] = counts.get(page.paper, 0) + 1
            self._page_count = len(pages)
            self._view.show_pages(counts)

        self._run(lambda: scanning.pages_of_draft(self._desk, draft), show)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )
