"""A private, unlocked secret service: what a desktop offers its programs to keep passwords in."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jeepney.io.blocking import open_dbus_connection
from secretstorage import Collection, SecretStorageException

from tests.support.processes import Child, bare_environment, message_bus, program, socket_path

_PASSWORD = b"unlocks the keyring"
_DEFAULT_COLLECTION = "/org/freedesktop/secrets/aliases/default"


@contextmanager
def secret_service(folder: Path) -> Iterator[dict[str, str]]:
    """Run a message bus with a secret service whose keyring is unlocked.

    Args:
        folder: The home folder of the session, and where the keyring is kept; made if missing.

    Yields:
        What to add to the environment of a program so that it lives in this session.
    """
    session = _session_folders(folder)
    with message_bus(Path(session["XDG_RUNTIME_DIR"])) as address:
        session["DBUS_SESSION_BUS_ADDRESS"] = address
        command = [program("gnome-keyring-daemon"), "--foreground", "--unlock"]
        with Child(
            [*command, "--components=secrets"],
            folder / "keyring.log",
            bare_environment(folder) | session,
            stdin=_PASSWORD,
        ) as keyring:
            keyring.wait_for(lambda: _unlocked(address), 10, "unlocked keyring")
            yield session


def _session_folders(home: Path) -> dict[str, str]:
    """Make the folders of a session and return the variables that name them."""
    folders = {
        "HOME": home,
        "XDG_RUNTIME_DIR": home / "run",
        "XDG_DATA_HOME": home / ".local/share",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_STATE_HOME": home / ".local/state",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    folders["XDG_RUNTIME_DIR"].chmod(0o700)
    socket_path(folders["XDG_RUNTIME_DIR"] / "keyring/control")
    return {name: str(folder) for name, folder in folders.items()}


def _unlocked(address: str) -> bool:
    """Tell whether the service is there with a default collection that needs no prompt."""
    with closing(open_dbus_connection(address, auth_timeout=5)) as connection:
        try:
            return not Collection(connection, _DEFAULT_COLLECTION).is_locked()
        except SecretStorageException:  # not there yet
            return False
