"""Why mail was not delivered: the catalogue's nouns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.status_code import StatusCode


class Again(StrEnum):
    """Whether sending the same message again will help."""

    NO = "no"  # Never, whatever anybody mends.
    AFTER_FIXING = "after-fixing"  # Once whoever must act has acted.
    LATER = "later"  # After a while, without anybody's doing.
    BEING_RETRIED = (
        "being-retried"  # The systems are trying by themselves; sending again adds nothing.
    )


class Suppress(StrEnum):
    """Whether a list should stop mailing the address."""

    ADDRESS = "address"  # Yes: nobody reads mail there, or whoever does has asked for no more.
    NO = "no"  # No: the address may be good.


class Reason(StrEnum):
    """Sisimai's name for the cause, a second label so that its users can move over."""

    AUTHFAILURE = "authfailure"
    BADREPUTATION = "badreputation"
    BLOCKED = "blocked"
    CONTENTERROR = "contenterror"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    FAILEDSTARTTLS = "failedstarttls"
    FEEDBACK = "feedback"
    FILTERED = "filtered"
    HASMOVED = "hasmoved"
    HOSTUNKNOWN = "hostunknown"
    MAILBOXFULL = "mailboxfull"
    MAILERERROR = "mailererror"
    MESGTOOBIG = "mesgtoobig"
    NETWORKERROR = "networkerror"
    NORELAYING = "norelaying"
    NOTACCEPT = "notaccept"
    NOTCOMPLIANTRFC = "notcompliantrfc"
    ONHOLD = "onhold"
    POLICYVIOLATION = "policyviolation"
    RATELIMITED = "ratelimited"
    REJECTED = "rejected"
    REQUIREPTR = "requireptr"
    SECURITYERROR = "securityerror"
    SPAMDETECTED = "spamdetected"
    SUPPRESSED = "suppressed"
    SUSPEND = "suspend"
    SYNTAXERROR = "syntaxerror"
    SYSTEMERROR = "systemerror"
    SYSTEMFULL = "systemfull"
    UNDEFINED = "undefined"
    USERUNKNOWN = "userunknown"
    VACATION = "vacation"
    VIRUSDETECTED = "virusdetected"


class CheckName(StrEnum):
    """The questions a live check can ask: the closed list that causes may name."""

    MX_RECORD = "mx-record"  # Does the domain say which servers take its mail?
    NULL_MX = "null-mx"  # Does the domain say that it takes no mail? RFC 7505.
    ADDRESSES = "addresses"  # Do those servers have addresses?
    PORT_25 = "port-25"  # Does anything answer there?
    RECIPIENT_ACCEPTED = "recipient-accepted"  # Does the server take this recipient?
    REVERSE_DNS = "reverse-dns"  # Does the address have a name that points back to it?
    SPF = "spf"  # RFC 7208.
    DKIM = "dkim"  # RFC 6376.
    DMARC = "dmarc"  # RFC 9989.
    DNS_BLOCK_LISTS = "dns-block-lists"  # RFC 5782.
    STARTTLS = "starttls"  # Is TLS offered on port 25?
    CERTIFICATE = "certificate"  # Is the certificate valid for the host?
    MTA_STS = "mta-sts"  # RFC 8461: policy against MX and certificate.
    DNSSEC = "dnssec"  # Do the domain's signatures validate?
    TLSA = "tlsa"  # RFC 7672: do the records match the certificate?
    TLS_RPT = "tls-rpt"  # RFC 8460.
    IPV6 = "ipv6"  # Can it be reached over IPv6?


class VerdictKind(StrEnum):
    """How the gateway says it: now for good, later again, or too late."""

    REFUSE = "refuse"
    DEFER = "defer"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, order=True)
class CodeRange:
    """A run of codes that differ in the last number only: ``5.7.606-649``."""

    first: StatusCode
    last: StatusCode  # Same class and subject as first.

    def __contains__(self, code: StatusCode) -> bool:
        return self.first <= code <= self.last

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}-{self.last.detail}"


class ReplyForm(Struct, frozen=True):
    """What our own gateway says when it raises a cause: numbers and words."""

    verdict: VerdictKind
    code: int
    status: StatusCode
    text: str


@dataclass(frozen=True, slots=True)
class CauseWords:
    """The sentences of a cause in one language. Placeholders in braces: see wording."""

    title: str
    what: str  # One or two plain sentences.
    tell: str  # One sentence the sender can pass on to whoever must act.
    steps: Mapping[FixItOwner, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of the catalogue: why mail was not delivered."""

    id: str  # The file's name. Permanent.
    words: CauseWords  # In English.
    codes: tuple[CodeRange, ...]
    owner: FixItOwner
    helpers: tuple[FixItOwner, ...]
    reason: Reason
    suppress: Suppress
    again: Mapping[int, Again]  # By status class: 4 and 5.
    checks: tuple[CheckName, ...]
    raised_by: tuple[str, ...]  # The gateway's policies that raise it.
    seeds: tuple[str, ...]  # The seeds' rows it implements: "5.1.10 Recipient not found".
    source: str
    replies: tuple[ReplyForm, ...]

    def is_given_up(self, final: bool | None) -> bool:  # noqa: FBT001  # a fact, not a switch
        """Say whether nobody tries any more what mail systems usually try again by themselves."""
        return bool(final) and self.again[5] is Again.BEING_RETRIED


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """A pattern in what servers say, and the cause it means."""

    id: str  # Permanent.
    system: str  # The mail system whose words these are, for people: "Gmail".
    pattern: str  # Lower case; matched against a folded reply.
    cause: str
    hosts: tuple[str, ...]  # Only these speak so: "*.google.com". Empty: anybody.
    commands: tuple[str, ...]  # Only as an answer to these: "EHLO", "greeting". Empty: to any.
    seen: tuple[str, ...]  # The replies it was written for.
    not_seen: tuple[str, ...]  # Near misses it must leave alone.
    words: tuple[frozenset[str], ...]  # A reply that matches holds one word of each set.
    literal: str  # And this, as it is; perhaps empty.
    weight: int  # How many letters of the pattern must stand in the reply.


@dataclass(frozen=True, slots=True)
class RegisteredCode:
    """One row of IANA's registry of enhanced status codes, RFC 5248."""

    subject: int
    detail: int
    name: str
    cause: str  # What it means here.


@dataclass(frozen=True, slots=True)
class CodeReading:
    """One thing that an overloaded code can mean."""

    cause: str
    decides: str  # What in the reply decides for it, in words.


@dataclass(frozen=True, slots=True)
class Collision:
    """A code that means different things depending on who says it, the likeliest first."""

    code: StatusCode
    readings: tuple[CodeReading, ...]
