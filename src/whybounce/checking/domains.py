"""Domains in letters beyond ASCII, as the DNS and older servers know them: IDNA 2008, RFC 5891.

Not the older IDNA 2003, by which straße.example would be the domain of somebody else.
"""

import idna


def to_ascii(domain: str) -> str | None:
    """Return the domain in A-labels, or None where it has none. ASCII stays as it is."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return None


def address_to_ascii(address: str) -> str | None:
    """Return the address with its domain in A-labels, or None where that is not enough."""
    local_part, at, domain = address.rpartition("@")
    converted = to_ascii(domain)
    if not at or converted is None or not local_part.isascii():
        return address if address.isascii() else None
    return f"{local_part}@{converted}"
