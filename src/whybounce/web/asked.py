"""What a program posts to have a notice written: its shape, and what it stands for."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from whybounce.web.noticing import Wanted
from whybounce.web.problems import ProblemError


class Notice(Struct, forbid_unknown_fields=True, rename={"from_row": "row"}):
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
    from_row: Annotated[
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


def wanted(body: bytes) -> Wanted:
    """Return what a notice is made of.

    Raises:
        ProblemError: It is no JSON, or not of that shape.

    """
    try:
        told = msgspec.json.decode(body, type=Notice)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProblemError("no-json", {"what": f"{error}."}) from None
    recipients = told.recipient.split() if isinstance(told.recipient, str) else told.recipient
    return Wanted(
        recipients=tuple(recipients),
        reply=told.reply,
        remote=told.remote,
        original=told.original.encode("utf-8", "replace") if told.original else None,
        row=msgspec.json.encode(told.from_row) if told.from_row is not None else None,
        reporting_mta=told.reporting_mta,
        organisation=told.organisation,
        contact=told.contact,
        language=told.language,
        style=told.style,
        audience=told.audience,
        to=told.to,
        help_base=told.help_base,
    )
