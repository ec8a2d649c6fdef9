"""Bounces made up for measuring: the machine-readable form and three that are only prose.

Replies are those that the catalogue's rules were written for, so that explaining has real work;
names, numbers, dates and hops are drawn from a seeded source. They are more alike than the mail
of a real day, so that a corpus of real bounces is measured instead where one is at hand.
"""

import random

from whybounce.catalogue import catalogue

_DOMAINS = ("example.org", "example.net", "mail.example.com", "contoso.com", "fabrikam.test")
_NAMES = ("anna", "ben.meyer", "c-li", "dora_x", "info", "no.such.person", "sales+list", "émile")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\n"


def bounces(number: int, seed: int = 1) -> list[bytes]:
    """Return so many bounces, no two alike, of all forms in turn."""
    draw = random.Random(seed)  # noqa: S311  # measuring needs the same mails each time, no secrets
    replies = [reply for rule in catalogue().rules for reply in rule.seen if reply[:1] in "45"]
    forms = (_report, _report, _report, _postfix, _qmail, _exim)
    return [
        forms[place % len(forms)](draw, draw.choice(replies)).encode() for place in range(number)
    ]


def large_bounce(size: int) -> bytes:
    """Return a report of about that many bytes, which gives back the message with its attachment."""
    draw = random.Random(size)  # noqa: S311  # see above
    small = _report(draw, "550 5.1.1 User unknown").encode()
    attachment = (
        b"\n--inner\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"
        + _LINE * ((size - len(small)) // len(_LINE))
        + b"--inner--\n"
    )
    head, closing = small[: small.rindex(b"\n--=_")], small[small.rindex(b"\n--=_") :]
    return head + attachment + closing


def _report(draw: random.Random, reply: str) -> str:
    """Write a report of RFC 3464 for one to three recipients."""
    recipients = [_address(draw) for _ in range(draw.choice((1, 1, 1, 2, 3)))]
    server, remote = _host(draw), _host(draw)
    groups = "".join(
        f"Original-Recipient: rfc822;{recipient}\nFinal-Recipient: rfc822; {recipient}\n"
        f"Action: failed\nStatus: 5.{draw.randrange(8)}.{draw.randrange(30)}\n"
        f"Remote-MTA: dns; {remote}\nDiagnostic-Code: smtp; {_folded(reply)}\n\n"
        for recipient in recipients
    )
    return (
        _header(draw, server, "Undelivered Mail Returned to Sender")
        + 'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="=_edge"\n\n'
        f"--=_edge\nContent-Type: text/plain; charset=utf-8\n\n{_prose(server, remote, recipients, reply)}\n"
        f"--=_edge\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; {server}\n"
        f"Arrival-Date: {_date(draw)}\n\n{groups}"
        f"--=_edge\nContent-Type: message/rfc822\n\n{_original(draw, recipients)}\n--=_edge--\n"
    )


def _postfix(draw: random.Random, reply: str) -> str:
    server, recipients = _host(draw), [_address(draw)]
    return (
        _header(draw, server, "Undelivered Mail Returned to Sender")
        + f"\n{_prose(server, _host(draw), recipients, reply)}\n--- Original message ---\n\n"
        + _original(draw, recipients)
    )


def _qmail(draw: random.Random, reply: str) -> str:
    recipient = _address(draw)
    return (
        _header(draw, _host(draw), "failure notice")
        + "\nI was not able to deliver your message to the following addresses.\n\n"
        f"<{recipient}>:\n192.0.2.{draw.randrange(256)} does not like recipient.\n"
        f"Remote host said: {reply}\nGiving up.\n\n--- Below this line is a copy of the message.\n\n"
        + _original(draw, [recipient])
    )


def _exim(draw: random.Random, reply: str) -> str:
    recipient = _address(draw)
    return (
        _header(draw, _host(draw), "Mail delivery failed: returning message to sender")
        + f"X-Failed-Recipients: {recipient}\n\nA message could not be delivered.\n\n  {recipient}\n"
        f"    SMTP error from remote mail server after RCPT TO:<{recipient}>:\n"
        f"    host {_host(draw)} [192.0.2.{draw.randrange(256)}]: {reply}\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n"
        + _original(draw, [recipient])
    )


def _header(draw: random.Random, server: str, subject: str) -> str:
    return (
        f"Return-Path: <>\n{_hops(draw)}"
        f"From: Mail Delivery System <MAILER-DAEMON@{server}>\nTo: list@example.net\n"
        f"Subject: {subject}\nDate: {_date(draw)}\nMessage-ID: <{draw.getrandbits(64):x}@{server}>\n"
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
    )


def _original(draw: random.Random, recipients: list[str]) -> str:
    return (
        f"{_hops(draw)}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=x;\n"
        f"\th=from:to:subject:date; bh={draw.getrandbits(256):x}=;\n\tb={draw.getrandbits(1024):x}\n"
        f"From: Chris <chris@example.net>\nTo: {', '.join(recipients)}\nSubject: Offer {draw.randrange(9999)}\n"
        f"Date: {_date(draw)}\nMessage-ID: <{draw.getrandbits(64):x}@example.net>\nMIME-Version: 1.0\n"
        'List-Unsubscribe: <https://example.net/u>\nContent-Type: multipart/mixed; boundary="inner"\n\n'
        "--inner\nContent-Type: text/plain\n\nGood day.\n"
    )


def _hops(draw: random.Random) -> str:
    return "".join(
        f"Received: from {_host(draw)} ({_host(draw)} [192.0.2.{draw.randrange(256)}])\n"
        f"\tby {_host(draw)} (Postfix) with ESMTPS id {draw.getrandbits(40):X}\n"
        f"\tfor <list@example.net>; {_date(draw)}\n"
        for _ in range(draw.randrange(1, 4))
    )


def _prose(server: str, remote: str, recipients: list[str], reply: str) -> str:
    said = "\n\n".join(
        f"<{recipient}>: host {remote}[192.0.2.1] said: {_folded(reply)} (in reply to RCPT TO command)"
        for recipient in recipients
    )
    return (
        f"This is the mail system at host {server}.\n\nYour message was not delivered.\n\n{said}\n"
    )


def _folded(reply: str) -> str:
    return reply.replace("\n", "\n    ")


def _address(draw: random.Random) -> str:
    return f"{draw.choice(_NAMES)}{draw.randrange(1000)}@{draw.choice(_DOMAINS)}"


def _host(draw: random.Random) -> str:
    return f"mx{draw.randrange(1000)}.{draw.choice(_DOMAINS)}"


def _date(draw: random.Random) -> str:
    time = f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}"
    return f"{draw.choice(_DAYS)}, {draw.randrange(1, 29)} Nov 2026 {time} +0{draw.randrange(4)}00"
