"""The tables of the store. ORM objects never leave a `with` block of the doors."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcMoment(TypeDecorator[dt.datetime]):
    """An aware moment, stored in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Refuse naive moments; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs an offset")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002
    ) -> dt.datetime | None:
        """Return an aware moment in UTC."""
        return None if value is None else value.replace(tzinfo=dt.UTC)


class Base(DeclarativeBase):
    """Declarative base; every constraint has a name that migrations can use."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dt.datetime: UtcMoment, UUID: Uuid, bytes: LargeBinary}  # noqa: RUF012


class Fact(Base):
    """One thing the store knows of itself: incarnation, cursor, machine mark."""

    __tablename__ = "fact"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class EventRow(Base):
    """An event of this store or pulled from a stream.

    Attributes:
        place: local order of arrival.
        seq, recorded_at, stream: the server's, None until it is known.
        home_seq: place in the stream of the dossier's home, for the next act's `base`.
        refusal: the server's words if it was quarantined.
        is_mended: a later event stands in the place of this refused one.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_dossier_seq", "dossier", "seq"),
        Index("uq_event_store_n", "store", "n", unique=True),
        Index("uq_event_stream_seq", "stream", "seq", unique=True),
    )

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    store: Mapped[UUID]
    n: Mapped[int]
    prev: Mapped[bytes]
    hash: Mapped[bytes]
    dossier: Mapped[UUID | None]
    base: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    v: Mapped[int]
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    stream: Mapped[str | None] = mapped_column(String(40))
    seq: Mapped[int | None]
    home_seq: Mapped[int | None]
    recorded_at: Mapped[str | None] = mapped_column(String(40))
    refusal: Mapped[str | None] = mapped_column(Text)
    is_mended: Mapped[bool] = mapped_column(default=False, server_default="0")


class DossierRow(Base):
    """A dossier as folded, with what lists and searches need as columns.

    Attributes:
        row: newest last; the key of pages of lists and of the search index.
        last_n: number of the last own event; waiting while above `have`.
        needs_look: an event of it was quarantined or is in conflict.
    """

    __tablename__ = "dossier"
    __table_args__ = (
        Index("ix_dossier_code", "code"),
        Index("ix_dossier_state_row", "state", "row"),
        Index("ix_dossier_due", "is_open", "due_at"),
        Index("ix_dossier_id_number", "id_number", "row"),
        Index("ix_dossier_phone", "phone", "row"),
        Index("ix_dossier_day", "day", "row"),
        Index("ix_dossier_look", "needs_look", "row"),
        Index("ix_dossier_procedure", "procedure", "row"),
    )

    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(String(80))
    agency: Mapped[str] = mapped_column(String(40))
    procedure: Mapped[str] = mapped_column(String(40))
    submitter: Mapped[str] = mapped_column(String(500))
    owner: Mapped[str] = mapped_column(String(500))
    id_number: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(80))
    day: Mapped[dt.date]
    received_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    state: Mapped[int]
    is_open: Mapped[bool]
    voided: Mapped[bool]
    payment: Mapped[str] = mapped_column(String(20))
    provisional: Mapped[bool]
    receipt_version: Mapped[int]
    page_count: Mapped[int]
    last_n: Mapped[int]
    needs_look: Mapped[bool]


class SnapshotRow(Base):
    """The folded `Dossier` as JSON, beside its row: lists stay narrow."""

    __tablename__ = "dossier_snapshot"

    row: Mapped[int] = mapped_column(ForeignKey("dossier.row"), primary_key=True)
    content: Mapped[bytes]


class CourseRow(Base):
    """What queues, filters and reports ask of a dossier, beside its row: lists stay narrow.

    Attributes:
        clerk: user id of who received it; holder: of who has the work.
        batch: shared by dossiers that one receipt lists, "" if alone.
        unit, with_agency, slip, stage: where it is now, as handed over last.
        proposal: "", "made", "signed" or "declined".
        rounds: how often papers were asked for.
        fee, paid: đồng; what is due, and what came in less what went back.
        papers, scanned: kinds of papers handed in, and how many of them have pages.
        ended_at: when the work ended, with a result or without.
        book, book_number: of the certification in a book, "" and 0 without one.
    """

    __tablename__ = "dossier_course"
    __table_args__ = (
        Index("ix_dossier_course_clerk", "clerk", "row"),
        Index("ix_dossier_course_ended", "ended_at"),
        Index("ix_dossier_course_returned", "returned_at"),
        Index("ix_dossier_course_slip", "slip", sqlite_where=text("slip != ''")),
        Index("ix_dossier_course_batch", "batch", sqlite_where=text("batch != ''")),
        Index("ix_dossier_course_book", "book", "book_number", sqlite_where=text("book != ''")),
    )

    row: Mapped[int] = mapped_column(ForeignKey("dossier.row"), primary_key=True)
    clerk: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(500))
    with_agency: Mapped[str] = mapped_column(String(40))
    slip: Mapped[str] = mapped_column(String(80))
    batch: Mapped[str] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(80))
    proposal: Mapped[str] = mapped_column(String(10))
    channel: Mapped[int]
    rounds: Mapped[int]
    satisfaction: Mapped[int]
    fee: Mapped[int]
    paid: Mapped[int]
    papers: Mapped[int]
    scanned: Mapped[int]
    extended: Mapped[bool]
    late: Mapped[bool]
    ended_at: Mapped[dt.datetime | None]
    returned_at: Mapped[dt.datetime | None]
    book: Mapped[str] = mapped_column(String(80))
    book_number: Mapped[int]


class BookMark(Base):
    """The highest number that this station wrote into a book of certifications."""

    __tablename__ = "book_mark"

    book: Mapped[str] = mapped_column(String(80), primary_key=True)
    last: Mapped[int]


class SearchWordRow(Base):
    """A word of letters that stands in the search index; see `lookup`."""

    __tablename__ = "search_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: Mapped[str] = mapped_column(String(200), primary_key=True)


class CodeRow(Base):
    """Every code that ever stood on a dossier's paper; on two, where a store ran twice."""

    __tablename__ = "dossier_code"

    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    dossier: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True, index=True)


class PageRow(Base):
    """An attached page whose image lies in the blob folder.

    Attributes:
        stored_at: when the server said that it holds the image, hash checked.
        upload: address of an upload under way, "" if none.
        derived: SHA-256 of the cleaned image or searchable PDF, "" while there is none.
    """

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_waiting", "is_own", "stored_at"),)

    page: Mapped[UUID] = mapped_column(primary_key=True)
    dossier: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), index=True)
    paper: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(40))
    is_own: Mapped[bool]
    removed: Mapped[bool] = mapped_column(default=False)
    upload: Mapped[str] = mapped_column(Text, default="")
    stored_at: Mapped[dt.datetime | None]
    derived: Mapped[str] = mapped_column(String(64), default="", server_default="")


class RangeRow(Base):
    """Numbers that an incarnation may use alone: a lease of a day or a standing range."""

    __tablename__ = "number_range"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    incarnation: Mapped[UUID]
    agency: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    first: Mapped[int]
    last: Mapped[int]
    from_day: Mapped[dt.date]
    to_day: Mapped[dt.date]


class NumberMark(Base):
    """The highest number used of a range on a day."""

    __tablename__ = "number_mark"

    range_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    last: Mapped[int]


class CatalogueRow(Base):
    """A version of the catalogue as the province signed it."""

    __tablename__ = "catalogue"

    version: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(128))
    stored_at: Mapped[dt.datetime]


class DraftRow(Base):
    """A reception as typed so far; never leaves the store."""

    __tablename__ = "draft"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    clerk: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes]
    updated_at: Mapped[dt.datetime]


class PileRow(Base):
    """Paper of several dossiers, scanned in one go; its pages wait until somebody looked.

    Attributes:
        ended_at: when its pages were kept or thrown away.
    """

    __tablename__ = "pile"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(500))
    begun_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class PendingPageRow(Base):
    """A page that arrived for a draft or a pile; its image already lies in the blob folder.

    Attributes:
        draft: draft, dossier or pile that it waits for.
        turned: degrees clockwise that a person turned it by: 0, 90, 180 or 270.
        side: "front" or "back" of a sheet, "" if the device does not say.
        marks: what the quality gate found, JSON.
        reading: what its barcodes say, JSON.
        derived: SHA-256 of the cleaned image, "" while there is none.
        dropped_at: when somebody threw it away; it can be had back until the draft ends.
    """

    __tablename__ = "pending_page"

    page: Mapped[UUID] = mapped_column(primary_key=True)
    draft: Mapped[UUID] = mapped_column(index=True)
    paper: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    dpi: Mapped[int]
    device: Mapped[str] = mapped_column(String(500))
    arrived_at: Mapped[dt.datetime]
    turned: Mapped[int] = mapped_column(default=0, server_default="0")
    side: Mapped[str] = mapped_column(String(10), default="", server_default="")
    marks: Mapped[str] = mapped_column(Text, default="", server_default="")
    reading: Mapped[str] = mapped_column(Text, default="", server_default="")
    derived: Mapped[str] = mapped_column(String(64), default="", server_default="")
    dropped_at: Mapped[dt.datetime | None]


class ClerkRow(Base):
    """A clerk who signed in here online once.

    Attributes:
        pin_hash: argon2id.
        sealed_token: the server token, opened by the PIN only.
        failures, locked_until: growing waits, counted across restarts.
    """

    __tablename__ = "clerk"

    user: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(String(400))
    agency: Mapped[str] = mapped_column(String(40))
    pin_hash: Mapped[str] = mapped_column(Text, default="")
    sealed_token: Mapped[bytes] = mapped_column(default=b"")
    online_at: Mapped[dt.datetime]
    session_until: Mapped[dt.datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]


class PrintJobRow(Base):
    """A print job and its outcome; outlives restarts.

    Attributes:
        state: queued, sending, sent, printed, not_printed, unknown or saved.
        tray: the printer's own word for it, "" for its usual one.
        sheets: pages of the PDF, for the count of paper.
    """

    __tablename__ = "print_job"
    __table_args__ = (Index("ix_print_job_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    dossier: Mapped[UUID | None] = mapped_column(index=True)
    form: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    copy: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    printer: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    printer_job: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    paper_size: Mapped[str] = mapped_column(String(10), default="A5", server_default="A5")
    copies: Mapped[int] = mapped_column(default=1, server_default="1")
    duplex: Mapped[bool] = mapped_column(default=False, server_default="0")
    tray: Mapped[str] = mapped_column(String(80), default="", server_default="")
    sheets: Mapped[int] = mapped_column(default=0, server_default="0")


class ReceiptRow(Base):
    """The PDF of one version of a form of a dossier; the bytes lie in the blob folder."""

    __tablename__ = "receipt"

    dossier: Mapped[UUID] = mapped_column(ForeignKey("dossier.id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    paper_size: Mapped[str] = mapped_column(String(4), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))


class StreamDay(Base):
    """Count and rolling hash of a stream, day by day of `recorded_at`."""

    __tablename__ = "stream_day"

    stream: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    upto: Mapped[int]
