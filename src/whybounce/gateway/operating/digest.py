"""A list for the postmaster, once a day: the notices that were withheld. An end, not a loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from whybounce.gateway.chores import Chore
from whybounce.gateway.operating.sentences import sentence
from whybounce.gateway.store import Claim, Store, body_of
from whybounce.gateway.store.rows import Envelope, Event, NewMessage, Recipient
from whybounce.vocabulary.envelope import BodyType, Notify
from whybounce.wording import printable

_DAY = timedelta(days=1)
_LOOK = timedelta(minutes=30)
_MOST = 500  # Lines.
_LONGEST = 300  # Characters of a line.


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Writes it."""

    store: Store
    to: Callable[[], Sequence[str]]
    host: str
    node: str
    random_bits: Callable[[int], int]

    @property
    def chore(self) -> Chore:
        """What has it written in its time."""
        return Chore("digest of withheld notices", _LOOK, self.write)

    async def write(self, now: datetime) -> None:
        """Queue the list of the last day, where there is something in it and it is due."""
        to = self.to()
        if not to:
            return
        withheld = await self.store.happened("report-withheld", since=now - _DAY, most=_MOST + 1)
        # A holder of its own each time: the token is free again only after a day, on every node.
        holder = f"{self.node} {self.random_bits(64):016x}"
        claim = Claim("digest of withheld notices", holder, now, now + _DAY)
        if not withheld or await self.store.take(claim) is None:
            return
        message = self._message(withheld, to, now)
        octets = message.as_bytes()
        envelope = Envelope(
            sender="",
            recipients=tuple(Recipient(each, notify=frozenset({Notify.NEVER})) for each in to),
            body_type=BodyType.SEVEN_BIT,
        )
        await self.store.accept(
            NewMessage(
                envelope,
                arrived=now,
                expires=now + 5 * _DAY,
                message_id=message["Message-ID"],
                subject=message["Subject"],
            ),
            body_of(octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
        )

    def _message(self, withheld: Sequence[Event], to: Sequence[str], now: datetime) -> EmailMessage:
        listed = withheld[:_MOST]
        message = EmailMessage()
        message["From"] = f"postmaster@{self.host}"
        message["To"] = ", ".join(to)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{self.random_bits(64):016x}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5.1.
        message["Subject"] = sentence("digest-subject", count=str(len(listed)))
        lines = [sentence("digest-begin"), "", *map(_line, listed)]
        if len(withheld) > _MOST:
            lines += ["", sentence("digest-more")]
        message.set_content("\n".join(lines), cte="quoted-printable")
        return message


def _line(event: Event) -> str:
    said = sentence(
        "digest-line",
        time=event.time.isoformat(timespec="minutes").replace("+00:00", "Z"),
        recipient=event.address or "",
        message=event.message or "",
        said=event.text,
    )
    return printable(said)[:_LONGEST]
