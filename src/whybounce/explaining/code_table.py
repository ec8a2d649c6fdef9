"""What a status code alone can mean: exact code, range, IANA's registry."""

from msgspec import Struct

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.cause import Cause, CodeRange
from whybounce.vocabulary.status_code import StatusCode


class Claims(Struct, frozen=True):
    """The causes that a code can mean, by the strength of the claim."""

    exact: tuple[str, ...] = ()  # Listed with this very code; several where it is overloaded.
    ranged: str | None = None  # The narrowest range it falls in.
    registered: str | None = None  # IANA's meaning of its subject and detail.

    @property
    def sole(self) -> str | None:
        """The one cause listed with this very code; None where there are several or none."""
        return self.exact[0] if len(self.exact) == 1 else None

    @property
    def likeliest(self) -> str | None:
        """The cause that the code means most often; None where it is nobody's."""
        return self.exact[0] if self.exact else self.ranged or self.registered

    @property
    def all(self) -> frozenset[str]:
        """Every cause that the code does not contradict."""
        others = (cause for cause in (self.ranged, self.registered) if cause)
        return frozenset((*self.exact, *others))


_NO_CLAIMS = Claims()


class CodeTable:
    """Status code → causes, built once from the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._exact: dict[StatusCode, list[str]] = {
            collision.code: [reading.cause for reading in collision.readings]
            for collision in catalogue.collisions
        }
        self._ranges: list[tuple[CodeRange, str]] = []
        for cause in catalogue.causes.values():
            self._add(cause)
        self._ranges.sort(key=lambda row: row[0].last.detail - row[0].first.detail)
        self._registered = {(row.subject, row.detail): row.cause for row in catalogue.registry}
        self._known: dict[StatusCode, Claims] = {}

    def _add(self, cause: Cause) -> None:
        for codes in cause.codes:
            if codes.first != codes.last:
                self._ranges.append((codes, cause.id))
                continue
            claimants = self._exact.setdefault(codes.first, [])
            if cause.id not in claimants:
                claimants.append(cause.id)

    def claims(self, status: StatusCode | None) -> Claims:
        """Return what the code can mean; nothing where there is no code."""
        if status is None:
            return _NO_CLAIMS
        known = self._known.get(status)
        if known is None:
            known = Claims(
                exact=tuple(self._exact.get(status, ())),
                ranged=next((cause for codes, cause in self._ranges if status in codes), None),
                registered=self._registered.get((status.subject, status.detail)),
            )
            if len(self._known) < 4096:  # A stranger can make up codes; memory stays bounded.
                self._known[status] = known
        return known


def causes_of_code(catalogue: Catalogue, code: StatusCode) -> tuple[str, ...]:
    """Return every cause that the code can mean, the likeliest first: exact, range, IANA."""
    claims = CodeTable(catalogue).claims(code)
    if claims.exact:
        return claims.exact
    return tuple(cause for cause in (claims.ranged, claims.registered) if cause)[:1]
