"""Which acts of two people, done without knowing of each other, cannot both hold.

Kinds that no line below names commute: whichever comes first, the dossier
adds up to the same. For the others the first in the server's order holds
until a person decides (docs/events.md, "Conflicts").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CLOSING = frozenset(
    {"dossier.voided", "dossier.refused", "dossier.withdrawn", "dossier.stopped", "result.returned"}
)
_COURSE = _CLOSING | {"supplement.requested", "supplement.received", "result.recorded"}
_HOLDING = frozenset({"stage.taken", "stage.handed_over"})
_PROPOSING = frozenset({"proposal.made", "proposal.signed", "proposal.declined"})
_CORRECTED = frozenset({"dossier.corrected"})


@dataclass(frozen=True, slots=True)
class Clash:
    """Every kind of one set clashes with every kind of the other.

    Attributes:
        given: only if each body that has this field gives it.
        same: only if both bodies hold the same in this field.
    """

    these: frozenset[str]
    those: frozenset[str]
    given: str = ""
    same: str = ""


_DUE = frozenset(
    {"due.extended", "agency.acknowledged", "dossier.corrected", "supplement.received"}
)
_FEE = frozenset({"dossier.corrected", "fee.charged"})
_RECEIPT = frozenset({"dossier.corrected", "code.corrected"})

CLASHES = (
    Clash(_COURSE, _COURSE),
    Clash(
        _COURSE,
        _HOLDING | _PROPOSING | {"stage.completed", "due.extended", "agency.acknowledged"},
    ),
    Clash(
        _CLOSING,
        frozenset({"dossier.corrected", "papers.added", "page.removed", "fee.charged",
                   "online.claimed"}),
    ),
    Clash(
        frozenset({"dossier.voided"}),
        frozenset({"page.attached", "fee.paid", "fee.refunded", "external.code_set",
                   "code.corrected"}),
    ),
    Clash(_HOLDING, _HOLDING),
    Clash(_PROPOSING, _PROPOSING),
    Clash(frozenset({"stage.completed"}), frozenset({"stage.completed"}), same="stage"),
    Clash(_DUE, _DUE, given="due_at"),
    Clash(_FEE, _FEE, given="fee"),
    Clash(_RECEIPT, _RECEIPT),
    Clash(_CORRECTED, frozenset({"papers.added", "supplement.received"}), given="papers"),
    Clash(frozenset({"fee.refunded"}), frozenset({"fee.refunded"})),
    Clash(frozenset({"page.removed"}), frozenset({"page.removed"}), same="page"),
    Clash(frozenset({"external.code_set"}), frozenset({"external.code_set"}), same="system"),
)  # fmt: skip

MAY_CLASH = frozenset().union(*(clash.these | clash.those for clash in CLASHES))


def clash(kind: str, body: Any, other_kind: str, other_body: Any) -> bool:
    """Tell whether two acts clash, whichever of them comes first.

    Args:
        kind, other_kind: of the acts; of what it carries, for an `event.mended`.
        body, other_body: in today's shape.
    """
    return any(
        _is_met(line, body, other_body)
        for line in CLASHES
        if (kind in line.these and other_kind in line.those)
        or (kind in line.those and other_kind in line.these)
    )


def _is_met(line: Clash, body: Any, other: Any) -> bool:
    if line.given and not all(getattr(b, line.given, b) for b in (body, other)):
        return False
    return not line.same or getattr(body, line.same) == getattr(other, line.same)
