"""JSON Schemas (2020-12) of what programs get, made of ``shapes``."""

from collections.abc import Mapping
from typing import Any

import msgspec

from whybounce.wire.blocks import BlockEntry
from whybounce.wire.calls import Told, WebhookEntry
from whybounce.wire.lives import QueueEntry, Traced
from whybounce.wire.rehearsals import Rehearsal
from whybounce.wire.shapes import (
    CauseEntry,
    Check,
    Explain,
    Provocation,
    Read,
    Summary,
    Suppression,
)
from whybounce.wire.tokens import TokenEntry

_SHAPES: Mapping[str, type[msgspec.Struct]] = {
    "explain": Explain,
    "read": Read,
    "causes": CauseEntry,
    "check": Check,
    "read-summary": Summary,
    "read-suppress": Suppression,
    "provoke": Provocation,
    "trace": Traced,
    "queue": QueueEntry,
    "blocks": BlockEntry,
    "check-dry-run": Rehearsal,
    "tokens": TokenEntry,
    "webhooks": WebhookEntry,
    "webhook": Told,
}

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of one JSON object of each verb, by the verb."""
    return {verb: _schema(verb, shape) for verb, shape in _SHAPES.items()}


def _schema(verb: str, shape: type[msgspec.Struct]) -> dict[str, Any]:
    schema = msgspec.json.schema(shape)
    for definition in schema["$defs"].values():  # They take a docstring as it is indented.
        definition["description"] = " ".join(definition["description"].split())
    return {"$schema": _DIALECT, "title": f"whybounce {verb}", **schema}
