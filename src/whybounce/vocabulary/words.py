"""An answer in words."""

from msgspec import Struct

from whybounce.vocabulary.fix_it_owner import FixItOwner


class Steps(Struct, frozen=True):
    """What one role can do, the most probable first."""

    role: FixItOwner
    heading: str
    sentences: tuple[str, ...]


class Advice(Struct, frozen=True):
    """What a cause's own words say of one case."""

    what: str  # What happened.
    steps: tuple[Steps, ...]  # The owner's first.
    tell: str  # The sentence to pass on.


class ReadingWords(Struct, frozen=True):
    """Another thing the reply can mean."""

    cause: str
    title: str
    owner: str
    decides: str | None  # What in a reply decides for it.


class Words(Struct, frozen=True):
    """An explanation in one language. The fields stand in the order of every answer."""

    language: str
    verdict: str  # The headline.
    code: str  # "550 5.7.1", or empty.
    final: str  # Given up, or being retried.
    what: str
    owner: str  # Who must act.
    helpers: str | None  # Who can help.
    again: str  # Will sending again help?
    steps: tuple[Steps, ...]
    said: str | None  # The server's own words, with whose they are.
    tell: str  # The sentence to pass on.
    because: str  # Why we think so.
    alternatives: tuple[ReadingWords, ...]
