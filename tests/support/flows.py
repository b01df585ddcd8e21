"""What is done all day, by keys: each flow returns how many keys it took, and no click."""

from __future__ import annotations

from PySide6.QtCore import Qt

from tests.support.hands import Hands
from tests.support.seat import Seat

K = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def certified_copy(seat: Seat, card: str) -> Hands:
    """Receive three certified copies of a two-page paper with a telephone number; take the fee.

    Args:
        card: QR text of a citizen who was never here.
    """
    hands, view = Hands(seat), seat.view("intake")
    hands.scan(card)
    hands.type("ctbs")
    hands.press(K.Key_1, CTRL)
    hands.type("0912345678", enter=False)
    hands.press(K.Key_3, CTRL)
    hands.type("cccd")
    hands.type("2")
    hands.type("3", enter=False)
    hands.press(K.Key_F9)
    seat.until(lambda: view.shows_result)
    hands.press(K.Key_F8)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    hands.press(K.Key_Return)
    seat.until(lambda: seat.counter.pay_desk.dialog is None)
    return hands


def birth(seat: Seat, father: str, mother: str) -> Hands:
    """Receive a birth registration with every field of the form filled.

    Args:
        father, mother: QR texts of their cards; the father stands at the counter.
    """
    hands, view = Hands(seat), seat.view("intake")
    hands.scan(father)
    hands.type("dkks")
    hands.type("Nguyễn Gia Hân")
    hands.type("15112026")
    hands.press(K.Key_Down)
    hands.press(K.Key_Down)
    hands.press(K.Key_Return)
    hands.type("Kinh")
    hands.type("Bệnh viện Minh Tâm")
    hands.scan(mother)
    hands.scan(father)
    hands.type("123/2026", enter=False)
    hands.press(K.Key_1, CTRL)
    hands.type("0912345678", enter=False)
    hands.press(K.Key_B, CTRL)
    hands.press(K.Key_F9)
    seat.until(lambda: view.shows_result)
    return hands


def give(seat: Seat, code: str) -> Hands:
    """Hand a result out: the receipt is scanned, what is owed is taken, the citizen was pleased.

    Args:
        code: as the receipt's barcode says it.
    """
    hands = Hands(seat)
    hands.scan(code)
    view = seat.view("returning")
    seat.until(lambda: view.table.rowCount() == 1)
    hands.press(K.Key_F8)
    seat.until(lambda: seat.counter.pay_desk.dialog is not None)
    hands.press(K.Key_Return)
    seat.until(lambda: seat.counter.pay_desk.dialog is None)
    seat.idle()
    hands.press(K.Key_1)
    hands.press(K.Key_F9)
    seat.until(lambda: "Đã trả" in view.notice.words.text())
    return hands
