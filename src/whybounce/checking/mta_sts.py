"""MTA-STS: what a domain says about its mail servers, and how that is read. RFC 8461.

A record in the DNS says that there is a policy and which (``read_record``); a page at a web server of
the domain is the policy (``read_policy``). Both are read as written, or it is said why not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from whybounce.checking.certificates import covers

_YEAR = 31_557_600  # Seconds: RFC 8461 §3.2 allows no more.
_MOST_HOSTS = 256

_VERSION = "v=STSv1"
_ID = re.compile("[A-Za-z0-9]{1,32}")
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*:(.*)")
_HOST = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9-]{1,63}"
)


class Mode(StrEnum):
    """What to do with a server that is not as the policy says."""

    ENFORCE = "enforce"  # Hand nothing over to it.
    TESTING = "testing"  # Hand over, and report.
    NONE = "none"  # There is no policy any more.


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """A policy, as its page says it."""

    mode: Mode
    max_age: int  # Seconds it may be kept.
    mx: tuple[str, ...] = ()  # Hosts, some with ``*`` for their first label; lower case.

    def covers(self, host: str) -> bool:
        """Return whether the host may take the domain's mail: RFC 8461 §4.1."""
        return any(covers(pattern, host.lower().rstrip(".")) for pattern in self.mx)

    @property
    def lines(self) -> tuple[str, ...]:
        """The policy as its page writes it."""
        hosts = (f"mx: {pattern}" for pattern in self.mx)
        return ("version: STSv1", f"mode: {self.mode}", *hosts, f"max_age: {self.max_age}")


class Failure(StrEnum):
    """What stood in the way of a policy, in RFC 8460's words (§4.3.2.2)."""

    FETCH = "sts-policy-fetch-error"
    INVALID = "sts-policy-invalid"
    WEBPKI = "sts-webpki-invalid"  # Its web server's certificate does not hold.


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there is no policy, or none that can be read."""

    why: str
    kind: Failure = Failure.INVALID


def read_record(values: Sequence[str]) -> str | Unreadable:
    """Return the policy's id from the TXT records of ``_mta-sts`` and the domain: RFC 8461 §3.1.

    Args:
        values: The records, the strings of each joined.

    """
    written = [text for text in values if text.startswith(_VERSION)]
    if len(written) != 1:
        return Unreadable(f"{len(written)} TXT records begin with {_VERSION}; there must be one")
    version, *fields = (field.strip() for field in written[0].split(";"))
    if version != _VERSION:
        return Unreadable(f"the TXT record does not begin with {_VERSION};")
    for field in fields:
        name, _, value = field.partition("=")
        if name.strip() == "id":
            is_good = _ID.fullmatch(value.strip())
            return (
                value.strip() if is_good else Unreadable("its id is not 1 to 32 letters or digits")
            )
    return Unreadable("the TXT record has no id")


def read_policy(text: str) -> StsPolicy | Unreadable:
    """Return the policy of a page: RFC 8461 §3.2. Of what is said twice the first counts."""
    said: dict[str, str] = {}
    hosts: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        field = _LINE.fullmatch(line)
        if field is None:
            return Unreadable(f"line {number} is not “name: value”")
        name, value = field[1], field[2].strip(" \t")
        if name == "mx":
            hosts.append(value.lower())
        else:
            said.setdefault(name, value)
    return _policy(said, hosts)


def _policy(said: dict[str, str], hosts: list[str]) -> StsPolicy | Unreadable:
    if said.get("version") != "STSv1":
        return Unreadable("it does not say “version: STSv1”")
    try:
        mode = Mode(said.get("mode", ""))
    except ValueError:
        return Unreadable("its mode is none of enforce, testing and none")
    age = said.get("max_age", "")
    if not (age.isascii() and age.isdecimal() and len(age) <= 10):
        return Unreadable("its max_age is no number of seconds")
    wrong = next((host for host in hosts if not _HOST.fullmatch(host)), None)
    if wrong is not None:
        return Unreadable("one of its mx lines names no host")
    if len(hosts) > _MOST_HOSTS:
        return Unreadable(f"it has more than {_MOST_HOSTS} mx lines")
    if not hosts and mode is not Mode.NONE:
        return Unreadable("it has no mx line")
    return StsPolicy(mode, min(int(age), _YEAR), tuple(dict.fromkeys(hosts)))
