"""What is counted, and that the table of metrics in the document is true."""

import re
from dataclasses import replace
from pathlib import Path

from whybounce.gateway.operating.metrics import Gauges, Metrics, described
from whybounce.gateway.operating.watching import Watches
from whybounce.gateway.store import Deed, Instruction, Store
from whybounce.gateway.store.rows import Attempt, Event, State

DOCUMENT = Path(__file__).parents[3] / "docs" / "operating.md"


async def _counted(store: Store, mail: object, metrics: Metrics) -> dict[str, float]:
    """Live through a day's work; return every value by its name and labels."""
    store.watch = Watches(metrics)
    for _ in range(4):
        await mail.accept(store)
    one, two, three, four = await mail.lease(store)
    await store.settle(mail.delivered(one))
    await store.settle(mail.failed(two))
    await store.settle(mail.failed(three, reported=False))
    put_off = mail.deferred(four, mail.after(minutes=5))
    error = Attempt(0, mail.now, "mx.example.net", error="connection-refused: nobody listens")
    await store.settle(replace(put_off, attempts=(error,)))
    untried = replace(put_off.deferrals[0], met=error)
    metrics.settled(replace(put_off, attempts=(), deferrals=(untried,)), ())
    text = "recipient-not-found by recipient_exists: 550 5.1.10 Recipient not found"
    await store.record(Event(mail.now, "refused", "inbound", text))
    await store.record(Event(mail.now, "refused", "inbound", "a stranger's words: 550"))
    await store.operate(Instruction(Deed.HOLD, four.message.id, "olga", mail.now))
    figures = await store.figures(now=mail.after(minutes=1))
    metrics.gauges = lambda: Gauges(
        now=mail.after(minutes=1),
        writer=store.writer_figures(),
        queue=figures,
        sessions={"inbound": 3},
        deliveries=2,
        in_hand=5,
        healthy=False,
    )
    lines = metrics.text().decode().splitlines()
    return {
        name.removeprefix("whybounce_"): float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")
    }


async def test_what_became_durable_is_counted(sqlite_url, open_, mail):
    """By listener, cause and owner; what strangers say makes no label."""
    async with open_(sqlite_url) as store:
        counted = await _counted(store, mail, Metrics())

    assert counted['messages_accepted_total{listener="unknown"}'] == 4
    assert counted['recipients_ended_total{ending="delivered"}'] == 1
    assert counted['recipients_ended_total{ending="failed"}'] == 2
    assert counted['recipients_failed_total{cause="no-such-mailbox",owner="sender"}'] == 2
    assert counted['recipients_deferred_total{cause="connection-refused"}'] == 2
    assert counted['reports_total{kind="failure"}'] == 1
    assert counted['reports_not_made_total{why="withheld"}'] == 1
    assert (
        counted['refusals_total{cause="recipient-not-found",listener="inbound",verdict="refused"}']
        == 1
    )
    assert counted['refusals_total{cause="unknown",listener="inbound",verdict="refused"}'] == 1
    assert counted['operator_acts_total{act="held"}'] == 1
    assert counted["commit_operations_sum"] >= 11
    assert counted["queue_oldest_seconds"] == 60
    assert counted[f'queue_recipients{{state="{State.HELD}"}}'] == 1
    assert counted['sessions{listener="inbound"}'] == 3
    assert (counted["healthy"], counted["deliveries"], counted["consignments"]) == (0, 2, 5)


async def test_the_document_lists_the_metrics_there_are(sqlite_url, open_, mail):
    """Name, type, labels, meaning; and each of them is really given."""
    async with open_(sqlite_url) as store:
        counted = await _counted(store, mail, Metrics())
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(whybounce_\w+)` \| (\w+) \| (.*?) ?\| (.*?) \|$", text, re.MULTILINE)

    assert rows == [
        (name, kind, ", ".join(f"`{each}`" for each in labels), meaning)
        for name, kind, labels, meaning in described()
    ]
    given = {re.match(r"\w+", key)[0] for key in counted}
    for name, kind, *_ in described():
        short = name.removeprefix("whybounce_")
        assert (f"{short}_count" if kind == "histogram" else short) in given


def test_a_watch_that_fails_harms_no_other(mail, caplog):
    """Mail is not undone by what is counted."""

    class Broken(Metrics):
        def recorded(self, event: Event) -> None:
            del event
            raise RuntimeError("a mistake of ours")

    good = Metrics()
    Watches(Broken(), good).recorded(Event(mail.now, "refused", "inbound", "spam-content: no"))

    assert b'cause="spam-content"' in good.text()
    assert "a watch of the store failed" in caplog.text
