"""The four states of a dossier, kept apart.

Source: the codes TrangThaiHoSo 1-10 of the national portal's exchange.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class BusinessState(IntEnum):
    """Where the work stands; the values are the national codes."""

    NEW = 1
    RECEIVED = 2
    NOT_RECEIVED = 3
    IN_WORK = 4
    AWAITING_SUPPLEMENT = 5
    AWAITING_PAYMENT = 6
    WITHDRAWN = 7
    STOPPED = 8
    FINISHED = 9
    RETURNED = 10

    @property
    def words(self) -> str:
        """The state as clerks and citizens read it."""
        return _BUSINESS_WORDS[self]


class PaymentState(StrEnum):
    """Whether the fee is settled."""

    FREE = "free"
    UNPAID = "unpaid"
    PENDING = "pending"  # a QR was shown; nobody has confirmed the money yet
    PAID = "paid"
    REFUNDED = "refunded"

    @property
    def words(self) -> str:
        """The state as clerks read it."""
        return _PAYMENT_WORDS[self]


class ReturnState(StrEnum):
    """Whether the result is in the citizen's hand."""

    NONE = "none"
    READY = "ready"
    RETURNED = "returned"


class SyncState(StrEnum):
    """What the server is known to hold of a dossier."""

    WAITING = "waiting"
    STORED = "stored"
    QUARANTINED = "quarantined"


_BUSINESS_WORDS = {
    BusinessState.NEW: "Mới đăng ký",
    BusinessState.RECEIVED: "Được tiếp nhận",
    BusinessState.NOT_RECEIVED: "Không được tiếp nhận",
    BusinessState.IN_WORK: "Đang xử lý",
    BusinessState.AWAITING_SUPPLEMENT: "Chờ bổ sung giấy tờ",
    BusinessState.AWAITING_PAYMENT: "Chờ thực hiện nghĩa vụ tài chính",
    BusinessState.WITHDRAWN: "Đã rút hồ sơ",
    BusinessState.STOPPED: "Dừng xử lý",
    BusinessState.FINISHED: "Đã có kết quả, chờ trả",
    BusinessState.RETURNED: "Đã trả kết quả",
}
_PAYMENT_WORDS = {
    PaymentState.FREE: "Không thu",
    PaymentState.UNPAID: "Chưa thu",
    PaymentState.PENDING: "Chờ xác nhận tiền về",
    PaymentState.PAID: "Đã thu",
    PaymentState.REFUNDED: "Đã hoàn",
}

_B = BusinessState
MOVES: dict[BusinessState, frozenset[BusinessState]] = {
    _B.NEW: frozenset({_B.RECEIVED, _B.NOT_RECEIVED, _B.AWAITING_SUPPLEMENT, _B.WITHDRAWN}),
    _B.RECEIVED: frozenset(
        {
            _B.IN_WORK,
            _B.AWAITING_SUPPLEMENT,
            _B.AWAITING_PAYMENT,
            _B.WITHDRAWN,
            _B.STOPPED,
            _B.FINISHED,
            _B.NOT_RECEIVED,
        }
    ),
    _B.IN_WORK: frozenset(
        {_B.AWAITING_SUPPLEMENT, _B.AWAITING_PAYMENT, _B.WITHDRAWN, _B.STOPPED, _B.FINISHED}
    ),
    _B.AWAITING_SUPPLEMENT: frozenset(
        {_B.RECEIVED, _B.IN_WORK, _B.NOT_RECEIVED, _B.WITHDRAWN, _B.STOPPED}
    ),
    _B.AWAITING_PAYMENT: frozenset({_B.IN_WORK, _B.FINISHED, _B.WITHDRAWN, _B.STOPPED}),
    _B.FINISHED: frozenset({_B.RETURNED}),
    _B.STOPPED: frozenset({_B.IN_WORK}),  # re-opened by a leader
    _B.NOT_RECEIVED: frozenset(),
    _B.WITHDRAWN: frozenset(),
    _B.RETURNED: frozenset(),
}
CLOSED = frozenset({_B.NOT_RECEIVED, _B.WITHDRAWN, _B.STOPPED, _B.RETURNED})
"""States in which nothing more is done unless somebody re-opens the dossier."""


def can_move(before: BusinessState, after: BusinessState) -> bool:
    """Tell whether a dossier may go from one state straight to the other."""
    return after in MOVES[before]
