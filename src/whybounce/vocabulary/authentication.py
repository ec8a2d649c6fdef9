"""What a server on the way found out about who sent a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How a sender can be authenticated, as RFC 8601 §2.7 names it."""

    SPF = "spf"  # RFC 7208: may this server send for the domain?
    DKIM = "dkim"  # RFC 6376: has the domain signed this message?
    DMARC = "dmarc"  # RFC 9989: does one of the two hold for the domain in From?


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """One method's result in an Authentication-Results or Received-SPF field."""

    method: Method
    result: str  # "pass", "fail", "softfail", "none" … in lower case.
    properties: Mapping[str, str]  # "smtp.mailfrom", "header.d", "client-ip" … as they stand.
    written: str  # The whole field, on one line: the evidence.


class Result(StrEnum):
    """What a method found, in RFC 8601's words."""

    NONE = "none"  # There is nothing to judge by: no record, no signature.
    PASS = "pass"  # noqa: S105  # a result, no password
    FAIL = "fail"
    SOFTFAIL = "softfail"  # SPF: probably not, says the domain, and does not insist.
    NEUTRAL = "neutral"  # SPF: the domain leaves it open.
    POLICY = "policy"  # DKIM: signed, but in a way that nobody may accept any more.
    TEMPERROR = "temperror"  # The DNS could not tell: the same question may be answered later.
    PERMERROR = "permerror"  # What is published or signed has a mistake in it.


class SpfIdentity(StrEnum):
    """Which name SPF was asked about, RFC 7208 §2.3 and §2.4."""

    MAIL_FROM = "mailfrom"
    HELO = "helo"


@dataclass(frozen=True, slots=True)
class SpfResult:
    """May the server at this address send for the domain? RFC 7208."""

    result: Result
    identity: SpfIdentity
    address: str  # Of the client.
    domain: str  # Whose record was asked for.
    sender: str  # Who was judged: ``postmaster@`` the HELO name where the return path is empty.
    evidence: str
    record: str = ""  # The domain's own record.
    term: str = ""  # Which term of it decided: "-all", or the include that broke a limit.
    explanation: str = ""  # What the domain has to say about a failure: RFC 7208 §6.2.


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """Does one DKIM signature hold? RFC 6376."""

    result: Result
    domain: str  # d=: who answers for the message.
    selector: str
    evidence: str
    identity: str = ""  # i=
    algorithm: str = ""
    key_bits: int = 0
    is_testing: bool = False  # The key says t=y: the domain only tries signing out.
    signed_octets: int | None = None  # l=: what follows of the body anybody can have added.
    tag: str = ""  # The first eight characters of b=, which tell signatures apart: RFC 6008.
    record: str = ""  # The key's record.


class DmarcPolicy(StrEnum):
    """What the domain asks to be done with mail that fails, RFC 9989 §4.7."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """Does SPF or DKIM speak for the domain in From? RFC 9989."""

    result: Result
    domain: str  # In From.
    evidence: str
    policy: DmarcPolicy | None = None  # As published for this domain. None: there is no record.
    asked: DmarcPolicy | None = None  # The same, one step milder where the domain is testing (t=y).
    policy_domain: str = ""  # Where the record stands.
    organisation: str = ""  # The domain's organisational domain, RFC 9989 §4.10.2.
    aligned: tuple[Method, ...] = ()  # By what it passed.
    record: str = ""


@dataclass(frozen=True, slots=True)
class ArcSet:
    """What one server on the way vouches for, RFC 8617 §4.2."""

    instance: int
    sealer: str  # d= of the seal.
    results: tuple[AuthenticationResult, ...]  # What it had found itself.


@dataclass(frozen=True, slots=True)
class ArcResult:
    """Is the chain of those that passed the message on whole? RFC 8617."""

    result: Result  # none, pass, fail; temperror where a key could not be asked for.
    evidence: str
    sets: tuple[ArcSet, ...] = ()  # The newest first; empty unless it passes.


@dataclass(frozen=True, slots=True)
class ReverseNameResult:
    """Has the address a name that points back to it? RFC 8601 §2.7.3 calls this iprev."""

    result: Result  # pass, fail, temperror; permerror: there is no name at all.
    address: str
    evidence: str
    name: str = ""  # The one that points back; else the first that was found.
    record: str = ""  # The name in in-addr.arpa or ip6.arpa that was asked for.


@dataclass(frozen=True, slots=True)
class Authentication:
    """All that was found out about who sent a message."""

    helo: str
    mail_from: str  # Empty: the null return path.
    spf: SpfResult  # For the return path; for the HELO name where that is empty.
    spf_helo: SpfResult
    signatures: tuple[SignatureResult, ...]  # In the order of the fields.
    dmarc: DmarcResult
    arc: ArcResult
    reverse_name: ReverseNameResult

    @property
    def proves_return_path(self) -> bool:
        """Whether the return path is whose it says, so that it may be written to.

        SPF says so, or a signature of its domain or of one above that. A signature that only
        speaks for From does not: whoever signs may have put a stranger into the return path.
        """
        domain = self.mail_from.rpartition("@")[2].lower()
        signers = (one.domain for one in self.signatures if one.result is Result.PASS)
        signed = any(domain == signer or domain.endswith(f".{signer}") for signer in signers)
        return bool(domain) and (self.spf.result is Result.PASS or signed)
