"""Sentences of advice, cut into prose and what is to be copied."""

from whybounce.wording.passages import passages, passages_of_finding

PUBLISH = "Publish `example.org. TXT v=spf1 -all`, then ask again (`$ dig example.org TXT`)."


def test_a_command_stands_apart_without_its_parentheses() -> None:
    assert [each.text for each in passages(PUBLISH) if each.is_command] == ["$ dig example.org TXT"]
    assert passages(PUBLISH)[0].text.endswith("then ask again:")


def test_a_record_to_be_published_stands_apart_in_the_step_of_a_finding_only() -> None:
    parts = passages_of_finding(PUBLISH)

    assert [each.text for each in parts if each.is_command] == [
        "example.org. TXT v=spf1 -all",
        "$ dig example.org TXT",
    ]
    assert [each.text for each in parts if not each.is_command] == ["Publish", "then ask again:"]


def test_the_full_stop_after_a_command_is_not_left_alone() -> None:
    assert [each.text for each in passages("Run `$ postqueue -p`.")] == ["Run", "$ postqueue -p"]
