"""Windows scanners by the WIA 2.0 automation interface; nothing is loaded on other systems.

Written to Microsoft's documentation of `WIA.DeviceManager` and the property
numbers of `WiaDef.h`. It was never tried with a scanner: docs/pages.md.
"""

from __future__ import annotations

import importlib
import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

from app.scanning import child
from app.scanning.driver import (
    Device,
    FeederEmpty,
    FeederJam,
    FeederMissed,
    Progress,
    ScannedPage,
    ScannerBusy,
    ScannerCoverOpen,
    ScannerGone,
    ScanProblem,
    ScanProfile,
    SheetsStuckTogether,
    Source,
)

PREFIX = "wia:"
_SCANNER = 1
_JPEG = "{B96B3CAE-0728-11D3-9D7B-0000F81EF32E}"
# device: WIA_DPS_DOCUMENT_HANDLING_SELECT and its bits; item: WIA_IPS_*
_HANDLING = "3088"
_FEEDER, _FLATBED, _DUPLEX = 1, 2, 4
_INTENT, _DPI_X, _DPI_Y, _EXTENT_X, _EXTENT_Y = "6146", "6147", "6148", "6151", "6152"
_COLOUR, _GREY = 1, 2
_A4_INCH = (8.27, 11.69)
_PROBLEMS: dict[int, type[ScanProblem]] = {
    0x80210002: FeederJam,
    0x80210003: FeederEmpty,
    0x80210004: FeederMissed,
    0x80210005: ScannerGone,
    0x80210006: ScannerBusy,
    0x8021000A: ScannerGone,
    0x8021000D: ScannerBusy,
    0x80210016: ScannerCoverOpen,
    0x80210020: SheetsStuckTogether,
}


class WiaScanners:
    """Scanners with a Windows driver, each talked to in a child process.

    Args:
        silence_s: after so long without a sign of life the child is ended.
    """

    def __init__(self, *, silence_s: float = 90.0) -> None:
        self._silence_s = silence_s

    def devices(self) -> list[Device]:
        """Return the scanners that Windows knows; [] elsewhere."""
        return WiaHere().devices() if is_available() else []

    def scan(
        self,
        device: str,
        profile: ScanProfile,
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield pages as they arrive.

        Raises:
            ScanProblem: scanning ended early; what came before was yielded.
        """
        if not is_available():
            raise ScannerGone(
                title="Máy quét WIA chỉ dùng được trên Windows.",
                advice="Chọn máy quét khác, hoặc chọn tệp ảnh.",
            )
        yield from child.scan(
            "wia", device, profile, progress=progress, cancel=cancel, silence_s=self._silence_s
        )


class WiaHere:
    """The same scanners, talked to in this process."""

    def devices(self) -> list[Device]:
        """Return the scanners that Windows knows."""
        return [
            Device(name=PREFIX + str(info.DeviceID), label=str(_value(info, "Name")))
            for info in _infos()
        ]

    def scan(
        self,
        device: str,
        profile: ScanProfile,
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield pages until the feeder is empty; one from the glass.

        Raises:
            ScanProblem: scanning ended early; what came before was yielded.
        """
        opened = _open(device)
        item = opened.Items(1)
        _prepare(opened, item, profile)
        count = 0
        while not cancel.is_set():
            progress(count + 1, 0.0)
            try:
                image = _as_page(item.Transfer(_JPEG))
            except Exception as error:
                problem = problem_of(error)
                if problem is FeederEmpty and count:
                    return
                if problem is None:
                    raise
                raise problem(count) from error
            count += 1
            progress(count, 1.0)
            duplex = profile.source is Source.FEEDER_DUPLEX
            side = ("back" if count % 2 == 0 else "front") if duplex else ""
            yield ScannedPage(image, device, side=side)
            if profile.source is Source.GLASS:
                return


def is_available() -> bool:
    """Tell whether this system has WIA."""
    return sys.platform == "win32"


def problem_of(error: BaseException) -> type[ScanProblem] | None:
    """Return what a COM error means for hands, None if it is no scanner's."""
    code = getattr(error, "hresult", None)
    return None if code is None else _PROBLEMS.get(code & 0xFFFFFFFF, ScannerGone)


def _client() -> Any:
    return importlib.import_module("comtypes.client")


def _infos() -> list[Any]:
    infos = _client().CreateObject("WIA.DeviceManager").DeviceInfos
    found = [infos.Item(i) for i in range(1, infos.Count + 1)]
    return [info for info in found if info.Type == _SCANNER]


def _open(device: str) -> Any:
    wanted = device.removeprefix(PREFIX)
    for info in _infos():
        if str(info.DeviceID) == wanted:
            try:
                return info.Connect()
            except Exception as error:
                problem = problem_of(error)
                if problem is None:
                    raise
                raise problem from error
    raise ScannerGone


def _prepare(opened: Any, item: Any, profile: ScanProfile) -> None:
    handling = {
        Source.GLASS: _FLATBED,
        Source.FEEDER: _FEEDER,
        Source.FEEDER_DUPLEX: _FEEDER | _DUPLEX,
    }[profile.source]
    _set(opened, _HANDLING, handling)
    _set(item, _INTENT, _COLOUR if profile.colour else _GREY)
    for number, value in (
        (_DPI_X, profile.dpi),
        (_DPI_Y, profile.dpi),
        (_EXTENT_X, round(_A4_INCH[0] * profile.dpi)),
        (_EXTENT_Y, round(_A4_INCH[1] * profile.dpi)),
    ):
        _set(item, number, value)


def _set(owner: Any, number: str, value: int) -> None:
    """Set a property where the device has it; many have only some."""
    if owner.Properties.Exists(number):
        owner.Properties.Item(number).Value = value


def _value(owner: Any, name: str) -> Any:
    return owner.Properties.Item(name).Value if owner.Properties.Exists(name) else ""


def _as_page(file: Any) -> bytes:
    """Return a transferred picture as JPEG or PNG; drivers may answer in BMP all the same."""
    content = bytes(file.FileData.BinaryData)
    if content[:3] == b"\xff\xd8\xff" or content[:8] == b"\x89PNG\r\n\x1a\n":
        return content
    from PIL import Image

    with Image.open(io.BytesIO(content)) as opened:
        out = io.BytesIO()
        dpi = opened.info.get("dpi", (0, 0))
        opened.save(out, "PNG", dpi=dpi) if dpi[0] else opened.save(out, "PNG")
    return out.getvalue()
