"""The screens there are: names, keys, who sees them, and where each is built when first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from app.domain.roles import may
from app.services.desk import Clerk
from app.ui.seat import Screen, Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenKind:
    """One screen of the navigation.

    Attributes:
        name: by which others ask for it.
        words: in the navigation.
        verb: of the key that opens it.
        module: has `make`, which builds it.
        act: who may do this sees it; "" for everybody.
        is_shown: it has a place in the navigation and a key that works everywhere.
    """

    name: str
    words: str
    verb: str
    module: str
    act: str = ""
    is_shown: bool = True

    def make(self, seat: Seat) -> Screen:
        """Build the screen; its code is read now."""
        build: Callable[[Seat], Screen] = import_module(self.module).make
        return build(seat)


SCREENS: tuple[ScreenKind, ...] = (
    ScreenKind(name="intake", words="Tiếp nhận", verb="new_intake", act="receive",
               module="app.ui.intake.screen"),
    ScreenKind(name="dossiers", words="Hồ sơ", verb="open_dossiers",
               module="app.ui.dossiers.screen"),
    ScreenKind(name="returning", words="Trả kết quả", verb="open_returning", act="return",
               module="app.ui.returning.screen"),
    ScreenKind(name="processing", words="Xử lý", verb="open_processing", act="process",
               module="app.ui.processing.screen"),
    ScreenKind(name="hand_over", words="Bàn giao", verb="open_hand_over", act="hand_over",
               module="app.ui.hand_over.screen"),
    ScreenKind(name="register", words="Sổ theo dõi", verb="open_register",
               module="app.ui.register.screen"),
    ScreenKind(name="cash", words="Thu tiền, ca", verb="open_cash", act="pay",
               module="app.ui.cash.screen"),
    ScreenKind(name="statistics", words="Thống kê", verb="open_statistics",
               module="app.ui.statistics.screen"),
    ScreenKind(name="scan", words="Quét", verb="open_scan_screen", module="app.ui.scan.screen"),
    ScreenKind(name="piles", words="Chồng giấy", verb="open_piles", module="app.ui.piles.screen"),
    ScreenKind(name="sync", words="Đồng bộ", verb="open_sync",
               module="app.ui.sync_status.screen"),
    ScreenKind(name="print_queue", words="Chờ in", verb="open_print_queue",
               module="app.ui.print_queue.screen"),
    ScreenKind(name="devices", words="Thiết bị", verb="open_devices",
               module="app.ui.devices.screen"),
    ScreenKind(name="settings", words="Cài đặt", verb="open_settings",
               module="app.ui.settings.screen"),
    ScreenKind(name="catalogue", words="Danh mục", verb="open_catalogue", act="look_after",
               module="app.ui.catalogue.screen"),
    ScreenKind(name="first_steps", words="Bước đầu", verb="first_steps", is_shown=False,
               module="app.ui.first_steps.screen"),
)  # fmt: skip


def screens_for(clerk: Clerk) -> tuple[ScreenKind, ...]:
    """Return what a clerk sees, in the order of the navigation."""
    return tuple(one for one in SCREENS if not one.act or may(clerk.roles, one.act))
