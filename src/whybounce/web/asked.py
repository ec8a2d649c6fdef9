"""What is posted to have a notice written, by a form or by a program: its shape, and what it stands for."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from whybounce.web.noticing import Wanted
from whybounce.web.submitted import Field, fields, given_json, text_of


class Notice(Struct, forbid_unknown_fields=True):
    """What a notice is made of: recipients and a reply, or a row of ``read``."""

    recipient: Annotated[
        str | list[str], Meta(description="Who did not get it: one address, or several.")
    ] = ""
    reply: Annotated[str, Meta(description="What the server said, with its numbers.")] = ""
    remote: Annotated[str | None, Meta(description="The server that said it.")] = None
    original: Annotated[
        str | None,
        Meta(description="The message that was not delivered, as text. Else one that is made up."),
    ] = None
    row: Annotated[
        dict[str, Any] | None,
        Meta(description="An object as `read` answers it, in place of `recipient` and `reply`."),
    ] = None
    reporting_mta: Annotated[str | None, Meta(description="The host that reports.")] = None
    organisation: Annotated[str | None, Meta(description="Whose mail system reports.")] = None
    contact: Annotated[str | None, Meta(description="Whom the reader can ask.")] = None
    language: Annotated[str | None, Meta(description="Language of the notice.")] = None
    style: Annotated[Literal["modern", "classic"], Meta(description="Its look.")] = "modern"
    audience: Annotated[
        Literal["internal", "external"],
        Meta(description="`external`: without group members and inner hosts."),
    ] = "internal"
    to: Annotated[str | None, Meta(description="Whom it goes to. Else the original's sender.")] = (
        None
    )
    help_base: Annotated[
        str | None, Meta(description="The link under which /causes/<id> lies.")
    ] = None


def wanted(content_type: str, body: bytes) -> tuple[Wanted, str]:
    """Return what a notice is made of, and whether its page is light, dark, or as the system is.

    Raises:
        ProblemError: It is no JSON and no form, or not of that shape.

    """
    if content_type.startswith("application/json"):
        return _of_json(body), "auto"
    known = fields(content_type, body)
    return _of_form(known), _text(known, "theme") or "auto"


def _of_form(known: Mapping[str, Field]) -> Wanted:
    mails = (known[name].value for name in ("file", "original") if name in known)
    return Wanted(
        recipients=tuple((_text(known, "recipient") or "").replace(",", " ").split()),
        reply=_text(known, "reply") or "",
        remote=_text(known, "remote"),
        original=next((mail for mail in mails if mail.strip()), None),
        organisation=_text(known, "organisation"),
        contact=_text(known, "contact"),
        language=_text(known, "language"),
        style=_text(known, "style") or "modern",
    )


def _text(known: Mapping[str, Field], name: str) -> str | None:
    field = known.get(name)
    return (text_of(field.value).strip() or None) if field else None


def _of_json(body: bytes) -> Wanted:
    told = given_json(body, Notice)
    recipients = told.recipient.split() if isinstance(told.recipient, str) else told.recipient
    return Wanted(
        recipients=tuple(recipients),
        reply=told.reply,
        remote=told.remote,
        original=told.original.encode("utf-8", "replace") if told.original else None,
        row=msgspec.json.encode(told.row) if told.row is not None else None,
        reporting_mta=told.reporting_mta,
        organisation=told.organisation,
        contact=told.contact,
        language=told.language,
        style=told.style,
        audience=told.audience,
        to=told.to,
        help_base=told.help_base,
    )
