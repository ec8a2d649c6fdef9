r"""Reverse-path and forward-path: RFC 5321 §4.1.2, with RFC 6531 §3.3.

    Path           = "<" [ A-d-l ":" ] Mailbox ">"
    A-d-l          = At-domain *( "," At-domain )          ; a source route: read and dropped
    Mailbox        = Local-part "@" ( Domain / address-literal )
    Local-part     = Dot-string / Quoted-string
    Domain         = sub-domain *("." sub-domain)
    sub-domain     = Let-dig [Ldh-str] / U-label
    address-literal = "[" ( IPv4 / "IPv6:" IPv6 ) "]"

Rule 1: the grammar is the RFC's, with one courtesy: blanks after ``FROM:`` and ``TO:``, which many
devices send, are passed over.
Rule 2: lengths are the DNS's where the DNS has a say. RFC 5321 §4.5.3.1.1 asks for 64 octets of
local part at least and for no limit if possible: return paths of mailing lists are longer. The
command line bounds them.
Rule 3: an address has one spelling. ``"anna"@x`` and ``anna@x`` are the same mailbox (RFC 5321
§4.1.2), so quotation marks that are not needed go.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

# No control characters, no blanks and no line ends among them, whatever Unicode calls them.
_BEYOND_ASCII = "\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u2fff\u3001-\ud7ff\uf900-\U0010ffff"
_ATEXT = rf"A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND_ASCII}-"
_DOT_STRING = rf"[{_ATEXT}]++(?:\.[{_ATEXT}]++)*+"
_QUOTED_STRING = rf'"(?:[ !#-\[\]-~{_BEYOND_ASCII}]|\\[ -~])*+"'
_LET_DIG = f"A-Za-z0-9{_BEYOND_ASCII}"
_SUB_DOMAIN = rf"[{_LET_DIG}]++(?:-++[{_LET_DIG}]++)*+"
_DOMAIN = rf"{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*+"
_LITERAL = r"\[[A-Za-z0-9:.-]++\]"
_SOURCE_ROUTE = rf"@{_DOMAIN}(?:,@{_DOMAIN})*+:"

_PATH = re.compile(
    rf"""\ *<(?:{_SOURCE_ROUTE})?
         (?P<local>{_DOT_STRING}|{_QUOTED_STRING})@(?P<domain>{_DOMAIN}|{_LITERAL})
         >(?P<rest>\ .*)?""",
    re.VERBOSE,
)
_NULL_PATH = re.compile(r" *<>( .*)?")
_POSTMASTER = re.compile(r" *<(postmaster)>( .*)?", re.IGNORECASE)
_IS_DOT_STRING = re.compile(_DOT_STRING)
_QUOTED_PAIR = re.compile(r"\\(.)")
_NEEDS_BACKSLASH = re.compile(r'(["\\])')

_LONGEST_DOMAIN = 255  # Octets, RFC 5321 §4.5.3.1.2.
_LONGEST_LABEL = (
    63  # Octets, RFC 1035 §2.3.4; of a U-label, whose A-label is no shorter in letters.
)


class PathError(ValueError):
    """What stands after FROM: or TO: is no path. Says what is wrong with it."""


class BeyondAsciiError(PathError):
    """The path is good with SMTPUTF8, and the client did not ask for that."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was read, and the parameters behind it."""

    address: str  # The mailbox; empty for the null reverse path.
    rest: str  # Begins with a blank, or is empty.


def read_reverse_path(text: str) -> Path:
    """Read what follows ``MAIL FROM:``. Raises PathError."""
    if null := _NULL_PATH.fullmatch(text):
        return Path("", null[1] or "")
    return _read_path(text)


def read_forward_path(text: str) -> Path:
    """Read what follows ``RCPT TO:``. Raises PathError."""
    # RFC 5321 §4.5.1: every server knows <postmaster> without a domain, in any case.
    if postmaster := _POSTMASTER.fullmatch(text):
        return Path(postmaster[1], postmaster[2] or "")
    return _read_path(text)


def read_mailbox(text: str) -> str:
    """Return the address in its one spelling. Raises PathError."""
    path = _read_path(f"<{text}>")
    if path.rest:
        raise PathError("a mailbox ends with its domain")
    return path.address


def _read_path(text: str) -> Path:
    match = _PATH.fullmatch(text)
    if match is None:
        raise PathError(_what_is_wrong(text))
    local, domain, rest = match.group("local", "domain", "rest")
    if domain[0] == "[":
        domain = _read_literal(domain)
    elif len(domain) > _LONGEST_LABEL:
        _check_lengths(domain)
    if local[0] == '"':
        local = _one_spelling(local)
    return Path(f"{local}@{domain}", rest or "")


def _one_spelling(quoted: str) -> str:
    """Return the quoted local part without the quotation marks and backslashes it can spare."""
    content = _QUOTED_PAIR.sub(r"\1", quoted[1:-1])
    if _IS_DOT_STRING.fullmatch(content):
        return content
    return '"' + _NEEDS_BACKSLASH.sub(r"\\\1", content) + '"'


def _read_literal(literal: str) -> str:
    """Return the address literal in its one spelling, RFC 5321 §4.1.3."""
    tag, colon, address = literal[1:-1].partition(":")
    try:
        if not colon:
            return f"[{IPv4Address(tag)}]"
        if tag.casefold() == "ipv6":
            return f"[IPv6:{IPv6Address(address)}]"
    except AddressValueError as error:
        raise PathError("the brackets hold no IP address") from error
    raise PathError("the brackets hold a kind of address that nobody has registered")


def _check_lengths(domain: str) -> None:
    if len(domain.encode()) > _LONGEST_DOMAIN:
        raise PathError(f"a domain has at most {_LONGEST_DOMAIN} octets")
    if any(len(label) > _LONGEST_LABEL for label in domain.split(".")):
        raise PathError(
            f"what stands between two dots of a domain has at most {_LONGEST_LABEL} letters"
        )


def _what_is_wrong(text: str) -> str:
    """Say the likeliest fault, so that whoever wrote the client need not guess."""
    text = text.strip()
    if not text.startswith("<") or ">" not in text:
        return "an address stands in angle brackets"
    if text.startswith("<>"):
        return "a recipient has an address"
    inside = text[1 : text.rindex(">")]
    if "@" not in inside:
        return "an address has an @ and a domain"
    if not inside.rpartition("@")[2]:
        return "an address has a domain after the @"
    if not inside.rpartition("@")[0]:
        return "an address has a name before the @"
    return "it is not written as an address can be"
