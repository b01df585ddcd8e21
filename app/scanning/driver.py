"""The scanner protocol, and what can go wrong, named for what hands must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.pages import Origin
from app.errors import AppError


class Source(StrEnum):
    """Where the paper lies."""

    FEEDER = "feeder"
    FEEDER_DUPLEX = "feeder_duplex"
    GLASS = "glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A scanner that was found."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanProfile:
    """How to scan."""

    source: Source = Source.FEEDER
    dpi: int = 300
    colour: bool = False


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """An image as the scanner gave it, JPEG or PNG.

    Attributes:
        origin: how the image came to be.
        side: "front" or "back" of its sheet, "" if the device does not say.
    """

    image: bytes
    device: str
    origin: Origin = Origin.SCANNED
    side: str = ""


class ScanProblem(AppError):
    """Scanning ended early; the pages that came before are kept.

    Attributes:
        pages_before: how many pages had arrived.
    """

    what = "Máy quét dừng"
    todo = "Kiểm tra máy quét rồi bấm F6 quét tiếp."

    def __init__(self, pages_before: int = 0, title: str = "", advice: str = "") -> None:
        self.pages_before = pages_before
        where = f" ở trang {pages_before + 1}" if pages_before else ""
        kept = f"{pages_before} trang đã lưu." if pages_before else ""
        super().__init__(title or f"{self.what}{where}.", advice or self.todo, kept)


class FeederEmpty(ScanProblem):
    """There is no paper in the feeder."""

    what = "Khay nạp không có giấy"
    todo = "Đặt giấy vào khay nạp, mặt chữ đúng chiều, rồi bấm F6."


class FeederJam(ScanProblem):
    """Paper is stuck in the feeder."""

    what = "Máy quét kẹt giấy"
    todo = "Mở nắp, gỡ tờ giấy kẹt, đặt lại từ tờ đó rồi bấm F6."


class ScannerCoverOpen(ScanProblem):
    """A cover is open."""

    what = "Nắp máy quét đang mở"
    todo = "Đóng nắp máy quét rồi bấm F6."


class SheetsStuckTogether(ScanProblem):
    """The feeder drew two sheets at once."""

    what = "Khay nạp kéo hai tờ cùng lúc"
    todo = "Tách các tờ ra, đặt lại từ tờ bị kéo đôi rồi bấm F6."


class FeederMissed(ScanProblem):
    """The feeder could not get hold of a sheet."""

    what = "Khay nạp không kéo được giấy"
    todo = "Đẩy giấy sát vào khay, kẹp hai thanh giữ, rồi bấm F6."


class ScannerBusy(ScanProblem):
    """Somebody else uses it."""

    what = "Máy quét đang bận"
    todo = "Đợi máy quét xong việc khác, hoặc tắt bật lại, rồi bấm F6."


class ScannerGone(ScanProblem):
    """It is not there, or does not answer."""

    what = "Không thấy máy quét"
    todo = "Kiểm tra dây USB, dây mạng và nút nguồn, rồi bấm F6; hoặc chọn tệp ảnh."


class ScannerCrashed(ScanProblem):
    """The driver program died or hung and was ended."""

    what = "Chương trình điều khiển máy quét bị treo và đã được tắt"
    todo = "Bấm F6 để quét tiếp từ trang sau; nếu lặp lại, tắt bật máy quét."


class NotReadable(ScanProblem):
    """A file cannot be taken as pages."""

    what = "Không đọc được tệp"
    todo = "Chọn tệp JPEG, PNG hoặc PDF."


class NoRoom(ScanProblem):
    """There is no room for what the scanner sends."""

    what = "Đĩa đã đầy, chưa nhận thêm trang được"
    todo = "Xoá bớt tệp trên đĩa rồi bấm F6 quét tiếp từ trang sau."


Progress = Callable[[int, float], None]
"""Called with the page number (from 1) and how much of it is done, 0 to 1."""


class ScannerDriver(Protocol):
    """Scanners of one kind."""

    def devices(self) -> list[Device]:
        """Return the scanners that answer; slow, never on the GUI thread."""

    def scan(
        self,
        device: str,
        profile: ScanProfile,
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield pages as they arrive; a page that was yielded is whole.

        Raises:
            ScanProblem: scanning ended early.
        """
