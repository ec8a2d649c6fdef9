"""How many messages a second leave the queue for another server, each one's end durably recorded.

    python benchmarks/deliver.py [--messages 2000] [--rounds 3] [--policies]

The queue is filled first, then let go; the clock stops when nothing is left in it. The other server is
Postfix's smtp-sink, without TLS. The peer is Postfix itself in the same run, with the same number of
connections at once, its queue filled on hold and then released. Rounds are interleaved and the median
counts. On a busy machine the processor time of each message says more than the clock: our process's, and
all of Postfix's together. Needs Debian's package postfix, and root to run it.

``--policies`` measures what DANE and MTA-STS cost instead: the same mail to an MX host found by the DNS
that speaks TLS, once without policies and once with both asked for each mail. Half of the domains have
TLSA records, the other half a policy in force; all of it was asked for once before.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import processor
from certificates import Certified, issued, serving
from postfix import postfix_folder, run, smtp_sink
from whybounce.checking.lookups import Resolver
from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.checking.tls import opportunistic_context, verifying_context
from whybounce.cli.serve import collect_less_often, new_loop
from whybounce.gateway.delivery.carrying import Carrier
from whybounce.gateway.delivery.concluding import Notices, Telling
from whybounce.gateway.delivery.connections import Connections
from whybounce.gateway.delivery.dane import Dane
from whybounce.gateway.delivery.destinations import Destination, MailExchangers, Smarthost
from whybounce.gateway.delivery.mta_sts import MtaSts
from whybounce.gateway.delivery.opening import Opener
from whybounce.gateway.delivery.tls_policies import (
    Barred,
    NextHop,
    TlsPolicies,
    TlsPolicy,
    always,
    opportunistic,
)
from whybounce.gateway.mta_sts import Policies
from whybounce.gateway.outbound import Outbound, OutboundSettings, Ways
from whybounce.gateway.smtp.client import ClientSettings
from whybounce.gateway.store import Store, body_of, open_store, schedules
from whybounce.gateway.store.rows import (
    Envelope,
    LeasedRecipient,
    NewMessage,
    QueuedMessage,
    Recipient,
)
from whybounce.provoking.mail_server import Behaviour, MailServer
from whybounce.provoking.name_server import NameServer, Records

AT_ONCE = 20
SIZES = (1000, 20_000)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Measured:
    """What one round came to."""

    rate: float  # Messages a second.
    cost: float  # Microseconds of processor time a message.


def _measured(messages: int, began: tuple[float, float], ended: tuple[float, float]) -> Measured:
    """Return what came of it, from seconds by the clock and of processor time."""
    took, spent = (end - begin for begin, end in zip(began, ended, strict=True))
    return Measured(messages / took, spent / messages * 1e6)


def _medians(rounds: Sequence[Measured]) -> Measured:
    return Measured(
        statistics.median(each.rate for each in rounds),
        statistics.median(each.cost for each in rounds),
    )


def ours(octets: int, messages: int) -> Measured:
    """Return messages a second out of our queue."""
    with smtp_sink() as port, tempfile.TemporaryDirectory() as folder:
        return _run(_ours(folder, port, octets, messages))


def _run(measuring: Coroutine[None, None, Measured]) -> Measured:
    """Run it as ``whybounce serve`` does."""
    collect_less_often()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(measuring)


async def _ours(folder: str, port: int, octets: int, messages: int) -> Measured:
    sink = Smarthost("127.0.0.1", port)
    async with open_store(f"sqlite:///{folder}/queue.db", random_bits=secrets.randbits) as store:
        resolver, tls = Resolver("127.0.0.1"), always(opportunistic())
        carrier = _carrier(resolver, tls)
        rate = await _emptied(store, carrier, lambda _: sink, octets, messages, ("d.example",))
        await carrier.connections.close()
        return rate


def _carrier(resolver: Resolver, tls: TlsPolicies, port: int = 25) -> Carrier:
    settings = ClientSettings(name="gateway.example.net")
    opener = Opener(smtp=settings, lmtp=settings)
    return Carrier(
        host="gateway.example.net",
        resolver=resolver,
        connections=Connections(opener.open, most=AT_ONCE),
        tls=tls,
        clear=TlsPolicy("none", None),
        clock=now,
        random_bits=secrets.randbits,
        shuffle=lambda exchangers: exchangers,
        port=port,
    )


async def _emptied(
    store: Store,
    carrier: Carrier,
    destination: Callable[[str], Destination],
    octets: int,
    messages: int,
    domains: Sequence[str],
) -> Measured:
    """Fill the queue with mail for the domains, and return messages a second out of it."""
    content = b"Subject: Minutes\r\n\r\n" + (b"x" * 78 + b"\r\n") * (octets // 80)

    async def resolve(message: QueuedMessage, recipient: LeasedRecipient) -> Destination:  # noqa: ARG001  # the seam's shape
        return destination(recipient.domain)

    async def report(telling: Telling) -> Notices:
        raise RuntimeError(f"nothing fails here, but: {telling}")

    arrived = now()
    queued = [
        NewMessage(
            Envelope("a@b.example", (Recipient(f"u{number}@{domains[number % len(domains)]}"),)),
            arrived=arrived,
            expires=arrived + timedelta(days=5),
        )
        for number in range(messages)
    ]
    await asyncio.gather(*(store.accept(each, body_of(content)) for each in queued))
    outbound = Outbound(
        store,
        Ways(carry=carrier.carry, resolve=resolve),
        report=report,
        settings=OutboundSettings(
            node="a",
            schedule=schedules()["default"],
            most_each=AT_ONCE,
            most_in_hand_each=2_000,
        ),
        clock=now,
        chance=random.random,
    )
    began = time.perf_counter(), time.process_time()
    running = asyncio.create_task(outbound.run())
    while (await store.figures(now=now())).messages:  # noqa: ASYNC110  # as Postfix is asked
        await asyncio.sleep(0.02)
    ended = time.perf_counter(), time.process_time()
    outbound.stop()
    await running
    return _measured(messages, began, ended)


def postfix(octets: int, messages: int) -> Measured:
    """Return messages a second out of Postfix's queue."""
    limit = str(AT_ONCE)
    with smtp_sink() as sink:
        settings = {
            "relayhost": f"[127.0.0.1]:{sink}",
            "smtpd_client_restrictions": "check_client_access static:HOLD",
            "default_destination_concurrency_limit": limit,
            "initial_destination_concurrency": limit,
            "default_process_limit": "100",
        }
        with postfix_folder(**settings) as (folder, port):
            options = ("-s", AT_ONCE, "-m", messages, "-l", octets, "-f", "a@b.example")
            subprocess.run(  # noqa: S603  # our own words
                [
                    "/usr/sbin/smtp-source",
                    *map(str, options),
                    "-t",
                    "c@d.example",
                    f"127.0.0.1:{port}",
                ],
                check=True,
            )
            _until(lambda: _files(folder, "hold") == messages)
            run("postsuper", "-c", str(folder), "-H", "ALL")
            master = int((folder / "spool/pid/master.pid").read_text())
            began = time.perf_counter(), processor.seconds(master)
            run("postqueue", "-c", str(folder), "-f")
            _until(lambda: not _files(folder, "hold", "incoming", "active", "deferred"))
            return _measured(messages, began, (time.perf_counter(), processor.seconds(master)))


def _files(folder: Path, *queues: str) -> int:
    return sum(len(names) for queue in queues for *_, names in os.walk(folder / "spool" / queue))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("Postfix's queue does not move")
        time.sleep(0.02)


DOMAINS = tuple(f"d{number}.{kind}.example" for number in range(5) for kind in ("dane", "sts"))
ENFORCED = StsPolicy(Mode.ENFORCE, 86_400, ("mx.sts.example",))


@contextmanager
def outside() -> Iterator[tuple[int, int, Certified]]:
    """Run a mail server with TLS and a DNS in another process; yield their ports, and an authority."""
    dates = {"begins": now() - timedelta(days=1), "ends": now() + timedelta(days=1)}
    authority = issued("Benchmark", authority=True, **dates)
    own = issued("mx.sts.example", authority, names=["mx.sts.example", "mx.dane.example"], **dates)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=lambda: asyncio.run(_outside(theirs, own, authority)))
    process.start()
    try:
        yield (*ours.recv(), authority)
    finally:
        process.terminate()
        process.join()


async def _outside(pipe: Connection, own: Certified, authority: Certified) -> None:
    server = MailServer("mx", Behaviour(certificate=serving(own, authority)))
    await server.start()
    records = Records(secure={"dane.example"})
    for kind in ("dane", "sts"):
        records.add(f"mx.{kind}.example", "A", "127.0.0.1")
    records.add(f"_{server.port}._tcp.mx.dane.example", "TLSA", own.tlsa(3, 1, 1))
    for domain in DOMAINS:
        kind = domain.split(".")[1]
        records.add(domain, "MX", f"10 mx.{kind}.example.")
        if kind == "sts":
            records.add(f"_mta-sts.{domain}", "TXT", '"v=STSv1; id=1;"')
    dns = NameServer(records)
    await dns.start()
    pipe.send((server.port, dns.port))
    while True:
        await asyncio.sleep(1)
        server.received.clear()


def secured(octets: int, messages: int, *, with_policies: bool) -> Measured:
    """Return messages a second out of our queue to a server that speaks TLS."""
    with outside() as (port, dns, authority), tempfile.TemporaryDirectory() as folder:
        return _run(
            _secured(folder, port, dns, authority, octets, messages, with_policies=with_policies)
        )


async def _secured(
    folder: str,
    port: int,
    dns: int,
    authority: Certified,
    octets: int,
    messages: int,
    *,
    with_policies: bool,
) -> Measured:
    resolver, usual = Resolver("127.0.0.1", dns), opportunistic()
    trusting = verifying_context()
    trusting.load_verify_locations(cadata=authority.der)

    async def fetch(domain: str) -> StsPolicy:  # noqa: ARG001  # the seam's shape
        return ENFORCED

    async with open_store(f"sqlite:///{folder}/queue.db", random_bits=secrets.randbits) as store:
        dane = Dane(resolver, opportunistic_context(), now)
        sts = MtaSts(Policies(store, resolver, fetch, now).policy_of, trusting)

        async def policy_for(hop: NextHop) -> TlsPolicy | Barred:
            if not with_policies:
                return usual
            return await dane.policy_for(hop) or await sts.policy_for(hop, usual) or usual

        carrier = _carrier(resolver, policy_for, port)
        await _emptied(store, carrier, MailExchangers, octets, len(DOMAINS), DOMAINS)  # Warm.
        rate = await _emptied(store, carrier, MailExchangers, octets, messages, DOMAINS)
        await carrier.connections.close()
        return rate


def policies(messages: int, rounds: int) -> None:
    """Measure what DANE and MTA-STS cost, and print."""
    for octets in SIZES:
        rates: dict[bool, list[Measured]] = {False: [], True: []}
        for _ in range(rounds):
            for with_policies, each in rates.items():
                each.append(secured(octets, messages, with_policies=with_policies))
        without, with_them = map(_medians, rates.values())
        print(
            f"{octets:>6} octets, TLS: without policies {without.rate:.0f}/s, with DANE and MTA-STS"
            f" {with_them.rate:.0f}/s, ratio {with_them.rate / without.rate:.2f}; processor"
            f" {without.cost:.0f} and {with_them.cost:.0f} us/message"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--policies", action="store_true", help="what DANE and MTA-STS cost")
    given = parser.parse_args()
    if given.policies:
        policies(given.messages, given.rounds)
        return
    for octets in SIZES:
        rates: dict[str, list[Measured]] = {"ours": [], "Postfix": []}
        for _ in range(given.rounds):
            rates["ours"].append(ours(octets, given.messages))
            rates["Postfix"].append(postfix(octets, given.messages))
        mine, theirs = _medians(rates["ours"]), _medians(rates["Postfix"])
        print(
            f"{octets:>6} octets: ours {mine.rate:.0f}/s, Postfix {theirs.rate:.0f}/s, ratio"
            f" {mine.rate / theirs.rate:.2f}; processor {mine.cost:.0f} and {theirs.cost:.0f}"
            f" us/message; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
