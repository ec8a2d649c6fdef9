"""The proof of the promise, on the whole gateway: a world, a load, kills, and a count of every message.

What is counted lies outside the gateway: what remote servers took, what lies in mailboxes, which
notices name whom. The queue's own word is taken for two things only: what still waits, and whom it
says it told on purpose nothing.
"""

import asyncio
import base64
import contextlib
import random
import re
import secrets
import shutil
import signal
import smtplib
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import psycopg

from postgresql import PostgreSQL
from served import Served
from whybounce.gateway.resolving import folder_of
from whybounce.provoking.mail_server import Answer, Behaviour, MailServer, Received
from whybounce.provoking.name_server import NameServer, Records

ANNA, BEN = "anna@contoso.example", "ben@contoso.example"
CHRIS, FORGED = "chris@remote.example", "mallory@forged.example"
STEPS = (
    "before-commit",
    "after-commit",
    "after-remote-250",
    "writing-report",
    "committing-report",
    "after-report",
)
MOST_OPEN = 250  # Messages under way, above which the clients wait.

_CONFIGURATION = """
[server]
name = "mail.contoso.example"
queue = "{queue}"
mailboxes = "{disk}/mailboxes"
drain = "10s"
log-level = "warning"
operating = "127.0.0.1:0"

[[listener]]
name = "inbound"
addresses = ["127.0.0.1:0"]
{inbound}

[[listener]]
name = "submission"
kind = "submission"
addresses = ["127.0.0.1:0"]
auth-without-tls = true

[outbound]
resolver = "127.0.0.1:{dns}"
port = {remote}
connections-per-destination = 20
dane = "off"
mta-sts = false

[retry]
waits = ["1s"]

[reports]
organisation = "Contoso"

[policies]
spf_passed = "off"
dmarc_passed = "off"

[[directory.organisation]]
name = "Contoso"

[[directory.organisation.domain]]
name = "contoso.example"

[[directory.organisation.domain]]
name = "branch.contoso.example"
kind = "internal-relay"

[[directory.organisation.mailbox]]
address = "anna@contoso.example"

[[directory.organisation.mailbox]]
address = "ben@contoso.example"

[[directory.organisation.outbound-connector]]
name = "branch"
domains = ["branch.contoso.example"]
hosts = ["127.0.0.1:{remote}"]

[[directory.organisation.account]]
name = "anna@contoso.example"
password = "$argon2id$v=19$m=8,t=1,p=1$1yGdCynl1nhy18wocQPFbg$fyKmm1o+JlcvCnvnDvxx+25lLG288uFoPvtz+b8Qr+Q"
"""

_ENDS = """
    SELECT message_id, address FROM outcomes
    JOIN recipients ON recipients.message = outcomes.message
        AND recipients.number = outcomes.number
    JOIN messages ON messages.id = outcomes.message"""
_HELD = """
    SELECT message_id, address FROM recipients
    JOIN messages ON messages.id = recipients.message WHERE lease IS NOT NULL AND node = '{node}'"""
_QUEUED = """
    SELECT message_id, address FROM recipients
    JOIN messages ON messages.id = recipients.message WHERE state <> 'done'"""

Mail = tuple[str, str]
"""A Message-ID and one recipient: what is promised, and counted."""


@dataclass(slots=True)
class Ledger:
    """What was promised, and what came of it, by what others saw."""

    promised: dict[Mail, str] = field(default_factory=dict)  # With the sender.
    contents: dict[str, int] = field(default_factory=dict)  # Message-ID → checksum of its content.
    delivered: Counter[Mail] = field(
        default_factory=Counter
    )  # At remotes; mailboxes are read later.
    handed: dict[str, set[Mail]] = field(
        default_factory=dict
    )  # To remotes, by who said so in EHLO.
    reported: dict[str, set[str]] = field(default_factory=dict)  # Recipient → notices about it.
    damaged: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)  # Replies to the final dot but 250.
    met: set[str] = field(default_factory=set)  # Recipients a remote has heard of, for good.
    waited_for: set[str] = field(default_factory=set)  # Those whose remote has not.

    def promise(self, mail: Mail, sender: str) -> None:
        """Note that 250 was said."""
        self.promised[mail] = sender
        if mail[1] not in {BEN, *self.met} and not mail[1].startswith("stuck"):
            self.waited_for.add(mail[1])

    def meet(self, recipient: str) -> None:
        """Note that a remote has taken or refused it."""
        self.met.add(recipient)
        self.waited_for.discard(recipient)

    def take(self, recipients: list[str], octets: bytes, helo: str = "") -> None:
        """Note a message that somebody got: ours, or a notice."""
        text = octets.replace(b"\r\n", b"\n")
        header, _, content = text.partition(b"\n\n")
        found = re.search(rb"(?im)^Message-ID:\s+(<\S+>)", header)
        id_ = found[1].decode() if found else "none"
        if b"report-type=delivery-status" in header:
            for named in re.findall(rb"Final-Recipient: *rfc822; *(\S+)", text):
                self.reported.setdefault(named.decode(), set()).add(id_)
        elif crc32(content) != self.contents.get(id_):
            self.damaged.append(id_)
        for each in recipients:
            self.delivered[id_, each] += 1
            self.handed.setdefault(helo, set()).add((id_, each))
            self.meet(each)


@dataclass(frozen=True, slots=True)
class Count:
    """How the proof came out. The unit is mail: one message to one recipient."""

    kills: int
    acknowledged: int
    delivered: int
    reported: int
    withheld: int
    queued: int
    lost: tuple[Mail, ...]
    twice: int
    reported_twice: tuple[str, ...]
    damaged: tuple[str, ...]
    in_flight: (
        int  # Got by somebody and not recorded, when it was killed: so many may be had twice.
    )
    unexplained: tuple[Mail, ...]  # Had twice, and not among those.
    refused: Counter[str]  # Replies to the final dot but 250.

    def __str__(self) -> str:
        lost = len(self.lost)
        return (
            f"kills {self.kills}, acknowledged {self.acknowledged}, delivered {self.delivered},"
            f" reported {self.reported}, withheld {self.withheld}, queued {self.queued},"
            f" lost {lost}, twice {self.twice}"
        )

    @property
    def broken(self) -> list[str]:
        """What of the promise does not hold."""
        return [
            said
            for said, is_broken in (
                ("nothing was acknowledged, so nothing is proved", not self.acknowledged),
                (f"lost: {self.lost[:5]}", self.lost),
                (f"reported twice: {self.reported_twice[:5]}", self.reported_twice),
                (f"damaged: {self.damaged[:5]}", self.damaged),
                (f"twice without need: {self.unexplained[:5]}", self.unexplained),
                (f"permanent replies: {self.refused}", any(r[0] == "5" for r in self.refused)),
            )
            if is_broken
        ]


@dataclass
class Place:
    """One gateway's world, load and queue."""

    folder: Path  # With the mailboxes.
    url: str
    ledger: Ledger
    remote: MailServer
    nodes: list[Served]
    chance: random.Random
    server: PostgreSQL | None
    run: str  # In every Message-ID.
    number: int = 0
    in_flight: set[Mail] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)  # Files in mailboxes.
    is_over: bool = False

    @property
    def served(self) -> Served:
        """The only node, or the first."""
        return self.nodes[0]

    # Clients.

    async def send_for_ever(self, node: Served, *, submission: bool) -> None:
        """Send one message after another, and begin anew when the gateway is gone."""
        while not self.is_over:
            await node.up.wait()
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(60):
                    await self._session(node, submission=submission)
            await asyncio.sleep(0.05)

    async def _session(self, node: Served, *, submission: bool) -> None:
        port = node.ports["submission" if submission else "inbound"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await _reply(reader)
            await _say(reader, writer, "EHLO client.example")
            if submission:
                login = base64.b64encode(f"\0{ANNA}\0demonstration".encode()).decode()
                if not (await _say(reader, writer, f"AUTH PLAIN {login}")).startswith("2"):
                    return
            for _ in range(self.chance.randrange(1, 200)):
                while len(self.ledger.waited_for) > MOST_OPEN and not self.is_over:  # noqa: ASYNC110  # several things end it
                    await asyncio.sleep(0.02)
                if self.is_over:
                    return
                if not await self._send(reader, writer, submission=submission):
                    return
        finally:
            writer.close()

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, submission: bool
    ) -> bool:
        self.number += 1
        id_ = f"<{self.number}.{self.run}@client.example>"
        sender, recipients = self._addressed(submission=submission)
        size = 300_000 if self.chance.random() < 0.02 else self.chance.choice((10, 500, 5000))
        content = b"x" * 70 + b"\n"
        content = f"message {id_}\n".encode() + content * (size // len(content) + 1)
        self.ledger.contents[id_] = crc32(content)
        header = f"From: {sender}\nTo: {recipients[0]}\nMessage-ID: {id_}\nSubject: proof\n\n"
        said = await _say(reader, writer, f"MAIL FROM:<{sender}>")
        if not said.startswith("2"):
            return False
        taken = []
        for each in recipients:
            never = " NOTIFY=NEVER" if each.startswith("unasked") else ""
            if (await _say(reader, writer, f"RCPT TO:<{each}>{never}")).startswith("2"):
                taken.append(each)
        if not taken:
            return (await _say(reader, writer, "RSET")).startswith("2")
        await _say(reader, writer, "DATA")
        writer.write((header.encode() + content).replace(b"\n", b"\r\n") + b".\r\n")
        reply = await _reply(reader)
        if reply.startswith("250"):
            for each in taken:
                self.ledger.promise((id_, each), sender)
        else:
            self.ledger.refused[reply[:9]] += 1
        return True

    def _addressed(self, *, submission: bool) -> tuple[str, list[str]]:
        """Choose a sender and recipients, whose names say what becomes of their mail."""
        chance, number = self.chance, self.number
        if submission:
            kinds = ["good", "refused", "late", "unasked", "ben"]
            found = chance.choices(kinds, (8, 3, 2, 1, 4), k=chance.choice((1, 1, 2, 3)))
            if chance.random() < 0.01:
                found = ["stuck"]
            named = {f"{kind}.{number}@remote.example": None for kind in found if kind != "ben"}
            return ANNA, [*named, *([BEN] if "ben" in found else [])]
        sender = chance.choice((CHRIS, CHRIS, FORGED))
        kind = chance.choice(("good", "refused", "ben"))
        return sender, [BEN if kind == "ben" else f"{kind}.{number}@branch.contoso.example"]

    # The queue, read behind the gateway's back.

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Return the rows, from a copy of the file where SQLite keeps the queue."""
        if self.url.startswith("postgresql"):
            with psycopg.connect(self.url, autocommit=True) as connection:
                return list(connection.execute(question.encode()))
        with tempfile.TemporaryDirectory(prefix="whybounce-look-") as name:
            file = Path(self.url.removeprefix("sqlite:///"))
            log = file.with_name(f"{file.name}-wal")
            begun = None
            # Once the log is begun anew, a copy of the file from before lacks what stood in it.
            while begun is None or begun != _beginning(log):
                begun = _beginning(log)
                for path in (file, log):
                    (Path(name) / path.name).unlink(missing_ok=True)
                    with contextlib.suppress(FileNotFoundError):
                        shutil.copy(path, Path(name) / path.name)
            with closing(sqlite3.connect(Path(name) / "queue.db")) as connection:
                return list(connection.execute(question))

    async def look(self) -> None:
        """Note what somebody has got and the queue does not know to be there, after a kill."""
        # They still hear what it said before.
        while self.remote._conversations:  # noqa: SLF001, ASYNC110  # nothing tells of it
            await asyncio.sleep(0.01)
        for address in (ANNA, BEN):
            self.read_mailbox(address)
        known = set(self.ask(_ENDS))
        self.in_flight |= {each for each in self.ledger.delivered if each not in known}

    def held_by(self, node: str) -> set[Mail]:
        """Return what a node has leased."""
        return set(self.ask(_HELD.format(node=node)))

    def read_mailbox(self, address: str) -> None:
        """Note what has come into a mailbox since it was last looked at."""
        new = self.folder / "mailboxes" / folder_of(address) / "new"
        for path in new.iterdir() if new.is_dir() else ():
            if path.name not in self.seen:
                self.ledger.take([address], path.read_bytes())
                self.seen.add(path.name)

    async def settled(self, seconds: float = 120) -> None:
        """Wait until nothing is due but what is never taken."""
        # Notices in the queue are waited for, too.
        waiting = (
            "SELECT count(*) FROM recipients WHERE state = 'queued' AND address NOT LIKE 'stuck%'"
        )
        async with asyncio.timeout(seconds):
            while self.ask(waiting) != [(0,)]:
                if all(node.returncode is not None for node in self.nodes):
                    raise RuntimeError(f"it ended by itself: {self.served.said()}")
                await asyncio.sleep(0.3)

    def count(self, kills: int) -> Count:
        """Count every promise."""
        for each in (ANNA, BEN):
            self.read_mailbox(each)
        queued = set(self.ask(_QUEUED))
        untold = set(self.ask(f"{_ENDS} WHERE told IN ('withheld', 'suppressed')"))
        ledger, ends, lost = self.ledger, Counter[str](), []
        for mail in ledger.promised:
            if ledger.delivered[mail]:
                ends["delivered"] += 1
            elif mail[1] in ledger.reported:
                ends["reported"] += 1
            elif mail in untold:
                ends["withheld"] += 1
            elif mail in queued:
                ends["queued"] += 1
            else:
                lost.append(mail)
        twice = [mail for mail, times in ledger.delivered.items() if times > 1]
        return Count(
            kills=kills,
            acknowledged=len(ledger.promised),
            delivered=ends["delivered"],
            reported=ends["reported"],
            withheld=ends["withheld"],
            queued=ends["queued"],
            lost=tuple(lost),
            twice=len(twice),
            reported_twice=tuple(name for name, by in ledger.reported.items() if len(by) > 1),
            damaged=tuple(ledger.damaged),
            in_flight=len(self.in_flight),
            unexplained=tuple(mail for mail in twice if mail not in self.in_flight),
            refused=ledger.refused,
        )


def _beginning(log: Path) -> bytes:
    """Return the head of SQLite's log, which is another one each time that it is begun anew."""
    with contextlib.suppress(FileNotFoundError), log.open("rb") as file:
        return file.read(32)
    return b""


def send(port: int, *recipients: str, octets: int = 10, timeout: float = 60) -> tuple[int, bytes]:
    """Send as Anna does; return the reply that decided."""
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=timeout) as client:
        try:
            client.login(ANNA, "demonstration")
            content = ("x" * 70 + "\r\n") * (octets // 72 + 1)
            mail = f"From: {ANNA}\r\nMessage-ID: <{secrets.token_hex(8)}@client.example>\r\n\r\n{content}"
            client.sendmail(ANNA, recipients, mail)
        except smtplib.SMTPRecipientsRefused as refused:
            return next(iter(refused.recipients.values()))
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, error.smtp_error
    return 250, b""


async def _reply(reader: asyncio.StreamReader) -> str:
    while (line := await reader.readuntil(b"\n"))[3:4] == b"-":
        pass
    return line.decode().strip()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> str:
    writer.write(line.encode() + b"\r\n")
    return await _reply(reader)


@asynccontextmanager
async def place(
    folder: Path,
    chance: random.Random,
    *,
    server: PostgreSQL | None = None,
    nodes: int = 1,
    disk: Path | None = None,
    before: tuple[str, ...] = (),
    inbound: str = "",
    more: str = "",
) -> AsyncIterator[Place]:
    """Make a world and a configuration; nothing serves yet. Queue and mailboxes are on the disk."""
    disk = disk or folder
    ledger, records = Ledger(), Records()
    tried: set[str] = set()

    def about(recipient: str) -> Answer | None:
        kind = recipient.partition(".")[0]
        if kind in {"refused", "unasked"}:
            ledger.meet(recipient)
            return Answer("550 5.1.1 Nobody of that name is here")
        if kind == "stuck" or (kind == "late" and recipient not in tried):
            tried.add(recipient)
            return Answer("450 4.2.1 Come back later")
        return None

    async def keep(received: Received) -> None:
        ledger.take(received.recipients, received.data, received.helo)

    remote = MailServer("mx.remote.example", Behaviour(about=about), keep=keep)
    dns = NameServer(records)
    await remote.start()
    await dns.start()
    records.add("remote.example", "MX", "10 mx.remote.example.")
    records.add("mx.remote.example", "A", "127.0.0.1")
    records.add("remote.example", "TXT", '"v=spf1 ip4:127.0.0.1 -all"')
    records.add("forged.example", "TXT", '"v=spf1 -all"')
    records.add("forged.example", "MX", "10 mx.remote.example.")
    url = server.make() if server else f"sqlite:///{disk}/data/queue.db"
    config = folder / "whybounce.toml"
    text = _CONFIGURATION.format(
        queue=url, disk=disk, dns=dns.port, remote=remote.port, inbound=inbound
    )
    config.write_text(text + more)
    names = [f"node{n}" for n in range(nodes)]
    made = []
    for name in names:
        own = folder / f"{name}.toml"
        shutil.copy(config, own)
        made.append(Served(own, "--node", name, before=before))
    run = secrets.token_hex(4)
    there = Place(disk, url, ledger, remote, made, chance, server, run)
    try:
        yield there
    finally:
        there.is_over = True
        for each in made:
            if each.was_started:
                await each.kill()
        await dns.stop()
        await remote.stop()
        if server:
            server.drop(url)


@asynccontextmanager
async def under_load(there: Place) -> AsyncIterator[None]:
    """Let clients send to every node meanwhile."""
    clients = [
        asyncio.create_task(there.send_for_ever(node, submission=submission))
        for node in there.nodes
        for submission in (True, True, True, False, False)
    ]
    try:
        yield
    finally:
        there.is_over = True
        for each in clients:
            each.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


async def killed_at(there: Place, step: str) -> None:
    """Start it so that it dies at the step, and wait for that."""
    nth = there.chance.randrange(1, 12)
    await there.served.start({"WHYBOUNCE_DIE_AT": f"{step}:{nth}"})
    assert await there.served.ended() == -signal.SIGKILL, there.served.said()
    await there.look()


async def killed_after(
    there: Place,
    seconds: float,
    *,
    environment: Mapping[str, str] | None = None,
    then: Callable[[], None] = lambda: None,
) -> None:
    """Start it, and kill it so long after it has begun to take mail, however slow the machine is."""
    await there.served.start(environment)
    before = len(there.ledger.promised)
    with contextlib.suppress(TimeoutError):  # The clients may be waiting for what is under way.
        async with asyncio.timeout(60):
            while len(there.ledger.promised) == before:  # noqa: ASYNC110  # nothing tells of it
                await asyncio.sleep(0.02)
    await asyncio.sleep(seconds)
    await there.served.kill()
    then()
    await there.look()


async def database_crashed(there: Place, seconds: float) -> None:
    """Start it, let the database crash and come back beneath it, and then kill it."""
    assert there.server is not None
    await there.served.start()
    await asyncio.sleep(seconds)
    await asyncio.to_thread(there.server.stop, signal.SIGQUIT)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(there.server.start)
    await asyncio.sleep(seconds)
    await there.served.kill()
    await there.look()


async def prove(
    folder: Path,
    seed: int,
    *,
    random_kills: int,
    steps: tuple[str, ...] = STEPS,
    crashes: int = 0,
    server: PostgreSQL | None = None,
) -> Count:
    """Kill at each step, then at random moments; let what is left come to its end, and count."""
    chance = random.Random(seed)  # noqa: S311  # to be had again
    async with place(folder, chance, server=server) as there:
        async with under_load(there):
            for step in steps:
                await killed_at(there, step)
            for _ in range(random_kills):
                await killed_after(there, chance.random() * 3)
            for _ in range(crashes):
                await database_crashed(there, 0.5 + chance.random())
        await there.served.start()
        await there.settled()
        await there.served.stop()
        return there.count(len(steps) + random_kills + crashes)
