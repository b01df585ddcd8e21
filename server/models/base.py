"""Tables of the central server. Not the API's messages: those are app.domain.wire."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcMoment(TypeDecorator[dt.datetime]):
    """An aware moment in UTC, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Store UTC; SQLite drops the offset."""
        if value is None:
            return None
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> dt.datetime | None:
        """Return an aware moment."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Declarative base; constraints are named."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        dt.datetime: UtcMoment,
        UUID: Uuid,
        bytes: LargeBinary,
        int: BigInteger,
    }


SERVER = UUID(int=0)  # stands for a station where the server itself acts


class AgencyRow(Base):
    """An agency and the counter of its stream.

    Attributes:
        last_seq: of the stream; updated in the transaction that appends, for a
            serial may commit out of order and is no cursor.
        range_size: numbers a day in a standing range of one of its stations.
    """

    __tablename__ = "agency"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    last_seq: Mapped[int] = mapped_column(default=0)
    stored_bytes: Mapped[int] = mapped_column(default=0)
    range_size: Mapped[int] = mapped_column(default=400, server_default="400")


class StationRow(Base):
    """An enrolled workstation with its public keys.

    Attributes:
        proven_at: when it last said that both sides are equal.
        difference: the first event that differed there, in words; "" while none does.
    """

    __tablename__ = "station"
    __table_args__ = (Index("uq_station_id", "id", unique=True),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    signing_key: Mapped[bytes]
    sealing_key: Mapped[bytes]
    enrolled_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    proven_at: Mapped[dt.datetime | None]
    difference: Mapped[str] = mapped_column(Text, default="", server_default="")


class EnrolmentRow(Base):
    """A one-time enrolment code, kept as its hash."""

    __tablename__ = "enrolment"

    code_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    agency: Mapped[str] = mapped_column(String(40))
    station_name: Mapped[str] = mapped_column(String(200))
    replaces: Mapped[UUID | None]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class StoreRow(Base):
    """An incarnation of a store, and how far its events are here.

    Attributes:
        station: whose store it is; `SERVER` for the server's own of an agency.
        have: highest gap-free number, quarantined ones included.
        head: hash of that event.
        contacts, last_pass: how often the store has greeted, and in which pass last.
    """

    __tablename__ = "store"
    __table_args__ = (Index("uq_store_id", "id", unique=True),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    station: Mapped[UUID]
    have: Mapped[int] = mapped_column(default=0)
    head: Mapped[bytes]
    created_at: Mapped[dt.datetime]
    contacts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_pass: Mapped[UUID | None]


class EventRow(Base):
    """Every authentic event, body byte for byte.

    Attributes:
        agency: of the store that made it.
        refusal: why it does not count, None if it was accepted.
        seq: in the stream of the dossier's home, None if it is in none.
    """

    __tablename__ = "event"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    store: Mapped[UUID] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    prev: Mapped[bytes]
    hash: Mapped[bytes]
    dossier: Mapped[UUID | None]
    base: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    v: Mapped[int]
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    refusal: Mapped[str | None] = mapped_column(Text)
    seq: Mapped[int | None]
    recorded_at: Mapped[str] = mapped_column(String(40))


class StreamRow(Base):
    """A place in an agency's stream; without gaps, in the order of commits.

    Attributes:
        origin: agency of the store that made the event.
        home_seq: place in the stream of the dossier's home; `seq` in that stream itself.
    """

    __tablename__ = "stream"
    __table_args__ = (
        Index("uq_stream_event", "agency", "store", "n", unique=True),
        Index("ix_stream_agency_dossier_seq", "agency", "dossier", "seq"),
    )

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column("home", String(40))
    store: Mapped[UUID]
    n: Mapped[int]
    dossier: Mapped[UUID | None]
    home_seq: Mapped[int | None]
    recorded_at: Mapped[str] = mapped_column(String(40))


class StreamDayRow(Base):
    """Count and rolling hash of a stream, by day of `recorded_at` (UTC)."""

    __tablename__ = "stream_day"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    upto: Mapped[int]


class SubscriptionRow(Base):
    """An agency that takes part in a dossier that another one received."""

    __tablename__ = "subscription"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    dossier: Mapped[UUID] = mapped_column(primary_key=True)
    home: Mapped[str] = mapped_column(String(40))


class DossierRow(Base):
    """A dossier as folded here, kept with the agency that received it.

    Attributes:
        subscribers: agencies that take part, with spaces between.
    """

    __tablename__ = "dossier"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(80))
    state: Mapped[int]
    due_at: Mapped[dt.datetime]
    snapshot: Mapped[bytes]
    subscribers: Mapped[str] = mapped_column(Text, default="", server_default="")


class CodeRow(Base):
    """Every code that ever stood on a dossier's paper."""

    __tablename__ = "dossier_code"
    __table_args__ = (Index("ix_dossier_code_code", "code"),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(80), primary_key=True)
    dossier: Mapped[UUID]


class NumberRow(Base):
    """A number used: unique by agency, day and number, for ever."""

    __tablename__ = "dossier_number"

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[UUID]


class PageRow(Base):
    """An attached page; `stored_at` once its image lies here, hash checked."""

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_agency_sha256", "agency", "sha256"),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    page: Mapped[UUID] = mapped_column(primary_key=True)
    dossier: Mapped[UUID]
    station: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    mime: Mapped[str] = mapped_column(String(40))
    stored_at: Mapped[dt.datetime | None]


class UploadRow(Base):
    """A tus upload under way, or just ended."""

    __tablename__ = "upload"
    __table_args__ = (Index("uq_upload_id", "id", unique=True),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    station: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(String(64))
    length: Mapped[int]
    offset: Mapped[int]
    expires_at: Mapped[dt.datetime]


class RangeRow(Base):
    """Numbers given to one incarnation alone: a lease of a day, or a standing range."""

    __tablename__ = "number_range"
    __table_args__ = (Index("ix_range_agency_day", "agency", "kind", "from_day", "to_day"),)

    agency: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    store: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    first: Mapped[int]
    last: Mapped[int]
    from_day: Mapped[dt.date]
    to_day: Mapped[dt.date]


class UserRow(Base):
    """A clerk or officer; the password as argon2id."""

    __tablename__ = "user_account"

    agency: Mapped[str] = mapped_column(String(40))
    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(String(400))
    password_hash: Mapped[str] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]


class TokenRow(Base):
    """A clerk's token, kept as its hash."""

    __tablename__ = "token"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[dt.datetime]


class CatalogueRow(Base):
    """A version of the catalogue, signed."""

    __tablename__ = "catalogue"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payload: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(128))
    loaded_at: Mapped[dt.datetime]


class GuessRow(Base):
    """Failed look-ups of a day, by code or by address; nothing is kept longer."""

    __tablename__ = "guess"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(String(100), primary_key=True)
    count: Mapped[int]
