"""Enrols the machine, signs its first clerk in, sets the PIN and fetches the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.enrolment import LONGEST_FILE, NotAnInvitation, read_invitation
from app.domain.wire import TokenAnswer
from app.errors import AppError
from app.paths import Profile
from app.services import signin, station
from app.services.desk import VIETNAM, Clerk
from app.sync import enrol
from app.sync.engine import PassResult
from app.ui.first_run.view import CATALOGUE, ENROL, PIN, SIGN_IN, FirstRunView
from app.ui.jobs import JobRunner, Lane
from app.ui.seat import Opened

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
_CA_NAME = "may-chu-ca.pem"


class Opener(Protocol):
    """What `app.bootstrap` does for the window."""

    def open(self, root: Path) -> Opened:
        """Open a profile."""


class CannotRead(AppError):
    """A file of an enrolment could not be read; nothing was enrolled."""


class FirstRun(QObject):
    """The pages before the first window.

    Args:
        view: the pages.
        root: folder of the profile to be.
        opener: opens it once it is enrolled.
        jobs: for background work.
        choose_file: asks for a file, None if nothing was chosen.
        clock: the present aware moment.

    Signals:
        ready: the station is enrolled and its first clerk signed in.
            opened (Opened), clerk (Clerk)
    """

    ready = Signal(object, object)

    def __init__(
        self,
        view: FirstRunView,
        root: Path,
        opener: Opener,
        jobs: JobRunner,
        choose_file: Callable[[], Path | None],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(VIETNAM),
    ) -> None:
        super().__init__(view)
        self._view, self._root, self._opener, self._jobs = view, root, opener, jobs
        self._choose_file, self._clock = choose_file, clock
        self._opened: Opened | None = None
        self._answer: TokenAnswer | None = None
        self._clerk: Clerk | None = None
        self._ca = ""
        self._is_loaded = False
        view.go_on.connect(self.go_on)
        view.file_asked.connect(self.take_file)
        view.typed.connect(self._typed)

    @property
    def opened(self) -> Opened | None:
        """The station once it is enrolled; who closes the wizard closes it."""
        return self._opened

    @Slot()
    def go_on(self) -> None:
        """F9: do what the page asks; a second press meanwhile does nothing."""
        if self._view.is_busy:
            return
        {ENROL: self._enrol, SIGN_IN: self._sign_in, PIN: self._set_pin,
         CATALOGUE: self._end}[self._view.step]()  # fmt: skip

    # ---- 1: enrolment ------------------------------------------------------------------

    @Slot(str)
    def _typed(self, text: str) -> None:
        """A hand-held scanner types a whole QR into whatever field has the cursor."""
        try:
            self._take_text(text)
        except NotAnInvitation as error:
            self._view.notice.say(str(error), tone="bad")

    def _take_text(self, text: str) -> None:
        invitation = read_invitation(text)
        self._view.server.setText(invitation.server)
        self._view.code.setText(invitation.code)
        self._ca = invitation.ca
        self._view.notice.say("Đã đọc mã đăng ký. F9 để đăng ký máy này.", tone="good")

    def take_file(self) -> None:
        """Ctrl+O: read a file, or a picture of the QR."""
        path = self._choose_file()
        if path is None or self._view.step != ENROL:
            return

        def work() -> str:
            return _text_of(path)

        def done(text: str) -> None:
            try:
                self._take_text(text)
            except NotAnInvitation as error:
                self._view.notice.say(f"{error} Tệp: {path.name}.", tone="bad")

        self._run(Lane.FILES, work, done)

    def _enrol(self) -> None:
        view = self._view
        server, code = view.server.text().strip(), view.code.text().strip()
        if not server or not code:
            view.notice.say("Gõ địa chỉ máy chủ và mã đăng ký, hoặc quét mã QR.", tone="bad")
            (view.code if server else view.server).setFocus()
            return
        view.notice.say("Đang đăng ký máy này với máy chủ…")
        journal, ca, root = view.journal.text().strip(), self._ca, self._root

        def work() -> Opened:
            ca_file = _keep_ca(root, ca) if ca else ""
            enrol.enrol(
                Profile(root), server=server, code=code, ca_file=ca_file, journal_folder=journal,
                clock=self._clock(),
            )  # fmt: skip
            return self._opener.open(root)

        def done(opened: Opened) -> None:
            self._opened = opened
            settings = opened.settings
            view.show_step(SIGN_IN)
            view.notice.say(
                f"Máy này là {settings.station_name}, cơ quan {settings.agency}.", tone="good"
            )

        self._run(Lane.NETWORK, work, done)

    # ---- 2 and 3: the first clerk ---------------------------------------------------------

    def _sign_in(self) -> None:
        view, opened = self._view, self._opened
        assert opened is not None  # the page comes after the enrolment
        user, password = view.user.text().strip(), view.password.text()
        if not user or not password:
            view.notice.say("Gõ tên đăng nhập và mật khẩu.", tone="bad")
            return

        def work() -> TokenAnswer:
            connection = opened.connect()
            try:
                return enrol.sign_in(connection, user, password)
            finally:
                connection.close()

        def done(answer: TokenAnswer) -> None:
            self._answer = answer
            view.password.clear()
            view.show_step(PIN)
            view.notice.say(f"Xin chào {answer.display_name}. Đặt mã PIN cho máy này.", tone="good")

        self._run(Lane.NETWORK, work, done)

    def _set_pin(self) -> None:
        view, opened, answer = self._view, self._opened, self._answer
        assert opened is not None
        assert answer is not None
        pin = view.pin.text()
        if pin != view.again.text():
            view.notice.say("Hai lần gõ chưa giống nhau.", tone="bad")
            view.again.clear()
            view.again.setFocus()
            return

        def work() -> Clerk:
            return signin.remember(opened.desk, answer, pin, opened.desk.now())

        def done(clerk: Clerk) -> None:
            self._clerk = clerk
            view.pin.clear()
            view.again.clear()
            view.notice.clear()
            self._load()

        self._run(Lane.DATABASE, work, done)

    # ---- 4: catalogue, numbers, and what the agency has ------------------------------------

    def _load(self) -> None:
        view, opened = self._view, self._opened
        assert opened is not None
        view.show_step(CATALOGUE, "F9  Làm tiếp, tải sau")
        view.show_progress(0, 0)
        view.loaded.setText("Đang nhận danh mục…")

        def told(taken: int, of: int) -> None:
            self._jobs.progress(self, lambda: view.show_progress(taken, of))

        def work() -> tuple[PassResult, str]:
            engine = opened.engine(told)
            try:
                result = engine.run(with_pages=False)
            finally:
                engine.close()
            opened.desk.reload_catalogue()
            return result, _words(opened)

        def done(found: tuple[PassResult, str]) -> None:
            self._is_loaded = True
            view.show_progress(1, 1)
            view.loaded.setText("✓ " + found[1])
            view.show_step(CATALOGUE, "F9  Tiếp: thử máy in, máy quét")

        def failed(problem: AppError) -> None:
            view.show_progress(0, 1)
            view.notice.say_problem(problem)
            view.loaded.setText("Chưa tải xong. F9 để làm tiếp; máy sẽ tự tải khi có mạng.")

        self._jobs.run(Lane.NETWORK, work, owner=self, done=done, failed=failed)

    def _end(self) -> None:
        assert self._opened is not None
        assert self._clerk is not None
        self.ready.emit(self._opened, self._clerk)

    def _run(self, lane: Lane, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._view.set_busy(busy=True)

        def ended(outcome: Any) -> None:
            self._view.set_busy(busy=False)
            done(outcome)

        def failed(problem: AppError) -> None:
            self._view.set_busy(busy=False)
            self._view.notice.say_problem(problem)

        self._jobs.run(lane, work, owner=self, done=ended, failed=failed)


def _words(opened: Opened) -> str:
    catalogue = opened.desk.catalogue()
    standing = station.status(opened.desk, opened.settings.server)
    return (
        f"{standing.agency_name}: danh mục bản {catalogue.version}, "
        f"{len(catalogue.procedures)} thủ tục; {standing.leased} số cấp nhanh và "
        f"{standing.standing} số ngoại tuyến mỗi ngày."
    )


def _text_of(path: Path) -> str:
    """Return what an enrolment's file says, or the QR of a picture of it."""
    try:
        if path.suffix.lower() in _PICTURES:
            return _read_qr(path.read_bytes())
        if path.stat().st_size > LONGEST_FILE:
            raise CannotRead(f"Tệp {path.name} quá lớn.", "Chọn tệp đăng ký do quản trị gửi.")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRead(
            f"Không đọc được tệp {path.name}.", "Chọn tệp đăng ký do quản trị gửi."
        ) from error


def _read_qr(picture: bytes) -> str:
    from app.scanning import barcodes, pictures

    try:
        found = barcodes.read_page(picture, dpi=0, is_sought=bool).barcodes
    except pictures.NotAPicture:
        found = ()
    if not found:
        raise CannotRead("Không thấy mã QR trong ảnh này.", "Chụp lại cho rõ, hoặc gõ tay.")
    return found[0].text


def _keep_ca(root: Path, ca: str) -> str:
    """Keep the certificate of a private authority beside the settings; return its path."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / _CA_NAME
    path.write_text(ca, "ascii")
    return str(path)
