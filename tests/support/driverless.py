"""Printers without a queue: real IPP Everywhere printers that take only some kinds of document."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port, listening
from tests.support.processes import Child, bare_environment, message_bus, program

# Runs once per job. A file named slow beside it holds the job up, jam gives it up.
_ENGINE = """\
#!/bin/sh
here=$(dirname "$0")
while [ -e "$here/slow" ]; do sleep 0.05; done
[ -e "$here/jam" ] && { echo "STATE: +media-jam-error" >&2; sleep 0.3; exit 1; }
name=$(date +%s%N)
env | grep -E '^(IPP_|CONTENT_TYPE)' > "$here/out/$name.env"
cp "$1" "$here/out/$name.part" && mv "$here/out/$name.part" "$here/out/$name.page"
"""


@dataclass(frozen=True)
class Driverless:
    """A running printer; `uri` is its address."""

    uri: str
    folder: Path

    def printed(self) -> list[bytes]:
        """Return what it put out, oldest first."""
        return [path.read_bytes() for path in sorted((self.folder / "out").glob("*.page"))]

    def told(self) -> list[dict[str, str]]:
        """Return the job attributes that each job came with."""
        return [
            dict(line.split("=", 1) for line in path.read_text("utf-8").splitlines() if "=" in line)
            for path in sorted((self.folder / "out").glob("*.env"))
        ]

    def hold(self) -> None:
        """Let no job through until `release`."""
        (self.folder / "slow").touch()

    def release(self) -> None:
        """Let jobs through."""
        (self.folder / "slow").unlink(missing_ok=True)


@contextmanager
def driverless(
    folder: Path, formats: Sequence[str], *, duplex: bool = False, name: str = "Driverless"
) -> Iterator[Driverless]:
    """Run a printer that takes the given MIME types."""
    for part in ("spool", "out"):
        (folder / part).mkdir(parents=True)
    engine = folder / "engine.sh"
    engine.write_text(_ENGINE, "ascii")
    engine.chmod(0o755)
    port = free_port()
    with message_bus(folder / "dbus") as bus:
        env = bare_environment(
            folder, DBUS_SYSTEM_BUS_ADDRESS=bus, DBUS_SESSION_BUS_ADDRESS=bus, TMPDIR=str(folder)
        )
        command = [program("ippeveprinter"), "-n", "localhost", "-p", str(port), "-r", "off"]
        command += ["-f", ",".join(formats), "-d", str(folder / "spool"), "-c", str(engine)]
        command += ["-2"] if duplex else []
        with Child([*command, name], folder / "printer.log", env) as child:
            child.wait_for(lambda: listening(port), 10, "driverless printer")
            yield Driverless(f"ipp://127.0.0.1:{port}/ipp/print", folder)
