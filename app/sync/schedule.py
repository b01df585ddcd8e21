"""When to try next. Pure: outcomes and a random number in, seconds out."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 300.0
IDLE_S = 30.0
_JITTER = 0.5


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many passes failed in a row; it never gives up.

    Attributes:
        failures: passes that ended without the server's answer.
    """

    failures: int = 0

    def succeeded(self) -> Schedule:
        """Return the schedule after a pass that reached the server."""
        return Schedule(0)

    def failed(self) -> Schedule:
        """Return the schedule after a pass that did not."""
        return Schedule(self.failures + 1)

    def delay_s(self, random: float, *, retry_after_s: float = 0) -> float:
        """Return how long to wait before the next pass.

        Args:
            random: 0 to 1; up to half of the wait is left to it, so that many
                stations do not come back at once.
            retry_after_s: what the server asked for, if it did.
        """
        if self.failures == 0:
            base = IDLE_S
        else:
            base = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (min(self.failures, 16) - 1))
        return max(retry_after_s, base * (1 - _JITTER * random), FIRST_RETRY_S)
