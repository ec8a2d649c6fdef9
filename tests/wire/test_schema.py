"""The JSON Schemas: what they promise is what programs get, and the other way round."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator, ValidationError

import whybounce
from whybounce.catalogue import catalogue
from whybounce.vocabulary.report import Diagnosis
from whybounce.wire import cause_as_dict, diagnosis_as_dict, explanation_as_dict
from whybounce.wire.schema import schemas
from whybounce.wording import Speaker

ROOT = Path(__file__).parents[2]
CORPORA = ROOT.parent / "shared" / "corpus"
EXAMPLES = sorted((ROOT / "docs" / "examples").iterdir())
SCHEMAS = schemas()
EXPLAIN, READ, CAUSES = (
    Draft202012Validator(SCHEMAS[verb]) for verb in ("explain", "read", "causes")
)
SPEAKER = Speaker(catalogue())

# Objects whose keys are facts, not properties.
MAPS = {"parameters", "inferred"}


def _written(row: dict[str, Any]) -> Any:
    """Return the object as a program reads it: enums and tuples are gone."""
    return json.loads(msgspec.json.encode(row))


def _explained(text: str) -> Any:
    return _written(explanation_as_dict(whybounce.explain(text), catalogue(), SPEAKER, text))


def _read(diagnosis: Diagnosis) -> Any:
    return _written(diagnosis_as_dict(diagnosis, catalogue(), SPEAKER, "a.eml"))


def _objects(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema["$defs"].items()


@pytest.mark.parametrize("verb", SCHEMAS)
def test_the_documented_schemas_are_those_of_the_code(verb):
    """Run tools/schemas.py after a change of the shapes."""
    spec = importlib.util.spec_from_file_location("schemas", ROOT / "tools" / "schemas.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert (ROOT / "docs/schema" / f"{verb}.json").read_text("utf-8") == tool.files()[
        f"{verb}.json"
    ]


@pytest.mark.parametrize("verb", SCHEMAS)
def test_every_property_is_described_required_and_the_only_one(verb):
    """A program can rely on what is there, and finds nothing undocumented."""
    Draft202012Validator.check_schema(SCHEMAS[verb])
    for name, definition in _objects(SCHEMAS[verb]):
        assert len(definition["description"]) > 10, name
        if "properties" not in definition:
            continue
        assert definition["additionalProperties"] is False
        if name != "Steps":  # A role without steps is left out.
            assert set(definition["required"]) == set(definition["properties"])
        for key, value in definition["properties"].items():
            assert len(value.get("description", "")) > 10, f"{name}.{key}"
            assert value.get("type") != "object" or key in MAPS, f"{name}.{key}"


@pytest.mark.parametrize("key", ["schema", "cause", "inner", "because"])
def test_a_missing_an_unknown_and_a_wrong_property_are_refused(key):
    """The schemas can say no."""
    row = _explained("550 5.1.1 User unknown")
    EXPLAIN.validate(row)

    for spoiled in (
        {name: value for name, value in row.items() if name != key},
        {**row, "surprise": 1},
        {**row, key: 3},
    ):
        with pytest.raises(ValidationError):
            EXPLAIN.validate(spoiled)


def test_every_reply_of_the_catalogue_explains_as_the_schema_says():
    """Thousands of real replies, wrapped ones among them."""
    wrapped = 0
    for rule in catalogue().rules:
        for reply in rule.seen:
            row = _explained(reply)
            EXPLAIN.validate(row)
            wrapped += row["inner"] is not None

    assert wrapped > 10


@pytest.mark.parametrize("cause", catalogue().causes.values(), ids=lambda cause: cause.id)
def test_every_cause_is_as_the_schema_says(cause):
    """The whole catalogue."""
    CAUSES.validate(_written(cause_as_dict(cause, catalogue(), SPEAKER)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_reads_as_the_schema_says(path):
    """As a mail, and as what somebody pasted."""
    row = _read(whybounce.diagnose(path.read_bytes()))
    READ.validate(row)

    assert row["outcomes"]
    assert row["hops"]
    assert row["notes"]


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the labelled corpus is not beside this checkout")
def test_real_bounces_read_as_the_schema_says():
    """Every form there is."""
    kinds = set()
    for path in CORPORA.glob("*/e*/**/*.*"):
        row = _read(whybounce.diagnose(path.read_bytes()))
        READ.validate(row)
        kinds.add(row["kind"])

    assert len(kinds) > 4


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_whatever_is_explained_has_the_shape(text):
    """Junk, too."""
    EXPLAIN.validate(_explained(text))


FIELDS = st.sampled_from(
    ["From: mailer-daemon@example.com", "To: a@example.org", "Date: Sun, 1 Nov 0099 10:00:00 +0000",
     "Subject: Undeliverable", "Content-Type: message/delivery-status", "", "Final-Recipient: rfc822;b@example.org",
     "Action: failed", "Status: 4.999.999", "Diagnostic-Code: smtp;199 x", "<b@example.org>:", "550 5.1.1 no",
     "Received: from a.example by b.example; Mon, 2 Nov 2026 10:00:00 -0000", "Received-SPF: fail"]
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(FIELDS, max_size=16))
def test_whatever_is_read_has_the_shape(lines):
    """Half a bounce, two bounces, none."""
    READ.validate(_read(whybounce.diagnose("\n".join(["From: postmaster@example.com", *lines]))))
