"""How far a burst of sending has come, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

EVENT_BYTES = 600
"""What an event weighs beside the pages; only their relation matters."""

_WINDOW_S = 30.0
_LEAST_S = 2.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Share sent, 0 to 1, and seconds for the rest, None while nobody knows."""

    share: float
    seconds: float | None


class Progress:
    """Takes what waits now and then, and works out rate and rest."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._most = 0

    def see(self, at: float, events: int, page_bytes: int) -> Standing | None:
        """Return where the burst stands; None while nothing waits.

        Args:
            at: monotonic seconds.
            events, page_bytes: what the server is not known to hold.
        """
        left = events * EVENT_BYTES + page_bytes
        if not left:
            self._seen.clear()
            self._most = 0
            return None
        if left > self._most:
            self._most = left
        self._seen.append((at, left))
        while at - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()
        begun, before = self._seen[0]
        took, sent = at - begun, before - left
        rate = sent / took if took >= _LEAST_S and sent > 0 else 0.0
        return Standing(1 - left / self._most, left / rate if rate else None)


def rest_words(seconds: float | None) -> str:
    """Say how long something will take."""
    if seconds is None:
        return "chưa rõ còn bao lâu"
    if seconds < 90:
        return f"còn khoảng {max(1, round(seconds))} giây"
    if seconds < 90 * 60:
        return f"còn khoảng {round(seconds / 60)} phút"
    return f"còn khoảng {seconds / 3600:.1f} giờ".replace(".", ",")
