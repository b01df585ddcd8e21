"""Find loopback ports that nobody listens on."""

import socket


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free at this moment.

    The kernel hands out a different port each time, so two callers in a row do not meet; the port
    is not reserved, though, and should be bound soon.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int) -> bool:
    """Tell whether something accepts connections on a TCP port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
