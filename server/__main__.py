"""`python -m server`: set up and serve the central server."""

from __future__ import annotations

import argparse
import datetime as dt
import getpass
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.domain.catalogue import BadCatalogue
from app.domain.enrolment import Invitation, file_text, qr_text
from server.errors import ServerProblem
from server.main import utc_now
from server.models.base import AgencyRow, StationRow
from server.models.database import POOL, ServerDatabase
from server.services import catalogues, doctor, enrolment, numbers, people, push, restored
from server.services.findings import Finding
from server.settings import ServerSettings

DONE, WRONG_USE, REFUSED = 0, 2, 3
ROLES = frozenset({"reception", "returning", "cashier", "officer", "leader", "supervisor"})


class Refused(Exception):
    """The command was not carried out; the message says what to do."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 done, 2 wrong use, 3 refused."""
    os.umask(0o077)  # database, pages and keys are nobody else's to read
    arguments = _parser().parse_args(argv)
    settings = ServerSettings(
        database=arguments.database,
        blobs=arguments.blobs.absolute(),
        trusts_proxy=arguments.trusts_proxy,
        pool=getattr(arguments, "pool", POOL),
    )
    command: Callable[[argparse.Namespace, ServerSettings], None] = arguments.run
    try:
        command(arguments, settings)
    except (Refused, BadCatalogue, OSError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except ServerProblem as problem:
        print(f"{problem.title} {problem.detail}".strip(), file=sys.stderr)
        return REFUSED
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        print(f"Không dùng được cơ sở dữ liệu: {reason}", file=sys.stderr)
        print("Kiểm tra --database, và chạy init trước.", file=sys.stderr)
        return REFUSED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    address = os.environ.get("QMC_DATABASE")
    parser.add_argument("--database", default=address, required=not address, metavar="URL",
                        help="sqlite:////folder/server.db, or postgresql+psycopg://…; "
                        "QMC_DATABASE keeps it out of the process list")  # fmt: skip
    parser.add_argument("--blobs", required=True, type=Path, metavar="DIR",
                        help="folder of pages and of the province's keys")  # fmt: skip
    parser.add_argument("--port", type=int, default=8440)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--trusts-proxy", action="store_true",
                        help="a reverse proxy in front sets X-Forwarded-For")  # fmt: skip
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    init = verbs.add_parser("init", help="make the tables and the province's keys")
    init.add_argument("--recovery-key", type=Path, metavar="FILE",
                      help="where the recovery key goes; keep it off this machine")  # fmt: skip
    init.set_defaults(run=_init)

    serve = verbs.add_parser("serve", help="answer stations and citizens")
    serve.add_argument("--workers", type=_at_least_one, default=1, metavar="N",
                       help="processes that share the port; PostgreSQL only")  # fmt: skip
    serve.add_argument("--pool", type=_at_least_one, default=POOL, metavar="N",
                       help="connections to PostgreSQL of one process, at most")  # fmt: skip
    serve.add_argument("--tls-key", type=Path)
    serve.add_argument("--tls-cert", type=Path)
    serve.set_defaults(run=_serve)

    agency = verbs.add_parser("add-agency", help="add an agency, or rename it")
    agency.add_argument("code", help="identifier such as H24.15")
    agency.add_argument("name")
    agency.add_argument("--range-size", type=_at_least_one, metavar="N",
                        help="numbers a day in a station's standing range")  # fmt: skip
    agency.set_defaults(run=_add_agency)

    station = verbs.add_parser("add-station", help="print a one-time enrolment code")
    station.add_argument("agency")
    station.add_argument("name", help="such as 'Quầy 1'")
    station.add_argument("--replaces", type=UUID, metavar="STATION",
                         help="a new machine takes this station's place")  # fmt: skip
    station.add_argument("--address", default="", metavar="URL",
                         help="what stations reach this server by; for --file, --qr")  # fmt: skip
    station.add_argument("--ca", type=Path, metavar="FILE",
                         help="certificate of a private authority, goes into --file")  # fmt: skip
    station.add_argument("--file", type=Path, metavar="FILE",
                         help="write the enrolment as a file for the first-run wizard")  # fmt: skip
    station.add_argument("--qr", type=Path, metavar="FILE",
                         help="write the enrolment as a QR picture (.png or .svg)")  # fmt: skip
    station.set_defaults(run=_add_station)

    user = verbs.add_parser("add-user", help="add a user; the password comes by standard input")
    user.add_argument("agency")
    user.add_argument("username")
    user.add_argument("display_name")
    user.add_argument("--roles", default="reception returning cashier")
    user.set_defaults(run=_add_user)

    load = verbs.add_parser("load-catalogue", help="check, sign and publish a catalogue folder")
    load.add_argument("folder", type=Path)
    load.set_defaults(run=_load_catalogue)

    gaps = verbs.add_parser("gaps", help="explain every missing number of a day")
    gaps.add_argument("agency")
    gaps.add_argument("day", type=dt.date.fromisoformat, help="YYYY-MM-DD")
    gaps.set_defaults(run=_gaps)

    quarantine = verbs.add_parser("quarantine", help="list the events that were set aside")
    quarantine.add_argument("--agency", default="")
    quarantine.set_defaults(run=_quarantine)

    put_back = verbs.add_parser(
        "after-restore", help="the database was put back: do not give out its numbers again"
    )
    put_back.add_argument("--since", required=True, type=dt.datetime.fromisoformat,
                          metavar="MOMENT", help="it was put back to, with offset")  # fmt: skip
    put_back.add_argument("--incarnations", type=_at_least_one, default=2, metavar="N",
                          help="stores that may have begun in one agency since then")  # fmt: skip
    put_back.set_defaults(run=_after_restore)

    look = verbs.add_parser("doctor", help="say what is right, what is wrong and what to do")
    look.add_argument("--json", action="store_true", help="a list of findings")
    look.add_argument("--deep", action="store_true", help="also hash every stored page")
    look.add_argument("--agency", default="", help="look at this one's streams only")
    look.add_argument("--unseen-days", type=_at_least_one, default=3, metavar="N",
                      help="name stations that were silent for so long")  # fmt: skip
    look.add_argument("--tls-cert", type=Path, help="certificate whose end is looked at")
    look.set_defaults(run=_doctor)
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("ít nhất là 1")
    return number


def _init(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    settings.blobs.mkdir(parents=True, exist_ok=True)
    database = ServerDatabase(settings.database)
    database.migrate()
    database.close()
    if (settings.blobs / "keys" / "province.key").exists():
        catalogues.make_courier_key(settings.blobs)
        print("Bảng đã cập nhật; khoá của tỉnh đã có từ trước.")
        return
    recovery = arguments.recovery_key or settings.blobs.parent / "recovery.key"
    catalogues.make_keys(settings.blobs, recovery)
    print(f"Đã tạo bảng và khoá của tỉnh.\nKhoá khôi phục: {recovery} — cất ở nơi khác.")


def _serve(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    from server import workers  # the other commands do without uvicorn

    if arguments.workers > 1 and settings.database.startswith("sqlite"):
        raise Refused(
            "SQLite chỉ dùng được với một tiến trình: bỏ --workers, hoặc dùng PostgreSQL."
        )
    is_loopback = arguments.host in ("127.0.0.1", "::1", "localhost")
    if not is_loopback and not arguments.tls_cert and not settings.trusts_proxy:
        raise Refused(
            "Không mở HTTP trần ra mạng: cần --tls-key và --tls-cert, "
            "hoặc đặt sau proxy có TLS (--trusts-proxy)."
        )
    database = ServerDatabase(settings.database)
    ready = database.is_ready()
    database.close()
    if not ready:
        raise Refused("Cơ sở dữ liệu chưa có bảng: chạy init trước.")
    scheme = "https" if arguments.tls_cert else "http"
    print(f"Máy chủ trả lời ở {scheme}://{arguments.host}:{arguments.port}", flush=True)
    workers.serve(
        settings,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        tls_key=arguments.tls_key,
        tls_cert=arguments.tls_cert,
    )


def _add_agency(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    database = ServerDatabase(settings.database)
    with database.writing() as session:
        row = session.get(AgencyRow, arguments.code)
        if row is None:
            row = AgencyRow(agency=arguments.code)
            session.add(row)
        row.name = arguments.name
        if arguments.range_size:
            row.range_size = arguments.range_size
    database.close()
    print(f"{arguments.code} {arguments.name}")


def _gaps(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    database = ServerDatabase(settings.database)
    with database.reading() as session:
        found = numbers.gaps(session, arguments.agency, arguments.day)
    database.close()
    for gap in found:
        print(f"{gap.first:04d}" + (f"–{gap.last:04d}" if gap.last > gap.first else ""), gap.words)
    print(f"{sum(gap.last - gap.first + 1 for gap in found)} số thiếu.")


def _quarantine(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    database = ServerDatabase(settings.database)
    with database.reading() as session:
        found = [
            f"{row.recorded_at}  {row.agency}  {row.store} {row.n}  {row.kind}  {row.refusal}"
            for row in push.refused(session, arguments.agency)
        ]
    database.close()
    print("\n".join([*found, f"{len(found)} sự kiện để riêng, chưa ai gửi lại."]))


def _add_station(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    if (arguments.file or arguments.qr) and not arguments.address:
        raise Refused("--file và --qr cần --address: địa chỉ mà máy quầy nối tới.")
    database = ServerDatabase(settings.database)
    with database.writing() as session:
        if session.get(AgencyRow, arguments.agency) is None:
            raise Refused(f"Chưa có cơ quan {arguments.agency}: chạy add-agency trước.")
        if arguments.replaces is not None and session.get(
            StationRow, (arguments.agency, arguments.replaces)
        ) is None:  # fmt: skip
            raise Refused(f"Cơ quan {arguments.agency} không có máy {arguments.replaces}.")
        code = enrolment.make_code(
            session, arguments.agency, arguments.name, utc_now(), arguments.replaces
        )
    database.close()
    _write_invitation(arguments, code)
    print(code)


def _write_invitation(arguments: argparse.Namespace, code: str) -> None:
    """Write what the first-run wizard reads: a file, a QR, or both."""
    ca = arguments.ca.read_text("ascii") if arguments.ca else ""
    invitation = Invitation(server=arguments.address, code=code, ca=ca)
    if arguments.file:
        arguments.file.write_text(file_text(invitation), "utf-8")
        arguments.file.chmod(0o600)
    if arguments.qr:
        import segno

        picture = segno.make(qr_text(invitation), error="m")
        picture.save(str(arguments.qr), scale=8 if arguments.qr.suffix == ".png" else 4)


def _add_user(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    if sys.stdin.isatty():
        password = getpass.getpass("Mật khẩu: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    unknown = set(arguments.roles.split()) - ROLES
    if unknown or not arguments.roles.split():
        said = f"Không có vai trò {', '.join(sorted(unknown))}" if unknown else "Cần một vai trò"
        raise Refused(f"{said}; có: {', '.join(sorted(ROLES))}.")
    if len(password) < 8:
        raise Refused("Mật khẩu cần ít nhất 8 ký tự (đưa vào bằng standard input).")
    database = ServerDatabase(settings.database)
    with database.writing() as session:
        if session.get(AgencyRow, arguments.agency) is None:
            raise Refused(f"Chưa có cơ quan {arguments.agency}: chạy add-agency trước.")
        people.add_user(
            session, arguments.agency, arguments.username, arguments.display_name,
            arguments.roles, password,
        )  # fmt: skip
    database.close()
    print(arguments.username)


def _load_catalogue(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    if not arguments.folder.is_dir():
        raise Refused(f"Không có thư mục {arguments.folder}.")
    keys = catalogues.load_keys(settings.blobs)
    database = ServerDatabase(settings.database)
    with database.writing() as session:
        loaded = catalogues.load_folder(session, arguments.folder, keys, utc_now())
    database.close()
    print(f"Danh mục bản {loaded.version}: {len(loaded.procedures)} thủ tục.")


def _after_restore(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    if arguments.since.tzinfo is None:
        raise Refused("--since cần có múi giờ, như 2026-11-20T09:00:00+07:00.")
    database = ServerDatabase(settings.database)
    with database.writing() as session:
        agencies = restored.keep_numbers(
            session, arguments.since, utc_now(), arguments.incarnations
        )
    database.close()
    print(f"Số đã cấp từ lúc ấy ở {agencies} cơ quan sẽ không được cấp lại.")


def _doctor(arguments: argparse.Namespace, settings: ServerSettings) -> None:
    database = ServerDatabase(settings.database)
    found = doctor.examine(
        database, settings.blobs, utc_now(), deep=arguments.deep, agency=arguments.agency,
        unseen_days=arguments.unseen_days, tls_cert=arguments.tls_cert,
    )  # fmt: skip
    database.close()
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        print("\n".join(_said(finding) for finding in found))
    wrong = sum(finding.state == "wrong" for finding in found)
    if wrong:
        raise Refused(f"Có {wrong} điều sai.")


def _said(finding: Finding) -> str:
    mark = {"right": "đúng   ", "watch": "cần xem", "wrong": "SAI    "}[finding.state]
    words = f"{mark} {finding.agency}: {finding.says}" if finding.agency else (
        f"{mark} {finding.says}"
    )  # fmt: skip
    return f"{words}\n        → {finding.advice}" if finding.advice else words


if __name__ == "__main__":
    sys.exit(main())
