"""How long it takes to judge who sent a message, with warm caches: each check, and all of them.

python benchmarks/checking.py [--messages 500] [--size 20000] [--headers 20]

Processor time of one process, in microseconds a message. The name server stands on loopback and is asked
once; then everything comes from the cache, as it does for the second message of a sender. The message has
a DKIM signature of RSA-2048, its domain SPF and DMARC records. ``hashed`` reads header and body. dkimpy's own
verification, with the key at hand, is the peer. Cold: the first message, which asks the name server.
"""

import argparse
import asyncio
import base64
import time
from collections.abc import Awaitable, Callable

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from whybounce.checking.authentication import authentication_of
from whybounce.checking.dkim import dkim
from whybounce.checking.dmarc import dmarc
from whybounce.checking.lookups import Resolver
from whybounce.checking.message import MessageHasher, hashed
from whybounce.checking.reverse_dns import reverse_name
from whybounce.checking.spf import spf
from whybounce.notation import written_results
from whybounce.provoking.name_server import NameServer, Records

ADDRESS, HELO, SENDER, US = (
    "192.0.2.25",
    "mx.contoso.example",
    "anna@contoso.example",
    "mx.example.org",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--size", type=int, default=20_000, help="octets of the body")
    parser.add_argument("--headers", type=int, default=20, help="fields beside the usual ones")
    asyncio.run(_measured(parser.parse_args()))


async def _measured(asked: argparse.Namespace) -> None:
    private, record = _key()
    mail = _mail(asked.size, asked.headers, private)
    server = NameServer(_records(record))
    await server.start()
    resolver = Resolver("127.0.0.1", server.port)
    message = hashed(mail)
    given = {"address": ADDRESS, "helo": HELO, "mail_from": SENDER}

    async def everything() -> None:
        hasher = MessageHasher()
        hasher.feed(mail)
        found = await authentication_of(resolver, hasher.finish(), receiver=US, **given)
        written_results(found, US)

    begun = time.perf_counter()
    found = await authentication_of(resolver, message, receiver=US, **given)
    cold = time.perf_counter() - begun
    if not found.dmarc.aligned or found.reverse_name.result != "pass":
        raise SystemExit(f"the message should pass everything: {found}")
    signed, sent, authors = found.signatures, found.spf, message.authors
    rows: dict[str, Callable[[], object]] = {
        "hashed": lambda: hashed(mail),
        "spf": lambda: spf(resolver, **given),
        "dkim": lambda: dkim(resolver, message),
        "dmarc": lambda: dmarc(resolver, authors=authors, spf=sent, signatures=signed),
        "reverse-dns": lambda: reverse_name(resolver, ADDRESS),
        "fields written": lambda: written_results(found, US),
        "all of it": everything,
        "dkimpy alone": lambda: dkimpy.verify(mail, dnsfunc=lambda *_, **__: record.encode()),
    }
    print(
        f"{asked.messages} messages of {len(mail):,} octets; first one, cold: {cold * 1000:.1f} ms"
    )
    for name, ask in rows.items():
        print(f"{name:<16} {await _microseconds(ask, asked.messages):>8.0f} µs")
    await server.stop()


async def _microseconds(ask: Callable[[], object], times: int) -> float:
    """Return the least of three rounds: others use this machine too."""
    rounds = []
    for _ in range(3):
        begun = time.process_time()
        for _ in range(times):
            answer = ask()
            if isinstance(answer, Awaitable):
                await answer
        rounds.append((time.process_time() - begun) / times * 1e6)
    return min(rounds)


def _key() -> tuple[bytes, str]:
    key = generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return private, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def _mail(size: int, headers: int, private: bytes) -> bytes:
    more = "".join(f"X-Field-{number}: {'value ' * 12}\r\n" for number in range(headers))
    line = "Another line of the minutes, as people write them.  And so on.\r\n"
    mail = (
        f"From: Anna <{SENDER}>\r\nTo: ben@example.org\r\nSubject: Minutes\r\n{more}"
        f"Message-ID: <1@contoso.example>\r\n\r\n{line * (size // len(line))}"
    ).encode()
    form = (b"relaxed", b"relaxed")
    return dkimpy.sign(mail, b"s1", b"contoso.example", private, canonicalize=form) + mail


def _records(key: str) -> Records:
    records = Records()
    strings = " ".join(f'"{key[start : start + 255]}"' for start in range(0, len(key), 255))
    records.add("s1._domainkey.contoso.example", "TXT", strings)
    records.add("contoso.example", "TXT", '"v=spf1 include:spf.contoso.example -all"')
    records.add("spf.contoso.example", "TXT", '"v=spf1 ip4:192.0.2.0/24 -all"')
    records.add("mx.contoso.example", "TXT", '"v=spf1 a -all"')
    records.add("mx.contoso.example", "A", ADDRESS)
    records.add("25.2.0.192.in-addr.arpa", "PTR", "mx.contoso.example.")
    records.add("_dmarc.contoso.example", "TXT", '"v=DMARC1; p=reject"')
    return records


if __name__ == "__main__":
    main()
