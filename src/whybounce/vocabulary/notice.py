"""How a notice is addressed and dressed: everything that is not the diagnosis or the original."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from whybounce.vocabulary.envelope import Return

_ONE_MEBIBYTE = 1_048_576


class Style(StrEnum):
    """The two looks of a notice."""

    MODERN = "modern"  # What happened, who needs to act, what to do; details below.
    CLASSIC = "classic"  # User information, then "Diagnostic information for administrators".


class Audience(StrEnum):
    """Who reads it."""

    INTERNAL = "internal"  # One of our own people.
    EXTERNAL = "external"  # A stranger: sees no group members, inner servers or evidence.


class NoticeError(ValueError):
    """A notice cannot be written. Says what is missing and where it can come from."""


class NoAddresseeError(NoticeError):
    """Nobody is named to whom the notice goes."""

    def __init__(self) -> None:
        super().__init__(
            "nobody is named to whom the notice goes: neither told, nor in Return-Path or From"
        )


class NullSenderError(NoticeError):
    """The original has an empty return path; nobody may be told about it. RFC 5321 §4.5.5."""

    def __init__(self) -> None:
        super().__init__(
            "the original's return path is empty (<>), so no notice may be sent about it"
        )


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Another system's report, told again in our words."""

    by: str  # The host that rewrites.
    report: bytes  # The other system's whole message; kept as an attachment.
    status_type: str | None = None  # The content type of its machine part, if it has one …
    status_encoding: str | None = None  # … its transfer encoding, where it states one …
    status_fields: bytes = b""  # … and the part's body, carried over unchanged.
    ours: bool = False  # Whether it is proven that the original was sent from here.


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Everything has a default that is taken from the report or the original; see each field."""

    style: Style = Style.MODERN
    audience: Audience = Audience.INTERNAL
    language: str | None = (
        None  # Else the original's, if there are words in it; else the usual one.
    )
    usual_language: str = "en"
    generator: str | None = None  # The host that reports. Else the report's.
    organisation: str | None = None  # Whose mail system reports. Else the generator's name.
    contact: str | None = None  # Whom the reader can ask: a help desk's address, link or number.
    help_base: str | None = None  # https://… under which /causes/<id> lies.
    cause_links: Mapping[str, str] = field(default_factory=dict)  # Cause → a link of its own.
    from_name: str | None = None  # Else whose mail system reports, in the notice's language.
    from_address: str | None = None  # Else postmaster@ the generator.
    to: str | None = None  # Else the original's return path, else its From.
    date: datetime | None = None  # Else the report's, else the latest time that it names.
    message_id: str | None = None  # With its brackets. Else derived from the content.
    returns: Return | None = None  # RET. Else the whole original, where it may be returned.
    return_limit: int = _ONE_MEBIBYTE  # Octets; of a larger original only the header goes back.
    eight_bit: bool = True  # Whether whoever carries the notice takes 8BITMIME.
    smtputf8: bool | None = None  # Whether the original was. Else what its header shows.
    internal_hosts: tuple[str, ...] = ()  # "*.corp.example". Else the generator's domain.
    rewriting: Rewriting | None = None
