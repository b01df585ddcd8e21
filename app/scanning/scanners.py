"""All scanners of a station behind one driver; a device's name says which kind it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.scanning import escl, watched_folder, wia
from app.scanning.driver import Device, Progress, ScannedPage, ScannerDriver, ScanProfile
from app.scanning.escl import EsclScanners
from app.scanning.sane import SaneScanners
from app.scanning.watched_folder import WatchedFolder
from app.scanning.wia import WiaScanners


class AllScanners:
    """SANE, eSCL, WIA and watched folders.

    Args:
        configured: devices named in the settings, such as
            `escl:http://192.168.1.20/eSCL` or `folder:/srv/scans`.
    """

    def __init__(self, configured: Sequence[str] = ()) -> None:
        self._configured = tuple(configured)

    def devices(self) -> list[Device]:
        """Return what answers, configured devices first; slow, never on the GUI thread."""
        found: list[Device] = []
        for name in self._configured:
            if name.startswith((escl.PREFIX, watched_folder.PREFIX)):
                found += _looked_for(name).devices()
        return [*found, *WiaScanners().devices(), *SaneScanners().devices()]

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
        return _looked_for(device).scan(device, profile, progress=progress, cancel=cancel)


def _looked_for(device: str) -> ScannerDriver:
    if device.startswith(escl.PREFIX):
        return EsclScanners([device.removeprefix(escl.PREFIX)])
    if device.startswith(watched_folder.PREFIX):
        return WatchedFolder(Path(device.removeprefix(watched_folder.PREFIX)))
    if device.startswith(wia.PREFIX):
        return WiaScanners()
    return SaneScanners()
