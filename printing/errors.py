"""What keeps paper from coming out, named for what hands must do."""

from __future__ import annotations


class PrintProblem(Exception):
    """A job did not come out, or it is not known whether it did.

    Attributes:
        title: what happened, one Vietnamese sentence.
        advice: what hands must do.
    """

    title = "Chưa in được."
    advice = "Kiểm tra máy in rồi in lại."

    def __init__(self, title: str = "", advice: str = "") -> None:
        self.title = title or type(self).title
        self.advice = advice or type(self).advice
        super().__init__(f"{self.title} {self.advice}")


class OutOfPaper(PrintProblem):
    """The tray is empty."""

    title = "Máy in hết giấy."
    advice = "Nạp giấy vào khay; giấy sẽ tự ra tiếp."


class PaperJam(PrintProblem):
    """Paper is stuck."""

    title = "Máy in kẹt giấy."
    advice = "Mở máy, rút tờ giấy kẹt ra, đóng lại."


class CoverOpen(PrintProblem):
    """A door is open."""

    title = "Nắp máy in đang mở."
    advice = "Đóng nắp máy in lại."


class CutterStuck(PrintProblem):
    """The knife of a thermal printer is caught."""

    title = "Dao cắt giấy bị kẹt."
    advice = "Tắt máy in, mở nắp, gỡ giấy ở dao cắt, đóng nắp rồi bật lại."


class OutOfToner(PrintProblem):
    """Nothing to print with."""

    title = "Máy in hết mực."
    advice = "Thay hộp mực, hoặc in bằng máy khác."


class PrinterPaused(PrintProblem):
    """The queue was stopped by somebody."""

    title = "Máy in đang tạm dừng."
    advice = "Bấm nút tiếp tục trên máy in, hoặc bật lại hàng đợi in."


class PrinterOffline(PrintProblem):
    """Nothing answers at the printer's address."""

    title = "Máy in không phản hồi."
    advice = "Bật máy in, kiểm tra dây mạng hoặc dây USB; hoặc in bằng máy khác."


class PrinterBusy(PrintProblem):
    """It prints for somebody else and takes nothing now; nothing was taken."""

    title = "Máy in đang in việc khác."
    advice = "Chờ một lát; giấy sẽ tự ra tiếp."


class OutputFull(PrintProblem):
    """No more sheets fit where they come out."""

    title = "Khay ra giấy đã đầy."
    advice = "Lấy bớt giấy ở khay ra."


class TrayMissing(PrintProblem):
    """A tray was pulled out."""

    title = "Khay giấy chưa lắp vào máy in."
    advice = "Lắp khay giấy vào cho khít."


class WrongPaper(PrintProblem):
    """The size asked for is not loaded."""

    title = "Khay không có cỡ giấy này."
    advice = "Nạp đúng cỡ giấy, hoặc chọn cỡ khác."


class PrinterRefused(PrintProblem):
    """The printer understood, and said no."""

    title = "Máy in từ chối lệnh in."


class OutcomeUnknown(PrintProblem):
    """The job was handed over and nobody knows what became of it."""

    title = "Không rõ giấy đã ra hay chưa."
    advice = "Nhìn khay giấy: đã ra thì chọn “Đã in”, chưa ra thì chọn “Chưa in” để in lại."


class HandedOver(OutcomeUnknown):
    """The system took the job and tells nothing more."""

    title = "Đã giao cho máy in; máy tính này không biết giấy đã ra hay chưa."
    advice = "Nhìn khay giấy: đã ra thì chọn “Đã in”, chưa ra thì chọn “Chưa in” để in lại."


class CannotRead(PrintProblem):
    """The printer takes none of the kinds of document that can be made here."""

    title = "Máy in này không nhận loại tài liệu mà chương trình gửi."
    advice = "Chọn máy in khác, hoặc cài hàng đợi in cho máy này rồi chọn hàng đợi đó."


class FolderNotWritable(PrintProblem):
    """The folder for PDF files cannot be written."""

    title = "Không ghi được tệp PDF vào thư mục đã chọn."
    advice = "Kiểm tra thư mục còn đó và còn chỗ trống, hoặc chọn thư mục khác."


class DoesNotFit(PrintProblem):
    """Something is too wide for the paper."""

    title = "Nội dung không vừa khổ giấy."
    advice = "Chọn khổ giấy lớn hơn."
