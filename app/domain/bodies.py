"""The bodies of events, one dataclass a kind; documented in docs/events.md.

A field with a default may be absent. Moments carry an offset, days are
local, amounts are whole đồng, hashes are SHA-256 in hex. Fields are added
with defaults or under a new version, never renamed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from app.domain.fees import CopyLine
from app.domain.papers import GivenPaper

Short = Annotated[str, msgspec.Meta(max_length=500)]
Long = Annotated[str, msgspec.Meta(max_length=5000)]
Key = Annotated[str, msgspec.Meta(max_length=80)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Count64 = Annotated[int, msgspec.Meta(ge=0, le=64 * 1024 * 1024)]
Serial = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody named in a dossier.

    Attributes:
        kind: 1 citizen, 2 enterprise, 3 state agency, 4 other organisation.
        born: ISO day, or only a year.
        source: how the data came: "qr", "mrz", "typed" or "known".
    """

    name: Short
    id_number: Key = ""
    born: Key = ""
    sex: Key = ""
    phone: Key = ""
    email: Short = ""
    address: Short = ""
    kind: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    source: Key = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedFee:
    """What a dossier costs, as told to the citizen."""

    amount: Amount = 0
    full: Amount = 0
    how: Short = ""
    exemption: Key = ""
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEntry:
    """Why a reception is recorded after it happened, and who allowed it."""

    reason: Short
    allowed_by: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDue:
    """When one stage of a linked procedure is due, counted provisionally."""

    stage: Key
    due_at: Moment
    agency: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """dossier.received: a dossier was taken in and its receipt made.

    Attributes:
        code, check, lookup: printed on the receipt.
        number: the running number within the code.
        provisional: the code is not final (`T-…`) and will be corrected.
        drawn_from: "lease" or "range"; empty when provisional.
        catalogue: version the dossier was received under.
        forms: key of the form set.
        relation: "self", "for" another, or "authorised".
        applicant: the owner of the dossier, absent if the submitter is.
        channel: 1 at the counter, 2 online, 3 post.
        return_via: 0 at the counter, 1 post.
        batch: shared by dossiers of one submitter that were received together, "" if alone.
        pad: number of the blank receipt that was written by hand, of a late entry.
    """

    code: Key
    check: Key
    lookup: Key
    agency: Key
    procedure: Key
    catalogue: Serial
    forms: Key
    received_at: Moment
    due_at: Moment
    counted_from: dt.date
    submitter: Person
    number: Serial = 0
    provisional: bool = False
    drawn_from: Key = ""
    applicant: Person | None = None
    relation: Literal["self", "for", "authorised"] = "self"
    summary: Short = ""
    fields: dict[str, Short] = field(default_factory=dict)
    papers: tuple[GivenPaper, ...] = ()
    owed: tuple[Key, ...] = ()
    owed_reason: Short = ""
    copies: tuple[CopyLine, ...] = ()
    fee: ChargedFee = ChargedFee()
    sets: Count = 1
    channel: Literal[1, 2, 3] = 1
    return_via: Literal[0, 1] = 0
    stages: tuple[StageDue, ...] = ()
    due_is_certain: bool = True
    offline: bool = False
    practice: bool = False
    late: LateEntry | None = None
    batch: Key = ""
    pad: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """dossier.corrected: the words of a receipt change; a new version is printed.

    Only what is given changes. The former version is void, its barcode still
    leads to the dossier.
    """

    receipt_version: Annotated[int, msgspec.Meta(ge=2, le=1000)]
    reason: Short
    submitter: Person | None = None
    applicant: Person | None = None
    relation: Literal["self", "for", "authorised"] | None = None
    summary: Short | None = None
    fields: dict[str, Short] | None = None
    papers: tuple[GivenPaper, ...] | None = None
    copies: tuple[CopyLine, ...] | None = None
    fee: ChargedFee | None = None
    due_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided:
    """dossier.voided: a reception was undone; its number is never used again."""

    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersAdded:
    """papers.added: further papers were handed in."""

    papers: tuple[GivenPaper, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAttached:
    """page.attached: an image belongs to a paper of the dossier.

    Attributes:
        page: id of this attachment (the same image may be attached twice).
        sha256, size, mime: of the image that is sent.
        position: order within the paper, from 1.
        device: name of the scanner, or "file".
        original, original_size: of the untouched image that this one was made
            from; "" and 0 if it is the untouched one itself.
        turned: degrees clockwise by which a reader must turn it still.
        origin: as of `app.domain.pages.Origin`; "" on events of older programs.
        taken_at: when it was scanned or taken in.
        side: "front" or "back" of its sheet, "" if nobody knows.
        note: as of `app.domain.pages.Note`.
        marks: what the quality gate still said, as of `page_quality.Mark`.
    """

    page: UUID
    sha256: Sha256
    size: Annotated[int, msgspec.Meta(gt=0, le=64 * 1024 * 1024)]
    mime: Literal["image/jpeg", "image/png", "image/tiff"]
    paper: Key
    position: Count = 1
    width: Count = 0
    height: Count = 0
    dpi: Count = 0
    device: Short = ""
    original: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    original_size: Count64 = 0
    turned: Literal[0, 90, 180, 270] = 0
    origin: Key = ""
    taken_at: Moment | None = None
    side: Key = ""
    note: Key = ""
    marks: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRemoved:
    """page.removed: an attached page does not belong to the dossier after all."""

    page: UUID
    reason: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCharged:
    """fee.charged: what is due changed after reception."""

    fee: ChargedFee
    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePaid:
    """fee.paid: money came in.

    Attributes:
        method: cash, transfer (a VietQR that the clerk confirmed) or online.
        reference: the bank's, or of an issued receipt book; may be empty.
    """

    amount: Amount
    method: Literal["cash", "transfer", "online"]
    reference: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRefunded:
    """fee.refunded: money went back."""

    amount: Amount
    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPrinted:
    """document.printed: what became of one print job.

    Attributes:
        form: form key such as "01".
        version: of the receipt, from 1.
        copy: 1 for the first print, higher for copies marked as such.
        sha256: of the PDF.
        by_eye: a person looked and says what became of an unknown outcome.
    """

    form: Key
    outcome: Literal["printed", "not_printed", "unknown", "saved"]
    sha256: Sha256
    version: Count = 1
    copy: Count = 1
    printer: Short = ""
    reason: Short = ""
    by_eye: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRequested:
    """supplement.requested: form 02; all that is missing, at once."""

    items: tuple[Short, ...]
    reason: Short
    round: Count = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementReceived:
    """supplement.received: the citizen completed the dossier; the clock resumes."""

    papers: tuple[GivenPaper, ...] = ()
    due_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """dossier.refused, dossier.withdrawn, dossier.stopped: the work ends."""

    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class StageHandedOver:
    """stage.handed_over: paper or file went on to another unit.

    Attributes:
        slip: shared by dossiers that went on together, printed on their slip as a barcode.
    """

    to_agency: Key
    stage: Key = ""
    to_unit: Short = ""
    note: Short = ""
    slip: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTaken:
    """stage.taken: somebody took the work up."""

    stage: Key = ""
    unit: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCompleted:
    """stage.completed: one stage of the work is done."""

    stage: Key
    result: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyAcknowledged:
    """agency.acknowledged: the competent agency has the dossier; its clock starts."""

    agency: Key
    received_at: Moment
    due_at: Moment | None = None
    stage: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueExtended:
    """due.extended: form 04, once, with an apology."""

    due_at: Moment
    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade:
    """proposal.made: an officer lays the answer before the leader.

    Attributes:
        outcome: what is proposed.
        words: the draft's gist.
    """

    outcome: Literal["grant", "refuse"]
    words: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalSigned:
    """proposal.signed: the leader agreed; the result may be issued."""

    note: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDeclined:
    """proposal.declined: the leader sends it back to the officer."""

    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecorded:
    """result.recorded: the result exists and waits at the counter.

    Attributes:
        book: that the number stands in, such as "01/2026-SCT/BS"; "" for none.
    """

    name: Short
    number: Short = ""
    issued_on: dt.date | None = None
    copies: Count = 1
    place: Short = ""
    book: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReturned:
    """result.returned: the result is in the citizen's hand.

    Attributes:
        relation: of the recipient: the submitter or owner, or authorised by them.
        authority: of an authorised recipient, what was shown.
        lost_receipt: the receipt was not there; else it was taken back.
        satisfaction: 1 very satisfied, 2 satisfied, 3 not satisfied, 0 not asked.
    """

    recipient: Person
    lost_receipt: bool = False
    satisfaction: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    relation: Literal["self", "authorised"] = "self"
    authority: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalCodeSet:
    """external.code_set: another system's code for the same dossier."""

    system: Key
    code: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """note.added: a remark for colleagues."""

    text: Long


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineClaimed:
    """online.claimed: a counter asks to take an online dossier."""

    intake: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRaised:
    """conflict.raised: two acts clash; the first in server order holds meanwhile.

    Made by the server, and placed right before the second act.

    Attributes:
        about: the kind of the second act.
        joins: number of an earlier conflict of the same server store, 0 if
            none: the second act follows from that one's second, and its
            decision counts for both.
    """

    first_store: UUID
    first_n: Serial
    second_store: UUID
    second_n: Serial
    about: Short = ""
    joins: Serial = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictDecided:
    """conflict.decided: a person chose between two clashing acts.

    Attributes:
        conflict_store, conflict_n: the `conflict.raised`.
        keep: which act counts; "new" is neither, another act follows.
    """

    conflict_store: UUID
    conflict_n: Serial
    keep: Literal["first", "second", "new"]
    reason: Short


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCorrected:
    """code.corrected: the dossier's final code replaces another; both are found."""

    code: Key
    check: Key
    number: Serial
    reason: Short
    former: Key = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMended:
    """event.mended: replaces an event that the server quarantined.

    `body` is the replacing body as JSON text, of the named kind and version.
    """

    store: UUID
    n: Serial
    kind: Key
    v: Serial
    body: str
    reason: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOpened:
    """shift.opened: a clerk begins, with so much money in the drawer."""

    float_amount: Amount = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClosed:
    """shift.closed: counted money beside what the book says."""

    counted: Amount
    booked: Amount
    reason: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClosed:
    """day.closed: the register of a day is sealed by its hash.

    Attributes:
        sha256: over the lines of the register (docs/events.md).
        printed: receipts that came out on paper.
        differences: lines of the day sheet that need a person.
        sheets: of paper, on all printers.
    """

    day: dt.date
    sha256: Sha256
    received: Count
    voided: Count = 0
    provisional: Count = 0
    printed: Count = 0
    differences: Count = 0
    sheets: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """dossier.viewed, id.revealed: somebody looked at personal data."""

    what: Short = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """data.exported: personal data left the program."""

    what: Short
    rows: Count = 0
    target: Short = ""
