"""Lines end where the language lets them end."""

import pytest
from hypothesis import example, given, strategies as st

from whybounce.wording.wrapping import columns, wrapped

ADDRESS = "anna.long-name@mailboxes.example.org"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three four", ["one two", "three", "four"]),
        ("see " + ADDRESS + " there", ["see", ADDRESS, "there"]),
        ("la cause\u00a0: un filtre", ["la", "cause\u00a0:", "un filtre"]),
        ("受信者に知らせます。", ["受信者に", "知らせま", "す。"]),
        ("送信します。（再送）", ["送信しま", "す。（再", "送）"]),
        (f"宛先{ADDRESS}へ", ["宛先", ADDRESS, "へ"]),
        ("قائمة رمادية", ["قائمة", "رمادية"]),
    ],
)
def test_a_line_ends_where_the_language_lets_it(text, lines):
    """Nine columns: at spaces; in Japanese between letters, but not before what closes."""
    assert list(wrapped(text, 9)) == lines


def test_what_stands_in_front_counts():
    """On the first line and on the others."""
    assert list(wrapped("one two three", 11, " 1. ")) == [" 1. one two", "    three"]
    assert list(wrapped("一二三四五", 8, "・", "  ")) == ["・一二三", "  四五"]


@given(st.text(st.sampled_from("ab é受信。（）\u00a0\u064e-"), max_size=60), st.integers(0, 12))
@example(
    "a \u064e\u064e。。。。 \u064e\u064e", 8
)  # As many columns as letters, and yet not one each.
def test_nothing_is_lost_and_only_what_cannot_end_is_too_long(text, width):
    """Whatever the width."""
    lines = list(wrapped(text, width))

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= width or " " not in line.strip(" ") for line in lines)
