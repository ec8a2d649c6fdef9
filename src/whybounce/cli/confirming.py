"""``--check``: live checks about what bounces say, each asked once however many bounces are about it."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import whybounce
from whybounce.cli.refusal import Refusal
from whybounce.vocabulary.finding import Finding, Inquiry
from whybounce.vocabulary.report import Diagnosis

if TYPE_CHECKING:
    from whybounce.checking.lookups import Resolver

_MOST_KEPT = 1000

CHECK_HELP = "Ask live whether it is still so: the DNS, and mail servers on port 25."
RESOLVER_HELP = "Whom --check asks. Else whom this machine asks."


@dataclass(frozen=True, slots=True)
class Live:
    """How live checks are to be made. Small, so that other processes can be told."""

    resolver: str | None = None  # ``192.0.2.1:53``; else whom this machine asks.
    connect: bool = True
    port: int = 25
    private: bool = False
    seconds: float = 30.0


def live(*, check: bool, resolver: str | None, connect: bool) -> Live | None:
    """Return how to check live, if that is asked.

    Raises:
        Refusal: It is not asked, and yet how.

    """
    if check:
        return Live(resolver, connect)
    for option, given in (("--resolver", resolver is not None), ("--no-connect", not connect)):
        if given:
            raise Refusal(f"{option} goes with --check")
    return None


class Confirming:
    """Asks what decides about diagnoses, and keeps the answers for the next."""

    def __init__(self, live: Live) -> None:
        """Raise Refusal where there is nobody to ask."""
        from whybounce.cli.check import reach_of, resolver_at  # noqa: PLC0415  # asyncio, for who asks

        self._resolver: Resolver = resolver_at(live.resolver)
        self._reach = reach_of(live.port, private=live.private) if live.connect else None
        self._seconds = live.seconds
        self._kept: OrderedDict[Inquiry, Sequence[Finding]] = OrderedDict()

    def confirmed(self, diagnosis: Diagnosis) -> Diagnosis:
        """Return the diagnosis with what live checks say of it."""
        import asyncio  # noqa: PLC0415  # likewise

        return asyncio.run(whybounce.confirm(diagnosis, ask=self._ask))

    async def _ask(self, inquiry: Inquiry) -> Sequence[Finding]:
        if inquiry not in self._kept:
            self._kept[inquiry] = await whybounce.answers_to(
                inquiry, resolver=self._resolver, reach=self._reach, seconds=self._seconds
            )
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[inquiry]
