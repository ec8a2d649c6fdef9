"""The log: one line for each event, no secret in it, no line that a stranger began."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog
from hypothesis import given, strategies as st

from whybounce.gateway.config import LogFormat, LogLevel
from whybounce.gateway.operating.log import Logged, _for_people, set_up
from whybounce.gateway.store import Deed, Instruction
from whybounce.gateway.store.rows import (
    Attempt,
    Consignment,
    Deferral,
    Envelope,
    Event,
    LeasedRecipient,
    NewMessage,
    QueuedMessage,
    Recipient,
    Session,
    Settlement,
    Touched,
)
from whybounce.vocabulary.envelope import BodyType

pytestmark = pytest.mark.usefixtures("restored")


@pytest.fixture
def restored() -> Iterator[None]:
    """Leave logging as it was."""
    root, ours = logging.getLogger(), logging.getLogger("whybounce")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    structlog.reset_defaults()


def _logged(now: datetime, form: LogFormat, level: LogLevel = LogLevel.INFO) -> list[str]:
    stream = io.StringIO()
    watch = Logged(set_up(level, form, stream))
    session = Session(client="192.0.2.1", account="anna", listener="submission", id="5f3a")
    envelope = Envelope("anna@example.org", (Recipient("ben@example.net"),))
    watch.accepted("0P9", NewMessage(envelope, now, now, session, "<1@x>", "Private matters"))
    watch.recorded(Event(now, "refused", "inbound", "no\r\nAUTH PLAIN AGFubmEAc2VjcmV0", None))
    watch.operated(Instruction(Deed.HOLD, "0P9", "olga", now), Touched(1, 0))
    watch.committed(3, 0.01)
    watch.committed(3, 2.5)
    log = logging.getLogger("whybounce.gateway.outbound")
    log.warning("cannot open postgresql://user:hunter2@db/q\nforged line")
    structlog.get_logger().info("login", password="hunter2")  # noqa: S106  # to be blackened
    return stream.getvalue().splitlines()


def test_as_json_each_line_is_an_object_with_its_ids(mail):
    """A program reads it; nothing of the message's own words is there."""
    lines = _logged(mail.now, LogFormat.JSON)
    events = [json.loads(line) for line in lines]

    assert [each["event"].split()[0] for each in events] == [
        "accepted", "refused", "held", "slow", "cannot", "login",
    ]  # fmt: skip
    assert events[0]["message"] == "0P9"
    assert events[0]["session"] == "5f3a"
    assert events[0]["client"] == "192.0.2.1"
    assert events[2]["by"] == "olga"
    assert events[4]["logger"] == "whybounce.gateway.outbound"
    assert "Private matters" not in str(lines)
    assert all("level" in each and each["timestamp"].endswith("Z") for each in events)


@pytest.mark.parametrize("form", LogFormat)
def test_no_secret_is_written_and_no_value_begins_a_line(mail, form):
    """Whatever a client or a library says."""
    lines = _logged(mail.now, form)

    assert len(lines) == 6
    assert "hunter2" not in str(lines)
    assert "AGFubmEAc2VjcmV0" not in str(lines)


def test_who_waits_untried_is_logged_with_what_another_message_met(mail):
    """Nobody has to look for that other message."""
    stream = io.StringIO()
    met = Attempt(0, mail.now, "mx.example.net", error="connection-refused: 192.0.2.1 port 25")
    watch = Logged(set_up(LogLevel.INFO, LogFormat.JSON, stream))
    message = QueuedMessage(
        "0P9", "anna@example.org", None, None, BodyType.SEVEN_BIT, smtputf8=False, session=None,
        arrived=mail.now, expires=mail.now, size=1, message_id=None, subject=None, about=None,
        finished=None,
    )  # fmt: skip
    ben = LeasedRecipient(0, "ben@example.net", "example.net", None, None, 0, None)
    settlement = Settlement(
        Consignment(message, "example.net", (ben,), "a", 1, mail.now),
        mail.now,
        deferrals=(Deferral(0, mail.now, met=met),),
    )
    watch.settled(settlement, ())
    (line,) = map(json.loads, stream.getvalue().splitlines())

    assert line["event"] == "deferred"
    assert line["said"] == "connection-refused: 192.0.2.1 port 25"
    assert (line["untried"], line["remote"]) == ("yes", "mx.example.net")


def test_what_is_not_worth_a_line_is_not_written(mail):
    """The level holds for both ways of logging."""
    lines = _logged(mail.now, LogFormat.JSON, LogLevel.WARNING)

    assert [json.loads(line)["event"].split()[0] for line in lines] == ["slow", "cannot"]


class _Counting(io.StringIO):
    """Knows how often it was written to."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


async def test_what_one_round_of_the_loop_says_is_written_together(mail):
    """In order, and before the next round is over."""
    stream = _Counting()
    watch = Logged(set_up(LogLevel.INFO, LogFormat.JSON, stream))
    for kind in ("refused", "deferred", "refused"):
        watch.recorded(Event(mail.now, kind, "inbound", "no", None))
    await asyncio.sleep(0)
    watch.recorded(Event(mail.now, "logged", "inbound", "no", None))
    await asyncio.sleep(0)

    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["refused", "deferred", "refused", "logged"]
    assert stream.writes == 2


VALUES = st.one_of(st.text(), st.integers(), st.none(), st.sampled_from(["a b", "a=b", "'", '"']))


@given(st.sampled_from(["accepted", "relayed to the next"]), st.lists(VALUES, max_size=4))
def test_a_line_for_people_is_as_structlog_draws_it(event, values):
    """The one that is written faster looks like the others between which it stands."""
    stream = io.StringIO()
    fields = {f"key{number}": value for number, value in enumerate(values)}
    begun = {"timestamp": "2026-11-21T12:00:00Z", "level": "info", "event": event}
    drawn = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=10, sort_keys=False)

    written = _for_people(stream)(None, "info", {**begun, **fields})

    assert written == drawn(None, "info", {**begun, **fields})
