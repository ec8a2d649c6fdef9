"""What people type for options, and the one sentence that says what an option takes."""

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from whybounce.cli.refusal import Refusal
from whybounce.vocabulary.status_code import StatusCode

_E = TypeVar("_E", bound=StrEnum)

_ADDRESS = re.compile(r"[^\s<>@\"]{1,128}@[^\s<>@\"]{1,255}|\"[^\"\r\n]{1,64}\"@[^\s<>@\"]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9])?|\[[0-9A-Fa-f.:]{2,60}\]")
_LINK = re.compile(r"https?://[^\s<>\"]{3,500}")


def address(option: str, value: str) -> str:
    """Return the address, without brackets around it."""
    bare = value.strip().removeprefix("<").removesuffix(">")
    if not _ADDRESS.fullmatch(bare):
        raise Refusal(f"{option} takes one address, such as anna@example.org; {value!r} is none")
    return bare


def host(option: str, value: str) -> str:
    """Return the host's name."""
    if not _HOST.fullmatch(value):
        raise Refusal(f"{option} takes the name of a host, such as mx.example.org; not {value!r}")
    return value


def link(option: str, value: str) -> str:
    """Return the link."""
    if not _LINK.fullmatch(value):
        raise Refusal(f"{option} takes a link, such as https://why.example.com; not {value!r}")
    return value


def status(option: str, value: str) -> StatusCode:
    """Return the status code."""
    code = StatusCode.parse(value)
    if code is None:
        raise Refusal(
            f"{option} takes a status code of three numbers, such as 5.1.1; not {value!r}"
        )
    return code


def time(option: str, value: str) -> datetime:
    """Return the time, in UTC where no offset is given."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(
            f"{option} takes a time, such as 2026-03-01T14:02:00+01:00; not {value!r}"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def one_of(option: str, value: str, allowed: type[_E]) -> _E:
    """Return the word as what it stands for, if it is one of those that are allowed."""
    known = [one.value for one in allowed]
    if value in known:
        return allowed(value)
    near = get_close_matches(value, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise Refusal(f"{option} takes one of {', '.join(known)}; not {value!r}{hint}")


def file(option: str, path: str) -> bytes:
    """Return what is in the file."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refusal(f"{option} takes a file; {path} cannot be read: {error.strerror}") from error


def span(option: str, value: str) -> float:
    """Return the seconds of a span of time that is written with its unit."""
    from whybounce.gateway.values import Duration  # noqa: PLC0415  # heavy

    try:
        return Duration.parse(value).total_seconds()
    except ValueError:
        raise Refusal(f"{option} {value}: takes {Duration.WANTED}") from None


def minute(written: str | None) -> str:
    """Return a time of the JSON as people read it; nothing for none."""
    return "" if written is None else f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M} UTC"
