"""Notices as people see them: in a real browser, at three widths, light and dark.

These tests are never skipped: see tests/support/browser.py.
"""

from dataclasses import replace

import pytest

import whybounce
from browser import accessibility_violations, chromium, contrasts, shown
from notices import NOON, ORIGINAL, delayed, diagnosed, failed, text_of
from whybounce.catalogue import catalogue
from whybounce.vocabulary.notice import NoticeSettings, Rewriting
from whybounce.vocabulary.outcome import Action, Attempt, Outcome
from whybounce.vocabulary.report import Diagnosis, Hop, Kind
from whybounce.vocabulary.status_code import StatusCode
from whybounce.writing import Writer

WIDTHS = (320, 600, 1000)
SCHEMES = ("light", "dark")

DELIVERED = Outcome(
    "gina@example.org", action=Action.DELIVERED, status=StatusCode(2, 1, 5), last_attempt=NOON
)
MANY = diagnosed(
    failed(),
    failed("carl@example.org", "550 5.1.1 No such user"),
    failed("dora@example.net", "552 5.2.2 Mailbox full", "mx.example.net"),
    failed("emil@example.com", "550 5.7.1 Denied", "mx.example.com"),
    delayed(attempts=(Attempt(NOON, "mx.example.edu", None),)),
    DELIVERED,
)
CIRCLE = diagnosed(
    failed(reply="554 5.4.14 Hop count exceeded - possible mail loop"),
    hops=tuple(
        Hop(f"{'ab'[n % 2]}.example.org", f"{'ba'[n % 2]}.example.org", "ESMTPS", NOON, wait)
        for n, wait in enumerate([2.0, -3.0, 4_000.0, 1.0, 1.0, 1.0, 1.0])
    ),
    original=whybounce.diagnose(
        whybounce.write(diagnosed(failed()), original=ORIGINAL)
    ).report.original,
)
UNBROKEN = diagnosed(
    failed(
        f"{'a' * 64}@{'long-label.' * 20}example.org",
        f"550 5.7.1 {'x' * 400} https://example.org/{'y' * 200}",
        f"mx.{'long-label.' * 20}example.org",
    )
)


def _rewritten() -> bytes:
    """Return a notice with its warning."""
    settings = NoticeSettings(rewriting=Rewriting("mail.alpine.example", ORIGINAL))
    return Writer(catalogue()).write(diagnosed(failed()), settings, ORIGINAL)


def _right_to_left() -> bytes:
    """Return a notice in a language that is written from right to left; its words are English."""
    known = catalogue()
    frames = {**known.frames, "ar": {**known.frames["en"], "direction": "rtl"}}
    foreign = replace(known, frames=frames, translations={**known.translations, "ar": {}})
    return Writer(foreign).write(MANY, NoticeSettings(language="ar"), ORIGINAL)


def _written(diagnosis: Diagnosis, **options: object) -> bytes:
    return whybounce.write(
        diagnosis,
        original=ORIGINAL,
        organisation="Alpine",
        help_base="https://why.example.com",
        contact="help@alpine.example",
        **options,
    )


PAGES = {
    "failure": _written(diagnosed(failed())),
    "many": _written(MANY),
    "delay": _written(diagnosed(delayed(), kind=Kind.DELAY)),
    "success": _written(diagnosed(DELIVERED, kind=Kind.SUCCESS)),
    "stranger": _written(diagnosed(failed()), audience="external"),
    "circle": whybounce.write(CIRCLE),
    "unbroken": _written(UNBROKEN),
    "rewritten": _rewritten(),
    "right-to-left": _right_to_left(),
    "classic": _written(diagnosed(failed()), style="classic"),
    "classic-many": _written(MANY, style="classic"),
    "classic-unbroken": _written(UNBROKEN, style="classic"),
}


@pytest.fixture(scope="module")
def browser():
    """Return a browser for all tests of this file."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_everywhere(browser, name, width, scheme):
    """No scrolling sideways, contrast of 4.5:1 as it is and inverted, no letter below 14 px."""
    with shown(browser, text_of(PAGES[name], "html"), width=width, scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for text in contrasts(page):
            assert text["straight"] >= 4.5, text
            assert text["inverted"] >= 4.5, text
            assert text["size"] >= 14, text


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, name, scheme):
    """All its rules: language, headings, landmarks, tables, contrast."""
    with shown(browser, text_of(PAGES[name], "html"), width=600, scheme=scheme) as page:
        assert accessibility_violations(page) == []


@pytest.mark.parametrize("name", ["failure", "delay", "stranger", "rewritten"])
def test_who_needs_to_act_is_on_a_phones_first_screen(browser, name):
    """Seen before anybody scrolls: 320 by 640."""
    with shown(browser, text_of(PAGES[name], "html"), width=320, scheme="light") as page:
        words = "Nobody: it is being retried" if name == "delay" else "Needs to act"
        box = page.get_by_text(words).first.bounding_box()

        assert box["y"] + box["height"] <= 640


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched(browser, name):
    """No picture, no font, no style from anywhere."""
    context = browser.new_context()
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.set_content(text_of(PAGES[name], "html"))
    page.wait_for_load_state("networkidle")
    context.close()

    assert asked == []


def test_the_check_of_contrast_can_fail(browser):
    """It finds what is too pale, straight or inverted."""
    html = '<p style="background:#fff;color:#999">pale</p><p style="background:#fff">black</p>'
    with shown(browser, html, width=320, scheme="light") as page:
        pale, black = contrasts(page)

    assert pale["straight"] < 4.5
    assert black["straight"] > 20


def test_axe_can_find_something(browser):
    """A page without a language is none."""
    with shown(browser, "<img src=x>", width=320, scheme="light") as page:
        assert accessibility_violations(page)
