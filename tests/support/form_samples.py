"""One filled-in sample of every paper form, and how it is drawn; all names are made up.

    .venv/bin/python -m tests.support.form_samples --write

draws the golden pages under tests/golden anew. Look at what changed before it is committed.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import functools
import io
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image

from printing.document import PaperSize, PrintDocument
from printing.forms import (
    code_change,
    control,
    cover,
    day_sheet,
    fee_slip,
    hand_over,
    key_card,
    leaflet,
    letter,
    pad,
    receipt,
    receipt_list,
    refusal,
    register,
    result_slip,
    shift_sheet,
    supplement,
)
from printing.forms.frame import CodeWords, Head, Signature
from printing.pdf import render
from tests.support.processes import program

MADE_AT = dt.datetime(2026, 11, 20, 10, tzinfo=dt.timezone(dt.timedelta(hours=7)))
GOLDEN = Path(__file__).parents[1] / "golden"
DPI = 60
CODE, ADDRESS = "H24.15-261120-0001", "https://tracuu.example.vn/hs/H24.15-261120-0001?m=ABCD2345"
A4, A5, ROLL = PaperSize.A4, PaperSize.A5, PaperSize.ROLL
LAW = "(Ban hành kèm theo Thông tư số 03/2025/TT-VPCP ngày 15 tháng 9 năm 2025)"
DAY = "Minh Tâm, ngày 20 tháng 11 năm 2026"
CODES = CodeWords(code=CODE, check="Y", lookup="ABCD2345", status_address=ADDRESS)
SUBMITTER, CLERK = "Đặng Thị Ánh Nguyệt", "Nguyễn Hữu Lộc"
PEOPLE = (
    ("Tiếp nhận hồ sơ của Ông (Bà)", "ĐẶNG THỊ ÁNH NGUYỆT"),
    ("Địa chỉ", "Số 1 đường Mẫu, phường Minh Tâm, thành phố Hải Phòng"),
    ("Số điện thoại, email", "0912345678 · anh@example.vn"),
    ("Số căn cước/Hộ chiếu", "000190123456"),
    ("Nội dung yêu cầu giải quyết", "Đăng ký khai sinh (Trần Đức Hiếu)"),
)
SHA = "3f9c1b7a" * 8


def head(number: str = "", form: str = "", *, day: str = DAY, book: str = "") -> Head:
    """The head of the sample agency."""
    return Head(
        parent_line="UBND PHƯỜNG MINH TÂM",
        name_line="TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG",
        place_and_date=day,
        number_line=number,
        book_line=book,
        form_line=f"{form}\n{LAW}" if form else "",
    )


RECEIPT = receipt.ReceiptWords(
    head=head("Số: 0001/TNHS", "Mẫu số 01"),
    codes=CODES,
    form_number="Mẫu số 01",
    title="GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    lines=PEOPLE,
    papers_label="Thành phần hồ sơ, yêu cầu và số lượng mỗi loại giấy tờ gồm",
    papers=(
        receipt.ReceiptPaper(name="Tờ khai đăng ký khai sinh", original="1"),
        receipt.ReceiptPaper(name="Giấy chứng sinh", original="1", certified="2", photocopy="3"),
    ),
    numbered=(
        ("Số lượng hồ sơ", "01 (bộ)"),
        ("Thời gian giải quyết hồ sơ theo quy định là", "trong ngày"),
        ("Thời gian nhận hồ sơ", "10 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        ("Thời gian trả kết quả giải quyết hồ sơ", "17 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        ("Đăng ký nhận kết quả tại", "UBND phường Minh Tâm, nơi tiếp nhận hồ sơ"),
        ("Phí, lệ phí", "8.000 đồng (Tám nghìn đồng) — đã thu"),
    ),
    note="Kết quả có thể có sớm hơn và được báo qua điện thoại hoặc email. Khi đến nhận kết quả "
    "mang theo giấy này, căn cước và giấy uỷ quyền (nếu nhận thay).",
    submitter_name=SUBMITTER,
    clerk_name=CLERK,
)
COPIES_RECEIPT = dataclasses.replace(
    RECEIPT,
    papers=(),
    copy_lines=(
        receipt.ReceiptCopyLine(name="Bằng tốt nghiệp", pages=12, copies=2, amount="28.000"),
        receipt.ReceiptCopyLine(name="Sổ hộ khẩu", pages=1, copies=1, amount="2.000"),
    ),
    copy_total="30.000",
)
LINKED_RECEIPT = dataclasses.replace(
    RECEIPT,
    note="Kết quả có thể có sớm hơn và được báo qua điện thoại hoặc email. Quét mã QR, hoặc mở "
    "https://tracuu.example.vn/tra-cuu rồi gõ mã hồ sơ và mã tra cứu, để xem tiến độ. Khi đến "
    "nhận kết quả mang theo giấy này, căn cước và giấy uỷ quyền (nếu nhận thay).",
    stages=(
        receipt.ReceiptStage(name="Đăng ký khai sinh", agency="UBND phường Minh Tâm",
                             term="1 ngày", due="17:00 21/11/2026 (dự kiến)"),
        receipt.ReceiptStage(name="Cấp thẻ bảo hiểm y tế", agency="Bảo hiểm xã hội cơ sở Minh Tâm",
                             term="theo quyết định công bố", due="từ khi cơ quan nhận"),
    ),
)  # fmt: skip
RECEIPT_LIST = receipt_list.ReceiptListWords(
    head=head("Số: 0001; 0002; 0003/TNHS", "Mẫu số 01"),
    form_number="Mẫu số 01",
    title="GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    lines=PEOPLE[:4],
    dossiers=tuple(
        receipt_list.ListedReceipt(
            code=f"H24.15-261120-000{i}", lookup="ABCD2345", content="Chứng thực bản sao",
            owner=owner, agency="UBND phường Minh Tâm", received="20/11/2026", due="20/11/2026",
            term="trong ngày", papers=str(i),
        )
        for i, owner in enumerate((SUBMITTER, "Trần Đức Hiếu", "Lê Thị Ổn"), start=1)
    ),
    note=RECEIPT.note,
    submitter_name=SUBMITTER,
    clerk_name=CLERK,
)  # fmt: skip
SUPPLEMENT = supplement.SupplementWords(
    head=head("Số: ……………/HDHS", "Mẫu số 02"),
    codes=CODES,
    form_number="Mẫu số 02",
    title="Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
    lines=PEOPLE,
    items=(
        ("Giấy chứng sinh: bản chính, bản đã nộp bị mờ số", "Điều 16 Luật Hộ tịch"),
        ("Tờ khai: ghi đủ họ tên, năm sinh của cha", ""),
    ),
    reason="thành phần hồ sơ chưa đầy đủ theo quy định",
    round=1,
    deadline="7 ngày làm việc, đến hết ngày 02 tháng 12 năm 2026",
    ground="Điều 17 Nghị định số 118/2025/NĐ-CP",
    contact="Trong quá trình hoàn thiện hồ sơ nếu có vướng mắc, Ông/Bà liên hệ với Nguyễn Hữu Lộc, "
    "UBND phường Minh Tâm, điện thoại 0225 000 0015 để được hướng dẫn.",
    clerk_name=CLERK,
    submitter_name=SUBMITTER,
)
REFUSAL = refusal.RefusalWords(
    head=head("Số: ……………", "Mẫu số 03"),
    codes=CODES,
    form_number="Mẫu số 03",
    title="Phiếu từ chối tiếp nhận giải quyết hồ sơ",
    lines=PEOPLE,
    agency="UBND phường Minh Tâm",
    reason="Hồ sơ không thuộc thẩm quyền giải quyết của UBND cấp xã.",
    contact="Nếu có vướng mắc, Ông/Bà liên hệ với Nguyễn Hữu Lộc, UBND phường Minh Tâm để được "
    "hướng dẫn.",
    submitter_name=SUBMITTER,
    clerk_name=CLERK,
)
APOLOGY = letter.LetterWords(
    head=head("Số: ……………/PXL", "Mẫu số 04"),
    codes=CODES,
    form_number="Mẫu số 04",
    title="Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết",
    addressee=f"Ông/Bà {SUBMITTER}",
    opening=(
        "Ngày 20 tháng 11 năm 2026, UBND phường Minh Tâm tiếp nhận giải quyết hồ sơ đề nghị giải "
        f"quyết thủ tục hành chính “Đăng ký khai sinh” của Ông/Bà {SUBMITTER}; mã hồ sơ: {CODE}.",
        "Thời gian hẹn trả kết quả: 17 giờ 00 phút, ngày 20 tháng 11 năm 2026.",
        "Tuy nhiên đến nay, UBND phường Minh Tâm chưa trả kết quả giải quyết hồ sơ của Ông/Bà đúng "
        "thời hạn quy định. Lý do: hệ thống hộ tịch điện tử gián đoạn.",
    ),
    lines=(),
    closing=(
        "UBND phường Minh Tâm xin lỗi Ông/Bà vì sự chậm trễ này và sẽ trả kết quả vào 17 giờ 00 "
        "phút, ngày 23 tháng 11 năm 2026.",
        "Mong nhận được sự thông cảm của Ông/Bà.",
    ),
    signature=Signature("THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ", hint="(Ký, ghi rõ họ tên và đóng dấu)"),
    copies_to=("Như trên", "Bộ phận tiếp nhận và trả kết quả"),
)
STOP = dataclasses.replace(
    APOLOGY,
    head=head("Số: ……………", "Mẫu số 05"),
    form_number="Mẫu số 05",
    title="Thông báo dừng giải quyết hồ sơ",
    opening=("UBND phường Minh Tâm thông báo dừng giải quyết hồ sơ sau đây:",),
    lines=(
        ("Thủ tục hành chính", "Đăng ký khai sinh (Trần Đức Hiếu)"),
        ("Chủ hồ sơ", SUBMITTER),
        ("Lý do", "theo đề nghị của người nộp hồ sơ"),
        ("Phí, lệ phí đã nộp", "8.000 đồng; hoàn hay không hoàn theo quy định về phí, lệ phí"),
    ),
    closing=("Ông/Bà mang theo giấy tiếp nhận hồ sơ đến nơi đã nộp để nhận lại giấy tờ.",),
)
CONTROL = control.ControlWords(
    head=head("Số: ……………", "Mẫu số 06", book="Quyển số: 2026, Số thứ tự: ………"),
    codes=CODES,
    form_number="Mẫu số 06",
    title="Phiếu kiểm soát quá trình giải quyết hồ sơ",
    lines=(
        ("Kèm theo hồ sơ của", SUBMITTER),
        ("Ngày nhận", "10 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        ("Ngày, giờ hẹn trả kết quả", "17 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        ("Cơ quan (bộ phận) giải quyết hồ sơ", "UBND phường Minh Tâm"),
        ("Cơ quan phối hợp giải quyết hồ sơ", "Bảo hiểm xã hội cơ sở Minh Tâm"),
    ),
    steps=(
        control.ControlStep(giver=SUBMITTER, taker="UBND phường Minh Tâm",
                            at="10 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        control.ControlStep(giver="UBND phường Minh Tâm",
                            taker="Bảo hiểm xã hội cơ sở Minh Tâm, Bộ phận cấp thẻ",
                            at="14 giờ 05 phút, ngày 20 tháng 11 năm 2026", result="Trước hạn",
                            note="nhận 14:30 20/11/2026"),
    ),
)  # fmt: skip
REGISTER = register.RegisterWords(
    head=head(day="", form="Mẫu số 07", book="Quyển số: 2026"),
    form_number="Mẫu số 07",
    title="Sổ theo dõi hồ sơ",
    period="Ngày 20 tháng 11 năm 2026",
    rows=tuple(
        register.RegisterRow(
            number=str(i), code=f"H24.15-261120-000{i}", procedure="Đăng ký khai sinh", sets="1",
            owner=owner, contact="Số 1 đường Mẫu, phường Minh Tâm\n0912345678",
            agency="UBND phường Minh Tâm", received=f"0{6 + i}:15 20/11/2026",
            due="17:00 20/11/2026", returned="16:20 20/11/2026" if i == 1 else "",
            how="Tại quầy", note="Đã hoàn tác: nhập nhầm" if i == 2 else "", is_void=i == 2,
        )
        for i, owner in enumerate((SUBMITTER, "Trần Đức Hiếu", "Lê Thị Ổn"), start=1)
    ),
    totals="Cộng: 3 số, trong đó 1 số đã hoàn tác; đã trả kết quả 1 hồ sơ.",
    place_and_date=DAY,
    seal=SHA,
)  # fmt: skip
HAND_OVER = hand_over.HandOverWords(
    head=head(),
    title="Phiếu bàn giao hồ sơ",
    lines=(("Bên giao", f"UBND phường Minh Tâm ({CLERK})"), ("Bên nhận", "Phòng Tư pháp")),
    columns=(("Mã hồ sơ", 16), ("Nội dung", 30), ("Chủ hồ sơ", 18), ("Số giấy tờ", 7),
             ("Nhận lúc", 9), ("Hẹn trả", 9), ("Ghi chú", 12)),
    rows=tuple(
        (f"H24.15-261120-000{i}", "Đăng ký khai sinh", owner, str(i), "10:00 20/11/2026",
         "17:00 20/11/2026", "")
        for i, owner in enumerate((SUBMITTER, "Trần Đức Hiếu"), start=1)
    ),
    totals="Cộng: 2 hồ sơ.",
    giver=Signature("NGƯỜI GIAO", CLERK),
    taker=Signature("NGƯỜI NHẬN"),
)  # fmt: skip
RESULT = result_slip.ResultSlipWords(
    head=head(),
    codes=CODES,
    title="Giấy biên nhận trả kết quả",
    lines=(
        ("Tên thủ tục hành chính", "Đăng ký khai sinh (Trần Đức Hiếu)"),
        ("Chủ hồ sơ", SUBMITTER),
        ("Người trả kết quả", CLERK),
        ("Người nhận kết quả", SUBMITTER),
        ("Số giấy tờ, điện thoại người nhận", "000190123456 · 0912345678"),
    ),
    results=(("Giấy khai sinh", "12/2026, ngày 20/11/2026", "01"),),
    closing=(
        ("Ngày hẹn trả", "17 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
        ("Ngày trả kết quả", "16 giờ 20 phút, ngày 20 tháng 11 năm 2026"),
    ),
    recipient_name=SUBMITTER,
    clerk_name=CLERK,
)
FEE = fee_slip.FeeSlipWords(
    head=head(day=""),
    code=CODE,
    title="Phiếu thu tạm",
    book_lines=(),
    note="Xác nhận đã nộp tiền; không thay biên lai thu phí, lệ phí",
    lines=(
        ("Người nộp tiền", SUBMITTER),
        ("Địa chỉ", "Số 1 đường Mẫu, phường Minh Tâm"),
        ("Loại phí, lệ phí", "Chứng thực bản sao từ bản chính"),
        ("Mã hồ sơ", CODE),
        ("Hình thức thanh toán", "Tiền mặt"),
        ("Thời gian nộp", "10 giờ 02 phút, ngày 20 tháng 11 năm 2026"),
    ),
    amount="28.000 đồng",
    amount_in_words="Hai mươi tám nghìn đồng",
    place_and_date=DAY,
    payer_name=SUBMITTER,
    clerk_name=CLERK,
)
BOOK_FEE = dataclasses.replace(
    FEE,
    title="Biên lai thu tiền phí, lệ phí",
    note="",
    book_lines=(("Mẫu số", "01BLP2-001"), ("Ký hiệu", "AA-26P"), ("Số", "0000123")),
)
SHIFT = shift_sheet.ShiftSheetWords(
    head=head(),
    title="Phiếu chốt ca",
    lines=(("Cán bộ", CLERK), ("Máy (quầy)", "Quầy 1"),
           ("Từ", "07 giờ 00 phút, ngày 20 tháng 11 năm 2026"), ("Đến", "chưa đóng ca")),
    counts=(("Hồ sơ đã tiếp nhận", "42"), ("Hồ sơ đã hoàn tác", "1"), ("Kết quả đã trả", "17"),
            ("Giấy đã in", "45")),
    money=(("Tiền lẻ đầu ca", "200.000"), ("Thu tiền mặt", "28.000"), ("Hoàn tiền mặt", "8.000"),
           ("Thu chuyển khoản, trực tuyến (không có trong két)", "0"),
           ("Phải có trong két", "220.000")),
    payments=(("10:02", CODE, SUBMITTER, "Tiền mặt", "28.000"),
              ("10:40", "H24.15-261120-0002", "Trần Đức Hiếu", "Hoàn tiền", "−8.000")),
    counted=(),
    reason="",
    clerk_name=CLERK,
)  # fmt: skip
CLOSED_SHIFT = dataclasses.replace(
    SHIFT,
    counted=(("Thực đếm", "219.000"), ("Theo sổ", "220.000"), ("Chênh lệch", "−1.000")),
    reason="thiếu một tờ 1.000 khi trả lại tiền thừa",
)
DAY_SHEET = day_sheet.DaySheetWords(
    parent_line="UBND PHƯỜNG MINH TÂM",
    name_line="TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG",
    station_line="Máy: Quầy 1",
    title="Bảng đối chiếu cuối ngày",
    day_line="Ngày 20/11/2026",
    place_and_date="Minh Tâm, 17:05 ngày 20/11/2026",
    summary=(("Hồ sơ tiếp nhận", "45, trong đó đã hoàn tác 1"), ("Giấy tiếp nhận đã in", "45"),
             ("Máy chủ đã xác nhận", "44 hồ sơ")),
    rows=((CODE, "10:02", "đã nhận", "đã in", "đã có"),
          ("H24.15-261120-0002", "10:40", "đã hoàn tác, số để trống", "đã in", "đã có")),
    verdict="CHƯA KHỚP: 1 việc",
    differences=((CODE, "đã in, máy chủ chưa có", "Gửi/nhận (F5), rồi đối chiếu lại"),),
    numbers=("Số 0003 đến 0005: cấp cho máy này, chưa dùng.",),
    seal=" ".join(SHA[i : i + 8] for i in range(0, 64, 8)),
    clerk_name=CLERK,
)  # fmt: skip
COVER = cover.CoverWords(
    head=head(day=""),
    code=CODE,
    scanned=f"BIA|{CODE}",
    title="Tờ bìa hồ sơ",
    lines=(("Chủ hồ sơ", SUBMITTER), ("Thủ tục", "Đăng ký khai sinh (Trần Đức Hiếu)"),
           ("Ngày hẹn trả", "17 giờ 00 phút, ngày 20 tháng 11 năm 2026")),
    papers=("Tờ khai đăng ký khai sinh", "Giấy chứng sinh"),
)  # fmt: skip
CODE_CHANGE = code_change.CodeChangeWords(
    head=head(),
    codes=CODES,
    title="Phiếu báo đổi mã hồ sơ",
    former=("T-1A2B3C-261120-0007",),
    reason="số chính thức thay cho số tạm",
    lines=(("Người nộp hồ sơ", "ĐẶNG THỊ ÁNH NGUYỆT"),
           ("Nội dung yêu cầu giải quyết", "Đăng ký khai sinh (Trần Đức Hiếu)")),
    submitter_name=SUBMITTER,
    clerk_name=CLERK,
)  # fmt: skip
KEYS = key_card.KeyCardWords(
    title="Bảng phím tắt",
    groups=(
        ("Mọi màn hình", (("F1", "Phím tắt"), ("F2", "Tiếp nhận mới"), ("F3", "Hồ sơ, tìm kiếm"))),
        ("Tiếp nhận", (("F9", "Tiếp nhận và in"), ("Ctrl+B", "Đánh dấu mọi giấy tờ bắt buộc"))),
    ),
    note="F1 trên màn hình mở bảng này.",
)
LEAFLET = leaflet.LeafletWords(
    head=head(day=""),
    title="Hướng dẫn thủ tục hành chính",
    procedure="Đăng ký khai sinh",
    lines=(("Mã thủ tục", "1.001193"), ("Nơi nộp", "UBND phường Minh Tâm, số 1 đường Mẫu"),
           ("Thời hạn giải quyết", "trong ngày"), ("Phí, lệ phí", "8.000 đồng"),
           ("Kết quả", "Giấy khai sinh")),
    papers=(("Tờ khai đăng ký khai sinh", "1 bản chính", ""),
            ("Căn cước", "", "xuất trình; nếu có")),
    stages=(("Đăng ký khai sinh", "1 ngày"),),
    notes=("Giấy tờ mà cơ sở dữ liệu quốc gia đã có thì không phải nộp.",),
    qr="https://tracuu.example.vn/tra-cuu",
    qr_words="Quét mã để tra cứu tiến độ hồ sơ sau khi nộp.",
)  # fmt: skip
PAD = pad.PadWords(
    head=head(day="Minh Tâm, ngày …… tháng …… năm ………", form="Mẫu số 01"),
    form_number="Mẫu số 01",
    title="Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
    id_label="Số căn cước/Hộ chiếu",
    papers_label="Thành phần hồ sơ, yêu cầu và số lượng mỗi loại giấy tờ gồm",
    numbers=("GT-1A2B3C-00001",),
    note="Giấy này viết tay khi quầy mất điện.",
)

Build = Callable[[Any, PaperSize], PrintDocument]
SAMPLES: dict[str, tuple[Build, Any, tuple[PaperSize, ...]]] = {
    "01": (receipt.build, RECEIPT, (A4, A5, ROLL)),
    "01-copies": (receipt.build, COPIES_RECEIPT, (A4, A5, ROLL)),
    "01-linked": (receipt.build, LINKED_RECEIPT, (A4, A5, ROLL)),
    "01-list": (receipt_list.build, RECEIPT_LIST, (A4,)),
    "02": (supplement.build, SUPPLEMENT, (A4, A5, ROLL)),
    "03": (refusal.build, REFUSAL, (A4, A5, ROLL)),
    "04": (letter.build, APOLOGY, (A4, A5)),
    "05": (letter.build, STOP, (A4, A5)),
    "06": (control.build, CONTROL, (A4, A5)),
    "07": (register.build, REGISTER, (A4,)),
    "hand-over": (hand_over.build, HAND_OVER, (A4,)),
    "result": (result_slip.build, RESULT, (A4, A5, ROLL)),
    "fee": (fee_slip.build, FEE, (A4, A5, ROLL)),
    "fee-book": (fee_slip.build, BOOK_FEE, (A5,)),
    "shift": (shift_sheet.build, SHIFT, (A4, A5)),
    "shift-closed": (shift_sheet.build, CLOSED_SHIFT, (A4,)),
    "day": (day_sheet.build_day_sheet, DAY_SHEET, (A4,)),
    "cover": (cover.build, COVER, (A4, A5)),
    "code-change": (code_change.build, CODE_CHANGE, (A4, A5, ROLL)),
    "keys": (key_card.build, KEYS, (A4, A5)),
    "leaflet": (leaflet.build, LEAFLET, (A4, A5, ROLL)),
    "pad": (pad.build, PAD, (A4, A5)),
}
PAGES = [(form, paper) for form, (_, _, papers) in SAMPLES.items() for paper in papers]


@functools.cache
def sample_pdf(form: str, paper: PaperSize) -> bytes:
    """The sample of a form on a paper."""
    build, words, _ = SAMPLES[form]
    return render(build(words, paper), made_at=MADE_AT)


def pictures(pdf: bytes, dpi: int = DPI) -> list[Image.Image]:
    """The pages of a PDF, grey."""
    with pypdfium2.PdfDocument(pdf) as opened:
        return [page.render(scale=dpi / 72).to_pil().convert("L") for page in opened]


def picture(pdf: bytes, dpi: int = DPI) -> Image.Image:
    """All pages of a PDF below each other, grey."""
    pages = pictures(pdf, dpi)
    whole = Image.new("L", (max(p.width for p in pages), sum(p.height for p in pages)), 255)
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    return whole


def codes(pdf: bytes, dpi: int = 200) -> list[set[tuple[str, str]]]:
    """What a scanner reads on each page: symbology and text."""
    return [
        {(str(f.format), f.text) for f in zxingcpp.read_barcodes(page)}
        for page in pictures(pdf, dpi)
    ]


def layout(pdf: bytes) -> str:
    """What poppler reads, as it stands on the pages."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.pdf"
        path.write_bytes(pdf)
        done = subprocess.run(
            [program("pdftotext"), "-layout", str(path), "-"], check=True, capture_output=True
        )
    return done.stdout.decode()


def golden(form: str, paper: PaperSize, suffix: str) -> Path:
    """Where the golden page of a form lies."""
    return GOLDEN / f"{form}-{paper.value}.{suffix}"


def write_all(only: str = "") -> None:
    """Draw the golden pages anew."""
    GOLDEN.mkdir(exist_ok=True)
    for form, paper in PAGES:
        if only and form != only:
            continue
        pdf = sample_pdf(form, paper)
        out = io.BytesIO()
        picture(pdf).quantize(16).save(out, "PNG", optimize=True)
        golden(form, paper, "png").write_bytes(out.getvalue())
        golden(form, paper, "txt").write_text(layout(pdf), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", required=True)
    parser.add_argument("--only", default="", help="one form")
    write_all(parser.parse_args().only)
