"""One call carried to its webhook, and only to where it may go.

Rule 1: the address that is connected to is the one that was looked at. A name is resolved here, once;
what leads into our own network is not connected to unless that was allowed.
Rule 2: nobody is followed anywhere else, and of an answer the status is all that is wanted.
Rule 3: what went wrong is said without the address of the page, in which people put secrets.
"""

import asyncio
import ssl
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx

from whybounce.checking.lookups import Resolver
from whybounce.checking.subjects import is_public

_MOST_ADDRESSES = 4
_OURSELVES = "localhost"  # RFC 6761 §6.3: not asked of a name server.


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts."""

    resolver: Resolver
    context: ssl.SSLContext  # In which a host must prove its name.
    seconds: float = 15  # For all of it.

    async def post(
        self, url: str, headers: dict[str, str], body: bytes, *, private: bool
    ) -> str | None:
        """Return why it was not taken; None where it was. Never raises for what others do.

        Args:
            url: Where to.
            headers: Fields of the header.
            body: What to say.
            private: Whether it may lead into our own network.

        """
        to = httpx.URL(url)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._post(to, headers, body, private=private)
        except TimeoutError:
            return f"{to.host} did not answer within {self.seconds:g} seconds"

    async def _post(
        self, to: httpx.URL, headers: dict[str, str], body: bytes, *, private: bool
    ) -> str | None:
        found = await self._addresses(to.host)
        if not found:
            return f"{to.host} has no address"
        allowed = [each for each in found if private or is_public(each)]
        if not allowed:
            return f"{to.host} leads to {found[0]}, which is not public; private = true allows that"
        why = ""
        client = httpx.AsyncClient(verify=self.context, trust_env=False, timeout=self.seconds / 2)
        async with client:
            for address in allowed[:_MOST_ADDRESSES]:
                try:
                    return await self._answered(client, to, address, headers, body)
                except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                    why = f"{to.host} [{address}]: {str(error) or type(error).__name__}"[:200]
        return why

    async def _addresses(self, host: str) -> list[IPv4Address | IPv6Address]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        if host == _OURSELVES:
            return [ip_address("127.0.0.1"), ip_address("::1")]
        asked = [await self.resolver.records(host, rdtype) for rdtype in ("A", "AAAA")]
        return [ip_address(value) for records in asked for value in records.values]

    async def _answered(
        self,
        client: httpx.AsyncClient,
        to: httpx.URL,
        address: IPv4Address | IPv6Address,
        headers: dict[str, str],
        body: bytes,
    ) -> str | None:
        async with client.stream(
            "POST",
            to.copy_with(host=str(address)),
            headers={
                **headers,
                "Host": to.netloc.decode(),
                "Content-Type": "application/json",
                "Accept-Encoding": "identity",
            },
            content=body,
            extensions={"sni_hostname": to.host},
            follow_redirects=False,
        ) as response:
            code = response.status_code
        if 200 <= code < 300:
            return None
        if 300 <= code < 400:
            return f"{to.host} answers {code}: it leads elsewhere, and is not followed"
        return f"{to.host} answers {code}"
