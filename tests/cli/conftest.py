"""The real command, and bounces to give it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

WHYBOUNCE = str(Path(sys.executable).with_name("whybounce"))
Done = subprocess.CompletedProcess[bytes]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Return the environment of the command: no colour, and every warning an error."""
    return {**os.environ, "NO_COLOR": "1", "PYTHONWARNINGS": "error"}


@pytest.fixture(scope="session")
def unmeasured(environment) -> dict[str, str]:
    """Return the environment of a command that a signal will end: nobody measures what it covers.

    coverage holds a lock while it notes what is new. An exception that a signal raises just then
    leaves the lock held, and the command waits for itself, for ever.
    """
    return {name: value for name, value in environment.items() if "COVERAGE" not in name}


@pytest.fixture(scope="session")
def command() -> str:
    """Return the path of the real command."""
    return WHYBOUNCE


@pytest.fixture(scope="session")
def whybounce(environment) -> Callable[..., Done]:
    """Return a runner of the real command, without a terminal."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Done:
        done = subprocess.run(  # noqa: S603  # our own command
            [WHYBOUNCE, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            env=environment,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done

    return run


@pytest.fixture(scope="session")
def bounce() -> Callable[..., bytes]:
    """Return a writer of bounces."""

    def written(
        recipient: str = "anna@example.org",
        reply: str = "550 5.1.1 User unknown",
        action: str = "failed",
        fields: str = "",
    ) -> bytes:
        return f"""\
From: postmaster@example.net
{fields}Date: Mon, 5 Jan 2026 10:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; example.net

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {reply.split(" ")[1]}
Diagnostic-Code: smtp; {reply}

--x
Content-Type: text/rfc822-headers

From: news@example.net
To: {recipient}
Subject: News
Message-ID: <1@example.net>
--x--
""".encode()

    return written
