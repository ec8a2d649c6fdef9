"""The fields that tell the next reader what was found: Authentication-Results, Received-SPF.

RFC 8601 §2.2, RFC 7208 §9.1. What strangers wrote goes in quoted, or not at all. Fields that bear
our name and are not ours are taken out: RFC 8601 §5.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from whybounce.vocabulary.authentication import (
    Authentication,
    Result,
    SignatureResult,
    SpfIdentity,
    SpfResult,
)

_LONGEST_VALUE = 320
_MOST_SIGNATURES = 10
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+")  # RFC 2045 §5.1.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_ADDRESS = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*)?@[A-Za-z0-9.-]+")
_COMMENT = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)
_FIELD_START = re.compile(rb"(?<=\r\n)(?![ \t])")
_RESULTS = re.compile(rb"authentication-results[ \t]*:", re.IGNORECASE)
_DEEPEST = 20  # Comments within comments.


def written_results(found: Authentication, by: str) -> str:
    """Return an Authentication-Results field with its line end, folded.

    Args:
        found: What was found.
        by: Our name, the authserv-id.

    """
    return ";\r\n\t".join((f"Authentication-Results: {by}", *_methods(found))) + "\r\n"


@lru_cache(maxsize=1024)  # The same servers send the same senders' mail.
def written_spf(found: SpfResult, by: str, helo: str) -> str:
    """Return a Received-SPF field with its line end, folded.

    Args:
        found: What was found.
        by: Our name.
        helo: As the client gave it.

    """
    pairs = (
        ("client-ip", found.address),
        ("envelope-from", "" if found.identity is SpfIdentity.HELO else found.sender),
        ("helo", helo),
        ("identity", found.identity),
        ("receiver", by),
        ("mechanism", found.term),
    )
    told = ";\r\n\t".join(f"{name}={_quoted_unless_atom(value)}" for name, value in pairs if value)
    return f"Received-SPF: {found.result} {_comment(f'{by}: {found.evidence}')}\r\n\t{told}\r\n"


def without_forged(header: bytes, names: Iterable[str]) -> bytes:
    """Return a header's octets without the Authentication-Results fields that claim to be ours.

    Also without those that name nobody, for a lenient reader may take them for ours. Everything
    else stays octet for octet.

    Args:
        header: As it came, lines ending with CRLF, with or without the empty line at its end.
        names: What we call ourselves, and what those do who may write such fields for us.

    """
    if _RESULTS.search(header) is None:
        return header
    ours = _naming(frozenset(names))
    return b"".join(field for field in _FIELD_START.split(header) if not _is_forged(field, ours))


@lru_cache(maxsize=16)
def _naming(names: frozenset[str]) -> re.Pattern[str]:
    """Return what finds one of the names in a field."""
    either = "|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in sorted(names))
    return re.compile(either or r"(?!)", re.IGNORECASE)


def _is_forged(field: bytes, ours: re.Pattern[str]) -> bool:
    begins = _RESULTS.match(field)
    if begins is None:
        return False
    claimed, _, _ = _without_comments(field[begins.end() :]).partition(b";")
    name = claimed.translate(None, b'"\\').decode("utf-8", "replace").strip()
    return not name or ours.search(name) is not None


def _without_comments(value: bytes) -> bytes:
    for _ in range(_DEEPEST):
        value, count = _COMMENT.subn(b" ", value)
        if not count:
            break
    return value


def _methods(found: Authentication) -> Iterator[str]:
    yield _spf(found.spf, found)
    if found.spf.identity is not SpfIdentity.HELO and found.spf_helo.result is not Result.NONE:
        yield _spf(found.spf_helo, found)
    if not found.signatures:
        yield "dkim=none"
    for signature in found.signatures[:_MOST_SIGNATURES]:
        yield _dkim(signature)
    dmarc = found.dmarc
    policy = f" {_comment(f'p={dmarc.policy} at {dmarc.policy_domain}')}" if dmarc.policy else ""
    author = f" header.from={_value(dmarc.domain)}" if dmarc.domain else ""
    yield f"dmarc={dmarc.result}{policy}{author}"
    sealer = found.arc.sets[0].sealer if found.arc.sets else ""
    yield f"arc={found.arc.result}" + (f" {_comment(f'sealed by {sealer}')}" if sealer else "")
    reverse = found.reverse_name
    named = f" {_comment(reverse.name)}" if reverse.name else ""
    yield f"iprev={reverse.result}{named} policy.iprev={_value(reverse.address)}"


def _spf(found: SpfResult, about: Authentication) -> str:
    if found.identity is SpfIdentity.MAIL_FROM:
        return f"spf={found.result} smtp.mailfrom={_address(about.mail_from)}"
    return f"spf={found.result}" + (f" smtp.helo={_value(about.helo)}" if about.helo else "")


def _dkim(found: SignatureResult) -> str:
    pairs = (("header.d", found.domain), ("header.s", found.selector), ("header.b", found.tag))
    told = "".join(f" {name}={_value(value)}" for name, value in pairs if value)
    return f"dkim={found.result} {_comment(found.evidence)}{told}"


def _address(address: str) -> str:
    """Return the address, or its domain alone where the rest cannot stand in a header of ASCII."""
    local, at, domain = address.rpartition("@")
    return _value(address if local.isascii() else f"{at}{domain}")


def _value(value: str) -> str:
    """Return it as RFC 8601's value: a token or an address, else a quoted string."""
    value = _plain_ascii(value)
    is_plain = _TOKEN.fullmatch(value) or _ADDRESS.fullmatch(value)
    return value if is_plain else _quoted(value)


def _quoted_unless_atom(value: str) -> str:
    """Return it as RFC 7208's value: a dot-atom, else a quoted string."""
    value = _plain_ascii(value)
    return value if _DOT_ATOM.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    """Return it in quotation marks; not all readers know that one within them can be escaped."""
    kept = value.replace("\\", "?").replace('"', "?")
    return f'"{kept}"'


def _comment(text: str) -> str:
    written = _plain_ascii(text).replace("\\", "/").replace("(", "[").replace(")", "]")
    return f"({written})"


def _plain_ascii(text: str) -> str:
    """Return it without what ends a line, and without what a header of ASCII cannot hold."""
    kept = text
    if not (text.isascii() and text.isprintable()):
        kept = "".join(each if " " <= each <= "~" else "?" for each in text)
    return kept if len(kept) <= _LONGEST_VALUE else f"{kept[: _LONGEST_VALUE - 3]}..."
