"""When two addresses are the same mailbox. RFC 5321 §2.4, RFC 6531 §3.2, RFC 5891.

Domains have no case, and ``münchen.example`` is ``xn--mnchen-3ya.example``. What the local part means
is for the domain to say: ours compare it without case and in one Unicode form, because people
write addresses by hand. The address as it was written is kept beside its key and never replaced by it.
"""

import unicodedata
from typing import Self

import idna

from whybounce.gateway.smtp.paths import read_mailbox

_LONGEST_DOMAIN = 253
_POSTMASTER = "postmaster"


class DomainName(str):
    """A domain in its one spelling: lower case, A-labels. Address literals are none, nor IP addresses."""

    __slots__ = ()
    WANTED = 'a domain such as "contoso.example"'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the domain. Raises ValueError."""
        if not isinstance(written, str):
            raise ValueError("it is no text")  # noqa: TRY004  # what reads a file expects one error
        read_mailbox(f"{_POSTMASTER}@{written}")
        if written.startswith("["):
            raise ValueError("an address literal is no domain")
        domain = folded_domain(written)
        if domain.rpartition(".")[2].isdigit():  # RFC 3696 §2: so it is told from an IP address.
            raise ValueError("its last label is a number")
        return cls(domain)


class MailAddress(str):
    """An address as it was written. ``key`` is what to compare."""

    __slots__ = ()
    WANTED = 'an address such as "anna@contoso.example"'

    @classmethod
    def parse(cls, written: object) -> Self:
        """Return the address. Raises ValueError."""
        if not isinstance(written, str):
            raise ValueError("it is no text")  # noqa: TRY004  # what reads a file expects one error
        return cls(read_mailbox(written))

    @property
    def key(self) -> str:
        """The one spelling that all spellings of this mailbox share."""
        return key_of(self)

    @property
    def domain(self) -> str:
        """The domain in its one spelling."""
        return domain_of(self)


def key_of(address: str) -> str:
    """Return the one spelling that all spellings of a mailbox share. Takes anything."""
    local, _, domain = address.rpartition("@")
    return f"{folded_local(local)}@{folded_domain(domain)}"


def folded_login(name: str) -> str:
    """Return the one spelling of what is typed at a log-in: an address, or a plain name."""
    return key_of(name) if "@" in name else folded_local(name)


def folded_local(local: str) -> str:
    """Return the local part as Unicode compares without case: chapter 3.13, D145."""
    local = _storable(local)
    if local.isascii():
        return local.lower()
    decomposed = unicodedata.normalize("NFD", local).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed).casefold())


def folded_domain(domain: str) -> str:
    """Return the domain in lower case and A-labels; what IDNA does not know, in lower case."""
    domain = _storable(domain)
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain.casefold()[:_LONGEST_DOMAIN]


def domain_of(address: str) -> str:
    """Return the address's domain in its one spelling; of a bare name, the name's."""
    return folded_domain(address.rpartition("@")[2])


def _storable(text: str) -> str:
    """Return text that every database takes: no NUL, no half characters. Nobody is called so."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\ufffd")


def without_tag(key: str, separator: str) -> tuple[str, str] | None:
    """Return the key without its sub-address, and that; None where it has none. RFC 5233.

    The separator that counts is the first one behind the first character: ``+anna`` has no tag.
    """
    local, _, domain = key.rpartition("@")
    at = local.find(separator, 1) if separator else -1
    if at < 0 or local.startswith('"'):
        return None
    return f"{local[:at]}@{domain}", local[at + len(separator) :]


def parents(domain: str) -> list[str]:
    """Return the domains above this one, nearest first: ``b.example``, ``example``."""
    labels = domain.split(".")
    return [".".join(labels[place:]) for place in range(1, len(labels))]


def is_postmaster(address: str) -> bool:
    """Whether it is a postmaster, with a domain or, RFC 5321 §4.5.1, without."""
    local, at, _ = address.rpartition("@")
    return (local if at else address).lower() == _POSTMASTER
