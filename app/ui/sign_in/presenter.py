"""Signs a clerk in: by PIN at once, by password when there is a line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.wire import TokenAnswer
from app.errors import AppError
from app.services import signin, station
from app.services.desk import Clerk, Desk, NoCatalogue
from app.sync import enrol
from app.sync.http import Connection
from app.ui.jobs import JobRunner, Lane
from app.ui.sign_in.view import SignInView


class SignInPresenter(QObject):
    """The sign-in screen.

    Signals:
        signed_in: a Clerk.
    """

    signed_in = Signal(object)

    def __init__(
        self,
        view: SignInView,
        desk: Desk,
        connect: Callable[[], Connection],
        jobs: JobRunner,
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._connect, self._jobs = view, desk, connect, jobs
        self._pending: TokenAnswer | None = None
        view.submitted.connect(self._submit)

    def show(self) -> None:
        """Show who can sign in and what waits on this station."""
        self._pending = None
        self._view.clear_secrets()
        self._view.notice.clear()
        self._view.ask_new_pin(asked=False)
        known = signin.known_clerks(self._desk)
        status = station.status(self._desk, "")
        waiting = status.waiting + status.pages_waiting
        self._view.show_station(
            f"Quầy Một Cửa · {status.agency_name} · {status.station}",
            f"Trên máy này còn {waiting} việc chưa gửi lên máy chủ." if waiting else "",
            [(c.user, c.display_name) for c in known],
        )
        if known and not self._view.user.text():
            self._view.user.setText(known[0].user)
        (self._view.secret if self._view.user.text() else self._view.user).setFocus()

    @Slot(str, str, str)
    def _submit(self, user: str, secret: str, new_pin: str) -> None:
        if not user or not secret:
            self._view.notice.say("Gõ tên đăng nhập và mật khẩu (hoặc mã PIN).", tone="bad")
            return
        if self._pending is not None:
            self._set_pin(self._pending, new_pin)
            return
        is_pin = re.fullmatch(r"\d{6,12}", secret) is not None
        knows = user in {c.user for c in signin.known_clerks(self._desk)}
        self._view.set_busy(True)
        if is_pin and knows:
            self._jobs.run(
                Lane.DATABASE,
                lambda: self._ready(signin.sign_in_offline(self._desk, user, secret)),
                owner=self,
                done=self._done,
                failed=self._failed,
            )
        else:
            self._jobs.run(
                Lane.NETWORK,
                lambda: self._ask_server(user, secret),
                owner=self,
                done=self._online,
                failed=self._failed,
            )

    def _ready(self, clerk: Clerk) -> Clerk:
        """Read the catalogue here, so that the first key of the day finds it read."""
        with contextlib.suppress(NoCatalogue):
            self._desk.catalogue()
        return clerk

    def _ask_server(self, user: str, password: str) -> TokenAnswer:
        connection = self._connect()
        try:
            return enrol.sign_in(connection, user, password)
        finally:
            connection.close()

    def _online(self, answer: TokenAnswer) -> None:
        self._view.set_busy(False)
        if answer.user in {c.user for c in signin.known_clerks(self._desk)}:
            self._remember(answer, None)
            return
        self._pending = answer
        self._view.ask_new_pin(asked=True)
        self._view.notice.say(
            "Đặt mã PIN để lần sau đăng nhập được cả khi mất mạng: 6 chữ số trở lên.", tone="work"
        )
        self._view.new_pin.setFocus()

    def _set_pin(self, answer: TokenAnswer, pin: str) -> None:
        try:
            signin.check_pin(pin)
        except AppError as problem:
            self._view.notice.say_problem(problem)
            return
        self._remember(answer, pin)

    def _remember(self, answer: TokenAnswer, pin: str | None) -> None:
        self._view.set_busy(True)
        self._jobs.run(
            Lane.DATABASE,
            lambda: self._ready(signin.remember(self._desk, answer, pin, self._desk.now())),
            owner=self,
            done=self._done,
            failed=self._failed,
        )

    def _done(self, clerk: Clerk) -> None:
        self._view.set_busy(False)
        self._view.clear_secrets()
        self._pending = None
        self.signed_in.emit(clerk)

    def _failed(self, problem: AppError) -> None:
        self._view.set_busy(False)
        self._view.secret.selectAll()
        self._view.secret.setFocus()
        self._view.notice.say_problem(problem)
