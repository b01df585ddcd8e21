"""A folder that takes PDF files, where there is no printer."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from printing.drivers import JobOptions, JobState, PrinterFacts
from printing.errors import FolderNotWritable, PrinterRefused, PrintProblem

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_LONGEST_NAME = 120


class FolderPrinter:
    """Saves each job as one file; a crash leaves the whole file or none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, options: JobOptions | None = None) -> None:  # noqa: ARG002 - takes any paper
        """Ask whether files can be saved.

        Raises:
            FolderNotWritable: the folder is gone, or belongs to somebody else.
        """
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK):
            raise FolderNotWritable

    def describe(self) -> PrinterFacts:
        """Say how it stands."""
        try:
            self.look()
        except PrintProblem as problem:
            return PrinterFacts(model="Thư mục PDF", problem=problem)
        return PrinterFacts(model="Thư mục PDF", formats=("application/pdf",))

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:  # noqa: ARG002
        """Save the PDF under the job's title.

        Raises:
            FolderNotWritable: nothing was saved.
        """
        target = self._file(title)
        try:
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(pdf)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except OSError as error:
            raise FolderNotWritable from error
        return 1

    def find(self, title: str) -> int | None:
        """Return 1 if the file is there."""
        return 1 if self._file(title).exists() else None

    def state(self, job: int) -> JobState:  # noqa: ARG002 - what was sent is saved
        """Return "saved"."""
        return JobState("saved")

    def cancel(self, job: int) -> None:  # noqa: ARG002
        """Refuse: the file is there.

        Raises:
            PrinterRefused: always.
        """
        raise PrinterRefused("Tệp đã lưu.", "Xoá tệp trong thư mục nếu không cần.")

    def _file(self, title: str) -> Path:
        name = _NOT_IN_NAMES.sub("-", title).strip(" .-")
        return self._folder / f"{name[-_LONGEST_NAME:]}.pdf"
