"""A second client, written from docs/sync-protocol.md and docs/events.md alone.

It shares no line with the product: what it can do, the documents say.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import http.client
import json
import os
import uuid
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

CHUNK = 64 * 1024


class Refused(Exception):
    """A problem answer; `type` is what a client decides by."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["title"])
        self.type, self.status, self.n = problem["type"], problem["status"], problem.get("n", 0)


class SecondClient:
    """One station: keys, one store, a copy of its stream."""

    def __init__(self, port: int, agency: str) -> None:
        self.port, self.agency = port, agency
        self.signing, self.sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
        self.store, self.contacts, self.station = uuid.uuid4(), 0, ""
        self.skew = dt.timedelta()
        self.chain: list[dict[str, Any]] = []  # own events, with "body" and "hash"
        self.have = self.cursor = 0
        self.stream: list[dict[str, Any]] = []
        self.refused: dict[int, str] = {}
        self.ranges: list[dict[str, Any]] = []

    # ---- 1, 2: transport and authentication ----

    def ask(
        self, method: str, target: str, body: bytes = b"", **headers: str
    ) -> tuple[int, Any, bytes]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Accept-Encoding"] = "zstd"
        if self.station:
            at = (dt.datetime.now(dt.UTC) + self.skew).isoformat(timespec="seconds")
            lines = ["qmc-request-1", method, target, at, hashlib.sha256(body).hexdigest()]
            signature = self.signing.sign("\n".join(lines).encode()).hex()
            sent["Authorization"] = f'QMC-Station id="{self.station}", at="{at}", signature="{signature}"'  # fmt: skip  # noqa: E501
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, target, body or None, sent)
        reply = line.getresponse()
        content, found = reply.read(), {k.lower(): v for k, v in reply.getheaders()}
        line.close()
        server_time = dt.datetime.fromisoformat(found["qmc-server-time"])
        self.skew = server_time - dt.datetime.now(dt.UTC)
        if found.get("content-encoding") == "zstd":
            content = zstandard.ZstdDecompressor().decompress(content, 1 << 24)
        if reply.status >= 400:
            problem = json.loads(content or b'{"type":"http","title":"","status":0}')
            if problem["type"] == "clock":
                return self.ask(method, target, body, **headers)  # the difference is known now
            raise Refused(problem)
        return reply.status, found, content

    def post(self, target: str, message: dict[str, Any]) -> Any:
        content = self.ask("POST", target, json.dumps(message).encode())[2]
        return json.loads(content) if content else None

    # ---- 7, 8: enrolment, contacts, numbers ----

    def enrol(self, code: str) -> None:
        answer = self.post("/v1/stations/enrol", {
            "code": code, "name": "second", "incarnation": str(self.store), "protocol": 1,
            "signing_key": self.signing.public_key().public_bytes_raw().hex(),
            "sealing_key": self.sealing.public_key().public_bytes_raw().hex(),
        })  # fmt: skip
        self.station, self.ranges = answer["station"], answer["ranges"]

    def hello(self) -> Any:
        self.contacts += 1
        return self.post("/v1/hello", {
            "store": str(self.store), "contacts": self.contacts, "passing": str(uuid.uuid4())
        })  # fmt: skip

    def lease(self) -> list[int]:
        day = (dt.datetime.now(dt.UTC) + self.skew + dt.timedelta(hours=7)).date().isoformat()
        asked = {"key": str(uuid.uuid4()), "incarnation": str(self.store), "day": day}
        found = self.post("/v1/codes/lease", asked)["ranges"]
        return [n for r in found for n in range(r["first"], r["last"] + 1)]

    # ---- events.md: envelope, chain; 4: push ----

    def act(self, kind: str, body: dict[str, Any], dossier: str, base: int = 0) -> None:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        at = (dt.datetime.now(dt.UTC) + self.skew).isoformat(timespec="seconds")
        event = {"n": len(self.chain) + 1, "kind": kind, "v": 1, "at": at, "actor": "hai"}
        event |= {"dossier": dossier, "base": base}
        prev = self.chain[-1]["hash"] if self.chain else self.genesis()
        self.chain.append(event | {"body": raw, "prev": prev, "hash": event_hash(str(self.store), event, prev, raw)})  # fmt: skip  # noqa: E501

    def genesis(self) -> str:
        return hashlib.sha256(b"qmc-store-1\n" + self.store.bytes).hexdigest()

    def push(self) -> None:
        while self.have < len(self.chain):
            batch = self.chain[self.have : self.have + 40]
            last = batch[-1]
            signed = b"qmc-push-1\n" + self.store.bytes + last["n"].to_bytes(8, "big")
            head = {"protocol": 1, "store": str(self.store), "first": batch[0]["n"],
                    "count": len(batch), "prev": batch[0]["prev"], "head": last["hash"],
                    "signature": self.signing.sign(signed + bytes.fromhex(last["hash"])).hex()}  # fmt: skip  # noqa: E501
            lines = [json.dumps(head).encode()]
            for event in batch:
                names = ("n", "kind", "v", "at", "actor", "dossier", "base")
                lines += [json.dumps({k: event[k] for k in names}).encode(), event["body"]]
            packed = zstandard.compress(b"\n".join(lines) + b"\n")
            content = self.ask("POST", "/v1/push", packed, Content_Encoding="zstd")[2]
            answer = json.loads(content)
            self.refused |= {q["n"]: q["reason"] for q in answer["quarantined"]}
            if answer["have"] <= self.have:
                return
            self.have = answer["have"]

    # ---- 5, 6: pull and proof ----

    def pull(self, wait: float = 0) -> int:
        came = 0
        while True:
            target = f"/v1/pull?after={self.cursor}&echo={self.store}&wait={wait:g}"
            lines = self.ask("GET", target)[2].split(b"\n")
            head, at = json.loads(lines[0]), 1
            for _ in range(head["count"]):
                entry = json.loads(lines[at])
                at += 1
                if entry.get("echo"):
                    entry["hash"] = self.chain[entry["n"] - 1]["hash"]
                else:
                    entry["body"] = lines[at]
                    at += 1
                    entry["hash"] = event_hash(entry["store"], entry, entry["prev"], entry["body"])
                    came += 1
                self.stream.append(entry)
            self.cursor, wait = head["upto"], 0
            if not head["more"]:
                return came

    def is_proven(self) -> bool:
        days: dict[str, list[Any]] = {}
        for entry in self.stream:
            day = days.setdefault(entry["recorded_at"][:10], [0, "00" * 32])
            rolled = hashlib.sha256(bytes.fromhex(day[1]) + bytes.fromhex(entry["hash"]))
            day[:] = [day[0] + 1, rolled.hexdigest()]
        content = self.ask("GET", f"/v1/digest?upto={self.cursor}&stream={self.agency}")[2]
        return bool(json.loads(content)["days"] == days and self.have == len(self.chain))

    # ---- 11: pages ----

    def send_page(self, image: bytes, stop_after: int = 10**9) -> int:
        sha256 = hashlib.sha256(image).hexdigest().encode()
        tus = {"Tus_Resumable": "1.0.0"}
        metadata = "sha256 " + base64.b64encode(sha256).decode()
        _, found, _ = self.ask("POST", "/v1/files", b"", **tus, Upload_Length=str(len(image)), Upload_Metadata=metadata)  # fmt: skip  # noqa: E501
        target, offset = found["location"], int(found["upload-offset"])
        while offset < min(len(image), stop_after):
            chunk = image[offset : offset + CHUNK]
            check = "sha256 " + base64.b64encode(hashlib.sha256(chunk).digest()).decode()
            _, found, _ = self.ask(
                "PATCH", target, chunk, **tus, Upload_Offset=str(offset), Upload_Checksum=check,
                Content_Type="application/offset+octet-stream",
            )  # fmt: skip
            offset = int(found["upload-offset"])
        return offset


def event_hash(store: str, event: dict[str, Any], prev: str, body: bytes) -> str:
    lines = ["qmc-event-1", store, str(event["n"]), prev, event.get("dossier") or "-",
             str(event.get("base", 0)), event["kind"], str(event["v"]), event["at"],
             event["actor"], hashlib.sha256(body).hexdigest()]  # fmt: skip
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def reception(agency: str, day: dt.date, number: int) -> dict[str, Any]:
    """Return the body of a reception with what is required of it."""
    at = dt.datetime(day.year, day.month, day.day, 9, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    return {
        "code": f"{agency}-{day:%y%m%d}-{number:04d}", "check": "A", "lookup": "ABCDEFGH",
        "agency": agency, "procedure": "2.000815", "catalogue": 1, "forms": "2018",
        "received_at": at.isoformat(), "due_at": (at + dt.timedelta(hours=7)).isoformat(),
        "counted_from": day.isoformat(), "number": number, "drawn_from": "lease",
        "submitter": {"name": "Đặng Thị Hai", "id_number": "000190000077"},
        "summary": os.urandom(4).hex(),
    }  # fmt: skip
