"""Live checks for anybody: what may be asked about, how often, and what the findings say of a cause.

Rule 1: only what all the world can ask about. Addresses of an inner network, and names that have a
meaning in one alone, are refused, or a stranger would learn from our resolver what is inside.
Rule 2: what a stranger's records name is connected to only where ``Reach`` allows it: port 25 of mail servers
and the host of an MTA-STS policy, at public addresses, a bounded number of times for each answer.
Rule 3: each client may have a few a minute, all together a few at once; an answer is good for a while.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

import whybounce
from whybounce.checking.subjects import NoTargetError, is_public, subject_of
from whybounce.diagnosing.inquiring import ABOUT
from whybounce.vocabulary.cause import Cause, CheckName
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.finding import Finding, Inquiry
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates

if TYPE_CHECKING:
    from whybounce.checking.lookups import Asking
    from whybounce.checking.mail_servers import Reach

LONGEST_TARGET = 320  # RFC 5321 §4.5.3.1: 64 octets, an @, 255 octets.

_ALL = frozenset(CheckName)
_MOST_INQUIRIES = 4  # About one bounce.
_SECONDS = 15.0  # For all questions about one target.
_FRESH = 30.0  # Seconds for which an answer is given again.
_MOST_KEPT = 500
MOST_AT_ONCE = 8
MOST_A_MINUTE = 12  # Of one client.

# RFC 6761, RFC 6762, RFC 7686, RFC 8375, and the one reserved by ICANN: names that no stranger can ask about.
_INSIDE = ("localhost", "local", "internal", "onion", "home.arpa", "in-addr.arpa", "ip6.arpa")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and when."""

    target: str  # A domain or an IP address: of an e-mail address, its domain.
    selectors: tuple[str, ...]
    findings: tuple[Finding, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found about what a bounce names, and when."""

    at: datetime
    found: tuple[tuple[Inquiry, tuple[Finding, ...]], ...]


@dataclass(frozen=True, slots=True)
class Means:
    """Whom to ask, and what may be asked about."""

    resolver: "Asking | None" = None  # Else whom this machine asks.
    reach: "Reach | None" = None  # What may be connected to; None: the DNS alone is asked.
    allow_private: bool = False  # Whether strangers may check what belongs to an inner network.


@dataclass(frozen=True, slots=True)
class Way:
    """Where the checks of an answer are: of something, or of what one has to type in."""

    path: str
    about: str  # Empty: that has to be typed in.


class Checks:
    """Asks, within limits, and keeps each answer for a while."""

    def __init__(
        self, means: Callable[[], Means] = Means, *, clock: Callable[[], float] | None = None
    ) -> None:
        """``means`` returns what is in force at the moment."""
        self._means = means
        self._asked_by = means()
        self._of_system: Asking | None = None
        self._clock = clock or _loop_time
        self._rates = Rates(MOST_A_MINUTE, seconds=60.0)
        self._running = 0
        self._kept: OrderedDict[Inquiry, tuple[float, Checked]] = OrderedDict()

    async def of(self, client: str, target: str, selectors: tuple[str, ...]) -> Checked:
        """Return what is found about the target.

        Raises:
            ProblemError: It is nothing that can be asked about, or too much is asked.

        """
        return await self._kept_or_asked(client, Inquiry(self.subject(target), _ALL, selectors))

    async def about(self, client: str, inquiries: Sequence[Inquiry]) -> Answered:
        """Return what is found about what a bounce names; what may not be asked is left out.

        Raises:
            ProblemError: Too much is asked.

        """
        allowed = [each for each in inquiries if self._may_ask(each.target)][:_MOST_INQUIRIES]
        asked = (self._kept_or_asked(client, self._without_inside(each)) for each in allowed)
        answers = await asyncio.gather(*asked)
        pairs = zip(allowed, answers, strict=True)
        return Answered(_now(), tuple((inquiry, found.findings) for inquiry, found in pairs))

    def _without_inside(self, inquiry: Inquiry) -> Inquiry:
        lists = tuple(filter(self._may_ask, inquiry.lists))
        client = inquiry.client if self._may_ask(inquiry.client) else ""
        return replace(inquiry, lists=lists, client=client)

    def _may_ask(self, about: str) -> bool:
        """Say whether it is something that all the world can ask about."""
        try:
            self.subject(about)
        except ProblemError:
            return False
        return True

    async def _kept_or_asked(self, client: str, inquiry: Inquiry) -> Checked:
        now = self._clock()
        if self._asked_by != (means := self._means()):
            self._asked_by = means
            self._kept.clear()
        if inquiry in self._kept and now - self._kept[inquiry][0] < _FRESH:
            return self._kept[inquiry][1]
        if not self._rates.take(client, now):
            raise ProblemError("too-often", {"limit": str(MOST_A_MINUTE)})
        if self._running >= MOST_AT_ONCE:
            raise ProblemError("many-checks")
        self._running += 1
        try:
            checked = await self._asked(inquiry, means)
        finally:
            self._running -= 1
        self._kept[inquiry] = (now, checked)
        self._kept.move_to_end(inquiry)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return checked

    def subject(self, target: str) -> str:
        """Return what is asked about: an address or a domain, in its one spelling.

        Raises:
            ProblemError: It is neither, or nothing that all the world can ask about.

        """
        try:
            subject = subject_of(target)
        except NoTargetError:
            raise ProblemError("no-target", {"target": target[:80]}, kept=target[:320]) from None
        if not self._means().allow_private and _is_inside(subject):
            raise ProblemError("inside", {"target": subject}, kept=target)
        return subject

    async def _asked(self, inquiry: Inquiry, means: Means) -> Checked:
        findings = await whybounce.answers_to(
            inquiry,
            resolver=means.resolver or self._system(),
            seconds=_SECONDS,
            reach=means.reach,
        )
        return Checked(inquiry.target, inquiry.selectors, findings, _now())

    def _system(self) -> "Asking":
        """Return whom this machine asks. Raises ProblemError where it knows nobody."""
        self._of_system = self._of_system or _of_system()
        return self._of_system


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def way_of(cause: Cause, explanation: Explanation | None = None) -> Way | None:
    """Return where the checks are that the cause names, or None where it names none we have."""
    names = [ABOUT[check] for check in cause.checks if check in ABOUT]
    if not names:
        return None
    known = explanation.parameters if explanation else {}
    for name in names:
        about = known.get(name, "")
        if about and _is_target(about):
            return Way(f"/check/{about}?cause={cause.id}", about)
    return Way(f"/check?cause={cause.id}", "")


def _is_target(text: str) -> bool:
    try:
        return not _is_inside(subject_of(text))
    except NoTargetError:
        return False


def _is_inside(subject: str) -> bool:
    """Say whether only an inner network knows it."""
    try:
        return not is_public(ip_address(subject))
    except ValueError:
        return any(subject.endswith(f".{name}") or subject == name for name in _INSIDE)


def _of_system() -> "Asking":
    from whybounce.checking.lookups import Resolver  # noqa: PLC0415  # dnspython, for who asks

    try:
        return Resolver.of_system()
    except OSError:
        raise ProblemError("no-resolver") from None


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
