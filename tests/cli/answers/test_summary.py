"""Counting, whatever there is to count."""

from whybounce.cli.answers import summary
from whybounce.cli.answers.summary import Counts, Outcomes, Tally
from whybounce.vocabulary.fix_it_owner import FixItOwner
from whybounce.vocabulary.report import Kind


def test_domains_that_strangers_invent_do_not_fill_the_memory(monkeypatch):
    """The frequent ones stay, those seen once are forgotten."""
    monkeypatch.setattr(summary, "_MOST_DOMAINS", 100)
    counts = Counts()
    for number in range(1_000):
        for domain in (f"{number}.example", "example.org"):
            one = Outcomes("no-such-mailbox", FixItOwner.SENDER, True, domain)  # noqa: FBT003
            counts.add(Tally(Kind.FAILURE, unread=False, outcomes=(one,)))

    assert len(counts.domains) <= 101
    assert counts.domains["example.org"] == 1_000
