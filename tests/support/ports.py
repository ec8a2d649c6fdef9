"""Ports for other people's programs, which have to be told one before they listen.

The kernel gives those above to whoever asks for any: to hundreds of connections while such a program
starts, or starts again. So these are below, and by a chance of their own: the tests' is the same in
every process that runs them.
"""

import secrets
import socket

_FIRST, _LAST = 10_000, 32_000  # Linux gives from 32,768 on.


def free_port(*addresses: str) -> int:
    """Return a port that nobody has at this moment, by TCP and UDP; of 127.0.0.1 if none is named."""
    while True:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if all(_is_free(address, port) for address in addresses or ("127.0.0.1",)):
            return port


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
