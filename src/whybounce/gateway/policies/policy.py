"""What a policy is: a row that says when it is asked, for what, and one function that judges."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum

from whybounce.gateway.policies.facts import Facts
from whybounce.gateway.policies.verdicts import Verdict


class Stage(StrEnum):
    """When a policy is asked."""

    MAIL = "mail"  # About the return path. Known: the client, the login, the connector.
    RCPT = "rcpt"  # About one recipient. A postmaster of ours is asked about by nobody.
    MESSAGE = "message"  # At the dot, about the whole message.


class Mode(StrEnum):
    """What an operator makes of a policy's verdict."""

    REFUSE = "refuse"  # What the policy says is done.
    DEFER = "defer"  # The client is told to try again later, for the same cause.
    LOG = "log"  # Mail passes; what the policy says is written down.
    OFF = "off"  # It is not asked.


class Need(Enum):
    """A fact that costs a question: fetched only where a policy of the stage needs it."""

    BLOCKS = "blocks"  # ``Facts.blocks``.
    AUTHENTICATION = "authentication"  # ``Facts.authentication``.
    LISTINGS = "listings"  # ``Facts.listings``.
    EXCHANGERS = "exchangers"  # ``Facts.leads_here``.
    ROOM = "room"  # ``Facts.held``.
    STRUCTURE = "structure"  # ``Content.embedded_files``: the message is looked at while it comes.


def _one(facts: Facts) -> int:  # noqa: ARG001  # the shape of amounts
    return 1


@dataclass(frozen=True, slots=True)
class Tally:
    """A counter: read before the verdict, added to when mail is taken, or when it is refused.

    Counted for each recipient if ``stage`` is RCPT, for each message if it is MESSAGE.
    """

    name: str  # ``Facts.counts`` has the sum by this name.
    window: timedelta  # How far it looks back, in whole minutes.
    stage: Stage
    subject: Callable[[Facts], str]  # Who or what is counted; empty: nothing is.
    amount: Callable[[Facts], int] = _one
    refused_for: frozenset[str] = frozenset()  # Causes; where there are any, refusals are counted.
    of: str = ""  # The tally whose counter it reads, over another window, and does not add to.

    def key(self, facts: Facts) -> str:
        """Return the counter's name in the store; empty where nothing is counted."""
        subject = self.subject(facts)
        return f"{self.of or self.name} {subject}" if subject else ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule of the gateway. Its file has its name, and its docstring says why it is there."""

    name: str  # In the path, the configuration, the events and the docs.
    stage: Stage
    causes: tuple[str, ...]  # Those it may raise.
    judge: Callable[[Facts], Verdict]
    settings: tuple[str, ...] = ()  # Keys of the configuration and the directory that it holds to.
    needs: frozenset[Need] = frozenset()
    tallies: tuple[Tally, ...] = ()
    blocks: tuple[str, ...] = ()  # Kinds of whom the blocks name that it holds to.
    usual: Mode = Mode.REFUSE  # Where the configuration says nothing.
