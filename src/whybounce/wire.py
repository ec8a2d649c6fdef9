"""Nouns as plain dicts: the one shape of ``--json``, HTTP and webhooks. Absent is null."""

from typing import Any

from whybounce.catalogue import Catalogue
from whybounce.vocabulary.cause import Cause, Suppress
from whybounce.vocabulary.explanation import Alternative, Explanation
from whybounce.vocabulary.words import ReadingWords
from whybounce.wording import Speaker

SCHEMA = 1


def explanation_as_dict(
    explanation: Explanation, catalogue: Catalogue, speaker: Speaker, source: str | None = None
) -> dict[str, Any]:
    """Return the JSON of ``explain``: ids for programs, words in the speaker's language."""
    words = speaker.words(explanation)
    inner = explanation.inner
    return {
        "schema": SCHEMA,
        "input": source,
        "status": str(explanation.status) if explanation.status else None,
        "reply_code": explanation.reply_code,
        "reply": _reply(explanation),
        "cause": explanation.cause,
        "title": speaker.cause_words(explanation.cause).title,
        "verdict": words.verdict,
        "owner": explanation.owner,
        "helpers": list(explanation.helpers),
        "permanent": explanation.permanent,
        "again": explanation.again,
        "suppress": explanation.suppress is Suppress.ADDRESS,
        "reason": explanation.reason,
        "what": words.what,
        "steps": {steps.role: list(steps.sentences) for steps in words.steps},
        "tell": words.tell,
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
                explanation.alternatives, words.alternatives, strict=True
            )
        ],
        "inner": explanation_as_dict(inner, catalogue, speaker) if inner else None,
        "page": f"/causes/{explanation.cause}",
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
