"""Who may do what at a counter; the server gives roles out, the law names them.

Source: NĐ 118/2025/NĐ-CP Điều 7 and 17-22 tell the duties apart; which of them one person has
is the agency's own decision, so a clerk may hold several roles.
"""

from __future__ import annotations

from collections.abc import Collection

ROLES: dict[str, str] = {
    "reception": "tiếp nhận",
    "returning": "trả kết quả",
    "cashier": "thu phí",
    "officer": "chuyên môn",
    "leader": "lãnh đạo",
    "supervisor": "phụ trách một cửa",
}
"""How people read a role."""

_COUNTER = frozenset({"reception", "supervisor"})
_WORK = frozenset({"officer", "leader"})
MAY: dict[str, frozenset[str]] = {
    "receive": _COUNTER,
    "correct": _COUNTER,
    "pay": _COUNTER | {"returning", "cashier"},
    "refund": frozenset({"cashier", "supervisor"}),
    "charge": _COUNTER | {"cashier", "officer"},
    "ask": _COUNTER | _WORK,
    "end": _COUNTER | _WORK,
    "hand_over": _COUNTER | _WORK,
    "process": _WORK | {"supervisor"},
    "sign": frozenset({"leader"}),
    "reopen": frozenset({"leader", "supervisor"}),
    "record": _COUNTER | _WORK | {"returning"},
    "return": _COUNTER | {"returning"},
    "look_after": frozenset({"supervisor"}),
    "override": frozenset({"supervisor"}),
    "settle": frozenset({"supervisor", "leader"}),
}
"""Roles of which one is needed for an act."""


def may(roles: Collection[str], act: str) -> bool:
    """Tell whether somebody with these roles may do an act of `MAY`."""
    return not MAY[act].isdisjoint(roles)


def words_for(act: str) -> str:
    """Return the roles that may do an act, for people."""
    return ", ".join(words for role, words in ROLES.items() if role in MAY[act])
