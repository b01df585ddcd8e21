"""Scanners and copiers that only drop files into a folder.

A file is taken when it is complete, and moved aside once its pages are safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from app.scanning.driver import (
    Device,
    FeederEmpty,
    NotReadable,
    Progress,
    ScannedPage,
    ScannerGone,
    ScanProfile,
)
from app.scanning.files import read_files

PREFIX = "folder:"
TAKEN, REFUSED = "Đã lấy", "Không đọc được"
_KINDS = (".jpg", ".jpeg", ".png", ".pdf", ".tif", ".tiff", ".heic")
_LOOK_S = 0.5
_PATIENCE_S = 20.0


class WatchedFolder:
    """One folder that a scanner fills.

    Args:
        folder: it must exist.
        look_s: a file must not change for so long before it counts as complete.
        patience_s: how long a file that still grows is waited for.
    """

    def __init__(
        self, folder: Path, *, look_s: float = _LOOK_S, patience_s: float = _PATIENCE_S
    ) -> None:
        self._folder = folder
        self._look_s, self._patience_s = look_s, patience_s

    def devices(self) -> list[Device]:
        """Return the folder as a device, if it is there."""
        if not self._folder.is_dir():
            return []
        return [Device(name=f"{PREFIX}{self._folder}", label=f"Thư mục {self._folder.name}")]

    def scan(
        self,
        device: str,
        profile: ScanProfile,  # noqa: ARG002 - the scanner was set at its own panel
        *,
        progress: Progress,
        cancel: threading.Event,
    ) -> Iterator[ScannedPage]:
        """Yield the pages of what lies in the folder, oldest file first.

        A file is moved to “Đã lấy” when the next page is asked for: whoever
        takes the pages has made them durable by then. One that cannot be read
        goes to “Không đọc được” and is named at the end.

        Raises:
            FeederEmpty: nothing lies in the folder.
            NotReadable: some file could not be taken; all others were.
            ScannerGone: the folder is not there.
        """
        if not self._folder.is_dir():
            raise ScannerGone(
                title=f"Không thấy thư mục {self._folder.name} của máy quét.",
                advice="Kiểm tra ổ mạng và thư mục trong cài đặt.",
            )
        count = 0
        refused: list[str] = []
        seen = False
        for path in self._waiting():
            seen = True
            if cancel.is_set() or not self._is_complete(path, cancel):
                continue
            try:
                for page in read_files([path], progress=progress, cancel=cancel):
                    count += 1
                    yield ScannedPage(page.image, device, page.origin)
            except NotReadable:
                refused.append(path.name)
                self._move(path, REFUSED)
                continue
            if not cancel.is_set():
                self._move(path, TAKEN)
        if refused:
            raise NotReadable(
                count,
                f"Không đọc được: {', '.join(refused)}.",
                f"Tệp nằm trong thư mục con “{REFUSED}”; quét lại giấy đó.",
            )
        if not seen:
            raise FeederEmpty(
                title=f"Thư mục {self._folder.name} chưa có tệp nào.",
                advice="Quét trên máy quét trước, rồi bấm F6.",
            )
        if not count and not cancel.is_set():
            raise NotReadable(
                title=f"Tệp trong thư mục {self._folder.name} chưa ghi xong.",
                advice="Đợi máy quét xong rồi bấm F6.",
            )

    def _waiting(self) -> list[Path]:
        """Return the files to take, oldest first."""
        found = []
        for path in self._folder.iterdir():
            if path.suffix.lower() not in _KINDS or path.name.startswith((".", "~")):
                continue
            try:
                if path.is_file() and not path.is_symlink():
                    found.append((path.stat().st_mtime_ns, path.name, path))
            except OSError:
                continue  # it went while we looked
        return [path for _, _, path in sorted(found)]

    def _is_complete(self, path: Path, cancel: threading.Event) -> bool:
        """Wait until a file is whole: it stopped growing, and ends as its kind ends."""
        deadline = time.monotonic() + self._patience_s
        before: tuple[int, int] | None = None
        while time.monotonic() < deadline and not cancel.is_set():
            try:
                stat = path.stat()
            except OSError:
                return False
            now = (stat.st_size, stat.st_mtime_ns)
            if now == before and stat.st_size and _ends_well(path, stat.st_size):
                return True
            before = now
            cancel.wait(self._look_s)
        return False

    def _move(self, path: Path, where: str) -> None:
        """Move a file aside, never over another one."""
        target = self._folder / where
        target.mkdir(exist_ok=True)
        for n in range(1, 10_000):
            place = target / (path.name if n == 1 else f"{path.stem}-{n}{path.suffix}")
            if not place.exists():
                try:
                    path.replace(place)
                except OSError as error:
                    raise ScannerGone(
                        title=f"Không chuyển được tệp {path.name} sang “{where}”.",
                        advice="Kiểm tra quyền ghi của thư mục máy quét.",
                    ) from error
                return


def _ends_well(path: Path, size: int) -> bool:
    """Tell whether a file ends as a whole file of its kind does; unknown kinds always do."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(max(0, size - 1024))
            tail = file.read()
    except OSError:
        return False
    if head.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" in tail
    if head.startswith(b"\x89PNG"):
        return b"IEND" in tail
    if head.startswith(b"%PDF"):
        return b"%%EOF" in tail
    return True
