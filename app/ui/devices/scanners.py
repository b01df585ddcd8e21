"""The scanners as rows of the devices screen: plain words, made from what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.scanning import watched_folder
from app.scanning.driver import Device
from app.ui.devices.rows import DeviceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerRow:
    """One scanner as shown.

    Attributes:
        name: as drivers know it; label: as people do.
        is_found: it answered when it was looked for.
        is_chosen: F6 uses it.
        words: how it stands, and what to do if it is not there.
    """

    name: str
    label: str
    is_found: bool
    is_chosen: bool
    words: str


def scanner_rows(
    found: Sequence[Device], chosen: str, configured: Sequence[str] = ()
) -> tuple[ScannerRow, ...]:
    """Return a row a scanner: those that answered, then those that are named and do not.

    Args:
        found: as `AllScanners.devices` returned them.
        chosen: name of the usual one, "" if none was chosen yet.
        configured: names from the settings.
    """
    usual = chosen or (found[0].name if found else "")
    rows = [
        ScannerRow(
            name=device.name,
            label=device.label,
            is_found=True,
            is_chosen=device.name == usual,
            words="✓ sẵn sàng" + (", F6 dùng máy này" if device.name == usual else ""),
        )
        for device in found
    ]
    names = {device.name for device in found}
    for name in dict.fromkeys([*configured, *([chosen] if chosen else [])]):
        if name not in names:
            rows.append(_gone(name, is_chosen=name == usual))
    return tuple(rows)


def _gone(name: str, *, is_chosen: bool) -> ScannerRow:
    kind, _, place = name.partition(":")
    advice = {
        "escl": "kiểm tra dây mạng, nút nguồn và địa chỉ",
        "folder": "kiểm tra ổ mạng và thư mục",
    }.get(kind, "kiểm tra dây USB và nút nguồn")
    return ScannerRow(
        name=name,
        label=place or name,
        is_found=False,
        is_chosen=is_chosen,
        words=f"⚠ không thấy – {advice}, rồi bấm Tìm lại",
    )


class ScannerRows:
    """The scanners of this station, looked for anew each time.

    Args:
        find: asks all drivers; slow.
        chosen: answers the name of the usual one.
        try_out: scans a page and shows it, given name and label.
    """

    def __init__(
        self,
        find: Callable[[], list[Device]],
        chosen: Callable[[], str],
        try_out: Callable[[str, str], None],
    ) -> None:
        self._find, self._chosen, self._try_out = find, chosen, try_out

    def rows(self) -> Sequence[DeviceRow]:
        """Look for all scanners."""
        found = scanner_rows(self._find(), self._chosen())
        if not found:
            return [
                DeviceRow(
                    key="scanners", kind="Máy quét", name="(chưa có)", tone="wait",
                    state="Chưa thấy máy quét nào. Bật máy quét rồi bấm Tìm lại; quét từ tệp ảnh "
                    "vẫn được.",
                )
            ]  # fmt: skip
        return [
            DeviceRow(
                key=row.name, kind="Máy quét", name=row.label, state=row.words,
                tone="good" if row.is_found else "bad", test=self._test_of(row),
            ) for row in found
        ]  # fmt: skip

    def _test_of(self, row: ScannerRow) -> Callable[[], object] | None:
        """A folder is not tried: what lies in it is somebody's paper."""
        if not row.is_found or row.name.startswith(watched_folder.PREFIX):
            return None
        return partial(self._try_out, row.name, row.label)
