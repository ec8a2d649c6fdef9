"""What the command line asks of a running gateway, and what that answers: one JSON line each.

Nothing here knows of sockets. Who asks is not said by them: the channel finds that out.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from whybounce.wire.blocks import BlockEntry, RemovalEntry
from whybounce.wire.calls import WebhookEntry
from whybounce.wire.lives import MessageStanding, Traced
from whybounce.wire.rehearsals import Rehearsal
from whybounce.wire.tokens import TokenEntry

LONGEST_REQUEST = 1 << 16  # Octets of a line.
MOST_MESSAGES = 200  # In one answer.


class Act(StrEnum):
    """What an operator can do to mail in the queue."""

    HOLD = "hold"  # Nobody tries until it is released.
    RELEASE = "release"  # Held and quarantined mail is queued again.
    RETRY = "retry"  # It is tried at once.
    BOUNCE = "bounce"  # The end; the sender gets an NDR.
    DELETE = "delete"  # The end; nobody is told.


class _Line(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Selection(_Line, frozen=True):
    """Which mail of the queue. All that is said must hold; nothing said means all of it."""

    ids: tuple[str, ...] = ()
    state: str | None = None
    domain: str | None = None  # The recipients'.
    sender: str | None = None
    cause: str | None = None  # Why recipients wait.


class Trace(_Line, frozen=True, tag="trace"):
    """Tell the lives of messages: by id, Message-ID, address of a sender or recipient, or domain.

    The domain is written as ``@example.org``; with None wanted, the latest are told.
    """

    wanted: str | None
    since: datetime
    most: int = MOST_MESSAGES
    until: datetime | None = None  # None: now.
    status: str | None = None  # Only messages of which a recipient stands or ended like that.


class Show(_Line, frozen=True, tag="show"):
    """Show a page of the queue."""

    which: Selection
    after: str | None = None


class Do(_Line, frozen=True, tag="do"):
    """Do something to a page of the queue."""

    act: Act
    which: Selection
    why: str = ""
    after: str | None = None


class Rehearse(_Line, frozen=True, tag="rehearse"):
    """Tell what would be said to a message; nothing is sent, counted or kept."""

    sender: str  # The return path; empty: the null one.
    recipient: str
    ip: str  # The client's address.
    helo: str = ""
    account: str = ""  # Who is signed in; empty: nobody.
    listener: str = (
        ""  # By name; empty: the first for people who are signed in, or for other servers.
    )
    author: str = ""  # The address in From; empty: the return path.
    octets: int | None = None
    probe: bool = False  # Whether the recipient's own server is asked, too.


class ListBlocks(_Line, frozen=True, tag="list-blocks"):
    """Show what is blocked or restricted."""


class AddBlock(_Line, frozen=True, tag="add-block"):
    """Block somebody."""

    kind: str
    subject: str
    cause: str = ""  # Empty: the usual one for the kind.
    reason: str = ""
    seconds: float | None = None  # How long; None: until it is lifted.


class LiftBlock(_Line, frozen=True, tag="lift-block"):
    """Lift a block by its id, or all that name the subject."""

    wanted: str
    why: str = ""


class RequestRemoval(_Line, frozen=True, tag="request-removal"):
    """Have a mail sent by which somebody confirms that a server leaves the block list."""

    ip: str
    address: str


class ConfirmRemoval(_Line, frozen=True, tag="confirm-removal"):
    """Take a server off the block list by what stood in that mail."""

    written: str


class ShowRemoval(_Line, frozen=True, tag="show-removal"):
    """Show how a request for removal stands, by its token."""

    token: str


class ListRemovals(_Line, frozen=True, tag="list-removals"):
    """Show the requests for removal that wait for an administrator."""


class DecideRemoval(_Line, frozen=True, tag="decide-removal"):
    """Remove what a request asks for, or refuse it."""

    id: str
    remove: bool
    why: str = ""


class ListTokens(_Line, frozen=True, tag="list-tokens"):
    """Show the tokens there are."""


class AddToken(_Line, frozen=True, tag="add-token"):
    """Make a token; the answer is the only place where it stands."""

    name: str
    scope: str
    seconds: float  # How long it opens.


class RevokeToken(_Line, frozen=True, tag="revoke-token"):
    """End a token, by its id."""

    wanted: str


class Reload(_Line, frozen=True, tag="reload"):
    """Read the configuration and the directory anew."""


class Drain(_Line, frozen=True, tag="drain"):
    """Stop: take nothing more, and end what is under way. The connection closes at the end."""


OnBlocks = ListBlocks | AddBlock | LiftBlock | RequestRemoval | ConfirmRemoval


class ListWebhooks(_Line, frozen=True, tag="list-webhooks"):
    """Show the webhooks, and what waits for them."""


class TryWebhook(_Line, frozen=True, tag="try-webhook"):
    """Tell a webhook that nothing happened."""

    name: str


OnTokens = ListTokens | AddToken | RevokeToken
OnRemovals = ShowRemoval | ListRemovals | DecideRemoval
OnWebhooks = ListWebhooks | TryWebhook
OnStore = Trace | Show | Do | Rehearse | OnBlocks | OnRemovals | OnTokens | OnWebhooks
Request = OnStore | Reload | Drain


class Lives(_Line, frozen=True, tag="lives"):
    """The answer to ``Trace``."""

    found: tuple[Traced, ...]


class Listing(_Line, frozen=True, tag="listing"):
    """The answer to ``Show``: of each message, those recipients that are meant."""

    messages: tuple[MessageStanding, ...]
    damaged: tuple[str, ...]  # Ids of messages that cannot be read.
    after: str | None  # What to ask for the next page; None: this was the last.


class Change(_Line, frozen=True):
    """What came of it for one message."""

    id: str
    changed: int  # Recipients.
    being_tried: int = 0  # Left alone: somebody is at them now.
    report: str | None = None  # The id of the NDR.
    fault: str | None = None  # Why nothing was done.


class Changes(_Line, frozen=True, tag="changes"):
    """The answer to ``Do``."""

    changes: tuple[Change, ...]
    after: str | None


class Blocks(_Line, frozen=True, tag="blocks"):
    """The answer to what is asked about blocks: those that are meant."""

    blocks: tuple[BlockEntry, ...]
    token: str | None = None  # By which a request for removal is followed.


class Removals(_Line, frozen=True, tag="removals"):
    """The answer to what is asked about requests for removal: those that are meant."""

    removals: tuple[RemovalEntry, ...]


class Tokens(_Line, frozen=True, tag="tokens"):
    """The answer to what is asked about tokens: those that are meant."""

    tokens: tuple[TokenEntry, ...]


class Webhooks(_Line, frozen=True, tag="webhooks"):
    """The answer to what is asked about webhooks: those that are meant."""

    webhooks: tuple[WebhookEntry, ...]


class Rehearsed(_Line, frozen=True, tag="rehearsed"):
    """The answer to ``Rehearse``."""

    rehearsal: Rehearsal


class Reloaded(_Line, frozen=True, tag="reloaded"):
    """The answer to ``Reload``: what is in force now."""

    changed: tuple[str, ...]  # Tables, as they are called in the file.
    at_next_start: tuple[str, ...]  # Keys that changed, but not while it runs.
    faults: tuple[str, ...] = ()  # Why nothing was changed, a line each.


class Draining(_Line, frozen=True, tag="draining"):
    """The answer to ``Drain``."""

    sessions: int
    deliveries: int


class Refused(_Line, frozen=True, tag="refused"):
    """It was not done, and why."""

    why: str


Answer = (
    Lives
    | Listing
    | Changes
    | Blocks
    | Removals
    | Tokens
    | Webhooks
    | Rehearsed
    | Reloaded
    | Draining
    | Refused
)

_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def read_request(line: bytes) -> Request | Refused:
    """Return what is asked; a refusal that says why it is nothing that can be."""
    try:
        return _requests.decode(line)
    except msgspec.DecodeError as error:
        return Refused(why=f"this request is not understood: {error}")


def read_answer(line: bytes) -> Answer:
    """Return the answer; one that another release gave is refused in words."""
    try:
        return _answers.decode(line)
    except msgspec.DecodeError:
        return Refused(
            why="the gateway answered something this command does not understand;"
            " it may run another release"
        )


def written(line: Request | Answer) -> bytes:
    """Return it as a line."""
    return msgspec.json.encode(line) + b"\n"
