"""Two gateways that write to each other: whatever answers whatever, it ends, and soon.

Both are real, on loopback, with a DNS between them. What is counted is all the mail that either has
ever taken, its own notices among it.
"""

import asyncio
import email.parser
import email.policy
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ports import free_port
from whybounce.gateway.config import directory_of, read_config
from whybounce.gateway.resolving import folder_of
from whybounce.gateway.service import Running, running
from whybounce.gateway.store.rows import State, Terminal
from whybounce.gateway.store.tables import events, messages, outcomes, recipients
from whybounce.provoking.mail_server import Answer, Behaviour, MailServer
from whybounce.provoking.name_server import NameServer, Records

SITES = {"a": "127.0.0.2", "b": "127.0.0.3"}
OUTSIDE = "127.0.0.4"
MAIL = b"From: robot@a.example\r\nSubject: Minutes\r\n\r\nSee below.\r\n"
NOT_YET = 0.3  # Seconds of silence after which robots are taken to have said all.

_CONFIGURATION = """
[server]
name = "mail.{site}.example"
queue = "{folder}/queue"
mailboxes = "{folder}/mailboxes"
operating = "{address}:0"
log-level = "error"

[[listener]]
name = "inbound"
addresses = ["{address}:{port}"]

[[listener]]
name = "submission"
kind = "submission"
addresses = ["{address}:0"]
auth-without-tls = true

[outbound]
resolver = "127.0.0.1:{dns}"
port = {port}
source-addresses = ["{address}"]
dane = "off"
mta-sts = false

[retry]
waits = ["1s"]

{more}

[[directory.organisation]]
name = "{site}"

[[directory.organisation.domain]]
name = "{site}.example"

[[directory.organisation.domain]]
name = "branch.{site}.example"
kind = "internal-relay"

[[directory.organisation.outbound-connector]]
name = "branch"
domains = ["branch.{site}.example"]
hosts = ["{outside}:{port}"]

[[directory.organisation.mailbox]]
address = "robot@{site}.example"

[[directory.organisation.mailbox]]
address = "round@{site}.example"
forward-to = ["round@{other}.example"]
keep-copy = false

[[directory.organisation.group]]
address = "list@{site}.example"
owners = ["owner@{site}.example"]
members = ["list@{other}.example", "nobody@{other}.example"]

[[directory.organisation.mailbox]]
address = "owner@{site}.example"

[[directory.organisation.account]]
name = "robot@{site}.example"
password = "$argon2id$v=19$m=8,t=1,p=1$1yGdCynl1nhy18wocQPFbg$fyKmm1o+JlcvCnvnDvxx+25lLG288uFoPvtz+b8Qr+Q"
"""


@dataclass
class Robot:
    """Answers what comes into a mailbox, as a program beside the gateway does."""

    site: str
    gateway: Running
    folder: Path
    is_polite: bool
    said: int = 0
    refused: int = 0
    seen: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Look into the mailbox for ever."""
        while True:
            for path in self.unanswered():
                await self._answer(path.read_bytes())
                self.seen.add(path.name)
            await asyncio.sleep(0.02)

    def unanswered(self) -> list[Path]:
        """Return the mails that it has not come to the end of."""
        new = self.folder / "mailboxes" / folder_of(self.address) / "new"
        found = new.iterdir() if new.is_dir() else ()
        return [path for path in found if path.name not in self.seen]

    @property
    def address(self) -> str:
        """Whose mailbox it is."""
        return f"robot@{self.site}.example"

    async def _answer(self, octets: bytes) -> None:
        mail = email.parser.BytesParser(policy=email.policy.default).parsebytes(octets)
        to = mail["Return-Path"].strip("<>")
        automatic = mail.get("Auto-Submitted", "no") != "no"
        if self.is_polite and (not to or automatic):  # RFC 3834 §2.
            return
        reply = EmailMessage(policy=email.policy.SMTP)
        reply["From"] = self.address
        reply["To"] = to or re.search(r"[^\s<]+@[^\s>]+", mail["From"])[0]
        reply["Subject"] = "I am away"
        if self.is_polite:
            reply["Auto-Submitted"] = "auto-replied"
        self.said += 1
        try:
            await asyncio.to_thread(say, self.gateway, self.site, reply["To"], reply.as_bytes())
        except smtplib.SMTPRecipientsRefused:
            self.refused += 1


@dataclass
class Two:
    """Both gateways, and what is outside."""

    gateways: dict[str, Running]
    robots: list[Robot]
    outside: MailServer
    port: int

    async def bring(self, site: str, recipient: str, *, sender: str) -> None:
        """Bring mail from a stranger."""
        await asyncio.to_thread(bring, SITES[site], self.port, recipient, sender)

    async def quiet(self, seconds: float = 60) -> None:
        """Wait until neither has anything to carry, nor any robot to say."""
        async with asyncio.timeout(seconds):
            said = -1
            while said != (said := await self._said()) or await self._waiting():  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(NOT_YET)

    async def _said(self) -> int:
        return sum(robot.said for robot in self.robots) + await self.taken()

    async def _waiting(self) -> int:
        queued = await self._sum(
            select(func.count()).select_from(recipients).where(recipients.c.state != State.DONE)
        )
        return queued + sum(len(robot.unanswered()) for robot in self.robots)

    async def taken(self) -> int:
        """Return how many messages both have ever taken, with those they wrote."""
        return await self._sum(select(func.count()).select_from(messages))

    async def reports(self) -> int:
        """Return how many of those are notices."""
        return await self._sum(
            select(func.count()).select_from(messages).where(messages.c.about.is_not(None))
        )

    async def undeliverable_reports(self) -> int:
        """Return of how many notices it was written down that nobody can have them."""
        return await self._sum(
            select(func.count()).select_from(events).where(events.c.kind == "report-undeliverable")
        )

    async def failed(self) -> int:
        """Return how many recipients nobody could deliver to."""
        return await self._sum(
            select(func.count())
            .select_from(outcomes)
            .where(outcomes.c.terminal.in_([Terminal.FAILED, Terminal.EXPIRED]))
        )

    async def _sum(self, question: object) -> int:
        counts = [
            await each.store.ask(lambda connection: connection.scalar(question))
            for each in self.gateways.values()
        ]
        return sum(counts)


def say(gateway: Running, site: str, to: str, octets: bytes) -> None:
    """Send as the robot of a site does."""
    port = gateway.ports["submission"][0]
    with smtplib.SMTP(SITES[site], port, "client.example", timeout=30) as client:
        client.login(f"robot@{site}.example", "demonstration")
        client.sendmail(f"robot@{site}.example", [to], octets)


def bring(address: str, port: int, recipient: str, sender: str) -> None:
    """Send as another server does."""
    mail = f"From: <{sender or 'x@outside.example'}>\r\nSubject: Minutes\r\n\r\nSee below.\r\n"
    with smtplib.SMTP(address, port, "mx.outside.example", timeout=30) as client:
        client.sendmail(sender, [recipient], mail)


@asynccontextmanager
async def two(folder: Path, *, robots: tuple[bool, ...] = (), more: str = "") -> AsyncIterator[Two]:
    """Run both. A server outside refuses whom it is asked for, after it was given the message."""
    port, records = free_port(*SITES.values(), OUTSIDE), Records()
    answer = Answer("550 5.1.1 Nobody of that name is here", at=".")
    outside = MailServer("mx.outside.example", Behaviour(about=lambda _: answer))
    dns = NameServer(records)
    async with AsyncExitStack() as left:
        await outside.start(OUTSIDE, port)
        left.push_async_callback(outside.stop)
        await dns.start()
        left.push_async_callback(dns.stop)
        for name, address in {**SITES, "outside": OUTSIDE}.items():
            for domain in (name, f"branch.{name}", f"srs.{name}"):
                records.add(f"{domain}.example", "MX", f"10 mail.{name}.example.")
            records.add(f"mail.{name}.example", "A", address)
            records.add(f"{name}.example", "TXT", f'"v=spf1 ip4:{address} ip4:127.0.0.1 -all"')
        gateways = {}
        for site, other in (("a", "b"), ("b", "a")):
            (folder / site).mkdir()
            file = folder / site / "whybounce.toml"
            file.write_text(
                _CONFIGURATION.format(
                    site=site, other=other, folder=folder / site, address=SITES[site],
                    port=port, dns=dns.port, outside=OUTSIDE, more=more.format(site=site),
                )
            )  # fmt: skip
            config = read_config(file, {})
            gateways[site] = await left.enter_async_context(running(config, directory_of(config)))
        made = [
            Robot(site, gateways[site], folder / site, is_polite)
            for site, is_polite in zip("ab", robots, strict=False)
        ]
        if made:
            group = await left.enter_async_context(asyncio.TaskGroup())
            for task in [group.create_task(robot.run()) for robot in made]:
                left.callback(task.cancel)
        yield Two(gateways, made, outside, port)


async def test_a_forged_return_path_at_each_other_makes_one_notice_that_nobody_gets(in_memory):
    """A cannot deliver, B does not know whom A tells of it; A writes that down, and no more."""
    async with two(in_memory) as both:
        await both.bring("a", "nobody@branch.a.example", sender="invented@b.example")
        await both.quiet()

        assert (await both.taken(), await both.reports(), await both.failed()) == (2, 1, 2)
        assert await both.undeliverable_reports() == 1


async def test_a_notice_that_the_other_cannot_deliver_either_makes_no_third(in_memory):
    """B takes A's notice for its branch, which refuses it: null return path, hence the end."""
    async with two(in_memory) as both:
        await both.bring("a", "nobody@branch.a.example", sender="invented@branch.b.example")
        await both.quiet()

        # The message, A's notice about it, and that notice once more, where B took it.
        assert (await both.taken(), await both.reports(), await both.failed()) == (3, 1, 2)
        assert both.outside.received == []


async def test_what_is_sent_with_the_null_return_path_is_never_answered(in_memory):
    async with two(in_memory) as both:
        await both.bring("a", "nobody@branch.a.example", sender="")
        await both.quiet()

        assert (await both.taken(), await both.reports()) == (1, 0)


async def test_two_polite_robots_exchange_one_answer(in_memory):
    """RFC 3834: what says that it is automatic is not answered."""
    async with two(in_memory, robots=(True, True)) as both:
        await both.bring("a", "robot@a.example", sender="robot@b.example")
        await both.quiet()

        assert [robot.said for robot in both.robots] == [1, 0]
        assert await both.taken() == 3  # As A and then B had it.


async def test_a_robot_that_answers_notices_ends_at_the_postmaster(in_memory):
    """It writes to whom the notice is from; a person reads that, and nothing answers by itself."""
    async with two(in_memory, robots=(False,)) as both:
        await asyncio.to_thread(say, both.gateways["a"], "a", "nobody@b.example", MAIL)
        await both.quiet()

        assert both.robots[0].said == 1
        assert await both.taken() == 3
        assert await both.reports() == 1


async def test_two_robots_that_answer_everything_are_stopped_by_a_limit(in_memory):
    """Each answer is a new message: only how many one may send to another can end it."""
    limit = "[limits]\nreceived-per-hour-from-one-sender = 5"
    async with two(in_memory, robots=(False, False), more=limit) as both:
        await both.bring("a", "robot@a.example", sender="robot@b.example")
        await both.quiet()

        said = [robot.said for robot in both.robots]
        assert all(5 <= each <= 12 for each in said), said
        assert await both.taken() <= 60


FORWARDED = '[forwarding]\ndomain = "srs.{site}.example"\nsecret = "only an example"'


@pytest.mark.parametrize("more", ["", FORWARDED], ids=["as it was", "rewritten"])
async def test_forwarding_in_a_circle_ends_with_one_notice(in_memory, more):
    """After twenty times through the same server; the sender is told once."""
    async with two(in_memory, more=more) as both:
        await both.bring("a", "round@a.example", sender="robot@b.example")
        await both.quiet()
        told = in_memory / "b" / "mailboxes" / folder_of("robot@b.example") / "new"

        assert await both.reports() == 1
        assert len(list(told.iterdir())) == 1
        assert await both.taken() <= 2 * 2 * 20 + 10  # And the notice on its way back.


async def test_lists_on_each_others_lists_end_and_tell_their_owners(in_memory):
    """Every turn one member does not exist: his list's owner hears of each, and of the end."""
    async with two(in_memory) as both:
        await both.bring("a", "list@a.example", sender="robot@b.example")
        await both.quiet()

        assert await both.taken() <= 5 * 2 * 20
        assert await both.undeliverable_reports() == 0
