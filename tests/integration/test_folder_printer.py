"""A folder instead of a printer: whole files or none."""

import pytest

from printing.document import PaperSize
from printing.drivers import JobOptions, JobState
from printing.drivers.folder import FolderPrinter
from printing.errors import FolderNotWritable, PrinterRefused

A5 = JobOptions(paper=PaperSize.A5)


def test_a_job_becomes_one_file_under_its_title_and_is_found_again(tmp_path):
    printer = FolderPrinter(tmp_path)
    title = "Giấy tiếp nhận H24.15-261120-0001 · abcdef01-7"

    printer.look(A5)
    assert printer.find(title) is None
    job = printer.send(title, b"%PDF-x", A5)

    assert printer.state(job) == JobState("saved")
    assert printer.find(title) == job
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"%PDF-x"
    assert file.name == f"{title}.pdf"


@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "a/b\\c:d*e?", ".hidden", "x\0y\n", "dài " * 99]
)
def test_no_title_leads_out_of_the_folder(tmp_path, title):
    folder = tmp_path / "in"
    folder.mkdir()
    FolderPrinter(folder).send(title, b"%PDF-x", A5)

    (file,) = folder.iterdir()
    assert not file.name.startswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_folder_that_is_gone_takes_nothing_and_says_so(tmp_path):
    printer = FolderPrinter(tmp_path / "gone")

    with pytest.raises(FolderNotWritable):
        printer.look(A5)
    with pytest.raises(FolderNotWritable):
        printer.send("x", b"%PDF-x", A5)
    assert isinstance(printer.describe().problem, FolderNotWritable)
    with pytest.raises(PrinterRefused):
        printer.cancel(1)
