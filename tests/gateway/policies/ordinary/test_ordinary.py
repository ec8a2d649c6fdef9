"""Ordinary mail of many shapes, all of which every policy lets pass.

Each message is written here, as the systems that are named write theirs; none is a copy. They come
over real SMTP to a gateway that runs as it does without a configuration, and as Exchange Online's
numbers have it.
"""

import asyncio
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving import configured, outside, running_demonstration
from whybounce.gateway.config import read_config

BEN = "ben@contoso.example"
CHRIS = "chris@remote.example"


@dataclass(frozen=True)
class Ordinary:
    """A message, and by whom it is sent."""

    name: str
    octets: bytes
    sender: str = CHRIS
    recipient: str = BEN
    utf8: bool = False


def mail(header: str, body: str = "See below.", charset: str = "utf-8") -> bytes:
    """Return the message with the line ends of the wire."""
    return f"{header.strip()}\n\n{body}\n".replace("\n", "\r\n").encode(charset)


USUAL = f"""
From: Chris Carter <{CHRIS}>
To: {BEN}
Subject: Minutes
Date: Sat, 21 Nov 2026 12:00:00 +0000
Message-ID: <1@remote.example>
"""


def usual(more: str = "", body: str = "See below.", **instead: str) -> bytes:
    """Return the usual message with more fields, or with others instead."""
    lines = [
        f"{instead.pop(name.lower(), value)}".join((f"{name}: ", ""))
        for name, _, value in (line.partition(": ") for line in USUAL.strip().splitlines())
    ]
    return mail("\n".join([*lines, *more.strip().splitlines()]), body)


# Reports, with the null return path. System, From, Subject, form.

REPORTS = (
    ("Postfix", "MAILER-DAEMON@mx.remote.example (Mail Delivery System)", "Undelivered Mail Returned to Sender", "failed"),
    ("Postfix, delayed", "MAILER-DAEMON@mx.remote.example (Mail Delivery System)", "Delayed Mail (still being retried)", "delayed"),
    ("Postfix, delivered", "MAILER-DAEMON@mx.remote.example (Mail Delivery System)", "Successful Mail Delivery Report", "delivered"),
    ("Sendmail", "Mail Delivery Subsystem <MAILER-DAEMON@mx.remote.example>", "Returned mail: see transcript for details", "failed"),
    ("Sendmail, warning", "Mail Delivery Subsystem <MAILER-DAEMON@mx.remote.example>", "Warning: could not send message for past 4 hours", "delayed"),
    ("Exim", "Mail Delivery System <Mailer-Daemon@mx.remote.example>", "Mail delivery failed: returning message to sender", "failed"),
    ("Exim, prose", "Mail Delivery System <Mailer-Daemon@mx.remote.example>", "Warning: message 1abc delayed 24 hours", "prose"),
    ("qmail", "MAILER-DAEMON@mx.remote.example", "failure notice", "prose"),
    ("Exchange Online", "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@remote.example>", "Undeliverable: Minutes", "failed"),
    ("Exchange Server", "postmaster@remote.example", "Delivery delayed: Minutes", "delayed"),
    ("Exchange, relayed", "postmaster@remote.example", "Relayed: Minutes", "relayed"),
    ("Exchange, expanded", "postmaster@remote.example", "Expanded: Minutes", "expanded"),
    ("Gmail", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Failure)", "failed"),
    ("Gmail, delay", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>", "Delivery Status Notification (Delay)", "delayed"),
    ("Amazon SES", "MAILER-DAEMON@email.ses.example", "Delivery Status Notification (Failure)", "failed"),
    ("Domino", '"Postmaster" <postmaster@notes.remote.example>', "DELIVERY FAILURE: User not listed", "failed"),
    ("GroupWise", "Mailer-Daemon@gw.remote.example", "Mail message undeliverable", "prose"),
    ("Courier", '"Courier mail server at mx" <postmaster@mx.remote.example>', "NOTICE: mail delivery status.", "failed"),
    ("OpenSMTPD", "Mailer Daemon <MAILER-DAEMON@mx.remote.example>", "Delivery status notification: error", "failed"),
    ("Haraka", "MAILER-DAEMON@mx.remote.example", "failed notice", "failed"),
    ("MDaemon", '"MDaemon at remote" <MDaemon@remote.example>', "Warning: remote.example - User unknown!", "prose"),
    ("A telephone company", "Dienst <postmaster@remote.example>", "=?iso-8859-1?Q?Nachricht_nicht_zugestellt_=FC?=", "failed"),
    ("A read receipt", f"Chris <{CHRIS}>", "Read: Minutes", "receipt"),
    ("A read receipt by hand", f"<{CHRIS}>", "Disposition: Minutes", "receipt"),
    ("A complaint", "feedback@isp.example", "FW: Minutes", "complaint"),
    ("A report about a report", "MAILER-DAEMON@mx.remote.example", "Undelivered Mail Returned to Sender", "twice"),
)  # fmt: skip

_KINDS = {"receipt": "disposition-notification", "complaint": "feedback-report"}
_RETURNED = f"From: {BEN}\nTo: {CHRIS}\nSubject: Minutes\nMessage-ID: <0@contoso.example>\n"


def report(from_: str, subject: str, form: str) -> bytes:
    """Return a report: the words, the machine part, and the message it is about."""
    header = (
        f"From: {from_}\nTo: {BEN}\nSubject: {subject}\nAuto-Submitted: auto-replied\n"
        "Date: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <r1@mx.remote.example>\n"
    )
    if form == "prose":
        return mail(
            header, f"I could not deliver your message.\n\n<{CHRIS}>:\nNo such user\n\n{_RETURNED}"
        )
    kind = _KINDS.get(form, "delivery-status")
    returned = _RETURNED
    if form == "twice":
        returned = report(from_, subject, "failed").decode().replace("\r\n", "\n")
        form = "failed"
    status = (
        f"Reporting-MTA: dns; mx.remote.example\n\nFinal-Recipient: rfc822; {CHRIS}\nAction: {form}\n"
        f"Status: {'5' if form == 'failed' else '2'}.0.0"
    )
    return mail(
        f"{header}MIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind};\n boundary="=_r/1"',
        f"--=_r/1\nContent-Type: text/plain\n\nThis is about your message.\n\n"
        f"--=_r/1\nContent-Type: message/{kind}\n\n{status}\n\n"
        f"--=_r/1\nContent-Type: message/rfc822\n\n{returned}\nSee below.\n--=_r/1--",
    )


def reports() -> Iterator[Ordinary]:
    """Yield those of every system in the table."""
    for system, from_, subject, form in REPORTS:
        yield Ordinary(f"report: {system}", report(from_, subject, form), sender="")


# Long ways. Each system writes Received in its own manner; {n} is the step.

HOPS = (
    "from mx{n}.remote.example (mx{n}.remote.example [192.0.2.{n}])\n\tby relay{n}.remote.example (Postfix) with ESMTPS id 4AB{n}\n\tfor <ben@contoso.example>; {date}",
    "from [192.0.2.{n}] (helo=mx{n}.remote.example)\n\tby relay{n}.remote.example with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384\n\t(Exim 4.97)\n\t(envelope-from <chris@remote.example>)\n\tid 1abc{n}; {date}",
    "from HOST{n}.remote.example (2001:db8::{n}) by\n HOST{n}.hub.example (2001:db8:1::{n}) with Microsoft SMTP Server (version=TLS1_2,\n cipher=TLS_ECDHE) id 15.20.1; {date}",
    "by 2002:a17:906:0 with SMTP id a{n}csp1; {date}",
    "(qmail {n} invoked by uid 89); 21 Nov 2026 12:00:00 -0000",
    "from localhost (localhost [127.0.0.1])\n\tby filter{n}.remote.example (amavis, port 10024)\n\twith LMTP id x{n}; {date}",
)  # fmt: skip
_DATE = "Sat, 21 Nov 2026 12:00:00 +0000"


def way(steps: int) -> str:
    """Return as many Received fields, of all manners in turn."""
    fields = (HOPS[n % len(HOPS)].format(n=n, date=_DATE) for n in range(steps, 0, -1))
    return "".join(f"Received: {each}\n" for each in fields)


def long_ways() -> Iterator[Ordinary]:
    """Yield messages that have seen many servers; some of them twice this one."""
    for steps in range(25, 61, 1):
        yield Ordinary(f"{steps} hops", mail(way(steps) + USUAL.strip()))
    ours = f"Received: from mx.remote.example by mail.contoso.example with ESMTP id 1; {_DATE}\n"
    yield Ordinary("a list of ours, back", mail(way(10) + ours * 3 + USUAL.strip()))


# Everything else: name, more fields, fields instead.

FIELDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("plain", "", {}),
    ("without a subject", "", {"subject": ""}),
    ("in capitals", "REPLY-TO: chris@remote.example\nX-PRIORITY: 1", {}),
    ("a reply", "In-Reply-To: <0@contoso.example>\nReferences: <0@contoso.example>", {}),
    ("a long thread", "References: " + "\n ".join(f"<{n}@contoso.example>" for n in range(80)), {}),
    ("a name in quotation marks", "", {"from": f'"Carter, Chris (Sales)" <{CHRIS}>'}),
    ("a name without quotation marks", "", {"from": f"Carter, Chris <{CHRIS}>"}),
    ("a name behind the address", "", {"from": f"{CHRIS} (Chris Carter)"}),
    ("an encoded name", "", {"from": f"=?utf-8?B?Q2hyaXM=?= =?utf-8?Q?_C=C3=A4rter?= <{CHRIS}>"}),
    ("the address as its own name", "", {"from": f'"{CHRIS}" <{CHRIS}>'}),
    ("only an address", "", {"from": CHRIS}),
    ("two authors and a sender", f"Sender: {CHRIS}", {"from": f"{CHRIS}, Dana <d@remote.example>"}),
    ("sent for another", "Sender: secretary@remote.example", {}),
    ("to nobody that is named", "", {"to": "undisclosed-recipients:;"}),
    ("sent on by hand", f"Resent-From: {CHRIS}\nResent-To: {BEN}\nResent-Date: {_DATE}", {"from": "d@other.example"}),
    ("signed by DKIM", "DKIM-Signature: v=1; a=rsa-sha256; d=remote.example; s=s1;\n\tc=relaxed/relaxed; h=from:to;\n\tbh=AAAA=; b=BBBB", {}),
    ("checked before", "Authentication-Results: mx.remote.example; spf=pass\nReceived-SPF: pass", {}),
    ("sealed by ARC", "ARC-Seal: i=1; a=rsa-sha256; d=remote.example; s=s; cv=none; b=AAAA", {}),
    ("Outlook's thread index", "Thread-Index: " + "AQHb" * 60 + "\nThread-Topic: Minutes", {}),
    ("Rich Text with a short reference", "X-Dg-Ref: " + "PG1ldGE+" * 40, {}),
    ("a vacation notice", "Auto-Submitted: auto-replied\nPrecedence: bulk\nX-Autoreply: yes", {}),
    ("out of office, Exchange", "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated", {"subject": "Automatic reply: Minutes"}),
    ("a ticket system", "Auto-Submitted: auto-generated\nX-RT-Loop-Prevention: rt.remote.example", {"from": '"Help desk via RT" <help@remote.example>'}),
    ("a printer", "X-Mailer: MFP", {"from": "scanner@[192.0.2.7]"}),
    ("a cron job", "X-Cron-Env: <SHELL=/bin/sh>", {"from": "root@localhost (Cron Daemon)"}),
    ("Mailman 2", "List-Id: Talk <talk.lists.example>\nList-Post: <mailto:talk@lists.example>\nErrors-To: talk-bounces@lists.example\nSender: talk-bounces@lists.example\nPrecedence: list", {"subject": "[Talk] Minutes"}),
    ("Mailman 3, From rewritten", "List-Id: <talk.lists.example>\nX-Original-From: chris@remote.example", {"from": "Chris Carter via Talk <talk@lists.example>"}),
    ("Sympa", "X-Loop: talk@lists.example\nX-Sequence: 12\nList-Id: <talk.lists.example>", {}),
    ("Google Groups", "List-ID: <talk.groups.example>\nX-Google-Group-Id: 1\nPrecedence: list", {"from": "'Chris' via Talk <talk@groups.example>"}),
    ("LISTSERV", "X-To: talk@lists.example\nX-cc: chris@remote.example\nList-Owner: <mailto:o@lists.example>", {}),
    ("a newsletter", "List-Unsubscribe: <mailto:u@news.example>, <https://news.example/u>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nFeedback-ID: 1:2:news", {"from": "News <bounces+ben=contoso.example@news.example>"}),
    ("a shop", "X-Entity-Ref-ID: 4711", {"from": "Your order <no-reply@shop.example>"}),
)  # fmt: skip


def one_field_more() -> Iterator[Ordinary]:
    """Yield the usual message, each a little different."""
    for name, more, instead in FIELDS:
        yield Ordinary(name, usual(more, **instead))


def part(kind: str, body: str = "x", more: str = "") -> str:
    """Return a part of a multipart."""
    return f"Content-Type: {kind}\n{more}\n{body}\n"


def multipart(kind: str, *parts: str) -> str:
    """Return the header and body of a multipart, to stand behind the usual header."""
    inside = "".join(f"--=_m/1\n{each}\n" for each in parts)
    return (
        f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="=_m/1"\n\n{inside}--=_m/1--'
    )


ATTACHED = "Content-Disposition: attachment; filename=f.pdf\nContent-Transfer-Encoding: base64\n"
TEXT, PDF = part("text/plain"), part("application/pdf", "QUFB", ATTACHED)
CALENDAR = "BEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR"
FORWARDED = USUAL.strip() + "\n" + multipart("mixed", TEXT, *[PDF] * 3).replace("=_m/1", "=_n/2")

SHAPES: tuple[tuple[str, str], ...] = (
    ("text and HTML", multipart("alternative", TEXT, part("text/html", "<p>x</p>"))),
    ("HTML alone", "Content-Type: text/html\n\n<p>x</p>"),
    ("pictures in the text", multipart("related", part("text/html"), part("image/png; name=a.png"))),
    ("one attachment", multipart("mixed", TEXT, PDF)),
    ("thirty attachments", multipart("mixed", TEXT, *[PDF] * 30)),
    ("a forwarded message with three files", multipart("mixed", TEXT, part("message/rfc822", FORWARDED))),
    ("five forwarded messages", multipart("mixed", TEXT, *[part("message/rfc822", FORWARDED)] * 5)),
    ("a digest", multipart("digest", *[f"\n{USUAL.strip()}\n\nText {n}.\n" for n in range(25)])),
    ("an invitation", multipart("alternative", TEXT, part("text/calendar; method=REQUEST", CALENDAR.format(method="REQUEST")))),
    ("an answer to an invitation", "Content-Type: text/calendar; method=REPLY\n\n" + CALENDAR.format(method="REPLY")),
    ("a cancelled meeting", "Content-Class: urn:content-classes:calendarmessage\nContent-Type: text/calendar; method=CANCEL\n\n" + CALENDAR.format(method="CANCEL")),
    ("signed by S/MIME", multipart('signed; protocol="application/pkcs7-signature"; micalg=sha-256', TEXT, part("application/pkcs7-signature; name=smime.p7s", "QUFB", ATTACHED))),
    ("signed by S/MIME, opaque", "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nQUFB"),
    ("encrypted by S/MIME", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nQUFB"),
    ("encrypted by OpenPGP", multipart('encrypted; protocol="application/pgp-encrypted"', part("application/pgp-encrypted", "Version: 1"), part("application/octet-stream; name=encrypted.asc"))),
    ("OpenPGP in the text", "\n-----BEGIN PGP MESSAGE-----\n\nQUFB\n-----END PGP MESSAGE-----"),
    ("winmail.dat", multipart("mixed", TEXT, part("application/ms-tnef; name=winmail.dat", "QUFB", "Content-Transfer-Encoding: base64\n"))),
    ("an archive", multipart("mixed", TEXT, part("application/zip; name=a.zip", "UEsDBA==", "Content-Transfer-Encoding: base64\n"))),
    ("a boundary that never comes", 'Content-Type: multipart/mixed; boundary="never"\n\nx'),
    ("a fax", "Content-Type: image/tiff; name=fax.tif\nContent-Transfer-Encoding: base64\n\nSUkq"),
    ("a large text", "\n" + "A line of seventy-two characters that says nothing, many times over.\n" * 5000),
    ("lines as long as may be", "\n" + "x" * 998),
    ("lines that begin with dots", "\n.\n..\n.x"),
    ("an empty body", "\n"),
    ("quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe=\n."),
    ("eight bits", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße"),
)  # fmt: skip


def shapes() -> Iterator[Ordinary]:
    """Yield messages that are put together in all manners."""
    for name, rest in SHAPES:
        yield Ordinary(name, f"{USUAL.strip()}\n{rest}\n".replace("\n", "\r\n").encode())
    yield Ordinary(
        "a name in Latin-1",
        usual(**{"from": "Chris C\u00e4rter <chris@remote.example>"}).decode().encode("latin-1"),
    )
    yield Ordinary("a header alone", mail(USUAL).removesuffix(b"See below.\r\n"))


UTF8 = (
    ("a sender beyond ASCII", "chris@rémote.example", "jürgen@contoso.example", {"from": "Chris <chris@rémote.example>"}),
    ("both beyond ASCII", "łukasz@remote.example", "jürgen@contoso.example", {"from": "łukasz@remote.example"}),
    ("Chinese", "用户@例子.example", BEN, {"from": "用户 <用户@例子.example>", "subject": "会议"}),
    ("Hindi", "संपर्क@डाटा.example", BEN, {"from": "संपर्क@डाटा.example"}),
    ("Arabic", "بريد@remote.example", BEN, {"from": "بريد@remote.example", "subject": "محضر"}),
    ("only a subject", CHRIS, BEN, {"subject": "Protokoll für Ärzte"}),
)  # fmt: skip


def beyond_ascii() -> Iterator[Ordinary]:
    """Yield what is sent with SMTPUTF8."""
    for name, sender, recipient, instead in UTF8:
        yield Ordinary(f"SMTPUTF8: {name}", usual(**instead), sender, recipient, utf8=True)


ALL = (*reports(), *long_ways(), *one_field_more(), *shapes(), *beyond_ascii())


def test_there_are_as_many_as_are_promised():
    """A hundred, among them twenty reports and twenty long ways."""
    assert len(ALL) >= 100
    assert len({each.name for each in ALL}) == len(ALL)
    assert sum(each.sender == "" for each in ALL) >= 20
    assert sum(25 <= each.octets.count(b"Received: ") <= 60 for each in ALL) >= 20


@pytest.mark.parametrize("profile", ["standard", "exchange-online"])
async def test_no_policy_refuses_ordinary_mail(profile: str, in_memory: Path):
    """Not with the settings nobody made, and not with Exchange Online's numbers."""
    async with outside() as world:
        configured(in_memory, world)
        config = read_config(in_memory / "whybounce.toml", {"WHYBOUNCE_PROFILE": profile})
        async with running_demonstration(config) as gateway:
            refused = await asyncio.to_thread(_send_all, gateway.ports["inbound"][0])

    assert refused == {}


def _send_all(port: int) -> dict[str, str]:
    """Send each as other servers do; return what was said against any."""
    refused = {}
    with smtplib.SMTP("127.0.0.1", port, "mx.remote.example", timeout=60) as smtp:
        smtp.ehlo()
        for each in ALL:
            options = ["BODY=8BITMIME", *(["SMTPUTF8"] if each.utf8 else [])]
            smtp.command_encoding = "utf-8" if each.utf8 else "ascii"
            steps = (
                lambda each=each, options=options: smtp.mail(each.sender, options),
                lambda each=each: smtp.rcpt(each.recipient),
                lambda each=each: smtp.data(each.octets),
            )
            for step in steps:
                try:
                    code, said = step()
                except smtplib.SMTPDataError as error:
                    code, said = error.smtp_code, error.smtp_error
                if code >= 400:
                    refused[each.name] = f"{code} {said.decode()}"
                    smtp.rset()
                    break
    return refused
