"""Write docs/api.md from the description of the interface, with what a gateway adds, and nothing else.

python tools/interface_page.py
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from whybounce.console.described import description
from whybounce.web.openapi import document
from whybounce.web.problems import KEYS, ProblemError
from whybounce.web.site import speaker

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
_HOST = "localhost:8025"


def page() -> str:
    """Return the document's text in Markdown."""
    return "\n".join(_lines(document(description()))) + "\n"


def _lines(known: Mapping[str, Any]) -> Iterator[str]:
    yield "# The interface for programs\n"
    yield f"{known['info']['description']}\n"
    yield (
        "`whybounce web` serves it at `http://localhost:8025/api/v1`, and a gateway with `[web]`, which adds "
        "[what needs a token](#tokens); its description, OpenAPI 3.1, is at "
        "`/api/v1/openapi.json`. The objects are those of `--json`, and their schemas stand in "
        "[docs/schema](schema). This page is made from the description by `tools/interface_page.py`.\n"
    )
    yield "## What can be asked\n"
    yield "| | | |\n|---|---|---|"
    for method, path, operation in _operations(known):
        needs = f" ({operation['security'][0]['token'][0]})" if "security" in operation else ""
        yield f"| `{method}` | [`{path}`](#{_anchor(operation)}) | {operation['summary']}{needs} |"
    yield ""
    for method, path, operation in _operations(known):
        yield from _operation(method, path, operation)
    yield from _tokens()
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
    curl = "curl"
    if "security" in operation:
        curl = 'curl -H "Authorization: Bearer $TOKEN"'
    if method == "DELETE":
        curl = f"{curl} -X DELETE"
    if "requestBody" not in operation:
        return f"{curl} '{address}'" if query else f"{curl} {address}"
    content = operation["requestBody"]["content"]
    if "multipart/form-data" in content:
        return f"curl --data-binary @bounce.eml -H 'Content-Type: message/rfc822' {address}"
    kind, given = next((kind, each["example"]) for kind, each in content.items())
    if kind == "text/plain":
        return f"curl -d '{given}' {address}"
    return f"{curl} -H 'Content-Type: {kind}' -d '{json.dumps(given)}' {address}"


def _tokens() -> Iterator[str]:
    yield "## Tokens\n"
    yield (
        "What a gateway tells of people's mail, and what changes something in it, needs a token. An administrator "
        "makes one on the [console](console.md)'s page `/tokens`, or on the gateway's machine:\n"
    )
    yield (
        "```console\n$ TOKEN=$(whybounce tokens add 'nightly report' --scope read --for 30d)\n"
        "$ whybounce tokens list\n$ whybounce tokens revoke 1BQF4VBG00EF6\n```\n"
    )
    yield (
        "- A token `read`s, or may `change` as well. It ends by itself, after 90 days if nothing else is said, "
        "and at once when it is revoked.\n"
        "- It is shown once. The gateway keeps its hash alone, with who made it; making and revoking one, and "
        "whatever a program changes by it, leaves an event with the token's name.\n"
        "- It goes into the header, `Authorization: Bearer TOKEN`, and over HTTPS, unless the program runs on the "
        "gateway's machine. What a browser is signed in with opens nothing here.\n"
        "- Each token may ask 600 times a minute. After ten wrong ones within five minutes, no token is "
        "looked at from there for that long.\n"
    )


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
        "- Pages of other sites may ask what needs no token (CORS): nothing of that changes anything, and there are no "
        "cookies."
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
