"""An MTA-STS policy fetched from the web server of its domain. RFC 8461 §3.3.

The server is found by the resolver that is passed in and must prove its name; it is not followed
anywhere else, and neither its size nor its slowness costs more than is set here.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from whybounce.checking.domains import to_ascii
from whybounce.checking.lookups import Asking
from whybounce.checking.mta_sts import Failure, StsPolicy, Unreadable, read_policy

_PATH = "/.well-known/mta-sts.txt"
_MOST_OCTETS = 64 << 10  # RFC 8461 §3.3 suggests it.
_MOST_ADDRESSES = 4


@dataclass(frozen=True, slots=True)
class PolicyHosts:
    """Fetches policies."""

    resolver: Asking
    context: ssl.SSLContext  # In which a host must prove its name by a DNS-ID.
    port: int = 443
    seconds: float = 15  # For all of it.
    may_reach: Callable[[str], bool] = lambda _: True  # Whether an address may be connected to.

    async def fetch(self, domain: str) -> StsPolicy | Unreadable:
        """Return the domain's policy, or why there is none. Never raises for what others do."""
        host = f"mta-sts.{to_ascii(domain) or domain}"
        try:
            async with asyncio.timeout(self.seconds):
                return await self._fetch(host)
        except TimeoutError:
            why = f"{host} did not give it within {self.seconds:g} seconds"
            return Unreadable(why, Failure.FETCH)

    async def _fetch(self, host: str) -> StsPolicy | Unreadable:
        addresses = await self._addresses(host)
        if not addresses:
            return Unreadable(f"{host} has no address", Failure.FETCH)
        addresses = [address for address in addresses if self.may_reach(address)]
        if not addresses:
            why = f"{host} belongs to an inner network, and was not asked"
            return Unreadable(why, Failure.FETCH)
        found: StsPolicy | Unreadable = Unreadable("", Failure.FETCH)
        # Half of the time for one address, so that a dead one leaves some for the next.
        client = httpx.AsyncClient(verify=self.context, trust_env=False, timeout=self.seconds / 2)
        async with client:
            for address in addresses:
                try:
                    return await self._page(client, host, address)
                except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                    why = f"{host}: {str(error) or type(error).__name__}"[:500]
                    found = Unreadable(why, _kind(error))
        return found

    async def _addresses(self, host: str) -> list[str]:
        asked = [await self.resolver.records(host, rdtype) for rdtype in ("A", "AAAA")]
        return [value for records in asked for value in records.values][:_MOST_ADDRESSES]

    async def _page(
        self, client: httpx.AsyncClient, host: str, address: str
    ) -> StsPolicy | Unreadable:
        written = f"[{address}]" if ":" in address else address
        async with client.stream(
            "GET",
            f"https://{written}:{self.port}{_PATH}",
            headers={"Host": host, "Accept": "text/plain", "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host},
        ) as response:
            if response.status_code != httpx.codes.OK:
                why = f"{host} answers with status {response.status_code}"
                return Unreadable(why, Failure.FETCH)
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "text/plain":
                return Unreadable(f"{host} calls it {kind[:80] or 'nothing'}, not text/plain")
            octets = b""
            async for piece in response.aiter_raw():
                octets += piece
                if len(octets) > _MOST_OCTETS:
                    return Unreadable(f"{host} gives more than {_MOST_OCTETS} octets")
        try:
            return read_policy(octets.decode("utf-8"))
        except UnicodeDecodeError:
            return Unreadable(f"{host} gives what is no text")


def _kind(error: BaseException) -> Failure:
    """Tell a certificate that does not hold from a server that is not reached; httpx wraps both."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Failure.WEBPKI
        cause = cause.__cause__ or cause.__context__
    return Failure.FETCH
