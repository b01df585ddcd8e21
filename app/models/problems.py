"""What can be wrong with the store, in words for the clerk."""

from __future__ import annotations

import errno

from app.errors import AppError


class StoreProblem(AppError):
    """The store cannot be used as asked."""


class WrongKey(StoreProblem):
    """The key at hand does not open the store, or there is no key."""


class DamagedStore(StoreProblem):
    """The store's file is not what was written."""


class DiskFull(StoreProblem):
    """There is no room left."""


class DiskFails(StoreProblem):
    """The disk does not read or write now; the store may be whole."""


class NotWritable(StoreProblem):
    """The folder or the file may not be written."""


class OnNetworkShare(StoreProblem):
    """The profile lies on a network share, where locks do not hold."""


class NewerStore(StoreProblem):
    """The store was written by a newer version of the program."""


class JournalGone(StoreProblem):
    """The second journal can be written nowhere: no final code may leave."""


_DAMAGE = ("malformed", "corrupt", "vtable constructor failed", "invalid fts5")
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)
_SAFE = "Kho hồ sơ còn nguyên như trước, không bị ghi đè."


def translated(error: BaseException) -> StoreProblem | None:
    """Return what a database or disk error means, or None if it is a bug."""
    text = str(error).lower()
    cause = error.errno if isinstance(error, OSError) else None
    if "file is not a database" in text or "file is encrypted" in text:
        return WrongKey(
            "Khoá đang có không mở được kho hồ sơ.",
            "Đăng nhập Windows/Linux đúng tài khoản của quầy, hoặc nhờ quản trị khôi phục khoá.",
            _SAFE,
        )
    if "disk i/o error" in text or cause == errno.EIO:
        return DiskFails(
            "Đĩa đang lỗi, chưa đọc hay ghi được kho hồ sơ.",
            "Kiểm tra dây và đĩa rồi làm lại; nếu vẫn vậy, báo quản trị thay đĩa.",
            "Mọi hồ sơ đã tiếp nhận vẫn còn; chưa in giấy nào cho việc này.",
        )
    if any(words in text for words in _DAMAGE):
        return DamagedStore(
            "Tệp kho hồ sơ bị hỏng.",
            "Chạy “restore”: dựng lại từ bản sao và nhật ký thứ hai.",
            "Tệp hỏng được giữ nguyên.",
        )
    if "disk is full" in text or cause in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            "Đĩa đã đầy, chưa lưu được việc vừa làm.",
            "Xoá bớt tệp trên đĩa rồi làm lại.",
            "Mọi hồ sơ đã tiếp nhận vẫn còn; chưa in giấy nào cho việc này.",
        )
    if "readonly" in text or "unable to open" in text or cause in _REFUSED:
        return NotWritable(
            "Không ghi được vào thư mục dữ liệu.",
            "Kiểm tra quyền ghi của thư mục, hoặc chọn thư mục khác.",
            _SAFE,
        )
    if "database is locked" in text:
        return StoreProblem(
            "Kho hồ sơ đang bận quá lâu.",
            "Đợi vài giây rồi làm lại; nếu vẫn vậy, đóng các cửa sổ khác của chương trình.",
            "Việc vừa làm chưa lưu, những gì đã gõ vẫn còn.",
        )
    return None
