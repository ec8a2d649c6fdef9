"""Whether SPF, DKIM and DMARC passed on the way, and whether the sender sent this at all."""

from collections.abc import Iterator, Mapping

from whybounce.diagnosing.case import Case
from whybounce.diagnosing.names import is_public, organisation
from whybounce.vocabulary.authentication import AuthenticationResult, Method
from whybounce.vocabulary.cause import CheckName, Reason
from whybounce.vocabulary.note import Note, NoteId, NoteMeaning

_LONGEST_EVIDENCE = 240

# RFC 8601 §2.7; "hardfail" and "error" are older names. A result that is not here says nothing.
_NOTED: Mapping[tuple[Method, str], NoteId] = {
    (Method.SPF, "fail"): NoteId.SPF_FAIL,
    (Method.SPF, "hardfail"): NoteId.SPF_FAIL,
    (Method.SPF, "softfail"): NoteId.SPF_SOFTFAIL,
    (Method.SPF, "neutral"): NoteId.SPF_NEUTRAL,
    (Method.SPF, "none"): NoteId.SPF_NONE,
    (Method.SPF, "error"): NoteId.SPF_ERROR,
    (Method.SPF, "permerror"): NoteId.SPF_ERROR,
    (Method.SPF, "temperror"): NoteId.SPF_ERROR,
    (Method.DKIM, "fail"): NoteId.DKIM_FAIL,
    (Method.DKIM, "none"): NoteId.DKIM_NONE,
    (Method.DKIM, "neutral"): NoteId.DKIM_ERROR,
    (Method.DKIM, "policy"): NoteId.DKIM_ERROR,
    (Method.DKIM, "permerror"): NoteId.DKIM_ERROR,
    (Method.DKIM, "temperror"): NoteId.DKIM_ERROR,
    (Method.DMARC, "fail"): NoteId.DMARC_FAIL,
    (Method.DMARC, "none"): NoteId.DMARC_NONE,
    (Method.DMARC, "permerror"): NoteId.DMARC_ERROR,
    (Method.DMARC, "temperror"): NoteId.DMARC_ERROR,
}

_CHECK_OF = {
    Method.SPF: CheckName.SPF,
    Method.DKIM: CheckName.DKIM,
    Method.DMARC: CheckName.DMARC,
}


def authentication(case: Case) -> Iterator[Note]:
    """Note each method that did not pass at the newest server that says so."""
    for result in case.authentication:
        note = _NOTED.get((result.method, result.result))
        if note is not None:
            yield Note(note, _parameters(result), _meaning(result.method, case))


def perhaps_forged(case: Case) -> Iterator[Note]:
    """Note that the sender may be somebody else: only where two things speak for it, none against.

    SPF or DMARC failed for a domain, and no server on the way has a name of that domain. A method
    that passed, or a login, speaks against it.
    """
    results = case.authentication
    failed = next((one for one in results if _speaks_of_forgery(one)), None)
    if failed is None or any(one.result == "pass" for one in results) or _signed_in(case):
        return
    domain = _sender_domain(failed)
    servers = [host for hop in case.report.hops for host in (hop.from_, hop.by) if host]
    public = [host for host in dict.fromkeys(servers) if is_public(host)]
    if not domain or not public:
        return
    if all(organisation(host) != organisation(domain) for host in public):
        yield Note(
            NoteId.PERHAPS_FORGED,
            {
                "method": failed.method.upper(),
                "sender_domain": domain,
                "servers": ", ".join(public[:3]) + (" …" if len(public) > 3 else ""),
            },
        )


def _parameters(result: AuthenticationResult) -> dict[str, str]:
    evidence = result.written
    if len(evidence) > _LONGEST_EVIDENCE:
        evidence = evidence[: _LONGEST_EVIDENCE - 1] + "…"
    parameters = {"evidence": evidence}
    if domain := _sender_domain(result):
        parameters["sender_domain"] = domain
    if ip := result.properties.get("client-ip") or result.properties.get("smtp.client-ip"):
        parameters["ip"] = ip
    if signer := result.properties.get("header.d") or result.properties.get("header.i"):
        parameters["signer"] = signer.lstrip("@")
    return parameters


def _sender_domain(result: AuthenticationResult) -> str | None:
    names = (
        ("header.from",)
        if result.method is Method.DMARC
        else ("smtp.mailfrom", "smtp.mfrom", "envelope-from", "smtp.helo", "helo")
    )
    named = next((result.properties[name] for name in names if name in result.properties), "")
    return named.rpartition("@")[2].strip("<>\"'") or None


def _meaning(method: Method, case: Case) -> NoteMeaning | None:
    """Say what it has to do with the failure: the cause names the checks that can confirm it."""
    meanings = []
    for outcome, explanation in case.failures:
        checked = _CHECK_OF[method] in case.causes[explanation.cause].checks
        if not explanation.tells_why or outcome.reply is None:
            continue
        if checked and explanation.reason is Reason.AUTHFAILURE:
            return NoteMeaning.REFUSED_FOR_THIS
        meanings.append(NoteMeaning.MAY_HAVE_ADDED if checked else NoteMeaning.NOT_THE_REASON)
    return min(meanings, key=list(NoteMeaning).index, default=None)


def _speaks_of_forgery(result: AuthenticationResult) -> bool:
    return result.method in {Method.SPF, Method.DMARC} and result.result in {"fail", "hardfail"}


def _signed_in(case: Case) -> bool:
    """Say whether a server on the way let the sender in by a login: ESMTPA, ESMTPSA (RFC 3848)."""
    protocols = ((hop.protocol or "").upper() for hop in case.report.hops)
    return any(
        protocol.startswith(("ESMTPA", "ESMTPSA", "LMTPA", "LMTPSA")) for protocol in protocols
    )
