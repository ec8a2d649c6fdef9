"""The log: a line for each event, for people or as JSON. No message's content, and no secret.

What the mail code says through ``logging`` and what the store tells of go the same way, so that all
lines look alike. Ids of messages and sessions stand in fields of their own.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import Processor

from whybounce.gateway.config import LogFormat, LogLevel
from whybounce.gateway.store import Instruction
from whybounce.gateway.store.rows import Attempt, Event, NewMessage, Settlement, Touched
from whybounce.wording import printable

_SECRET_KEYS = re.compile(r"password|secret|token|credential|authorization", re.IGNORECASE)
_AUTH = re.compile(r"\b(AUTH\s+[A-Z0-9-]+)\s+\S+", re.IGNORECASE)
_IN_URL = re.compile(r"://[^@\s/]*@")
_QUOTED = re.compile(r"[ \t=\r\n\"']")
_LONGEST = 2_000  # Characters of one value.
_SLOW = 1.0  # Seconds of a commit that are worth a line.


class Lines:
    """Writes what the store tells of as ``logging``'s lines are written, in a third of the time.

    There is a line for each message, and structlog's bound loggers look at each anew. What one round of
    the event loop says leaves together at its end: each call of the system lets the interpreter go, and
    the store's thread takes it.
    """

    def __init__(self, at: int, render: Processor, out: TextIO) -> None:
        self._at = at
        self._render = render
        self._out = out
        self._held: list[str] = []  # Of this round.

    def info(self, event: str, **fields: object) -> None:
        """Write what happens all the time."""
        if self._at <= logging.INFO:
            self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Write what somebody should look at."""
        if self._at <= logging.WARNING:
            self._write("warning", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        fields["event"] = event
        fields["level"] = level
        fields["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line: Any = self._render(None, level, without_secrets(None, level, fields))
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # Another thread speaks of a slow commit.
            self._put(f"{line}\n")
            return
        if not self._held:
            loop.call_soon(self._put_held)
        self._held.append(f"{line}\n")

    def _put_held(self) -> None:
        held, self._held = self._held, []
        self._put("".join(held))

    def _put(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def set_up(level: LogLevel, form: LogFormat, stream: TextIO | None = None) -> Lines:
    """Have everything that is logged written to the stream, else to standard error.

    Returns what the store's lines are written by.
    """
    out = stream or sys.stderr
    at = logging.getLevelNamesMapping()[level.upper()]
    chain: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    render: Processor = _as_json if form is LogFormat.JSON else _for_people(out)
    structlog.configure(
        processors=[*chain, render],
        wrapper_class=structlog.make_filtering_bound_logger(at),
        logger_factory=structlog.WriteLoggerFactory(out),
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *chain, render],
        )
    )
    logging.basicConfig(handlers=[handler], force=True)
    logging.getLogger("whybounce").setLevel(at)
    return Lines(at, render, out)


def without_secrets(
    logger: object, name: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blacken passwords, cut what is long, and let no value begin a line of its own."""
    del logger, name
    for key, value in fields.items():
        if _names_secret(key):
            fields[key] = "…"
        elif isinstance(value, str):
            fields[key] = (
                _clean(value[-_LONGEST:]) if key == "exception" else printable(_clean(value))
            )
    return fields


@lru_cache(maxsize=256)  # The keys are the code's own.
def _names_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _clean(value: str) -> str:
    cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if "auth" in cut.lower():
        cut = _AUTH.sub(r"\1 …", cut)
    return _IN_URL.sub("://…@", cut) if "://" in cut else cut


def _as_json(logger: object, name: str, fields: MutableMapping[str, Any]) -> str:
    del logger, name
    return msgspec.json.encode(dict(fields), enc_hook=str).decode()


def _for_people(out: TextIO) -> Processor:
    drawn = structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=10, sort_keys=False)
    return drawn if out.isatty() else _plainly(drawn)


def _plainly(drawn: Processor) -> Processor:
    """Return what writes a line as the other does without colours, in a tenth of the time.

    There is a line for each message.
    """

    def line(logger: Any, name: str, fields: MutableMapping[str, Any]) -> Any:
        if not _DRAWN.isdisjoint(fields):
            return drawn(logger, name, fields)
        time, level, event = (fields.pop(key) for key in ("timestamp", "level", "event"))
        told = "".join([f" {key}={_quoted(value)}" for key, value in fields.items()])
        return f"{time} [{level:<9}] {event:<10}{told}".rstrip(" ")

    return line


_DRAWN = frozenset({"exception", "exc_info", "stack", "logger", "logger_name"})


def _quoted(value: object) -> str:
    return value if isinstance(value, str) and not _QUOTED.search(value) else repr(value)


class Logged:
    """Writes a line for each thing the store tells of; a watch of it."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines  # May be replaced at any time.

    def accepted(self, id_: str, message: NewMessage) -> None:
        """Write who handed it over."""
        session = message.session
        named = (
            {
                "session": session.id,
                "listener": session.listener,
                "client": session.client,
                "account": session.account,
            }
            if session
            else {}
        )
        self.lines.info(
            "accepted",
            message=id_,
            **_known(named),
            sender=message.envelope.sender,
            recipients=len(message.envelope.recipients),
            message_id=message.message_id,
        )

    def settled(self, settlement: Settlement, queued: Sequence[str]) -> None:
        """Write what became of each recipient."""
        message = settlement.consignment.message.id
        addresses = {each.number: each.address for each in settlement.consignment.recipients}
        said = {each.number: each.error or each.reply for each in _met(settlement)}
        for deferral in settlement.deferrals:
            self.lines.info(
                "deferred",
                message=message,
                recipient=addresses[deferral.number],
                until=deferral.due.isoformat(timespec="seconds"),
                **_untried(deferral.met),
                said=said.get(deferral.number),
            )
        for each in settlement.retirements:
            why = {"cause": each.cause, "said": each.reply} if each.terminal.is_failure else {}
            report = None if each.report is None else queued[each.report]
            self.lines.info(
                each.terminal.value,
                message=message,
                recipient=addresses[each.number],
                **_known({"remote": each.remote, **why, "report": report, "told": each.told}),
            )
        for event in settlement.events:
            self.recorded(event)

    def recorded(self, event: Event) -> None:
        """Write what happened."""
        self.lines.info(
            event.kind,
            by=event.actor,
            said=event.text,
            **_known({"message": event.message, "address": event.address}),
        )

    def operated(self, instruction: Instruction, touched: Touched) -> None:
        """Write what an operator did."""
        self.lines.info(
            instruction.deed.value,
            message=instruction.message,
            by=instruction.by,
            recipients=touched.changed,
            why=instruction.why,
        )

    def committed(self, operations: int, seconds: float) -> None:
        """Write down what took long."""
        if seconds >= _SLOW:
            self.lines.warning("slow commit", operations=operations, seconds=round(seconds, 3))


def _met(settlement: Settlement) -> Iterator[Attempt]:
    yield from settlement.attempts
    yield from (each.met for each in settlement.deferrals if each.met is not None)


def _untried(met: Attempt | None) -> dict[str, str]:
    """Return where another message met what this one waits for."""
    return {} if met is None else {"untried": "yes", **_known({"remote": met.remote})}


def _known(fields: dict[str, str | None]) -> dict[str, str]:
    return {key: str(value) for key, value in fields.items() if value is not None}
