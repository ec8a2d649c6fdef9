"""Which condition a name means: that of a cause or of a code, and how it is raised."""

from dataclasses import dataclass, replace

from whybounce.catalogue import Catalogue
from whybounce.provoking.conditions import DOMAIN, Client, rows
from whybounce.provoking.sayings import Sayings, Wanted
from whybounce.vocabulary.cause import VerdictKind
from whybounce.vocabulary.status_code import StatusCode

_NO_CODE = StatusCode(5, 0, 0)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is to be raised, and how that is done."""

    wanted: Wanted
    causes: tuple[str, ...]  # Any of these will do.
    how: str
    stage: str  # Where it shows, as far as that is known beforehand.
    client: Client
    never: bool = False  # No undelivered message: it is told what it is instead.
    code: StatusCode | None = None  # What must be said; None: whatever means the cause.
    is_in_delay: bool = False  # The notice of the delay says it, while it is tried.
    is_real: bool = False  # Made to happen, and not said by a server of the world.


class Conditions:
    """The conditions there are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._sayings = Sayings(catalogue, f"mx.{DOMAIN}", DOMAIN)

    def named(self, name: str) -> Condition | None:
        """Return the condition of a cause or a code; None where there is none of that name.

        A code is said by a server of the world; so is a cause, unless its row knows better.
        """
        wanted = self._sayings.wanted(name)
        if wanted is None:
            return None
        causes = self._sayings.causes_of(wanted)
        own = rows().get(str(wanted))
        row = own or (rows().get(causes[0]) if causes else None)
        if row is not None and row.client is not None and (own or wanted.code is None):
            return Condition(
                wanted,
                causes,
                row.how,
                "delivery",
                row.client,
                is_in_delay=row.told_in_delay,
                is_real=True,
            )
        client = Client(recipients=(f"{wanted}@{DOMAIN}",))
        if row is not None and (row.is_a_way or row.never):
            return Condition(
                wanted,
                causes,
                row.how,
                "delivery",
                client,
                row.never,
                is_in_delay=wanted.code in self._deferrals(causes[0]),
                is_real=row.is_a_way,
            )
        saying = self._sayings.of(wanted)
        if saying is None:
            return None
        return Condition(
            wanted, causes, f"the server of {DOMAIN} says so", saying.answer.at, client
        )

    def _deferrals(self, cause: str) -> frozenset[StatusCode | None]:
        """Return the codes by which the cause is told of while it is tried."""
        forms = self._catalogue.causes[cause].replies
        return frozenset(each.status for each in forms if each.verdict is VerdictKind.DEFER)

    def table(self) -> list[Condition]:
        """Return one condition for each row of the seeds, with the code that must be said."""
        causes_of: dict[str, list[str]] = {}
        for cause in self._catalogue.causes.values():
            for seed in cause.seeds:
                causes_of.setdefault(seed, []).append(cause.id)
        found = [self._row(seed, causes) for seed, causes in causes_of.items()]
        return sorted(found, key=lambda each: (each.code is None, each.code or _NO_CODE))

    def _row(self, seed: str, causes: list[str]) -> Condition:
        code = StatusCode.parse(seed.partition(" ")[0].partition("-")[0])
        both, (first, *_) = str(Wanted(causes[0], code)), causes
        row = rows().get(first)
        is_met = both not in rows() and row is not None and row.client is not None
        condition = self.named(first if is_met or code is None else both)
        if condition is None:
            raise LookupError(f"no condition for {seed}")
        return replace(condition, causes=tuple(causes), code=code)

    def all(self) -> list[Condition]:
        """Return each cause's own condition, and what servers say for it with each of its codes."""
        found = []
        for cause in self._catalogue.causes.values():
            row = rows().get(cause.id)
            codes = dict.fromkeys(form.status for form in cause.replies)
            names = [f"{cause.id}={code}" for code in codes]
            if row is not None and row.is_a_way:
                names = []
            if not names or (row is not None and row.client):
                names.insert(0, cause.id)
            conditions = [self.named(name) for name in names]
            found += [each for each in conditions if each is not None]
        return found
