"""Values that TOML has no type for. Each reads its own text, and says in ``WANTED`` what is allowed."""

import re
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_SIZES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,9}) ?(B|KB|MB|GB)")
_ENDPOINT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253}):([0-9]{1,5})")


class Duration(timedelta):
    """A span of time, written with its unit."""

    __slots__ = ()
    WANTED = 'a duration such as "30s", "15m", "4h" or "5d"'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the duration. Raises ValueError."""
        found = _DURATION.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise ValueError("it is no duration")
        return cls(seconds=int(found[1]) * _UNITS[found[2]])

    def __str__(self) -> str:
        seconds = int(self.total_seconds())
        unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
        return f"{seconds // _UNITS[unit]}{unit}" if seconds else "0s"


class Size(int):
    """Octets. A KB is 1,024 of them, as mail systems count."""

    __slots__ = ()
    WANTED = 'a size such as "64 KB", "25 MB", or a number of octets'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the size. Raises ValueError."""
        if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < 1 << 62:
            return cls(written)
        found = _SIZE.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise ValueError("it is no size")
        return cls(int(found[1]) * _SIZES[found[2]])

    def __str__(self) -> str:
        unit = next(unit for unit in ("GB", "MB", "KB", "B") if self % _SIZES[unit] == 0)
        return f"{self // _SIZES[unit]} {unit}" if self else "0"


class Endpoint(str):
    """A host and a port to listen at or to connect to."""

    __slots__ = ()
    WANTED = 'a host and a port such as "192.0.2.1:25" or "[::1]:587"'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the endpoint. Raises ValueError."""
        found = _ENDPOINT.fullmatch(written) if isinstance(written, str) else None
        if found is None or int(found[2]) > 65_535:
            raise ValueError("it is no host and port")
        if found[1].startswith("["):
            IPv6Address(found[1][1:-1])
        elif re.fullmatch(r"[0-9.]+", found[1]):
            IPv4Address(found[1])
        return cls(written)

    @property
    def host(self) -> str:
        """The host, without the brackets of IPv6."""
        return self.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.rpartition(":")[2])

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class Network(str):
    """An address or a network of addresses."""

    __slots__ = ()
    WANTED = 'a network such as "192.0.2.0/24" or "2001:db8::/32", or an address'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the network. Raises ValueError."""
        return cls(ip_network(_text(written)))

    @property
    def addresses(self) -> IPv4Network | IPv6Network:
        """The network, to ask what is in it."""
        return ip_network(str(self))


class IpAddress(str):
    """One address of a machine."""

    __slots__ = ()
    WANTED = 'an IP address such as "192.0.2.1" or "2001:db8::1"'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the address. Raises ValueError."""
        return cls(ip_address(_text(written)))


class Secret(str):
    """What no error, log or page shows."""

    __slots__ = ()
    WANTED = "text, which is never shown"

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the secret. Raises ValueError."""
        if not _text(written):
            raise ValueError("it is empty")
        return cls(written)

    def __repr__(self) -> str:
        return "Secret(…)"


class Folder(str):
    """A folder, made where it is not there. Relative to the file that names it."""

    __slots__ = ()
    WANTED = "a folder"

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the folder. Raises ValueError."""
        if not _text(written) or "\0" in str(written):
            raise ValueError("it names no folder")
        return cls(written)


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise ValueError("it is no text")  # noqa: TRY004  # what reads a file expects one error
    return written
