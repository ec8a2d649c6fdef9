"""Addresses in a header, and whose a server is, as far as its name tells."""

import re

ADDRESS = re.compile(r"[^\s<>@,;:()\[\]\"']{1,128}+@[^\s<>@,;:()\[\]\"']{1,255}")

# Names that stand below a country's and above an organisation's: example.co.uk, example.ne.jp.
_SHARED = frozenset({
    "ac", "ad", "co", "com", "ed", "edu", "gen", "go", "gob", "gouv", "gov", "govt", "gr", "gv", "lg",
    "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or", "org", "plc", "sch",
})  # fmt: skip

_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,20}[^\W\d][\w-]{1,62}\.?")
_LOCAL = (".local", ".localdomain", ".localhost", ".invalid")


def organisation(host: str) -> str:
    """Return the part of a host's name that somebody registered: ``contoso.com``.

    Told by the name's shape, without a list of all the world's suffixes: good for leaving a note
    out, never for claiming that two servers belong together.
    """
    host = host.strip("[]<>(). \t").lower()
    labels = host.split(".")
    if labels[-1].isdigit() or ":" in host:
        return host  # An address, not a name.
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


def is_public(host: str | None) -> bool:
    """Say whether the host's name can tell whose it is: not ``localhost``, not ``mailhub0``."""
    return bool(host and _HOST.fullmatch(host) and not host.lower().endswith(_LOCAL))
