"""The description of the interface, OpenAPI 3.1: the shapes are ``wire``'s own JSON Schemas.

Written down and not gathered from the routes, because what these take and give are octets: a test
asks every operation and holds each answer to what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

import whybounce
from whybounce.catalogue import catalogue
from whybounce.vocabulary.finding import Change
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.web.asked import Notice
from whybounce.web.problems import KEYS
from whybounce.wire.schema import schemas

_REF = "#/components/schemas/"
_EXAMPLE = "550 5.1.1 <anna@example.org>: Recipient address rejected: User unknown"
_BOUNCE = "From: MAILER-DAEMON@example.net\n\n<anna@example.org>:\n550 5.1.1 User unknown\n"


_ALONE = "Why was mail not delivered, who must act, and how. Nothing that is sent is kept. No key is needed."


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """What a face adds to the description: operations, and the shapes and keys that they name."""

    says: str  # In place of the sentence that no key is needed.
    paths: Mapping[str, Any]
    shapes: Mapping[str, Any]  # With references as ``ref`` writes them, or msgspec's.
    keys: Mapping[str, Any]  # Security schemes.


@cache
def document(*more: Description) -> dict[str, Any]:
    """Return the whole description, that of the faces among it."""
    components: dict[str, Any] = {"schemas": _shapes()}
    paths = _paths()
    for each in more:
        paths |= each.paths
        components["schemas"] |= {name: referring(shape) for name, shape in each.shapes.items()}
        components.setdefault("securitySchemes", {}).update(each.keys)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Whybounce",
            "version": whybounce.__version__,
            "description": " ".join(each.says for each in more) or _ALONE,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "Where `whybounce web` runs."}],
        "paths": paths,
        "components": components,
    }


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/explain": {
            "get": operation(
                "explainGiven", "Explain a short text that stands in the address",
                "The same as with POST, for a code or a reply without anybody's address in it: addresses of pages are written to logs.",
                parameters=[
                    query("text", "A code or a reply.", {"type": "string", "minLength": 1, "maxLength": 4000}, example="5.7.1", required=True),
                    _LANG, _CHECK,
                ],
                answers=_told("Explain"),
            ),
            "post": operation(
                "explain", "Explain a code, a reply, a line of a log, or a bounce",
                "Of a bounce about several recipients, the first that failed is explained; `read` tells of all. curl's `-d` works as it is: a form that does not begin with `text=` is taken as text.",
                parameters=[_LANG, _CHECK], body=_TEXT, answers=_told("Explain"),
            ),
        },
        "/api/v1/read": {
            "post": operation(
                "read", "Read a whole bounce",
                "Takes a mail as it is (RFC 5322), Outlook's .msg, the text of a bounce, or a form with a `file`. Answers with every recipient, its explanation, what else the header shows, and the message's way.",
                parameters=[_LANG, _CHECK], body=_MAIL, answers=_told("Read"),
            )
        },
        "/api/v1/check": {
            "get": operation(
                "check", "Ask the DNS and the mail servers about a domain or an address, live",
                "The findings of `check --json`. With a `cause`, `change` says whether they confirm it, clear it, or leave it unknown. An answer is given again for half a minute.",
                parameters=[
                    query("target", "A domain, an e-mail address, of which the domain is used, or an IP address.", {"type": "string", "minLength": 1, "maxLength": 320}, example="contoso.com", required=True),
                    query("selector", "A DKIM selector to look for.", {"type": "string", "maxLength": 63, "pattern": "^[A-Za-z0-9._-]*$"}, example="selector1"),
                    query("cause", "A cause's id.", {"type": "string", "maxLength": 100}, example="null-mx"),
                    _LANG,
                ],
                answers={**_told("Checked"), **MISSING, "403": problem("It belongs to an inner network.")},
            )
        },
        "/api/v1/causes": {
            "get": operation(
                "causes", "List the causes, all or those that are searched for",
                "A code finds what it can mean, an id its cause, and words every cause that holds all of them, in its own sentences or in a server's.",
                parameters=[
                    query("search", "A code, an id, or words.", {"type": "string", "maxLength": 200}, example="mailbox full"),
                    query("owner", "Only causes that this role must mend.", {"type": "string", "enum": [one.value for one in FixItOwner]}, example="recipient"),
                    _LANG,
                ],
                answers=_kept("Causes"),
            )
        },
        "/api/v1/causes/{cause}": {
            "get": operation(
                "cause", "Give one cause", "The cause's id is permanent.",
                parameters=[in_path("cause", "The cause's id.", "mailbox-full"), _LANG],
                answers=_kept("CauseEntry", missing=True),
            )
        },
        "/api/v1/codes/{code}": {
            "get": operation(
                "code", "Explain a code that nothing stands beside",
                "Of a code with several meanings the likeliest is told with `confidence` `ambiguous`; the others stand in `alternatives`, each with what decides for it.",
                parameters=[in_path("code", "A status code, a range that a cause claims, or a reply's three digits.", "5.7.1")],
                answers=_kept("Explain", missing=True),
            )
        },
        "/api/v1/write": {
            "post": operation(
                "write", "Write a notice (NDR)",
                "Answers with the whole mail, RFC 3464 inside; with `Accept: text/html`, with the page that people see. Nothing is sent to anybody.",
                body={"required": True, "content": {"application/json": {"schema": ref("Notice"), "example": {"recipient": "anna@example.org", "reply": "550 5.1.1 User unknown"}}}},
                answers={
                    "200": {
                        "description": "The notice.",
                        "content": {
                            "message/rfc822": {"schema": {"type": "string"}},
                            "text/html": {"schema": {"type": "string"}},
                        },
                    },
                    **REFUSALS,
                },
            )
        },
        "/api/v1/schemas/{verb}": {
            "get": operation(
                "schema", "Give the JSON Schema of what a verb answers", "The verbs of the command line with `--json`.",
                parameters=[in_path("verb", "The verb.", "explain", enum=list(schemas()))],
                answers={
                    "200": {"description": "The schema.", "headers": _ETAG, "content": {"application/schema+json": {"schema": {"type": "object"}}}},
                    "304": _UNCHANGED, **BAD_PARAMETER, **MISSING,
                },
            )
        },
        "/api/v1/openapi.json": {
            "get": operation(
                "openapi", "Give this description", "OpenAPI 3.1.",
                answers={
                    "200": {"description": "This description.", "headers": _ETAG, "content": {"application/json": {"schema": {"type": "object"}}}},
                    "304": _UNCHANGED,
                },
            )
        },
    }  # fmt: skip


def operation(id_: str, summary: str, description: str, **rest: Any) -> dict[str, Any]:
    """Return an operation. ``rest`` holds its parameters, body, answers and security."""
    shape: dict[str, Any] = {"operationId": id_, "summary": summary, "description": description}
    if parameters := rest.get("parameters"):
        shape["parameters"] = parameters
    if body := rest.get("body"):
        shape["requestBody"] = body
    if security := rest.get("security"):
        shape["security"] = security
    return {**shape, "responses": rest["answers"]}


def ref(name: str) -> dict[str, str]:
    """Return a reference to a shape."""
    return {"$ref": f"{_REF}{name}"}


def query(
    name: str, description: str, schema: Mapping[str, Any], *, example: str, required: bool = False
) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema,
        "example": example,
    }


def in_path(
    name: str, description: str, example: str, enum: list[str] | None = None
) -> dict[str, Any]:
    """Return a parameter that stands in the path."""
    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 100}
    if enum:
        schema = {"type": "string", "enum": enum}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _languages() -> list[str]:
    return sorted(catalogue().frames)


_LANG = query(
    "lang",
    "Language of the sentences. A cause that has no words in it yet is told in English.",
    {"type": "string", "enum": _languages()},
    example="en",
)
_CHECK = query(
    "check",
    "Whether live checks are to confirm or clear the answer, about whom it names: `checked` has what they say. It takes seconds, and each client may have a few a minute.",
    {"type": "boolean"},
    example="false",
)

_TEXT = {
    "required": True,
    "description": "The text itself, or wrapped.",
    "content": {
        "text/plain": {"schema": {"type": "string", "minLength": 1}, "example": _EXAMPLE},
        "message/rfc822": {"schema": {"type": "string", "minLength": 1}, "example": _BOUNCE},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["text"],
                "additionalProperties": False,
                "properties": {
                    "text": {"type": "string", "minLength": 1, "description": "The text."}
                },
            },
            "example": {"text": _EXAMPLE},
        },
    },
}
_MAIL = {
    "required": True,
    "description": "The mail as it is.",
    "content": {
        "message/rfc822": {"schema": {"type": "string", "minLength": 1}, "example": _BOUNCE},
        "text/plain": {"schema": {"type": "string", "minLength": 1}, "example": _BOUNCE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The mail."}
                },
            }
        },
    },
}

_ETAG = {
    "ETag": {
        "description": "Changes with the content; `If-None-Match` is honoured.",
        "schema": {"type": "string"},
    }
}
_UNCHANGED = {"description": "What the client has is still so."}


def problem(description: str) -> dict[str, Any]:
    """Return an answer that says what is wrong."""
    content = {
        "application/problem+json": {"schema": ref("Problem")},
        "text/plain": {"schema": {"type": "string"}},
    }
    return {"description": description, "content": content}


BAD_PARAMETER = {"400": problem("What was sent cannot be used; says what is wrong with it.")}
MISSING = {"404": problem("There is none of that name; names those that are written like it.")}
REFUSALS = {
    **BAD_PARAMETER,
    "408": problem("The body stopped arriving."),
    "413": problem("The body is larger than 25 MB."),
    "429": problem(
        "This client asks for much: several large bodies at once, or many checks; come back after Retry-After."
    ),
    "503": problem("Too much is being read, or this took too long."),
}


def _told(shape: str) -> dict[str, Any]:
    content = {
        "application/json": {"schema": ref(shape)},
        "text/plain": {"schema": {"type": "string"}},
    }
    return {
        "200": {
            "description": "The answer; with `Accept: text/plain`, as a person reads it.",
            "content": content,
        },
        **REFUSALS,
    }


def _kept(shape: str, *, missing: bool = False) -> dict[str, Any]:
    answers = {
        "200": {
            "description": "The answer.",
            "headers": _ETAG,
            "content": {"application/json": {"schema": ref(shape)}},
        },
        "304": _UNCHANGED,
        **BAD_PARAMETER,
    }
    return {**answers, **MISSING} if missing else answers


def _shapes() -> dict[str, Any]:
    """Return what the operations name, each under its own name."""
    shapes: dict[str, Any] = {}
    for verb in ("explain", "read", "causes", "check"):
        shapes |= schemas()[verb]["$defs"]
    _, noticed = msgspec.json.schema_components([Notice], ref_template=_REF + "{name}")
    shapes |= noticed
    shapes["Causes"] = {
        "type": "object",
        "description": "Entries of the catalogue.",
        "required": ["schema", "count", "causes"],
        "properties": {
            "schema": {"const": 1, "description": "The version of this shape."},
            "count": {"type": "integer", "minimum": 0, "description": "How many there are."},
            "causes": {"type": "array", "items": ref("CauseEntry"), "description": "The entries."},
        },
    }
    shapes["Checked"] = {
        "type": "object",
        "description": "What checks found about one target.",
        "required": ["schema", "target", "time", "cause", "change", "findings"],
        "properties": {
            "schema": {"const": 1, "description": "The version of this shape."},
            "target": {"type": "string", "description": "The domain or the IP address."},
            "time": {"type": "string", "format": "date-time", "description": "When it was asked."},
            "cause": {"type": ["string", "null"], "description": "The cause that was named."},
            "change": {
                "enum": [*Change, None],
                "description": "`confirmed`: something it names is not in order. `cleared`: all of it is. Null: no cause was named.",
            },
            "findings": {"type": "array", "items": ref("Check"), "description": "One for each question."},
        },
    }  # fmt: skip
    shapes["Problem"] = {
        "type": "object",
        "description": "What is wrong with a request, and what to do: RFC 9457.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {
                "type": "string",
                "description": "Which problem it is.",
                "enum": [f"/api/docs#{key}" for key in KEYS],
            },
            "title": {"type": "string", "description": "The problem in a few words."},
            "status": {"type": "integer", "description": "The answer's status code."},
            "detail": {"type": "string", "description": "What is wrong here, and what to do."},
        },
    }
    return {name: referring(shape) for name, shape in shapes.items()}


def referring(shape: Any) -> Any:
    """Return the shape with its references as they are written in this document."""
    if isinstance(shape, dict):
        return {
            key: value.replace("#/$defs/", _REF) if key == "$ref" else referring(value)
            for key, value in shape.items()
        }
    return [referring(each) for each in shape] if isinstance(shape, list) else shape
