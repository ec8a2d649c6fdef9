"""Removal from the block list by those who are on it: asked for, confirmed by mail, done.

Rule 1: the list that says so (``banned-sending-ip``) is left without anybody's leave. A ban
(``banned-ip``) is not: there the request waits for an administrator, who removes or refuses.
Rule 2: a request changes nothing. It has a mail sent, at most a few a day, and what stands in that
mail lifts the block, or puts the request before the administrator, within a day, and once.
Rule 3: whoever is listed again and again has to write to a person.
Rule 4: whoever asked can see how it stands, by a token that only they are given (``removals``).

What stands in the mail is signed with the block's id, which nobody outside is told, and is of no more
use when the block has ended.
"""

import asyncio
import hashlib
import hmac
import tomllib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path

from msgspec import DecodeError, Struct, json

from whybounce.gateway import removals
from whybounce.gateway.addresses import MailAddress
from whybounce.gateway.asking import networks_of
from whybounce.gateway.removals import Moving, Removal, Stage
from whybounce.gateway.store import Lifting, Store, blocking, body_of
from whybounce.gateway.store.rows import Block, Envelope, NewMessage, Recipient
from whybounce.vocabulary.envelope import BodyType
from whybounce.wording.filling import fill

CAUSE = "banned-sending-ip"
BY_DECISION = "banned-ip"

_LEFT = (CAUSE, BY_DECISION)
_WORDS = Path(__file__).with_suffix(".toml")
_VALID = timedelta(hours=24)
_MOST_MAILS = 3  # In a day, about one entry of the list.
_MOST_REMOVALS = 2  # In a month, by those who are on it.
_MONTH = timedelta(days=30)
_LONGEST = 2_000  # Characters of what stands in the mail.


class DelistingError(Exception):
    """Removal is not possible, and why, in one sentence."""


class _Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """What the mail holds: which entry of the list, who asked, and until when it is good."""

    subject: str
    address: str
    until: int  # Seconds since 1970.


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands."""

    removal: Removal
    is_listed: bool  # Still, or again.
    has_run_out: bool  # What stood in the mail is of no more use.


@dataclass(frozen=True, slots=True, kw_only=True)
class Delisting:
    """Takes requests and confirmations."""

    store: Store
    host: str  # Our name.
    page: str  # Where it is confirmed; empty: by an operator.
    expire_after: timedelta
    clock: Callable[[], datetime]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def request(self, ip: str, address: str) -> tuple[Block, str]:
        """Have a mail sent by which the removal of the server's address can be confirmed.

        Returns what it is listed as, and the token by which the request is followed.

        Raises:
            DelistingError: It is not on the list, the address is none, or it was asked too often.
            StoreUnavailableError: Try again later.

        """
        try:
            to = MailAddress.parse(address.strip())
        except ValueError as error:
            raise DelistingError(
                f"{address!r} is no e-mail address; write one such as anna@contoso.example"
            ) from error
        now, block = self.clock(), await self._listed(ip)
        removed = await self.store.ask(lambda c: blocking.lifted_since(c, block, now - _MONTH))
        if removed >= _MOST_REMOVALS:
            raise DelistingError(
                f"{block.subject} was taken off {removed} times in a month and is listed again;"
                f" write to postmaster@{self.host}"
            )
        key = f"delisting {block.subject}"
        async with self._turn:  # Or all who ask at once would be counted before any is mailed.
            counted = await self.store.counted([key], since=now - timedelta(days=1))
            if counted[key] >= _MOST_MAILS:
                raise DelistingError(f"{block.subject} was asked about {counted[key]} times today")
            await self._send(self._mail(block, to, now), to, now, key)
        return block, await removals.ask(self.store, block, str(to), now)

    async def standing(self, token: str) -> Standing | None:
        """Return how a request stands; None where the token is none. Raises StoreError."""
        removal = await removals.removal_of(self.store, token[:_LONGEST])
        if removal is None:
            return None
        blocks = await self.store.blocks(now=self.clock(), kind="ip", subject=removal.subject)
        return Standing(
            removal,
            is_listed=any(each.cause == removal.cause for each in blocks),
            has_run_out=removal.stage is Stage.ASKED and self.clock() >= removal.asked + _VALID,
        )

    async def decide(self, id_: str, *, remove: bool, by: str, why: str) -> None:
        """Take the server off the list, as somebody asked, or refuse that.

        Raises:
            DelistingError: Nobody asks for that any more, or there is no reason.
            StoreUnavailableError: Try again later.

        """
        asked = {each.id: each for each in await removals.to_decide(self.store)}
        removal, now = asked.get(id_), self.clock()
        if removal is None:
            raise DelistingError("this request has been decided, or the block has ended")
        if not remove and not why.strip():
            raise DelistingError("whoever asked is told why it is refused; write that down")
        if remove:
            said = why or f"asked for by {removal.address}"
            await self.store.lift(Lifting(removal.block, by, now, said))
        to = Stage.REMOVED if remove else Stage.REFUSED
        await removals.move(self.store, Moving(removal.block, to, by, now, why=why.strip()))

    async def confirm(self, written: str) -> Block:
        """Take the server off the list, by what stood in the mail; return what it was listed as.

        From a ban nobody is taken like this: the request waits for an administrator, and the block
        that is returned is in force.

        Raises:
            DelistingError: It is not what stood there, its time is over, or the block has ended.
            StoreUnavailableError: Try again later.

        """
        claim, mark = _read(written.strip())
        now = self.clock()
        for block in await self.store.blocks(now=now, kind="ip", subject=claim.subject):
            ours = _mark(block, claim).encode()
            if block.cause not in _LEFT or not hmac.compare_digest(mark.encode(), ours):
                continue
            if now.timestamp() > claim.until:
                raise DelistingError("this is older than a day; ask for a new one")
            if block.cause == BY_DECISION:
                to = Moving(block.id, Stage.CONFIRMED, claim.address, now, claim.address)
                await removals.move(self.store, to)
                return block
            why = f"asked for and confirmed by {claim.address}"
            lifted = await self.store.lift(Lifting(block.id, claim.address, now, why))
            if lifted is not None:
                done = Moving(block.id, Stage.REMOVED, claim.address, now)
                await removals.move(self.store, done)
                return lifted
        raise DelistingError(f"{claim.subject} is not listed any more, or this is not what we sent")

    async def _listed(self, ip: str) -> Block:
        try:
            names = networks_of(ip_address(ip.strip()))
        except ValueError as error:
            raise DelistingError(f"{ip!r} is no IP address") from error
        now = self.clock()
        found = await self.store.ask(lambda c: blocking.about(c, now, {"ip": names}))
        causes = _LEFT if self.page else (CAUSE,)
        block = next((each for each in found if each.cause in causes), None)
        if block is None:
            raise DelistingError(f"{ip.strip()} is not on the list that can be left this way")
        return block

    async def _send(self, mail: bytes, to: MailAddress, now: datetime, key: str) -> None:
        message = NewMessage(
            Envelope(
                "",
                (Recipient(str(to)),),
                body_type=BodyType.EIGHT_BIT_MIME,
                smtputf8=not to.isascii(),
            ),
            arrived=now,
            expires=now + self.expire_after,
            subject="delisting",
            counts={key: 1},
        )
        await self.store.accept(message, body_of(mail))

    def _mail(self, block: Block, to: MailAddress, now: datetime) -> bytes:
        claim = _Claim(block.subject, str(to), int((now + _VALID).timestamp()))
        written = _write(claim, _mark(block, claim))
        values = {
            "ip": block.subject,
            "url": f"{self.page}?confirm={written}" if self.page else written,
            "limit": f"{_VALID.total_seconds() / 3600:.0f} hours",
            "remote": self.host,
        }
        words = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
        mail = EmailMessage(SMTP if to.isascii() else SMTPUTF8)
        mail["From"] = f"postmaster@{self.host}"
        mail["To"] = str(to)
        mail["Subject"] = fill(words["subject"], values, {})
        mail["Date"] = format_datetime(now.astimezone(UTC))
        mail["Message-ID"] = f"<{_digest(b'', written.encode())}@{self.host}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5.
        of_page = "text-by-decision" if block.cause == BY_DECISION else "text"
        text = words[of_page if self.page else "text-by-hand"]
        mail.set_content(fill(text, values, {}))
        return mail.as_bytes()


def _mark(block: Block, claim: _Claim) -> str:
    """Return what only who knows the block's id can write."""
    return _digest(block.id.encode(), json.encode(claim))


def _digest(key: bytes, octets: bytes) -> str:
    return hashlib.blake2b(octets, digest_size=16, key=key, person=b"delisting").hexdigest()


def _write(claim: _Claim, mark: str) -> str:
    return f"{urlsafe_b64encode(json.encode(claim)).decode().rstrip('=')}.{mark}"


def _read(written: str) -> tuple[_Claim, str]:
    claim, _, mark = written[:_LONGEST].partition(".")
    try:
        octets = urlsafe_b64decode(claim.encode() + b"=" * (-len(claim) % 4))
        return json.decode(octets, type=_Claim), mark
    except (NotBase64Error, DecodeError, ValueError) as error:
        raise DelistingError(
            "this is not what we sent: copy what stands in the mail whole, or ask again"
        ) from error
