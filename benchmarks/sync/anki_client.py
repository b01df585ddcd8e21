"""Anki's own client: a first upload of one note, then the records as notes, incrementally.

Usage: anki_client.py URL FOLDER RECORDS.

Runs in the peers' environment, where nothing of the product is installed.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from anki.collection import AddNoteRequest, Collection

_CHUNK = 1000


def main(url: str, folder: str, records: str) -> None:
    path = f"{folder}/collection.anki2"
    collection = Collection(path)
    auth = collection.sync_login("quay", "mot-cua", url)
    add(collection, ['{"id": "first"}'])  # to an empty server Anki would only send everything
    first = collection.sync_collection(auth, sync_media=False)
    if first.required != first.NO_CHANGES:
        collection.close_for_full_sync()
        collection.full_upload_or_download(auth=auth, server_usn=None, upload=True)
        collection.reopen(after_full_sync=True)
    add(collection, Path(records).read_text("utf-8").splitlines())
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.monotonic(), cpu_s()
    done = collection.sync_collection(auth, sync_media=False)
    seconds, used = time.monotonic() - began, cpu_s() - cpu
    print("confirmed", flush=True)
    if done.required != done.NO_CHANGES:
        raise SystemExit(f"not an incremental sync: {done}")
    print(json.dumps({"seconds": seconds, "first_s": seconds, "cpu_s": used}), flush=True)
    collection.close()


def add(collection: Collection, lines: list[str]) -> None:
    model = collection.models.by_name("Basic")
    deck = collection.decks.id("Default")
    requests = []
    for line in lines:
        note = collection.new_note(model)
        note["Front"], note["Back"] = json.loads(line)["id"], line
        requests.append(AddNoteRequest(note=note, deck_id=deck))
    for i in range(0, len(requests), _CHUNK):
        collection.add_notes(requests[i : i + _CHUNK])


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
