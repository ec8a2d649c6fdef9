"""How each cause is made to happen: the rows of ``conditions/``, one table for each cause.

A cause without a row is said by a server of the world, in the words that servers have for it
(``sayings.py``). A row says what else it takes: records in the DNS, a server of its own, a block that
is in force, or a client that does what one of the gateway's own policies refuses. Where a cause has codes
that are met in different ways, a row ``"cause=code"`` is the way to that one. The files are families; a
row stands in one.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from whybounce.provoking.certificates import Shown
from whybounce.provoking.name_server import Trouble

FOLDER = Path(__file__).with_name("conditions")
DOMAIN = "provoke.example"  # RFC 2606: nobody's, for ever.


class _Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    pass


class Server(_Table, frozen=True, kw_only=True):
    """A mail server that stands at an address of its own, and what is wrong with it."""

    banner: str = "220 {host} ESMTP"
    replies: dict[str, str] = {}  # By command: see ``mail_server.Behaviour``.
    extensions: tuple[str, ...] | None = None  # None: the usual ones.
    hang_up_at: str | None = None
    stall_at: str | None = None
    holds: float = 0  # Seconds before it has taken a message.
    keeps_mailbox: bool = False  # ``somebody`` at the row's domain has a mailbox there, by LMTP.
    certificate: Shown | None = None  # None: it offers no STARTTLS.
    is_deaf: bool = False  # It listens, and nobody picks up: connections run into their time-out.


class Client(_Table, frozen=True, kw_only=True):
    """Who sends what, where the gateway's own policy is to refuse it."""

    listener: str = "submission"  # Or "inbound", or "programs".
    address: str | None = None  # The client's, told by XCLIENT; None: this machine's.
    name: str | None = None  # Its name in the DNS, told likewise.
    helo: str = "client.example"
    login: str | None = None  # The account; on submission, Anna's unless it is "".
    password: str = "demonstration"  # noqa: S105  # public, as the demonstration is
    wrong_passwords: int = 0  # Tried before; each may count twice, for two mechanisms.
    is_old: bool = False  # It greets with HELO once it is logged in.
    sender: str = "anna@contoso.example"  # The return path.
    recipients: tuple[str, ...]
    header: dict[str, str] = {}  # Fields beside, or instead of, From, To and Subject.
    body: str = "This message is meant to come back.\r\n"
    declares: int | None = None  # SIZE of RFC 1870.
    octets: int = 0  # How long the body is to be made.
    embedded_files: int = 0  # In a message that is attached instead of the body.
    times: int = 1  # How often it is sent: the last one is what counts.
    notify: str | None = None  # NOTIFY of RFC 3461.


class Block(_Table, frozen=True, kw_only=True):
    """A block that an administrator put in force, as ``whybounce blocks add`` does."""

    kind: str
    subject: str
    reason: str


class Row(_Table, frozen=True, kw_only=True):
    """How one cause is made to happen.

    Rows with ``records``, ``trouble`` or ``server`` have a domain of their own, which is the cause's
    id below provoke.example. A record's key is ``MX`` of that domain, ``mx A`` of a name below it, or
    ``partner.example. TXT`` of a name that ends with a dot; ``{port}`` in it is that of mail servers.
    ``{domain}`` and ``{address}`` in its values are the domain and its server's address, ``{nobody}`` an
    address at which nobody listens, and ``{authority}`` the digest of the authority that issues the
    servers' certificates.
    """

    how: Annotated[str, Meta(min_length=10)]  # One sentence, for people.
    records: dict[str, tuple[str, ...]] = {}
    trouble: Trouble | None = None
    policy: tuple[str, ...] = ()  # The hosts in its MTA-STS policy, which is enforced.
    server: Server | None = None
    says: str | None = None  # What the world's server says instead of the catalogue's words.
    at: str | None = None  # Where it says it: RCPT, DATA, "."; else as the cause's kind has it.
    hangs_up: bool = False  # It says nothing there, and is gone.
    block: Block | None = None
    client: Client | None = None
    recipient: str | None = None  # Whom to write to, where that is not the cause's own address.
    told_in_delay: bool = False  # What a client meets is told of by a notice of delay, and passes.
    never: bool = False  # It is no undelivered message at all: ``how`` says what it is.

    @property
    def has_domain(self) -> bool:
        """Whether it takes a domain of its own."""
        return bool(self.records) or self.trouble is not None or self.server is not None

    @property
    def is_a_way(self) -> bool:
        """Whether it goes wrong on the way to a server, for whatever code it is asked for."""
        return self.client is None and (self.has_domain or self.recipient is not None)


class ConditionsError(Exception):
    """A file of conditions cannot be used."""


@cache
def rows() -> Mapping[str, Row]:
    """Return the rows there are, by cause, or by ``cause=code``.

    Raises:
        ConditionsError: Names the file and what is wrong in it.

    """
    found: dict[str, Row] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        for cause, row in _read(file).items():
            if cause in found:
                raise ConditionsError(f"{file.name}: {cause} stands in another file, too")
            found[cause] = row
    return found


def _read(file: Path) -> dict[str, Row]:
    content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return msgspec.convert(content, dict[str, Row])
    except msgspec.ValidationError as error:
        raise ConditionsError(f"{file.name}: {error}") from error
