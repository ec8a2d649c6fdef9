"""Write docs/api.md from the description of the interface, and nothing else.

python tools/interface_page.py
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from whybounce.web.openapi import document
from whybounce.web.problems import KEYS, ProblemError
from whybounce.web.site import speaker

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
_HOST = "localhost:8025"


def page() -> str:
    """Return the document's text in Markdown."""
    return "\n".join(_lines(document())) + "\n"


def _lines(known: Mapping[str, Any]) -> Iterator[str]:
    yield "# The interface for programs\n"
    yield f"{known['info']['description']}\n"
    yield (
        "`whybounce web` serves it at `http://localhost:8025/api/v1`; its description, OpenAPI 3.1, is at "
        "`/api/v1/openapi.json`. The objects are those of `--json`, and their schemas stand in "
        "[docs/schema](schema). This page is made from the description by `tools/interface_page.py`.\n"
    )
    yield "## What can be asked\n"
    yield "| | | |\n|---|---|---|"
    for method, path, operation in _operations(known):
        yield f"| `{method}` | [`{path}`](#{_anchor(operation)}) | {operation['summary']} |"
    yield ""
    for method, path, operation in _operations(known):
        yield from _operation(method, path, operation)
    yield from _manners()
    yield from _problems()


def _operations(known: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in known["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _anchor(operation: Mapping[str, Any]) -> str:
    kept = (letter for letter in operation["summary"].lower() if letter.isalnum() or letter in " -")
    return "".join(kept).replace(" ", "-")


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {operation['summary']}\n"
    yield f"`{method} {path}`\n"
    yield f"{operation['description']}\n"
    yield f"```console\n$ {_command(method, path, operation)}\n```\n"
    if parameters := operation.get("parameters"):
        yield "| parameter | |\n|---|---|"
        for parameter in parameters:
            taken = parameter["schema"].get("enum")
            among = f" One of {', '.join(f'`{one}`' for one in taken)}." if taken else ""
            yield f"| `{parameter['name']}` | {parameter['description']}{among} |"
        yield ""
    if body := operation.get("requestBody"):
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        yield f"Takes {kinds}.\n"
    yield "| answer | |\n|---|---|"
    for status, answer in operation["responses"].items():
        yield f"| {status} | {answer['description']}{_kinds(answer)} |"
    yield ""


def _kinds(answer: Mapping[str, Any]) -> str:
    rows = []
    for kind, content in answer.get("content", {}).items():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        rows.append(f"`{kind}`" + (f" ({name})" if name else ""))
    return f" {', '.join(rows)}" if rows else ""


def _command(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """Return a command that works as it stands, in a folder with bounce.eml."""
    asked = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(parameter["example"]))
        elif parameter["name"] != "lang":
            asked[parameter["name"]] = parameter["example"]
    query = f"?{urlencode(asked)}" if asked else ""
    address = f"{_HOST}{path}{query}"
    if method == "GET":
        return f"curl '{address}'" if query else f"curl {address}"
    content = operation["requestBody"]["content"]
    if "multipart/form-data" in content:
        return f"curl --data-binary @bounce.eml -H 'Content-Type: message/rfc822' {address}"
    kind, given = next((kind, each["example"]) for kind, each in content.items())
    if kind == "text/plain":
        return f"curl -d '{given}' {address}"
    return f"curl -H 'Content-Type: {kind}' -d '{json.dumps(given)}' {address}"


def _manners() -> Iterator[str]:
    yield "## Manners\n"
    yield (
        "- Answers are JSON. `Accept: text/plain` asks for what a person reads:\n"
        "\n  ```console\n  $ curl -H 'Accept: text/plain' -d '5.7.1' localhost:8025/api/v1/explain\n  ```\n"
    )
    yield (
        "- Causes and codes change with the catalogue only: they carry an `ETag`, and `If-None-Match` is "
        "answered with 304."
    )
    yield (
        "- Pages of other sites may ask (CORS): nothing here changes anything, and there are no cookies."
    )
    yield (
        "- At most 25 MB are read of a body. A client may have four bodies of more than 64 kB under way, "
        "and a reading is given up after ten seconds."
    )
    yield (
        "- What is sent is neither kept nor logged. Behind a proxy, see that it does not log "
        "addresses of pages either, or post the text instead of putting it there.\n"
    )


def _problems() -> Iterator[str]:
    yield "## Problems\n"
    yield (
        "A problem is `application/problem+json` (RFC 9457): `type`, `title`, `status`, and `detail`, which "
        "says what is wrong and what to do.\n"
    )
    yield "| type | status | |\n|---|---|---|"
    for key in KEYS:
        title = speaker().page(f"problem.{key}.title")
        yield f"| `/api/docs#{key}` | {ProblemError(key).status} | {title} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
