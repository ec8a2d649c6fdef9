"""Passwords: argon2 hashes (RFC 9106), made and checked off the event loop, a few at a time.

A hash takes 19 MB while it is computed, so the number of threads is what bounds the memory. Who asks
for an account that is not there waits as long as for one that is.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type

_THREADS = 2
_LONGEST = 1024  # Characters of a password; more are no password.
_MOST_MEMORY = 1 << 20  # KiB that a hash in a file may ask for: 1 GB.

# OWASP's least for argon2id: a log-in must not cost a mail server a second.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_PUBLIC = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Passwords:
    """Checks passwords in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Return whether the password is the one that was hashed. No hash: no, as slowly."""
        loop = asyncio.get_running_loop()
        matches = await loop.run_in_executor(
            self._threads, _matches, hashed or _nobodys(), password[:_LONGEST]
        )
        return matches and hashed is not None and len(password) <= _LONGEST

    def close(self) -> None:
        """Check no more."""
        self._threads.shutdown(cancel_futures=True)


def hash_of(password: str) -> str:
    """Return the password's hash, with a salt of its own."""
    return _HASHER.hash(password)


def hash_of_public(password: str) -> str:
    """Return a hash that costs nothing, for passwords that everybody knows.

    It is the same each time: by it the directory in force is known again.
    """
    return _PUBLIC.hash(password, salt=b"known to everybody")


def is_hash(text: str) -> bool:
    """Whether the text is an argon2id hash that can be checked here."""
    try:
        parameters = extract_parameters(text)
    except InvalidHashError:
        return False
    return parameters.type is Type.ID and parameters.memory_cost <= _MOST_MEMORY


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


@cache
def _nobodys() -> str:
    return hash_of("nobody's")
