"""The machine itself, hand-held scanners and the input method as rows of the devices screen."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence

from app.domain.scans import INPUT_METHOD_TEXT
from app.services import station
from app.services.desk import Desk
from app.ui.devices.rows import DeviceRow
from app.ui.scanner_desk import ScannerDesk

_SKEW_S = 120.0


class GunRows:
    """Hand-held scanners that type like a keyboard: they say nothing of themselves.

    Args:
        scanners: what was heard of them.
        explain: tells how to try them out.
    """

    def __init__(self, scanners: ScannerDesk, explain: Callable[[], object]) -> None:
        self._scanners, self._explain = scanners, explain

    def rows(self) -> Sequence[DeviceRow]:
        """Return what is known by what came."""
        heard = self._scanners.heard_at
        gun = DeviceRow(
            key="gun",
            kind="Súng quét",
            name="kiểu bàn phím",
            tone="good" if heard else "plain",
            state=f"✓ đọc lần cuối {heard}"
            if heard
            else "Chưa đọc mã nào từ khi mở máy. Quét "
            "mã trên trang in thử; súng hỏng thì gõ 12 chữ số căn cước.",
            test=self._explain,
        )
        return [gun, self._input_method()]

    def _input_method(self) -> DeviceRow:
        came = self._scanners.input_method
        state, tone = (
            "Chưa thử. Quét mã vạch thứ hai trên trang in thử.", "plain"
        )  # fmt: skip
        if came == INPUT_METHOD_TEXT:
            state, tone = "✓ không làm sai mã quét", "good"
        elif came:
            state, tone = (
                f"✖ Bộ gõ tiếng Việt đang làm sai mã quét: “{came}”. Tắt bộ gõ khi quét, hoặc "
                "chuyển súng quét sang chế độ COM.", "bad",
            )  # fmt: skip
        return DeviceRow(
            key="input-method", kind="Bộ gõ", name="UniKey, EVKey, ibus…", state=state, tone=tone,
            test=self._explain,
        )  # fmt: skip


class ComputerRows:
    """Disk, copies, journal, keys, numbers, catalogue, clock and version.

    Args:
        desk: store and catalogue.
        skew_s: answers how far the server's clock is ahead, seconds; None if it is not known.
        version: of the program.
    """

    def __init__(self, desk: Desk, skew_s: Callable[[], float | None], version: str) -> None:
        self._desk, self._skew_s, self._version = desk, skew_s, version

    def rows(self) -> Sequence[DeviceRow]:
        """Look at what costs nothing."""
        rows = [
            DeviceRow(
                key=one.what, kind="Máy tính", name=one.what, tone="good" if one.ok else "wait",
                state=("✓ " if one.ok else "⚠ ") + one.words,
            )
            for one in station.glance(self._desk)
        ]  # fmt: skip
        skew = self._skew_s()
        if skew is None:
            words, tone = "chưa biết, cần nối mạng một lần", "plain"
        elif abs(skew) > _SKEW_S:
            words, tone = f"⚠ lệch máy chủ {abs(skew) / 60:.0f} phút: đặt lại giờ máy", "bad"
        else:
            words, tone = f"✓ lệch máy chủ {abs(skew):.0f} giây", "good"
        rows.append(DeviceRow(key="clock", kind="Máy tính", name="Giờ máy", state=words, tone=tone))
        version = f"{self._version} · {platform.system()} {platform.release()}"
        rows.append(
            DeviceRow(key="version", kind="Máy tính", name="Phiên bản", state=version, tone="plain")
        )
        return rows
