"""The description of the interface: what it allows is asked, what is answered is held to it."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from whybounce.web.interface import OPEN, STRAIGHT, router
from whybounce.web.openapi import document

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.fixture(scope="session")
def described(site):
    """Return the description as a client gets it."""
    return schemathesis.openapi.from_url(f"{site}/api/v1/openapi.json")


OPERATIONS = [(method, path) for path, rows in document()["paths"].items() for method in rows]

# As the description allows; and, where anything can be asked wrongly, as it does not.
ASKED = [
    (method, path, mode)
    for method, path in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or document()["paths"][path][method].keys() & {"parameters"}
]


@pytest.mark.parametrize(("method", "path", "mode"), ASKED)
def test_whatever_is_asked_the_answer_is_one_that_is_described(described, method, path, mode):
    """Nothing falls over; status, type and shape are those of the description."""
    operation = described[path][method]

    @settings(
        max_examples=10, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(timeout=30, checks=CHECKS)

    asked()


def test_the_description_names_the_routes_there_are():
    """No more and no fewer, with their methods."""
    described = {(method.upper(), path) for method, path in OPERATIONS}
    routes = (*STRAIGHT, *router.routes)
    there = {(method, route.path) for route in routes for method in route.methods}

    assert described == there
    assert all(path.startswith(OPEN) for _, path in described)


def test_every_shape_is_a_schema_and_every_reference_leads_somewhere():
    """JSON Schema 2020-12, which is what OpenAPI 3.1 takes."""
    known = document()
    for name, shape in known["components"]["schemas"].items():
        Draft202012Validator.check_schema(shape)
        assert shape["description"], name
    for reference in re.findall(r"'\$ref': '([^']+)'", str(known)):
        assert reference.removeprefix("#/components/schemas/") in known["components"]["schemas"]


def test_the_document_about_the_interface_is_what_the_description_says():
    """Run tools/interface_page.py after a change."""
    path = ROOT / "tools" / "interface_page.py"
    spec = importlib.util.spec_from_file_location("interface_page", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert tool.page() == DOCUMENT


COMMANDS = re.findall(r"^ *\$ (curl .*)$", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize("command", [each for each in COMMANDS if "$TOKEN" not in each])
def test_the_commands_in_the_document_run(command, site, eml, tmp_path):
    """As they stand, with the real curl."""
    (tmp_path / "bounce.eml").write_bytes(eml)
    here = command.replace("localhost:8025", site.removeprefix("http://"))
    done = subprocess.run(  # noqa: S602  # our own document's line
        f"{here} --fail -s", shell=True, capture_output=True, check=False, cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
