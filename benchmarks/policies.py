"""What the policies cost: microseconds each, and for a message from MAIL to the dot, chain against none.

    python benchmarks/policies.py [--messages 2000] [--rounds 5]

Messages of strangers from fifty domains, and of somebody who is logged in, one after the other, each to
one recipient of the demonstration's directory, in a SQLite queue. "None" asks the same about sender and
recipient and judges nothing. The numbers of [limits] are the profiles'; "every limit" sets the others
too. "Signed" is strangers' mail with a signature by RSA of 2,048 bits, under SPF and DMARC with
``p=reject``: what judging it adds, its answers of the DNS in the cache. Processor time of all threads counts, so that other work on the machine does not; rounds are
interleaved, and the median counts.
"""

import argparse
import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from msgspec import structs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from signing import pair, signed
from whybounce.checking.lookups import Resolver
from whybounce.checking.message import hashed
from whybounce.gateway.asking import Asking
from whybounce.gateway.config import read_config
from whybounce.gateway.directory import demonstration, load
from whybounce.gateway.limits import Limits
from whybounce.gateway.policies import POLICIES, Content, Facts, Judge, Policy, Stage
from whybounce.gateway.remembering import Remembering
from whybounce.gateway.store import open_store
from whybounce.provoking.name_server import NameServer, Records
from whybounce.vocabulary.envelope import Envelope, Recipient
from whybounce.vocabulary.session import Session

ERIK = Recipient("erik@fabrikam.example")
STRANGER = Session("T1", "inbound", ip_address("192.0.2.9"), 4711, helo="mx.remote.example")
LOGIN = replace(STRANGER, account="anna@contoso.example", esmtp=True)
CONTENT = Content(fields=(("From", "Anna <anna@contoso.example>"),), octets=1000)
_SILENT = Resolver("127.0.0.1", 1)
MUCH = 10**9
SENDERS = 50


@dataclass(frozen=True)
class Gateway:
    """What judges messages."""

    remembering: Remembering
    judge: Judge
    limits: Limits
    resolver: Resolver = _SILENT

    async def take(
        self, session: Session, number: int, mail: bytes | None = None
    ) -> dict[Stage, Facts]:
        """Ask and judge as for one message; return what was known at each stage."""
        asking = Asking(self.remembering, self.judge, self.resolver, "mail")
        begun = Facts(
            session=session,
            host="mail.contoso.example",
            is_submission=session.account is not None,
            limits=self.limits,
            now=datetime.now(UTC),
        )
        sender = session.account or f"chris@remote{number % SENDERS}.example"
        envelope = Envelope("anna@contoso.example" if mail else sender)
        at_mail = await asking.at_mail(begun, envelope)
        self.judge.judge(Stage.MAIL, at_mail)
        at_rcpt = await asking.at_recipient(at_mail, envelope, ERIK)
        self.judge.judge(Stage.RCPT, at_rcpt)
        envelope = replace(envelope, recipients=(ERIK,))
        message = hashed(mail) if mail else None
        at_dot = await asking.at_message(at_mail, envelope, CONTENT, message)
        self.judge.judge(Stage.MESSAGE, at_dot)
        return {Stage.MAIL: at_mail, Stage.RCPT: at_rcpt, Stage.MESSAGE: at_dot}

    def counts(self, known: dict[Stage, Facts]) -> dict[str, int]:
        """Return what accepting the message adds to counters."""
        return {
            k: n
            for stage, facts in known.items()
            for k, n in self.judge.counts(stage, facts).items()
        }


def limits(folder: Path) -> dict[str, Limits]:
    """Return the numbers to measure with, by name."""
    file = folder / "whybounce.toml"
    file.write_text('[server]\nprofile = "exchange-online"\n', encoding="utf-8")
    online_limits = read_config(file, {}).limits
    every = structs.replace(
        online_limits,
        recipients_per_day=MUCH,
        messages_per_minute=MUCH,
        received_per_hour=MUCH,
        received_per_hour_from_one_sender=MUCH,
        unusual_messages=MUCH,
        unknown_recipients=100,
        spam=100,
    )
    return {"standard": Limits(), "exchange-online": online_limits, "every limit": every}


async def message_cost(
    gateway: Gateway, session: Session, messages: int, mail: bytes | None = None
) -> float:
    """Return the microseconds of a message."""
    begun = time.process_time()
    for number in range(messages):
        await gateway.take(session, number, mail)
    return (time.process_time() - begun) / messages * 1e6


def policy_cost(policy: Policy, facts: Facts, calls: int) -> float:
    """Return the microseconds of one verdict."""
    begun = time.process_time()
    for _ in range(calls):
        policy.judge(facts)
    return (time.process_time() - begun) / calls * 1e6


async def measure(messages: int, rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_store(f"sqlite:///{folder}/q.db", random_bits=secrets.randbits) as store:
            await load(store, demonstration(), now=datetime.now(UTC))
            remembering = Remembering(store)
            print("µs a message: with the chain - without = what it costs")
            for name, numbers in limits(Path(folder)).items():
                chain = Gateway(remembering, Judge(POLICIES, {}), numbers)
                none = Gateway(remembering, Judge((), {}), numbers)
                for who, session in (("stranger", STRANGER), ("logged in", LOGIN)):
                    counted = chain.counts(await chain.take(session, 0))
                    await store.count(counted, now=datetime.now(UTC))
                    pairs = [
                        (
                            await message_cost(chain, session, messages),
                            await message_cost(none, session, messages),
                        )
                        for _ in range(rounds)
                    ]
                    _print(name, who, pairs, len(counted))
            await _measure_signed(none, Judge(POLICIES, {}), messages // 4, rounds)
            known = await chain.take(STRANGER, 0)
            print("µs a verdict")
            for policy in POLICIES:
                cost = policy_cost(policy, known[policy.stage], messages * 5)
                print(f"  {policy.name:<36}{cost:6.2f}")


async def _measure_signed(none: Gateway, judge: Judge, messages: int, rounds: int) -> None:
    key = pair(2048).record
    records = Records()
    records.add("contoso.example", "TXT", '"v=spf1 ip4:192.0.2.0/24 -all"')
    records.add("_dmarc.contoso.example", "TXT", '"v=DMARC1; p=reject"')
    records.add("s1._domainkey.contoso.example", "TXT", f'"{key[:200]}" "{key[200:]}"')
    server = NameServer(records)
    await server.start()
    chain = replace(none, judge=judge, limits=Limits(), resolver=Resolver("127.0.0.1", server.port))
    mail = signed(bits=2048)
    known = await chain.take(STRANGER, 0, mail)
    if (found := known[Stage.MESSAGE].authentication) is None or not found.dmarc.aligned:
        raise RuntimeError("the signature should hold")
    pairs = [
        (
            await message_cost(chain, STRANGER, messages, mail),
            await message_cost(none, STRANGER, messages),
        )
        for _ in range(rounds)
    ]
    _print("standard", "signed", pairs, 0)
    await server.stop()


def _print(name: str, who: str, pairs: Sequence[tuple[float, float]], counters: int) -> None:
    with_chain, without = (statistics.median(each) for each in zip(*pairs, strict=True))
    cost = with_chain - without
    print(
        f"  {name:<17}{who:<10}{with_chain:7.0f} -{without:6.0f} ={cost:6.0f}   counters {counters}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(measure(given.messages, given.rounds))


if __name__ == "__main__":
    main()
