"""What follows from other values, so that a record to publish can be shown ready to copy.

The SPF mechanism that names an address, an SPF record with that mechanism in it, and the address's
name in the reverse DNS.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

LONGEST_RECORD = 700

# RFC 7208 §4.5, and nothing that a zone's quotes would not take.
_SPF = re.compile(r"v=spf1(?: {1,4}[!#-\[\]-_a-~]{1,255}){0,60}", re.IGNORECASE)
_DECIDES_THE_REST = re.compile(r"[+?~-]?all|(?:redirect|exp)=.*", re.IGNORECASE)
_UNKNOWN_TERMS = "v=spf1 … -all"  # Nobody has said what stands there now.


def derived(name: str, values: Mapping[str, str]) -> str:
    """Return what follows for the placeholder; empty where too little is known."""
    derive = _DERIVED.get(name)
    address = _address(values.get("ip", "")) if derive else None
    return derive(address, values) if derive and address else ""


def is_spf_record(record: str) -> bool:
    """Whether it is a whole SPF record that can stand in a zone as it is."""
    return len(record) <= LONGEST_RECORD and _SPF.fullmatch(record) is not None


def _mechanism(address: IPv4Address | IPv6Address, _values: Mapping[str, str]) -> str:
    """Return the mechanism that names the address, RFC 7208 §5.6."""
    return f"ip{address.version}:{address}"


def _spf_record(address: IPv4Address | IPv6Address, values: Mapping[str, str]) -> str:
    """Return the record with the address in it, in front of the term that decides about the rest."""
    record = values.get("record", "")
    terms = (record if is_spf_record(record) else _UNKNOWN_TERMS).split()
    rest = next(
        (n for n, term in enumerate(terms) if _DECIDES_THE_REST.fullmatch(term)), len(terms)
    )
    return " ".join((*terms[:rest], _mechanism(address, values), *terms[rest:]))


def _reverse(address: IPv4Address | IPv6Address, _values: Mapping[str, str]) -> str:
    return address.reverse_pointer


_DERIVED: Mapping[str, Callable[[IPv4Address | IPv6Address, Mapping[str, str]], str]] = {
    "mechanism": _mechanism,
    "spf_record": _spf_record,
    "reverse": _reverse,
}


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(written)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
