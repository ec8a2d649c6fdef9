"""Live checks for anybody: what may be asked about, how often, and what the findings say of a cause.

Rule 1: only what all the world can ask about. Addresses of an inner network, and names that have a
meaning in one alone, are refused, or a stranger would learn from our resolver what is inside.
Rule 2: what a stranger's records name is connected to only where ``Reach`` allows it: port 25 of mail servers
and the host of an MTA-STS policy, at public addresses, a bounded number of times for each answer.
Rule 3: each client may have a few a minute, all together a few at once; an answer is good for a while.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

import whybounce
from whybounce.checking.subjects import NoTargetError, is_public, subject_of
from whybounce.vocabulary.cause import Cause, CheckName
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.finding import Finding
from whybounce.web.problems import ProblemError
from whybounce.web.rates import Rates

if TYPE_CHECKING:
    from whybounce.checking.lookups import Asking
    from whybounce.checking.mail_servers import Reach

LONGEST_TARGET = 320  # RFC 5321 §4.5.3.1: 64 octets, an @, 255 octets.
MOST_SELECTORS = 4

_SECONDS = 15.0  # For all questions about one target.
_FRESH = 30.0  # Seconds for which an answer is given again.
_MOST_KEPT = 500
MOST_AT_ONCE = 8
MOST_A_MINUTE = 12  # Of one client.

# RFC 6761, RFC 6762, RFC 7686, RFC 8375, and the one reserved by ICANN: names that no stranger can ask about.
_INSIDE = ("localhost", "local", "internal", "onion", "home.arpa", "in-addr.arpa", "ip6.arpa")

# What a check is made of, among what was filled into the cause's words.
_ABOUT: Mapping[CheckName, str] = {
    CheckName.MX_RECORD: "domain",
    CheckName.NULL_MX: "domain",
    CheckName.ADDRESSES: "domain",
    CheckName.IPV6: "domain",
    CheckName.PORT_25: "domain",
    CheckName.STARTTLS: "domain",
    CheckName.CERTIFICATE: "domain",
    CheckName.DNSSEC: "domain",
    CheckName.TLSA: "domain",
    CheckName.MTA_STS: "domain",
    CheckName.TLS_RPT: "domain",
    CheckName.SPF: "sender_domain",
    CheckName.DKIM: "sender_domain",
    CheckName.DMARC: "sender_domain",
    CheckName.REVERSE_DNS: "ip",
    CheckName.DNS_BLOCK_LISTS: "ip",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and when."""

    target: str  # A domain or an IP address: of an e-mail address, its domain.
    selectors: tuple[str, ...]
    findings: tuple[Finding, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """Where the checks of an answer are: of something, or of what one has to type in."""

    path: str
    about: str  # Empty: that has to be typed in.


class Checks:
    """Asks, within limits, and keeps each answer for a while."""

    def __init__(
        self,
        resolver: "Asking | None" = None,
        reach: "Reach | None" = None,
        *,
        allow_private: bool = False,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._resolver = resolver
        self._reach = reach
        self._allow_private = allow_private
        self._clock = clock or _loop_time
        self._rates = Rates(MOST_A_MINUTE, seconds=60.0)
        self._running = 0
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], tuple[float, Checked]] = OrderedDict()

    async def of(self, client: str, target: str, selectors: tuple[str, ...]) -> Checked:
        """Return what is found about the target.

        Raises:
            ProblemError: It is nothing that can be asked about, or too much is asked.

        """
        wanted = self.subject(target)
        key = (wanted, selectors)
        now = self._clock()
        if key in self._kept and now - self._kept[key][0] < _FRESH:
            return self._kept[key][1]
        if not self._rates.take(client, now):
            raise ProblemError("too-often", {"limit": str(MOST_A_MINUTE)})
        if self._running >= MOST_AT_ONCE:
            raise ProblemError("many-checks")
        self._running += 1
        try:
            checked = await self._asked(wanted, selectors)
        finally:
            self._running -= 1
        self._kept[key] = (now, checked)
        self._kept.move_to_end(key)
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
        if not self._allow_private and _is_inside(subject):
            raise ProblemError("inside", {"target": subject}, kept=target)
        return subject

    async def _asked(self, target: str, selectors: tuple[str, ...]) -> Checked:
        if self._resolver is None:
            self._resolver = _of_system()
        findings = await whybounce.check(
            target,
            resolver=self._resolver,
            selectors=selectors,
            seconds=_SECONDS,
            reach=self._reach,
        )
        return Checked(target, selectors, findings, datetime.now(UTC).replace(microsecond=0))


def way_of(cause: Cause, explanation: Explanation | None = None) -> Way | None:
    """Return where the checks are that the cause names, or None where it names none we have."""
    names = [_ABOUT[check] for check in cause.checks if check in _ABOUT]
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
