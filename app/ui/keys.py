"""Every key in one place: it makes shortcuts, button captions and the F1 sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

EVERYWHERE = "Mọi màn hình"
INTAKE = "Tiếp nhận"
DOSSIERS = "Hồ sơ"
SYNC = "Đồng bộ"
PRINT_QUEUE = "Chờ in"
DEVICES = "Thiết bị"
SCAN = "Quét"
PILES = "Chồng giấy"
RETURNING = "Trả kết quả"
PROCESSING = "Xử lý"
HAND_OVER = "Bàn giao"
REGISTER = "Sổ theo dõi"
CASH = "Thu tiền, ca"
STATISTICS = "Thống kê"
SETTINGS = "Cài đặt"
FIRST_STEPS = "Bước đầu"
CATALOGUE = "Danh mục"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the verb it does.

    Attributes:
        press: as Qt writes it, such as "F9" or "Ctrl+K".
        screen: where it works.
        verb: stable name.
        words: what it does, for people.
        in_list: handled by the list with focus, not by a shortcut.
    """

    press: str
    screen: str
    verb: str
    words: str
    in_list: bool = False


KEYS: tuple[Key, ...] = (
    Key("F1", EVERYWHERE, "help", "Phím tắt"),
    Key("F2", EVERYWHERE, "new_intake", "Tiếp nhận mới"),
    Key("F3", EVERYWHERE, "open_dossiers", "Hồ sơ, tìm kiếm"),
    Key("F4", EVERYWHERE, "open_returning", "Trả kết quả"),
    Key("Shift+F2", EVERYWHERE, "open_register", "Sổ theo dõi"),
    Key("Shift+F8", EVERYWHERE, "open_cash", "Thu tiền và đóng ca"),
    Key("Shift+F7", EVERYWHERE, "open_statistics", "Thống kê"),
    Key("Shift+F3", EVERYWHERE, "open_processing", "Xử lý hồ sơ"),
    Key("Shift+F4", EVERYWHERE, "open_hand_over", "Bàn giao"),
    Key("F5", EVERYWHERE, "sync_now", "Gửi và nhận ngay"),
    Key("Ctrl+G", EVERYWHERE, "open_piles", "Chồng giấy nhiều hồ sơ"),
    Key("Alt+F6", EVERYWHERE, "open_scan_screen", "Quét"),
    Key("Ctrl+S", EVERYWHERE, "open_sync", "Đồng bộ"),
    Key("Ctrl+K", EVERYWHERE, "omni", "Ô quét mã hoặc tìm"),
    Key("Ctrl+J", EVERYWHERE, "last_dossier", "Mở hồ sơ vừa rồi"),
    Key("Ctrl+L", EVERYWHERE, "lock", "Khoá máy"),
    Key("Ctrl+U", EVERYWHERE, "switch_user", "Đổi người dùng"),
    Key("F6", INTAKE, "scan", "Quét giấy tờ"),
    Key("Ctrl+O", INTAKE, "scan_files", "Lấy trang từ tệp"),
    Key("F8", INTAKE, "pay", "Thu tiền"),
    Key("F9", INTAKE, "receive", "Tiếp nhận và in"),
    Key("Ctrl+F9", INTAKE, "receive_more", "Tiếp nhận, còn hồ sơ nữa"),
    Key("Ctrl+N", INTAKE, "choose_draft", "Hồ sơ đang nhập dở"),
    Key("Ctrl+H", INTAKE, "late", "Ghi bù sau khi mất điện"),
    Key("Alt+1…8", INTAKE, "tile", "Thủ tục hay dùng", in_list=True),
    Key("Ctrl+B", INTAKE, "tick_required", "Đánh dấu mọi giấy tờ bắt buộc"),
    Key("Ctrl+1", INTAKE, "block_1", "Tới khối 1: Người nộp"),
    Key("Ctrl+2", INTAKE, "block_2", "Tới khối 2: Nội dung"),
    Key("Ctrl+3", INTAKE, "block_3", "Tới khối 3: Giấy tờ"),
    Key("Ctrl+4", INTAKE, "block_4", "Tới khối 4: Lệ phí, cách nhận"),
    Key("Ctrl+D", INTAKE, "same_person", "Thêm hồ sơ cho người này"),
    Key("Ctrl+T", INTAKE, "same_procedure", "Hồ sơ cùng thủ tục, người khác"),
    Key("Ctrl+Z", INTAKE, "undo", "Hoàn tác tiếp nhận (10 phút)"),
    Key("1…9", INTAKE, "tick_paper", "Đánh dấu giấy tờ thứ mấy", in_list=True),
    Key("+ −", INTAKE, "paper_count", "Thêm, bớt số bản", in_list=True),
    Key("C S P", INTAKE, "paper_kind", "Bản chính, chứng thực, photo", in_list=True),
    Key("Ctrl+F6", INTAKE, "open_scan", "Mở màn hình Quét: xem, xếp, gán trang"),
    Key("F6", DOSSIERS, "scan_more", "Quét thêm vào hồ sơ"),
    Key("F6", SCAN, "scan_on", "Quét tiếp"),
    Key("Ctrl+F6", SCAN, "scan_again", "Quét lại thay trang đang chọn"),
    Key("Shift+F6", SCAN, "scan_between", "Quét chèn sau trang đang chọn"),
    Key("Ctrl+O", SCAN, "scan_from_files", "Từ tệp"),
    Key("F9", SCAN, "keep_pages", "Lưu vào hồ sơ"),
    Key("Ctrl+Z", SCAN, "undo_page", "Hoàn tác"),
    Key("Ctrl+B", SCAN, "show_later", "Danh sách quét sau"),
    Key("1…9", SCAN, "give_paper", "Gán trang cho giấy tờ thứ mấy", in_list=True),
    Key("Ctrl+↑ Ctrl+↓", SCAN, "move_page", "Đổi chỗ trang", in_list=True),
    Key("R", SCAN, "turn_page", "Xoay", in_list=True),
    Key("Del", SCAN, "drop_page", "Bỏ trang", in_list=True),
    Key("Enter", SCAN, "look_at_page", "Xem lớn", in_list=True),
    Key("C", SCAN, "cut_page", "Cắt", in_list=True),
    Key("K", SCAN, "clean_page", "Làm rõ chữ, hoặc xem bản gốc", in_list=True),
    Key("G", SCAN, "note_page", "Giấy dán: có, đã gỡ, không", in_list=True),
    Key("Ctrl+F", DOSSIERS, "filter", "Tới ô tìm"),
    Key("Ctrl+R", DOSSIERS, "reprint", "In lại giấy tiếp nhận"),
    Key("Ctrl+P", DOSSIERS, "preview", "Xem giấy tiếp nhận"),
    Key("Ctrl+B", DOSSIERS, "other_papers", "Xem, in giấy khác của hồ sơ"),
    Key("F7", DOSSIERS, "more_acts", "Bổ sung, từ chối, dừng, lùi hẹn…"),
    Key("F8", DOSSIERS, "pay_dossier", "Thu tiền"),
    Key("Ctrl+M", DOSSIERS, "correct", "Sửa thông tin, in giấy hẹn mới"),
    Key("Ctrl+I", DOSSIERS, "retype", "Chép từng ô sang phần mềm khác"),
    Key("Ctrl+E", DOSSIERS, "export_list", "Xuất danh sách ra Excel"),
    Key("Enter", DOSSIERS, "open_sheet", "Mở hồ sơ", in_list=True),
    Key("Space", DOSSIERS, "quick_view", "Xem nhanh", in_list=True),
    Key("0…7", DOSSIERS, "quick_filter", "Lọc nhanh", in_list=True),
    Key("8", DOSSIERS, "saved_filter", "Bộ lọc đã lưu", in_list=True),
    Key("H", DOSSIERS, "reveal", "Hiện đủ số giấy tờ của hồ sơ đang mở", in_list=True),
    Key("F9", RETURNING, "give", "Trả kết quả và in giấy"),
    Key("F8", RETURNING, "pay_result", "Thu tiền còn thiếu"),
    Key("Ctrl+F9", RETURNING, "record_result", "Ghi kết quả rồi trả"),
    Key("Ctrl+F", RETURNING, "seek_result", "Tới ô tìm"),
    Key("Space", RETURNING, "mark_result", "Chọn, bỏ chọn kết quả", in_list=True),
    Key("Del", RETURNING, "drop_result", "Bỏ khỏi danh sách", in_list=True),
    Key("U", RETURNING, "authorised", "Người được uỷ quyền", in_list=True),
    Key("M", RETURNING, "lost_receipt", "Mất giấy hẹn", in_list=True),
    Key("0…3", RETURNING, "pleased", "Mức độ hài lòng", in_list=True),
    Key("F9", PROCESSING, "process_main", "Việc chính của danh sách đang xem"),
    Key("F7", PROCESSING, "process_more", "Bổ sung, từ chối, dừng, rút…"),
    Key("Ctrl+D", PROCESSING, "choose_unit", "Đổi phòng, bộ phận"),
    Key(
        "1…5",
        PROCESSING,
        "choose_queue",
        "Của tôi, chờ nhận, chờ ký, chờ bổ sung, tất cả",
        in_list=True,
    ),
    Key("T C", PROCESSING, "take_pass", "Nhận xử lý; chuyển tiếp", in_list=True),
    Key("P K D", PROCESSING, "propose_sign", "Trình ký; ký; trả lại dự thảo", in_list=True),
    Key("G", PROCESSING, "stage_done", "Xong bước của thủ tục liên thông", in_list=True),
    Key("X R", PROCESSING, "extend_record", "Lùi ngày hẹn; ghi kết quả", in_list=True),
    Key("Space", PROCESSING, "mark_work", "Chọn nhiều hồ sơ", in_list=True),
    Key("Enter", PROCESSING, "open_work", "Mở hồ sơ", in_list=True),
    Key("F9", HAND_OVER, "hand_over", "Bàn giao và in phiếu"),
    Key("F7", HAND_OVER, "load_waiting", "Lấy mọi hồ sơ chờ bàn giao"),
    Key("Ctrl+P", HAND_OVER, "print_slip", "In lại phiếu"),
    Key("Del", HAND_OVER, "drop_from_list", "Bỏ khỏi danh sách", in_list=True),
    Key("F9", REGISTER, "close_register", "Khoá sổ ngày"),
    Key("Ctrl+P", REGISTER, "print_register", "Xem và in sổ"),
    Key("Ctrl+E", REGISTER, "export_register", "Xuất sổ ra Excel"),
    Key("Ctrl+F", REGISTER, "register_days", "Tới ô ngày"),
    Key("Ctrl+D", REGISTER, "next_book", "Quyển chứng thực khác"),
    Key("1…3", REGISTER, "register_page", "Sổ theo dõi, sổ chứng thực, đối chiếu", in_list=True),
    Key("← →", REGISTER, "register_step", "Ngày trước, ngày sau", in_list=True),
    Key("F7", CASH, "open_shift", "Mở ca"),
    Key("F8", CASH, "take_money", "Thu tiền hồ sơ đang chọn"),
    Key("Ctrl+P", CASH, "print_shift", "In phiếu chốt ca"),
    Key("F9", CASH, "close_shift", "Đếm tiền, đóng ca"),
    Key("1…3", CASH, "cash_page", "Đã thu, chưa thu, các ca hôm nay", in_list=True),
    Key("Enter", CASH, "pay_row", "Thu tiền dòng đang chọn", in_list=True),
    Key("Ctrl+E", STATISTICS, "export_statistics", "Xuất mọi bảng ra Excel"),
    Key("Ctrl+P", STATISTICS, "print_statistics", "Xem và in báo cáo"),
    Key("Ctrl+F", STATISTICS, "statistics_days", "Tới ô ngày"),
    Key("Ctrl+B", STATISTICS, "chart_table", "Bảng số liệu thay biểu đồ (phím T)"),
    Key("1…5", STATISTICS, "statistics_period", "Ngày, tuần, tháng, quý, năm", in_list=True),
    Key(
        "6…9", STATISTICS, "statistics_page", "Biểu đồ, biểu II.06a, thủ tục, cán bộ", in_list=True
    ),
    Key("Ctrl+← Ctrl+→", STATISTICS, "statistics_step", "Kỳ trước, kỳ sau", in_list=True),
    Key("Enter", STATISTICS, "statistics_open", "Mở các hồ sơ của giá trị đang chọn", in_list=True),
    Key("Shift+F9", EVERYWHERE, "open_print_queue", "Chờ in"),
    Key("F12", EVERYWHERE, "open_devices", "Thiết bị"),
    Key("Shift+F12", EVERYWHERE, "open_settings", "Cài đặt"),
    Key("Ctrl+F12", EVERYWHERE, "open_catalogue", "Danh mục: thủ tục, phí, lịch, mẫu"),
    Key("F9", CATALOGUE, "sample_receipt", "Xem giấy hẹn mẫu của thủ tục"),
    Key("F8", CATALOGUE, "sample_leaflet", "Xem tờ hướng dẫn của thủ tục"),
    Key("Ctrl+E", CATALOGUE, "export_catalogue", "Xuất bảng ra Excel"),
    Key("Ctrl+F", CATALOGUE, "seek_catalogue", "Tới ô tìm"),
    Key(
        "1…7",
        CATALOGUE,
        "catalogue_page",
        "Các bản, thủ tục, phí, lịch, mẫu in, cơ quan, thay đổi",
        in_list=True,
    ),
    Key("Enter", CATALOGUE, "catalogue_open", "Bản đã đổi gì; giấy hẹn mẫu", in_list=True),
    Key("Enter", PRINT_QUEUE, "print_again", "In lại lệnh này", in_list=True),
    Key("M", PRINT_QUEUE, "print_elsewhere", "In máy khác", in_list=True),
    Key("T", PRINT_QUEUE, "print_to_file", "Lưu PDF", in_list=True),
    Key("D", PRINT_QUEUE, "print_came_out", "Đã in (giấy đã ra)", in_list=True),
    Key("C", PRINT_QUEUE, "print_did_not", "Chưa in, in lại", in_list=True),
    Key("X", PRINT_QUEUE, "print_look", "Xem giấy", in_list=True),
    Key("Delete", PRINT_QUEUE, "print_drop", "Bỏ lệnh in", in_list=True),
    Key("Ctrl+B", PRINT_QUEUE, "close_day", "Bảng đối chiếu cuối ngày"),
    Key("Enter", DEVICES, "device_test", "In thử, quét thử", in_list=True),
    Key("Delete", DEVICES, "device_remove", "Bỏ thiết bị đã thêm", in_list=True),
    Key("F9", DEVICES, "device_bundle", "Xuất gói chẩn đoán"),
    Key("Ctrl+F", DEVICES, "device_look", "Tìm lại thiết bị"),
    Key("F7", SETTINGS, "change_pin", "Đổi mã PIN"),
    Key("F8", SETTINGS, "first_steps", "Thử máy in, máy quét, hồ sơ tập sự"),
    Key("F9", SETTINGS, "turn_practice", "Chế độ tập sự"),
    Key("← →", SETTINGS, "turn_choice", "Đổi lựa chọn", in_list=True),
    Key("Enter", FIRST_STEPS, "do_step", "Làm bước đang chọn", in_list=True),
    Key("F6", FIRST_STEPS, "scan_back", "Quét lại tờ vừa in bằng máy quét"),
    Key("F9", FIRST_STEPS, "end_steps", "Xong, vào làm việc"),
    Key("Enter", SYNC, "settle_row", "Xem và chọn cách giải quyết", in_list=True),
    Key("Ctrl+E", SYNC, "export_queue", "Xuất ra USB"),
    Key("Ctrl+O", SYNC, "import_bundle", "Nhập từ USB"),
    Key("F6", PILES, "scan_pile", "Quét chồng giấy"),
    Key("Ctrl+O", PILES, "pile_files", "Lấy chồng giấy từ tệp"),
    Key("Ctrl+M", PILES, "both_sides", "Quét hai mặt"),
    Key("F9", PILES, "keep_pile", "Lưu vào các hồ sơ"),
    Key("Ctrl+Z", PILES, "undo_pile", "Hoàn tác việc xếp trang"),
    Key("Ctrl+Del", PILES, "discard_pile", "Bỏ cả chồng giấy"),
    Key("1…9", PILES, "move_page", "Chuyển trang sang hồ sơ thứ mấy; 0 để chờ", in_list=True),
    Key("C", PILES, "type_target", "Chuyển trang tới mã hồ sơ gõ vào", in_list=True),
    Key("S J", PILES, "split_join", "Tách từ trang này; nối vào hồ sơ trước", in_list=True),
    Key("R Del", PILES, "turn_drop", "Xoay trang; bỏ hoặc lấy lại trang", in_list=True),
    Key("Enter", PILES, "enlarge_page", "Xem trang lớn", in_list=True),
)


def keys_of(screen: str) -> tuple[Key, ...]:
    """Return the keys of a screen, or of every screen (`EVERYWHERE`), in their order."""
    return tuple(key for key in KEYS if key.screen == screen)


def key_of(verb: str) -> Key:
    """Return the key of a verb."""
    return next(key for key in KEYS if key.verb == verb)


class OwnKeysFirst(QObject):
    """Lets keys that work everywhere work in a field too, where the system has edits of its own.

    On X11 Ctrl+U empties a line: a field would take it before the shortcut sees it.

    Args:
        app: on which it is installed.
        presses: which keys; those of the registry that work everywhere, if none are named.
    """

    def __init__(self, app: QApplication, presses: Sequence[str] = ()) -> None:
        super().__init__(app)
        wanted = presses or [key.press for key in keys_of(EVERYWHERE)]
        self._own = {QKeySequence(press).toString() for press in wanted}
        app.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Do not let a field claim what is ours."""
        if event.type() is not QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if QKeySequence(event.keyCombination()).toString() not in self._own:
            return False
        event.ignore()
        return True


def bind(verb: str, screen: QWidget, act: Callable[[], object]) -> QShortcut:
    """Make a verb's key work on a screen, or in the whole window."""
    key = key_of(verb)
    shortcut = QShortcut(QKeySequence(key.press), screen)
    shortcut.setContext(
        Qt.ShortcutContext.WindowShortcut
        if key.screen == EVERYWHERE
        else Qt.ShortcutContext.WidgetWithChildrenShortcut
    )
    shortcut.activated.connect(act)
    shortcut.activatedAmbiguously.connect(act)
    return shortcut


def key_button(verb: str, words: str = "") -> QPushButton:
    """Return a button that shows its key; it takes no focus, so Enter never presses it."""
    key = key_of(verb)
    button = QPushButton(f"{key.press}  {words or key.words}")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setAccessibleName(words or key.words)
    return button
