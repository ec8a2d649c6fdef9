"""What can be asked about: a domain or an IP address, read from what a person types."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from whybounce.checking.domains import to_ascii

_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1: an IPv4 address at its end.


class NoTargetError(ValueError):
    """What was asked about is neither a domain nor an address."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f"{target[:255]!r} is neither a domain, nor an e-mail address, nor an IP address"
        )
        self.target = target


def subject_of(target: str) -> str:
    """Return the IP address, or the domain in A-labels and lower case; of an e-mail address, its domain.

    Raises:
        NoTargetError: It is none of these.

    """
    subject = address_of(target) or domain_of(target)
    if subject is None:
        raise NoTargetError(target)
    return subject


def address_of(target: str) -> str | None:
    """Return the IP address, without the brackets of RFC 5321 §4.1.3, or None where it is none."""
    written = target.strip().strip("[]").removeprefix("IPv6:")
    try:
        return str(ip_address(written))
    except ValueError:
        return None


def domain_of(target: str) -> str | None:
    """Return the domain in A-labels, in lower case, or None where it is none."""
    written = target.strip().rpartition("@")[2].rstrip(".")
    domain = (to_ascii(written) or "").lower()
    labels = domain.split(".")
    is_name = len(domain) <= 253 and len(labels) > 1 and all(map(_is_label, labels))
    return domain if is_name and not labels[-1].isdigit() else None


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether all the world can reach it, and an IPv4 address inside it, too."""
    if not address.is_global or address.is_multicast:
        return False
    return not isinstance(address, IPv6Address) or all(map(is_public, _inside(address)))


def _inside(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a gateway would carry it to: RFC 3056, RFC 4380, RFC 6052."""
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _TRANSLATED:
        inner.append(IPv4Address(address.packed[-4:]))
    return [each for each in inner if each is not None]


def _is_label(label: str) -> bool:
    kept = label.replace("-", "").replace("_", "")
    return kept.isalnum() and kept.isascii() and len(label) <= 63 and label[0] + label[-1] != "--"
