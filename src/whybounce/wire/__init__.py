"""Nouns as plain dicts: the one shape of ``--json``, HTTP and webhooks. Absent is null."""

from datetime import timedelta
from typing import Any, Final

from whybounce.catalogue import Catalogue
from whybounce.notation import writable
from whybounce.vocabulary.cause import Cause, Suppress
from whybounce.vocabulary.explanation import Alternative, Explanation
from whybounce.vocabulary.finding import Confirmation, Finding
from whybounce.vocabulary.note import Note
from whybounce.vocabulary.outcome import Outcome
from whybounce.vocabulary.report import Diagnosis, Hop, Original
from whybounce.vocabulary.words import ReadingWords
from whybounce.wire.times import timestamp
from whybounce.wording import Speaker

SCHEMA: Final = 1


def explanation_as_dict(
    explanation: Explanation, catalogue: Catalogue, speaker: Speaker, source: str | None = None
) -> dict[str, Any]:
    """Return the JSON of ``explain``: ids for programs, words in the speaker's language."""
    inner, advice = explanation.inner, speaker.advice(explanation)
    return {
        "schema": SCHEMA,
        "input": writable(source) if source else source,
        "status": str(explanation.status) if explanation.status else None,
        "reply_code": explanation.reply_code,
        "reply": _reply(explanation),
        "cause": explanation.cause,
        "title": speaker.cause_words(explanation.cause).title,
        "verdict": speaker.verdict(explanation),
        "owner": explanation.owner,
        "helpers": list(explanation.helpers),
        "permanent": explanation.permanent,
        "again": explanation.again,
        "suppress": explanation.suppress is Suppress.ADDRESS,
        "reason": explanation.reason,
        "what": advice.what,
        "steps": {steps.role: list(steps.sentences) for steps in advice.steps},
        "tell": advice.tell,
        "codes": [str(codes) for codes in catalogue.causes[explanation.cause].codes],
        "confidence": explanation.confidence,
        "because": {
            "basis": explanation.because.basis,
            "rule": explanation.because.rule,
            "words": explanation.because.words,
            "overruled": explanation.because.overruled,
        },
        "parameters": dict(explanation.parameters),
        "system": explanation.system,
        "alternatives": [
            _alternative(alternative, reading)
            for alternative, reading in zip(
                explanation.alternatives, speaker.readings(explanation), strict=True
            )
        ],
        "inner": explanation_as_dict(inner, catalogue, speaker) if inner else None,
        "checked": _confirmation(explanation.confirmation, speaker)
        if explanation.confirmation
        else None,
        "page": f"/causes/{explanation.cause}",
    }


def diagnosis_as_dict(
    diagnosis: Diagnosis, catalogue: Catalogue, speaker: Speaker, source: str | None = None
) -> dict[str, Any]:
    """Return the JSON of ``read``: one object for a message, absent facts as null."""
    report = diagnosis.report
    return {
        "schema": SCHEMA,
        "source": source,
        "kind": report.kind,
        "form": report.form,
        "generator": report.generator,
        "date": timestamp(report.date),
        "arrival_date": timestamp(report.arrival_date),
        "envelope_id": report.envelope_id,
        "language": report.language,
        "feedback_type": report.feedback_type,
        "outcomes": [
            _outcome(outcome, explanation, catalogue, speaker)
            for outcome, explanation in zip(report.outcomes, diagnosis.explanations, strict=True)
        ],
        "original": _original(report.original) if report.original else None,
        "notes": [_note(note, speaker) for note in diagnosis.notes],
        "hops": [_hop(hop) for hop in report.hops],
        "defects": [{"where": defect.where, "what": defect.what} for defect in report.defects],
    }


def finding_as_dict(finding: Finding, speaker: Speaker, target: str) -> dict[str, Any]:
    """Return the JSON of ``check``: one finding, with its words in the speaker's language."""
    words = speaker.finding_words(finding)
    return {
        "schema": SCHEMA,
        "target": writable(target),
        "check": finding.check,
        "answer": finding.answer,
        "result": finding.result,
        "question": words.question,
        "what": words.what,
        "steps": list(words.steps),
        "evidence": writable(finding.evidence),
        "record": writable(finding.record) or None,
        "parameters": {name: writable(value) for name, value in finding.values.items()},
    }


def _confirmation(found: Confirmation, speaker: Speaker) -> dict[str, Any]:
    return {
        "change": found.change,
        "time": timestamp(found.at),
        "then": timestamp(found.then),
        "what": " ".join(speaker.confirmation(found)),
        "findings": [finding_as_dict(finding, speaker, target) for target, finding in found.found],
        "lacking": list(found.lacking),
    }


def cause_as_dict(cause: Cause, catalogue: Catalogue, speaker: Speaker) -> dict[str, Any]:
    """Return the JSON of ``causes``: one entry of the catalogue, placeholders unfilled."""
    words = speaker.cause_words(cause.id)
    return {
        "schema": SCHEMA,
        "cause": cause.id,
        "title": words.title,
        "codes": [str(codes) for codes in cause.codes],
        "owner": cause.owner,
        "helpers": list(cause.helpers),
        "reason": cause.reason,
        "suppress": cause.suppress is Suppress.ADDRESS,
        "again": {str(class_): again for class_, again in cause.again.items()},
        "what": words.what,
        "tell": words.tell,
        "steps": {role: list(sentences) for role, sentences in words.steps.items()},
        "checks": list(cause.checks),
        "raised_by": list(cause.raised_by),
        "seeds": list(cause.seeds),
        "source": cause.source,
        "systems": sorted({rule.system for rule in catalogue.rules if rule.cause == cause.id}),
        "page": f"/causes/{cause.id}",
    }


def _outcome(
    outcome: Outcome, explanation: Explanation, catalogue: Catalogue, speaker: Speaker
) -> dict[str, Any]:
    reply = outcome.reply
    status = outcome.status or (reply.status if reply else None)
    return {
        "recipient": outcome.recipient,
        "original_recipient": outcome.original_recipient,
        "action": outcome.action,
        "status": str(status) if status else None,
        "reply_code": reply.code if reply else None,
        "reply": str(reply) or None if reply else None,
        "command": outcome.command,
        "remote": outcome.remote,
        "rejected_by": outcome.rejected_by,
        "reply_from": outcome.reply_from,
        "last_attempt": timestamp(outcome.last_attempt),
        "will_retry_until": timestamp(outcome.will_retry_until),
        "attempts": [
            {
                "time": timestamp(attempt.time),
                "remote": attempt.remote,
                "reply": str(attempt.reply) if attempt.reply else None,
            }
            for attempt in outcome.attempts
        ],
        "inferred": dict(outcome.inferred),
        "permanent": explanation.permanent,
        "suppress": explanation.suppress is Suppress.ADDRESS,
        "reason": explanation.reason,
        "cause": explanation.cause,
        "owner": explanation.owner,
        "explanation": explanation_as_dict(explanation, catalogue, speaker),
    }


def _original(original: Original) -> dict[str, Any]:
    return {
        "message_id": original.message_id,
        "from": original.from_,
        "to": original.to,
        "subject": original.subject,
        "date": timestamp(original.date),
        "sender": original.sender,
        "received_spf": original.received_spf,
        "authentication_results": original.authentication_results,
        "headers": [list(field) for field in original.headers],
    }


def _note(note: Note, speaker: Speaker) -> dict[str, Any]:
    words = speaker.note_words(note)
    return {
        "id": note.id,
        "what": words.what,
        "because": words.because,
        "parameters": {
            name: value.total_seconds() if isinstance(value, timedelta) else value
            for name, value in note.parameters.items()
        },
    }


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "from": hop.from_,
        "to": hop.by,
        "with": hop.protocol,
        "time": timestamp(hop.time),
        "relay_seconds": hop.relay_seconds,
    }


def _reply(explanation: Explanation) -> str | None:
    return str(explanation.reply) or None if explanation.reply else None


def _alternative(alternative: Alternative, reading: ReadingWords) -> dict[str, Any]:
    return {
        "cause": alternative.cause,
        "title": reading.title,
        "owner": alternative.owner,
        "rule": alternative.rule,
        "decides": reading.decides,
    }
