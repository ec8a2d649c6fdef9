"""The rows about loops, and about what is in a message."""

from email.message import EmailMessage
from email.policy import SMTP

from rows import MAIL, Gateway, Row, Said
from whybounce.provoking.mail_server import Behaviour

_OURS = (
    "Received: from mx.remote.example by mail.contoso.example with ESMTP id 1;"
    " Sat, 21 Nov 2026 12:00:00 +0000\r\n"
)
_THEIRS = _OURS.replace("by mail.contoso", "by mx.elsewhere")

_HYBRID = """
[[organisation]]
name = "Contoso"

[[organisation.domain]]
name = "contoso.example"
kind = "internal-relay"

[[organisation.mailbox]]
address = "ben@contoso.example"

[[organisation.inbound-connector]]
name = "office"
networks = ["192.0.2.30"]
reject-bare-line-feeds = false
"""

_UNARCHIVED = (
    _HYBRID
    + """
[[organisation]]
name = "Fabrikam"
journaling-archive = true

[[organisation.domain]]
name = "fabrikam.example"

[[organisation.mailbox]]
address = "journal@fabrikam.example"

[[organisation.inbound-connector]]
name = "their-office"
networks = ["192.0.2.40"]
"""
)

_JOURNAL = "X-MS-Journal-Report:\r\n" + MAIL


def _attaching(files: int) -> str:
    """Return a message with one attached message that holds so many files."""
    inner, outer = EmailMessage(), EmailMessage()
    inner["From"] = outer["From"] = "chris@remote.example"
    inner.set_content("Many files.\n")
    outer.set_content("See the attached message.\n")
    for number in range(files):
        inner.add_attachment(b"x", "application", "octet-stream", filename=f"{number}.bin")
    outer.add_attachment(inner)
    return outer.as_bytes(policy=SMTP).decode()


async def _reported_loop(gateway: Gateway) -> Said:
    assert (
        await gateway.submit("chris@remote.example", mail=(_OURS + _THEIRS) * 12 + _BY_ANNA) == ""
    )
    notice = await gateway.notice()
    assert "mx.elsewhere.example" in notice
    return notice


_BY_ANNA = MAIL.replace("chris@remote.example", "anna@contoso.example")


async def _refused_without_a_code(gateway: Gateway) -> Said:
    gateway.world.remote.behaviour = Behaviour(replies={"RCPT zoe@remote.example": "554 Zorp"})
    assert await gateway.submit("zoe@remote.example") == ""
    return await gateway.notice()


ROWS = (
    Row(
        code="5.4.14",
        cause="routing-loop",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example", mail=_OURS * 20 + MAIL),
        control=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=_OURS * 19 + _THEIRS * 41 + MAIL
        ),
        siblings=("5.4.6",),
    ),
    Row(
        code="5.4.14",
        cause="routing-loop",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example", mail=_THEIRS * 101 + MAIL),
        control=lambda gateway: gateway.bring("ben@contoso.example", mail=_THEIRS * 100 + MAIL),
        siblings=("5.4.6",),
    ),
    Row(
        code="5.4.6",
        cause="routing-loop",
        raise_it=lambda gateway: gateway.bring(
            "nobody@contoso.example", mail=_OURS + MAIL, client="192.0.2.30"
        ),
        control=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=_OURS + MAIL, client="192.0.2.30"
        ),
        siblings=("5.4.14", "5.1.10"),
        directory=_HYBRID,
    ),
    Row(
        code="5.4.6",
        cause="routing-loop",
        raise_it=_reported_loop,
        control=lambda gateway: gateway.submit("chris@remote.example", mail=_THEIRS + _BY_ANNA),
        siblings=("5.4.14",),
        config='[policies]\nnot_looping = "log"\n[limits]\nhops = 20\n',
    ),
    Row(
        code="5.3.190",
        cause="journaling-not-supported",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", sender="", mail=_JOURNAL, client="192.0.2.30"
        ),
        control=lambda gateway: gateway.bring(
            "journal@fabrikam.example", sender="", mail=_JOURNAL, client="192.0.2.40"
        ),
        siblings=("5.7.1",),
        directory=_UNARCHIVED,
    ),
    Row(
        code="5.6.11",
        cause="bare-line-feeds",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=MAIL.encode() + b"One\nTwo\r\n"
        ),
        control=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=MAIL.encode() + b"One\r\nTwo\r\n"
        ),
        siblings=("5.6.0",),
    ),
    Row(
        code="5.6.11",
        cause="bare-line-feeds",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=MAIL.encode() + b"One\nTwo\r\n", client="192.0.2.31"
        ),
        control=lambda gateway: gateway.bring(
            "ben@contoso.example", mail=MAIL.encode() + b"One\nTwo\r\n", client="192.0.2.30"
        ),
        directory=_HYBRID,
    ),
    Row(
        code="5.7.512",
        cause="no-valid-from",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", mail="Subject: x\r\n\r\nx\r\n"
        ),
        control=lambda gateway: gateway.bring("ben@contoso.example"),
        siblings=("5.7.1", "5.7.60"),
    ),
    Row(
        code="5.0.350",
        cause="nested-attachments",
        raise_it=lambda gateway: gateway.bring("ben@contoso.example", mail=_attaching(20)),
        control=lambda gateway: gateway.bring("ben@contoso.example", mail=_attaching(19)),
        siblings=("5.3.4",),
        config="[limits]\nembedded-files = 19\n",
    ),
    Row(
        code="5.0.350",
        cause="rich-text-header-too-long",
        raise_it=lambda gateway: gateway.bring(
            "ben@contoso.example", mail="X-Dg-Ref: " + "A" * 900 + "\r\n" + MAIL
        ),
        control=lambda gateway: gateway.bring(
            "ben@contoso.example", mail="X-Dg-Ref: " + "A" * 600 + "\r\n" + MAIL
        ),
        siblings=("5.3.4",),
        config='[limits]\nreference-header = "800 B"\n',
    ),
    Row(
        code="5.0.350",
        cause="generic-remote-error",
        raise_it=_refused_without_a_code,
        control=lambda gateway: gateway.submit("chris@remote.example"),
        siblings=("5.0.0",),
    ),
)
