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
