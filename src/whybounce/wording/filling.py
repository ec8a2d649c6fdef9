"""Placeholders filled in, and nothing else: a stranger's text never becomes a command.

Rule 1: the set of placeholders is closed; they are replaced literally, in one pass, so that a
value that looks like a placeholder stays what it is.
Rule 2: in prose an unknown value is said in words ("the recipient's address").
Rule 3: in a command or a record (between backticks) a value goes in only if it is a valid
address, domain, IP or link, quoted for the command's shell; else it is said in words, as one
word between angle brackets: readers know these for what they have to write themselves, and shells
for files to read, so that nothing happens if they are copied with the rest.
Rule 4: a value that nobody gave may follow from others: see ``deriving``.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from shlex import quote

from whybounce.wording.deriving import LONGEST_RECORD, derived, is_spf_record

PLACEHOLDERS = (
    "recipient", "domain", "remote", "sender", "sender_domain", "ip", "helo", "list", "url", "limit",
    "selector", "reverse", "reason", "record", "mechanism", "spf_record",
)  # fmt: skip

_PLACEHOLDER = re.compile("{(" + "|".join(PLACEHOLDERS) + ")}")
_COMMAND = re.compile(r"`([^`]*)`")

# RFC 5322 §3.4.1, RFC 6532 §3.2, less the backtick that would end the command, and less a hyphen in
# front, which a command would take for an option.
_ADDRESS = re.compile(r"(?=.{3,254}$)(?!-)[\w.!#$%&'*+/=?^{|}~-]{1,64}@[\w.-]{1,253}")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?\.?"
)
_URL = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:/[A-Za-z0-9._~/?&=%#+-]{0,300})?")
_NUMBER = re.compile(r"\d{1,12}")
_WRITTEN_RECORD = re.compile(r'v=[^"\\`\x00-\x1f]{1,1000}')
_MECHANISM = re.compile(r"ip[46]:[0-9a-f.:]{2,45}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

_LONGEST_VALUE = 320  # RFC 5321 §4.5.3.1: 64 octets, an @, 255 octets.
_LONGEST_REASON = LONGEST_RECORD  # A certificate and the record it is held against.
_LONG = frozenset({"reason", "record", "spf_record"})


class Filling(dict[str, str]):
    """What goes in for each placeholder of an answer's sentences, worked out when first asked for.

    A key is where it goes, a colon, and the placeholder's name: ``prose:domain``, ``$:domain``.
    """

    def __init__(self, values: Mapping[str, str], stand_ins: Mapping[str, str]) -> None:
        super().__init__()
        self._values = values
        self._stand_ins = stand_ins

    def __missing__(self, key: str) -> str:
        """Return what goes there, by the rules of this file."""
        place, _, name = key.partition(":")
        value = self._values.get(name) or derived(name, self._values)
        if place == _PROSE:
            said = _in_prose(name, value) if value else self._stand_ins[name]
        elif _VALID[name](value):
            said = _QUOTED[place](value)
        else:
            said = _to_be_written(name, self._stand_ins)
        self[key] = said
        return said


def fill(sentence: str, values: Mapping[str, str], stand_ins: Mapping[str, str]) -> str:
    """Return one sentence with its placeholders filled in, by the rules of this file."""
    return form(sentence) % Filling(values, stand_ins)


def printable(value: str) -> str:
    """Return a stranger's text without what could move a cursor or turn the reading direction."""
    return value if value.isprintable() else _UNPRINTABLE.sub(" ", value)


_PROSE = "prose"


@lru_cache(maxsize=8192)  # The catalogue's sentences, in a few languages.
def form(sentence: str) -> str:
    """Return the sentence with ``%(prose:domain)s`` in place of ``{domain}``, to be filled by ``%``."""
    parts: list[str] = []
    # Splitting by one group leaves prose at even places and what stood in backticks at odd ones.
    for number, part in enumerate(_COMMAND.split(sentence)):
        in_command = number % 2
        place = _place_in(part) if in_command else _PROSE
        written = f"`{part}`" if in_command else part
        parts.append(_PLACEHOLDER.sub(rf"%({place}:\1)s", written.replace("%", "%%")))
    return "".join(parts)


def values_in(form: str, said: str) -> dict[str, str]:
    """Return what stands in a sentence where the form has placeholders, as far as it is valid.

    Empty where the sentence is not of that form. What a form begins with must be literal.
    """
    first, rest = _parted(form)
    begins = said.find(first) if first else -1
    if begins < 0:
        return {}
    found: dict[str, str] = {}
    place = begins + len(first)
    for name, literal in zip(rest[::2], rest[1::2], strict=True):
        end = said.find(literal, place) if literal else len(said)
        if end < 0:
            return {}
        value = said[place:end]
        if not literal and not _VALID[name](value):  # Relays add words of their own behind it.
            value = value.partition(" ")[0].rstrip(".;,)")
        if _VALID[name](value):
            found.setdefault(name, value)
        place = end + len(literal)
    return found


@lru_cache(maxsize=2048)  # The sentences of our own gateway.
def _parted(form: str) -> tuple[str, list[str]]:
    """Return what the form begins with, and then names and literals in turn."""
    first, *rest = _PLACEHOLDER.split(form)
    return first, rest


def _in_prose(name: str, value: str) -> str:
    longest = _LONGEST_REASON if name in _LONG else _LONGEST_VALUE
    return printable(value)[:longest].replace("`", "'")  # Which would begin a command.


# What is still known of a record where the address is not: what is before and behind it.
_WITHIN = {"mechanism": ("ip4:", "ip", ""), "spf_record": ("v=spf1 … ip4:", "ip", " -all")}


def _to_be_written(name: str, stand_ins: Mapping[str, str]) -> str:
    """Return the words as what the reader has to replace, without what would begin a quotation."""
    before, within, behind = _WITHIN.get(name, ("", name, ""))
    words = stand_ins[within].replace(" ", "-").replace("'", "’")
    return f"{before}<{words}>{behind}"


def _place_in(command: str) -> str:
    """Return whose command it is: of the shells that quote, else a record, which nobody executes."""
    return next((shell for shell in _QUOTED if command.startswith(f"{shell} ")), _RECORD)


def _quote_for_powershell(value: str) -> str:
    """Quote as PowerShell's about_Quoting_Rules says: doubled single quotes, all else literal."""
    return "'" + value.replace("'", "''") + "'"


_RECORD = "record"
_QUOTED: Mapping[str, Callable[[str], str]] = {
    "$": quote,
    "PS>": _quote_for_powershell,
    _RECORD: str,
}


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_VALID: Mapping[str, Callable[[str], bool]] = {
    "recipient": _is(_ADDRESS),
    "domain": _is(_DOMAIN),
    "remote": _is(_DOMAIN),
    "sender": _is(_ADDRESS),
    "sender_domain": _is(_DOMAIN),
    "ip": _is_ip,
    "helo": _is(_DOMAIN),
    "list": _is(_DOMAIN),
    "url": _is(_URL),
    "limit": _is(_NUMBER),
    "selector": _is(_DOMAIN),
    "reverse": _is(_DOMAIN),
    "reason": lambda _: False,  # Words are no part of a command.
    "record": is_spf_record,
    "mechanism": _is(_MECHANISM),
    "spf_record": _is(_WRITTEN_RECORD),
}
