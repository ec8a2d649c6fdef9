"""Does the domain say which servers take its mail, or that it takes none? RFC 5321 §5.1, RFC 7505."""

from dataclasses import dataclass, replace

from whybounce.checking.lookups import Absence, Asking, Records, doubt_about
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Finding

_MOST_HOSTS = 16  # Of a domain; more would keep whoever asks busy without end.


@dataclass(frozen=True, slots=True)
class MailExchangers:
    """What the domain's MX records say."""

    domain: str
    hosts: tuple[str, ...]  # In the order of preference; empty for the null MX.
    records: Records

    @property
    def is_null(self) -> bool:
        """Whether the domain says that it takes no mail: RFC 7505 §3."""
        return bool(self.records.values) and not self.hosts


async def mail_exchangers(resolver: Asking, domain: str) -> MailExchangers:
    """Ask for the domain's MX records."""
    records = await resolver.records(domain, "MX")
    if records.absence is Absence.NO_NAME and (doubt := await doubt_about(resolver, domain)):
        records = replace(records, absence=Absence.FAILED, detail=doubt)
    pairs = [value.split(" ", 1) for value in records.values]
    ordered = sorted((int(number), name.rstrip(".").lower()) for number, name in pairs)
    hosts = tuple(dict.fromkeys(name for _, name in ordered if name))[:_MOST_HOSTS]
    return MailExchangers(domain, hosts, records)


def mx_record(found: MailExchangers) -> Finding:
    """Return the finding ``mx-record``. RFC 5321 §5.1: without one the domain itself is tried."""
    check, values = CheckName.MX_RECORD, {"domain": found.domain}
    match found.records.absence:
        case Absence.NO_NAME:
            return Finding(check, Answer.FAILS, found.records.detail, "no-name", values)
        case Absence.NO_DATA:
            return Finding(check, Answer.FAILS, found.records.detail, "none", values)
        case Absence.BOGUS | Absence.FAILED:
            return Finding(check, Answer.UNKNOWN, found.records.detail, "unknown", values)
        case None:
            return _present(found, check, values)


def null_mx(found: MailExchangers) -> Finding:
    """Return the finding ``null-mx``: it fails where the domain takes no mail."""
    check, values = CheckName.NULL_MX, {"domain": found.domain}
    if found.records.is_undecided:
        return Finding(check, Answer.UNKNOWN, found.records.detail, "unknown", values)
    if found.is_null:
        evidence = f"{found.domain} publishes the null MX record"
        return Finding(check, Answer.FAILS, evidence, "null", values, found.records.values[0])
    return Finding(check, Answer.HOLDS, f"{found.domain} has no null MX record", "pass", values)


def _present(found: MailExchangers, check: CheckName, values: dict[str, str]) -> Finding:
    record = "; ".join(found.records.values)
    if found.is_null:
        evidence = f"{found.domain} publishes the null MX record"
        return Finding(check, Answer.FAILS, evidence, "null", values, record)
    evidence = f"{found.domain} names {', '.join(found.hosts)}"
    return Finding(check, Answer.HOLDS, evidence, "pass", values, record)
