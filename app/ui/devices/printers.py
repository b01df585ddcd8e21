"""Printers as rows of the devices screen."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.services import print_choices, trying
from app.services.desk import Clerk, Desk
from app.ui.devices.rows import DeviceRow
from app.ui.print_room import PrintRoom
from printing.document import PaperSize
from printing.drivers import PrinterFacts
from printing.drivers.opening import is_thermal, label_of
from printing.errors import PrintProblem

_AT_ONCE = 8


class PrinterRows:
    """The printers of this station, each asked how it stands."""

    def __init__(self, desk: Desk, clerk: Clerk, room: PrintRoom) -> None:
        self._desk, self._clerk, self._room = desk, clerk, room

    def rows(self) -> Sequence[DeviceRow]:
        """Ask all printers at once."""
        names = list(self._room.printers)
        if not names:
            return [
                DeviceRow(
                    key="printers",
                    kind="Máy in",
                    name="(chưa có)",
                    state="Chưa thấy máy in nào. Bật máy in, hoặc gõ địa chỉ ở dưới rồi bấm Enter.",
                    tone="wait",
                )
            ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            facts = list(pool.map(self._asked, names))
        return [self._row(name, said) for name, said in zip(names, facts, strict=True)]

    def _asked(self, name: str) -> PrinterFacts:
        try:
            return self._room.open(name).describe()
        except PrintProblem as problem:  # no driver fits its address
            return PrinterFacts(problem=problem)

    def _row(self, name: str, said: PrinterFacts) -> DeviceRow:
        state, tone = "✓ Sẵn sàng", "good"
        if said.problem is not None:
            state, tone = f"⚠ {said.problem}", "bad"
        elif said.remarks:
            state, tone = f"▲ {' '.join(said.remarks)}", "wait"
        is_added = name in self._room.choices.added
        return DeviceRow(
            key=name,
            kind="Máy in phiếu" if is_thermal(name) else "Máy in",
            name=label_of(name),
            state=state,
            tone=tone,
            facts=facts_words(said),
            test=lambda: self._test(name),
            remove=(lambda: self._remove(name)) if is_added else None,
        )

    def _test(self, name: str) -> None:
        paper = self._room.choices.of("01").paper or PaperSize.A5
        self._room.print_made(
            lambda: trying.make_page(self._desk, self._clerk, name, paper),
            trying.FORM,
            f"trang thử ở {label_of(name)}",
            name,
        )

    def _remove(self, name: str) -> None:
        choices = print_choices.remove_printer(self._desk, name)
        self._room.printers.remove(name)
        self._room.take_choices(choices)


def facts_words(said: PrinterFacts) -> str:
    """Return what a printer can do and has loaded, as one line."""
    parts = [said.model]
    if said.loaded:
        parts.append(f"trong khay: {', '.join(said.loaded)}")
    elif said.papers:
        parts.append(f"cỡ giấy: {', '.join(said.papers)}")
    if said.trays:
        parts.append(f"khay: {', '.join(said.trays)}")
    if said.duplex:
        parts.append("in hai mặt được")
    if said.waiting:
        parts.append(f"{said.waiting} lệnh đang chờ ở máy in")
    return " · ".join(part for part in parts if part)
