"""What can be asked about: a domain or an IP address, read from what a person types."""

from ipaddress import ip_address

from whybounce.checking.domains import to_ascii


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


def _is_label(label: str) -> bool:
    kept = label.replace("-", "").replace("_", "")
    return kept.isalnum() and kept.isascii() and len(label) <= 63 and label[0] + label[-1] != "--"
