"""A resolver of ours above the loopback DNS, and texts as zone files write them."""

import contextlib
from collections.abc import AsyncGenerator, Mapping

from whybounce.checking.lookups import Resolver
from whybounce.provoking.name_server import NameServer, Records, Trouble


def txt(value: str | bytes) -> str:
    """Return a TXT record's value in quotes, cut into strings of 255 octets. RFC 1035 §5.1."""
    octets = value.encode() if isinstance(value, str) else value
    strings = [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]
    return " ".join(f'"{"".join(map(_escaped, string))}"' for string in strings)


@contextlib.asynccontextmanager
async def asking(
    records: Records, *, seconds: float | None = None
) -> AsyncGenerator[Resolver, None]:
    """Serve the records and give a resolver that asks for them.

    It waits long for an answer, for the machine may be busy; not where none is to be expected.
    """
    silent = Trouble.SILENT in records.troubles.values() or records.raw
    patience = seconds or (0.3 if silent else 8.0)
    server = NameServer(records)
    await server.start()
    try:
        yield Resolver("127.0.0.1", server.port, seconds=patience)
    finally:
        await server.stop()


def zone(lines: Mapping[tuple[str, str], str | tuple[str, ...]]) -> Records:
    """Return records from (name, type) to values; texts stand there as they are read."""
    records = Records()
    for (name, rdtype), values in lines.items():
        for value in (values,) if isinstance(values, str) else values:
            records.add(name, rdtype, txt(value) if rdtype == "TXT" else value)
    return records


def _escaped(octet: int) -> str:
    return chr(octet) if 32 <= octet < 127 and octet not in b'"\\' else f"\\{octet:03d}"
