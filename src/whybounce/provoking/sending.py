"""How a condition is met: mail is handed in, and what was refused comes back.

By the standard library's own client, so nothing of ours speaks to itself.
"""

import re
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

from msgspec import structs

from whybounce.provoking.conditions import Client
from whybounce.provoking.naming import Condition
from whybounce.provoking.whereabouts import Whereabouts

ACCOUNT = "anna@contoso.example"
_HOST = "127.0.0.1"
_GUESS = "not it"
_CLIENT_WAITS = 30  # Seconds for an answer.
_MOST_HEARD, _LONGEST_HEARD = 200, 4_000  # Lines of a conversation, and letters of one.
_SECRET = re.compile(r"AUTH [A-Z0-9-]+ ", re.IGNORECASE)


class NoDemonstrationError(Exception):
    """Nothing of ours answers where the demonstration should be."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one side of a conversation said."""

    is_server: bool
    text: str


class _Client(smtplib.SMTP):
    """A client that writes the conversation down, as far as there is room."""

    def __init__(self, heard: list[Line], helo: str) -> None:
        super().__init__(local_hostname=helo, timeout=_CLIENT_WAITS)
        self._heard = heard
        heard.clear()

    def send(self, s: Any) -> None:
        """Say something."""
        written = s.decode("utf-8", "replace") if isinstance(s, bytes | bytearray) else str(s)
        self._hear(written, is_server=False)
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Hear the answer."""
        code, words = super().getreply()
        lines = words.decode("utf-8", "replace").split("\n")
        marks = ["-"] * (len(lines) - 1) + [" "]
        said = (f"{code}{mark}{line}" for mark, line in zip(marks, lines, strict=True))
        self._hear("\n".join(said), is_server=True)
        return code, words

    def _hear(self, written: str, *, is_server: bool) -> None:
        text = written.replace("\r\n", "\n").rstrip("\n")
        if _SECRET.match(text) and not is_server:
            text = f"{text[: text.find(' ', 5)]} …"
        if len(text) > _LONGEST_HEARD:
            text = f"{text[:_LONGEST_HEARD]}\n…"
        if len(self._heard) < _MOST_HEARD:
            self._heard.append(Line(is_server, text))


def sent(
    condition: Condition, at: Whereabouts, message_id: str, heard: list[Line]
) -> tuple[str, str] | None:
    """Send it as often as it takes; return at which command it was refused, and the reply.

    Args:
        condition: What is to be met.
        at: The demonstration.
        message_id: Of the mail that counts, with its brackets.
        heard: Is given the conversation, in place of an earlier one.

    Raises:
        NoDemonstrationError: Nothing answers there.

    """
    client = condition.client
    if client.wrong_passwords:
        refused = _sent_once(client, at, f"<{uuid4().hex}@contoso.example>", heard)
        if refused is not None:
            return refused  # Somebody guessed before; what that led to stands.
        for _ in range(client.wrong_passwords):
            _sent_once(structs.replace(client, password=_GUESS), at, message_id, heard)
    for turn in range(client.times):
        id_ = message_id if turn == client.times - 1 else f"<{uuid4().hex}@contoso.example>"
        refused = _sent_once(client, at, id_, heard)
        if refused is not None:
            return refused
    return None


def _sent_once(
    client: Client, at: Whereabouts, message_id: str, heard: list[Line]
) -> tuple[str, str] | None:
    ports = {"inbound": at.inbound, "programs": at.programs}
    port = ports.get(client.listener, at.submission)
    with _Client(heard, client.helo) as smtp:
        try:
            return _conversation(smtp, client, port, message_id)
        except ConnectionRefusedError as error:
            raise NoDemonstrationError(f"nobody listens at {_HOST}:{port}") from error
        except smtplib.SMTPServerDisconnected as error:
            return "connection", str(error)


def _conversation(
    smtp: smtplib.SMTP, client: Client, port: int, message_id: str
) -> tuple[str, str] | None:
    """Say what a client says; return the first thing that was refused."""
    code, words = smtp.connect(_HOST, port)
    if code != 220:
        return "connect", _reply(code, words)
    smtp.ehlo()
    if client.address or client.name:
        told = {"ADDR": _for_xclient(client.address), "NAME": client.name, "HELO": client.helo}
        given = " ".join(f"{key}={value}" for key, value in told.items() if value)
        code, words = smtp.docmd("XCLIENT", given)
        if code != 220:
            return "connect", _reply(code, words)
    code, words = smtp.ehlo()
    if code != 250:
        return "EHLO", _reply(code, words)
    login = ACCOUNT if client.login is None and client.listener == "submission" else client.login
    if login:
        try:
            smtp.login(login, client.password)
        except smtplib.SMTPAuthenticationError as error:
            return "AUTH", _reply(error.smtp_code, error.smtp_error)
    options = [f"ENVID={message_id.strip('<>').partition('@')[0]}"]
    if client.is_old:
        smtp.helo()
        options = []  # RFC 5321 §4.1.1.11: who says HELO gets no extensions.
    options += [f"SIZE={client.declares}"] if client.declares is not None else []
    code, words = smtp.mail(client.sender, options)
    if code != 250:
        return "MAIL", _reply(code, words)
    options = [f"NOTIFY={client.notify}"] if client.notify else []
    for recipient in client.recipients:
        code, words = smtp.rcpt(recipient, options)
        if code not in {250, 251}:
            return "RCPT", _reply(code, words)
    code, words = smtp.docmd("DATA")
    if code != 354:
        return "DATA", _reply(code, words)
    smtp.send(_message(client, message_id) + b".\r\n")  # As it is: its faults are the point.
    code, words = smtp.getreply()
    return None if code == 250 else ("end of data", _reply(code, words))


def _for_xclient(address: str | None) -> str | None:
    return f"IPV6:{address}" if address and ":" in address else address


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"


def _message(client: Client, message_id: str) -> bytes:
    header = {
        "From": f"<{client.sender or ACCOUNT}>",
        "To": ", ".join(f"<{each}>" for each in client.recipients),
        "Subject": "Meant to come back",
        "Message-ID": message_id,
        **client.header,
    }
    if client.embedded_files:
        return _attaching(header, client.embedded_files)
    fields = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value)
    line = "x" * 70 + "\r\n"
    padding = line * -(-max(0, client.octets - len(client.body)) // len(line))
    return f"{fields}\r\n{client.body}{padding}".encode()


def _attaching(header: dict[str, str], files: int) -> bytes:
    """Return a message with one attached message that holds so many files."""
    inner, outer = EmailMessage(), EmailMessage()
    for name, value in header.items():
        outer[name] = value
    inner["From"] = header["From"]
    inner.set_content("Many files.\n")
    outer.set_content("See the attached message.\n")
    for number in range(files):
        inner.add_attachment(b"x", "application", "octet-stream", filename=f"{number}.bin")
    outer.add_attachment(inner)
    return outer.as_bytes(policy=SMTP)
