"""One clerk's session: the screens joined behind the frame. No rules here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QFileDialog

from app.domain.scans import ScanKind, recognise
from app.errors import AppError
from app.scanning.driver import Device
from app.scanning.scanners import AllScanners
from app.services import lookup
from app.services.desk import Clerk, Desk
from app.services.intake import Reception
from app.services.print_jobs import Printout
from app.settings import Settings
from app.sync.engine import SyncEngine
from app.sync.http import Connection
from app.ui.devices.presenter import DevicesPresenter
from app.ui.devices.printers import PrinterRows
from app.ui.devices.scanner_trial import ScannerTrial
from app.ui.devices.scanners import ScannerRows
from app.ui.devices.view import DevicesView
from app.ui.dossiers.model import DossierModel
from app.ui.dossiers.presenter import DossiersPresenter, names_of
from app.ui.dossiers.view import DossiersView
from app.ui.help_sheet import HelpSheet
from app.ui.intake.presenter import IntakePresenter
from app.ui.intake.view import IntakeView
from app.ui.jobs import JobRunner, Lane
from app.ui.keys import bind
from app.ui.piles.presenter import PilesPresenter
from app.ui.piles.view import PilesView
from app.ui.preview import Preview
from app.ui.print_queue.presenter import PrintQueuePresenter
from app.ui.print_queue.view import PrintQueueView
from app.ui.print_room import PrintRoom
from app.ui.scan.model import PagesModel
from app.ui.scan.presenter import ScanPresenter
from app.ui.scan.reading import TextReader
from app.ui.scan.view import ScanView
from app.ui.sync_status.presenter import SyncPresenter
from app.ui.sync_status.view import SyncView
from app.ui.widgets.strip import Choice
from app.ui.window import Window
from printing.drivers.opening import label_of
from printing.raster import Raster

_SCREENS = (
    ("intake", "Tiếp nhận", "F2"),
    ("dossiers", "Hồ sơ", "F3"),
    ("scan", "Quét", "F6"),
    ("piles", "Chồng giấy", "Ctrl+G"),
    ("sync", "Đồng bộ", "Ctrl+S"),
    ("print_queue", "Chờ in", "Shift+F9"),
    ("devices", "Thiết bị", "F12"),
)


class Opened(Protocol):
    """What the window needs of an opened profile; `app.bootstrap` provides it."""

    @property
    def desk(self) -> Desk:
        """Store and catalogue."""

    @property
    def settings(self) -> Settings:
        """What the station was told once."""

    def connect(self) -> Connection:
        """Open a signed connection."""

    def engine(self) -> SyncEngine:
        """Return the sync engine."""

    def close(self) -> None:
        """Close the store."""


class Counter(QObject):
    """The screens of a signed-in clerk.

    Signals:
        locked: the clerk asked to lock, or to hand over.
    """

    locked = Signal()

    def __init__(
        self, window: Window, opened: Opened, engine: SyncEngine, clerk: Clerk, jobs: JobRunner
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._jobs = window, opened.desk, jobs
        self._settings = opened.settings
        self._scanner = opened.settings.scanner
        self._last: Reception | None = None
        self._scanner_words = "đang tìm…"
        self._printer_words = "đang tìm…"
        self.intake_view = IntakeView(self._search)
        self.intake = IntakePresenter(
            self.intake_view, opened.desk, clerk, jobs,
            scanner=lambda: self._scanner, choose_files=self._choose_files,
        )  # fmt: skip
        self.model = DossierModel(names_of(opened.desk))
        self.dossiers_view = DossiersView(self.model)
        self.dossiers = DossiersPresenter(self.dossiers_view, self.model, opened.desk, clerk, jobs)
        self._scanners = AllScanners(opened.settings.scanners)
        self.pages = PagesModel()
        self.scan_view = ScanView(self.pages)
        self.scan = ScanPresenter(
            self.scan_view, self.pages, opened.desk, clerk, jobs, scanners=self._scanners,
            scanner=self._scanner, choose_files=self._choose_files,
        )  # fmt: skip
        self.reader = TextReader(
            opened.desk, jobs, lambda: self.scan.taker.is_scanning or self.intake.is_scanning, self
        )
        if opened.settings.read_text:
            self.reader.start()
        self.piles_view = PilesView()
        self.piles = PilesPresenter(
            self.piles_view, opened.desk, clerk, jobs,
            scanner=lambda: self._scanner, choose_files=self._choose_files,
        )  # fmt: skip
        self.sync_view = SyncView()
        self.sync = SyncPresenter(self.sync_view, opened.desk, engine, jobs, opened.settings.server)
        self.print_room = PrintRoom(
            window.strip, opened.desk, jobs,
            printer=opened.settings.printer, save_as=self._save_as,
        )  # fmt: skip
        self.print_queue_view = PrintQueueView()
        self.print_queue = PrintQueuePresenter(
            self.print_queue_view, opened.desk, clerk, self.print_room, jobs
        )
        self.devices_view = DevicesView()
        self.scanner_trial = ScannerTrial(self.devices_view.notice, self._scanners, jobs)
        self.devices = DevicesPresenter(
            self.devices_view, opened.desk, self.print_room, jobs,
            [
                PrinterRows(opened.desk, clerk, self.print_room),
                ScannerRows(
                    self._scanners.devices, lambda: self._scanner, self.scanner_trial.start
                ),
            ],
        )  # fmt: skip
        views = (
            self.intake_view, self.dossiers_view, self.scan_view, self.piles_view,
            self.sync_view, self.print_queue_view, self.devices_view,
        )  # fmt: skip
        for (name, words, key), view in zip(_SCREENS, views, strict=True):
            window.add_screen(name, view, words, key)
        window.user.setText(clerk.display_name)
        self._join()
        self._bind()
        self.print_room.start(clerk)
        self._look_for_scanner()
        self.sync.start()
        self.open("intake")
        self.intake.offer_drafts()

    def _join(self) -> None:
        window = self._window
        window.screen_chosen.connect(self.open)
        window.omni_entered.connect(self.seek)
        window.escaped.connect(self._escape)
        self.intake_view.next_asked.connect(self._new_intake)
        self.intake.received.connect(self._received)
        self.intake.sounded.connect(self._sound)
        self.dossiers.reprint_asked.connect(lambda id: self.print_room.print_receipt(id, ""))
        self.dossiers.previewed.connect(self._show_preview)
        self.dossiers.paper_ready.connect(self._offer_paper)
        self.scan.sounded.connect(self._sound)
        self.scan.kept.connect(lambda _: self.sync.soon())
        self.scan.returned.connect(lambda: self.open("intake"))
        self.scan.pages_changed.connect(self.intake.show_pages)
        self.piles.enlarged.connect(self._show_paper)
        self.piles.kept.connect(self.sync.soon)
        self.sync.chip_changed.connect(window.show_chip)
        self.sync.news.connect(lambda _: self._news())
        self.print_room.found.connect(self._show_printers)
        self.print_room.changed.connect(lambda _: self.sync.soon())
        self.print_room.changed.connect(lambda count: window.show_count("print_queue", count))
        self.print_queue.previewed.connect(self._show_paper)
        self.scanner_trial.shown.connect(self._show_paper)

    def _bind(self) -> None:
        window, intake = self._window, self.intake
        everywhere: dict[str, Callable[[], object]] = {
            "help": lambda: HelpSheet(window).exec(),
            "new_intake": self._new_intake,
            "open_dossiers": lambda: self.open("dossiers"),
            "open_piles": lambda: self.open("piles"),
            "open_sync": lambda: self.open("sync"),
            "open_print_queue": lambda: self.open("print_queue"),
            "open_devices": lambda: self.open("devices"),
            "sync_now": self.sync.sync_now,
            "last_dossier": self._open_last,
            "lock": self.locked.emit,
        }
        on_intake: dict[str, Callable[[], object]] = {
            "scan": self._scan_here,
            "open_scan": self._open_scan,
            "scan_files": intake.scan_files,
            "receive": intake.submit,
            "tick_required": self.intake_view.papers.tick_required,
            "block_1": lambda: self.intake_view.go_to_block(1),
            "block_2": lambda: self.intake_view.go_to_block(2),
            "block_3": lambda: self.intake_view.go_to_block(3),
            "same_person": lambda: intake.begin(keep_person=True),
            "same_procedure": lambda: intake.begin(keep_procedure=True),
            "undo": intake.undo,
        }
        on_dossiers: dict[str, Callable[[], object]] = {
            "filter": self.dossiers_view.line.setFocus,
            "reprint": self.dossiers_view.reprint_asked.emit,
            "preview": self.dossiers_view.preview_asked.emit,
            "other_papers": self.dossiers_view.papers_asked.emit,
            "scan_more": self._scan_more,
        }
        scan = self.scan
        on_scan: dict[str, Callable[[], object]] = {
            "scan_on": scan.taker.scan,
            "scan_again": scan.taker.scan_again,
            "scan_between": scan.taker.scan_between,
            "scan_from_files": scan.taker.scan_files,
            "keep_pages": scan.keep,
            "undo_page": scan.acts.undo,
            "show_later": scan.show_later,
        }
        on_devices: dict[str, Callable[[], object]] = {"device_look": self.devices.refresh}
        on_print_queue: dict[str, Callable[[], object]] = {"close_day": self.print_queue.close_day}
        on_piles: dict[str, Callable[[], object]] = {
            "scan_pile": self.piles.scan,
            "pile_files": self.piles.scan_files,
            "keep_pile": self.piles.keep,
            "both_sides": self.piles_view.both_sides.toggle,
            "undo_pile": self.piles.undo,
            "discard_pile": self.piles.ask_discard,
        }
        for screen, verbs in (
            (self.devices_view, on_devices),
            (self.print_queue_view, on_print_queue),
            (window, everywhere),
            (self.intake_view, on_intake),
            (self.dossiers_view, on_dossiers),
            (self.scan_view, on_scan),
            (self.piles_view, on_piles),
        ):
            for verb, act in verbs.items():
                bind(verb, screen, act)

    # ---- moving ------------------------------------------------------------------

    def open(self, name: str) -> None:
        """Turn to a screen and put the focus where typing begins."""
        self._window.show_screen(name)
        if name == "dossiers":
            self.dossiers.refresh()
            self.dossiers_view.table.setFocus()
        elif name == "piles":
            self.piles.open()
            self.piles_view.pages.setFocus()
        elif name == "sync":
            self.sync.refresh()
            self.sync_view.table.setFocus()
        elif name == "print_queue":
            self.print_queue.refresh()
            self.print_queue_view.table.setFocus()
        elif name == "devices":
            self.devices.refresh()
            self.devices_view.table.setFocus()
        elif name == "scan":
            if self.scan.place is None:
                self.scan.show_later()
            else:
                self.scan.refresh()
            self.scan_view.focus_here()
        else:
            view = self.intake_view
            (view.result if view.shows_result else view.picker).setFocus()

    def _scan_here(self) -> None:
        """F6 on the reception: scan into it; into the dossier once that is received."""
        if self.intake_view.shows_result and self._last is not None:
            self._open_scan()
        else:
            self.intake.scan()

    def _open_scan(self) -> None:
        """Turn to the scan screen with the pages of the reception, or of what was received."""
        view = self.intake_view
        if view.shows_result and self._last is not None:
            self.scan.open_dossier(self._last.dossier)
        else:
            procedure = view.procedure.code if view.procedure is not None else ""
            self.scan.open_draft(self.intake.draft, procedure)
        self._window.show_screen("scan")
        self.scan_view.focus_here()

    def _scan_more(self) -> None:
        """F6 on the list: scan into the dossier under the cursor."""
        line = self.model.line(self.dossiers_view.current_row)
        if line is not None:
            self.scan.open_dossier(line.id)
            self._window.show_screen("scan")
            self.scan_view.focus_here()

    def _new_intake(self) -> None:
        self.intake.begin()
        self._window.strip.clear()
        self._window.show_screen("intake")
        self.intake_view.picker.setFocus()

    def seek(self, text: str) -> None:
        """Open what was typed into the omni box: a code, a card, or a search."""
        text = text.strip()
        if not text:
            return
        found = recognise(text)
        self._window.omni.clear()
        if found.kind in (ScanKind.CARD, ScanKind.DOSSIER):
            self.route(text)
        else:
            self.open("dossiers")
            self.dossiers.seek(text)

    def route(self, text: str) -> None:
        """Take a scanned text to its screen; the raw text is kept nowhere."""
        found = recognise(text)
        if found.kind is ScanKind.CARD and found.card is not None:
            self._window.show_screen("intake")
            self.intake.take_card(found.card)
        elif found.kind in (ScanKind.DOSSIER, ScanKind.COVER):
            if self._window.current_screen == "piles" and self.piles_view.marked_pages:
                self.piles.send_to(found.code)
            else:
                self._open_code(found.code)
        elif found.kind is ScanKind.PAYMENT:
            self._say_unknown("Đây là mã thanh toán; thu tiền không dùng mã này.", text)
        else:
            self._say_unknown(f"Không nhận ra mã này. {found.words}", text)

    def _say_unknown(self, words: str, text: str) -> None:
        self._sound(False)
        strip = self._window.strip
        strip.say(
            words,
            Choice("Tìm trong hồ sơ", lambda: self._seek_raw(text)),
            Choice("Bỏ qua", strip.clear),
            tone="bad",
        )

    def _seek_raw(self, text: str) -> None:
        self._window.strip.clear()
        self.open("dossiers")
        self.dossiers.seek(text[:80])

    def _open_code(self, code: str) -> None:
        try:
            dossier = lookup.by_code(self._desk, code)
        except AppError as problem:
            self._window.strip.say_problem(problem)
            self._sound(False)
            return
        self.open("dossiers")
        self.dossiers.seek(lookup.show(self._desk, dossier).dossier.code)

    def _open_last(self) -> None:
        if self._last is not None:
            self.open("dossiers")
            self.dossiers.seek(self._last.code)

    def _escape(self) -> None:
        stops = (self.intake.cancel_scan, self.scan.taker.cancel_scan, self.piles.stop,
                 self.scanner_trial.cancel)  # fmt: skip
        if any(stop() for stop in stops):
            return
        if self._window.strip.isVisible():
            self._window.strip.clear()
        elif self.dossiers_view.quick.isVisible():
            self.dossiers_view.hide_quick()

    # ---- news --------------------------------------------------------------------

    def _received(self, reception: Reception) -> None:
        self._last = reception
        self.print_room.print_receipt(reception.dossier, reception.code)
        self.sync.soon()

    def _show_preview(self, code: str, pages: list[Raster]) -> None:
        Preview(f"Giấy tiếp nhận {code}", pages, self._window).show()

    def _offer_paper(self, printout: Printout, pages: list[Raster]) -> None:
        def print_it() -> None:
            self.print_room.print_made(lambda: printout, printout.form, printout.title)

        Preview(printout.title, pages, self._window, print_it).show()

    def _show_paper(self, title: str, pages: list[Raster]) -> None:
        Preview(title, pages, self._window).show()

    def _news(self) -> None:
        if self._window.current_screen == "dossiers":
            self.dossiers.refresh()

    @staticmethod
    def _sound(taken: bool) -> None:
        if not taken:
            QApplication.beep()

    def _search(self, text: str) -> list[tuple[str, str]]:
        return self.intake.search(text)

    # ---- devices -----------------------------------------------------------------

    def _look_for_scanner(self) -> None:
        def done(found: list[Device]) -> None:
            if found and not self._scanner:
                self._scanner = found[0].name
            label = next((d.label for d in found if d.name == self._scanner), "")
            self._scanner_words = f"{label} ✓" if label else "không thấy ⚠"
            self.scan.offer_devices(found, self._scanner)
            self._show_devices()

        self._jobs.run(
            Lane.SCANNER, self._scanners.devices, owner=self, done=done, failed=lambda _: None
        )

    def _show_printers(self, printers: list[str]) -> None:
        name = label_of(self.print_room.printer) if self.print_room.printer else ""
        self._printer_words = f"{name} ✓" if printers else "chưa có ⚠"
        self._show_devices()

    def _show_devices(self) -> None:
        store = self._desk.store
        parts = [
            f"Máy in: {self._printer_words}",
            f"Máy quét: {self._scanner_words}",
            "Nhật ký: ổ thứ hai ✓" if store.has_second_volume else "Nhật ký: chưa có ổ thứ hai ⚠",
        ]
        if store.key_place == "file":
            parts.append("Khoá: trong tệp ⚠")
        parts.append("F1 Phím tắt")
        self._window.devices.setText("  ·  ".join(parts))

    def _choose_files(self) -> list[Path]:
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Lấy trang từ tệp",
            "",
            "Ảnh và PDF (*.jpg *.jpeg *.png *.pdf *.heic *.tif *.tiff)",
        )
        return [Path(name) for name in names]

    def _save_as(self, name: str) -> Path | None:
        target, _ = QFileDialog.getSaveFileName(
            self._window, "Lưu giấy tiếp nhận", name, "PDF (*.pdf)"
        )
        return Path(target) if target else None

    def close(self) -> None:
        """Stop timers and begin nothing new."""
        self.sync.stop()
        self.print_room.stop()
        self.intake.cancel_scan()
        self.scan.taker.cancel_scan()
        self.reader.stop()
        self.piles.stop()
