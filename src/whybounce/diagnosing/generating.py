"""Which server wrote the report, where that is not whom its reader would think."""

from collections.abc import Iterator

from whybounce.diagnosing.case import Case
from whybounce.diagnosing.names import ADDRESS, is_public, organisation
from whybounce.notation import is_loopback
from whybounce.vocabulary.cause import Reason
from whybounce.vocabulary.explanation import Explanation
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.note import Note, NoteId, NoteMeaning
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Hop, Kind, Report

_MOST_NOTES = 3
_LONGEST_FIELD = 2_000

# Nobody refused where nobody answered.
_NOT_REFUSED = {Reason.NETWORKERROR, Reason.HOSTUNKNOWN, Reason.EXPIRED, Reason.DELIVERED}


def refused_elsewhere(case: Case) -> Iterator[Note]:
    """Note each server that refused, where another wrote the report: the latter is innocent."""
    generator = case.report.generator
    if generator is None:
        return
    noted: set[str] = set()
    for outcome, explanation in case.failures:
        remote = outcome.rejected_by
        if remote is None or remote in noted or not _refused(outcome, explanation):
            continue
        if organisation(remote) == organisation(generator) or is_loopback(remote):
            continue
        noted.add(remote)
        theirs = explanation.owner is FixItOwner.RECIPIENT_ADMIN
        yield Note(
            NoteId.REFUSED_ELSEWHERE,
            {"generator": generator, "remote": remote},
            NoteMeaning.REFUSER_MUST_ACT if theirs else None,
        )
        if len(noted) == _MOST_NOTES:
            return


def failed_at_generator(case: Case) -> Iterator[Note]:
    """Note where no other server is named: whoever wrote the report is where it failed."""
    generator = case.report.generator
    failures = [outcome for outcome, _ in case.failures]
    if generator and failures and all(_names_nobody_else(one, generator) for one in failures):
        yield Note(NoteId.FAILED_AT_GENERATOR, {"generator": generator})


def generator_behind_name(case: Case) -> Iterator[Note]:
    """Note a report whose From field names another organisation than its generator's."""
    report = case.report
    if report.generator is None or not is_public(report.generator):
        return
    address = ADDRESS.search((report.from_ or "")[:_LONGEST_FIELD])
    if address is None:
        return
    domain = address[0].rpartition("@")[2]
    if is_public(domain) and organisation(domain) != organisation(report.generator):
        yield Note(
            NoteId.GENERATOR_BEHIND_NAME,
            {"from": address[0], "from_domain": domain, "generator": report.generator},
        )


def generator_not_named(case: Case) -> Iterator[Note]:
    """Note what the traces tell of who wrote a report that does not say so itself."""
    report = case.report
    if report.generator is not None or report.kind not in {Kind.FAILURE, Kind.DELAY}:
        return
    if first := _written_at(report.first_hop):
        yield Note(NoteId.GENERATOR_NOT_NAMED, {"server": first})
    elif last := _last_server(report):
        yield Note(NoteId.LAST_SERVER, {"server": last})


def _refused(outcome: Outcome, explanation: Explanation) -> bool:
    return (
        outcome.reply is not None
        and outcome.reply.code is not None
        and explanation.reason not in _NOT_REFUSED
    )


def _names_nobody_else(outcome: Outcome, generator: str) -> bool:
    if outcome.remote is not None:
        return is_loopback(outcome.remote)
    return outcome.rejected_by == generator and outcome.reply_from is None


def _written_at(hop: Hop | None) -> str | None:
    """Return who handed the report to its first server; where that is unclear, the server."""
    return next((host for host in (hop.from_, hop.by) if is_public(host)), None) if hop else None


def _last_server(report: Report) -> str | None:
    return next((hop.by for hop in reversed(report.hops) if is_public(hop.by)), None)
