"""The pages as people see and use them: a real Chromium, with and without scripts.

These tests are never skipped: see tests/support/browser.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from browser import accessibility_violations
from website import large_bounce

PAGES = {
    "box": "/",
    "answer": "/?q=550 5.1.1 <anna@example.org>: User unknown",
    "ambiguous": "/?q=5.7.1",
    "problem": "/?q=5.71",
    "causes": "/causes",
    "found": "/causes?q=relay",
    "cause": "/causes/recipient-not-found",
    "code": "/codes/5.7.1",
    "reader": "/read",
    "writing": "/write",
    "checking": "/check?cause=null-mx",
    "checked": "/check/contoso.example?cause=spf-violation",
    "confirmed": "/check/null.example?cause=null-mx",
    "cannot be checked": "/check?target=10.0.0.1",
    "for programs": "/api/docs",
    "nothing there": "/nothing",
}


@contextmanager
def opened(browser: Browser, site: str, path: str = "/", **options: object) -> Iterator[Page]:
    """Open a page; whatever it asks of anybody is asked of its own site.

    Chromium now and then tells of a request that the policy keeps it from making, and then of that.
    """
    context = browser.new_context(
        **{"base_url": site, "viewport": {"width": 1000, "height": 800}, **options}
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108  # Playwright marks it
    page.goto(path)
    yield page
    own = urlsplit(site).netloc
    strange = [each for each in asked if urlsplit(each.url).netloc not in {own, ""}]
    assert [each.url for each in strange if each.response() or each.failure != "csp"] == []
    assert any(urlsplit(each.url).netloc == own for each in asked)
    assert context.cookies() == []
    context.close()


def overflows(page: Page) -> bool:
    """Say whether one would have to scroll sideways."""
    return page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def test_a_newcomer_pastes_a_bounce_and_gets_on(browser, site, pasted):
    """Paste, the answer comes by itself; who must act; the cause's page; the sentence to pass on."""
    permissions = ["clipboard-read", "clipboard-write"]
    with opened(browser, site, permissions=permissions) as page:
        page.get_by_label("The report, a server’s reply, or a code").fill(pasted)
        expect(page.locator(".verdict")).to_contain_text("wants a sign-in")
        expect(page.locator(".owner")).to_contain_text("The recipient's mail administrator.")
        expect(page.locator(".parties .acts")).to_contain_text("Recipient")
        expect(page.locator("textarea")).to_have_value(pasted)

        page.get_by_role("button", name="Copy this sentence").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        sentence = page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("button", name="Copy link").click()
        page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('http'))")
        link = page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("button", name="Copy for the help desk").click()
        page.wait_for_function("navigator.clipboard.readText().then(t => !t.startsWith('http'))")
        for_help_desk = page.evaluate("navigator.clipboard.readText()")

        page.get_by_role("link", name="More about this").click()
        expect(page.locator("h1")).to_contain_text("wants a sign-in")

    assert "mail.contoso.com" in sentence
    assert link == f"{site}/causes/client-not-authenticated"
    assert for_help_desk.startswith("ronald@contoso.com\n530 5.7.1")


def test_an_answer_comes_while_one_types_and_what_is_typed_stays(browser, site):
    """The last thing that is typed is what is answered."""
    with opened(browser, site) as page:
        page.locator("textarea").press_sequentially("550 5.1.1 User unknown", delay=5)
        expect(page.locator(".verdict")).to_contain_text("No such address")
        page.locator("textarea").fill("5.71")
        expect(page.locator(".problem")).to_contain_text("Perhaps you meant")
        expect(page.locator("textarea")).to_have_value("5.71")


def test_those_who_listen_hear_the_verdict_and_only_a_code_gets_into_the_address(browser, site):
    """The rest may be somebody's."""
    with opened(browser, site) as page:
        page.locator("textarea").fill("5.7.1")
        expect(page.locator("#heard")).to_contain_text("5.7.1 alone does not tell")
        by_code = page.url
        page.locator("textarea").fill("550 5.1.1 <anna@example.org>: User unknown")
        expect(page.locator("#heard")).to_contain_text("No such address")

        assert by_code == f"{site}/?q=5.7.1"
        assert page.url == f"{site}/"


def test_a_file_of_ten_megabytes_is_dropped_on_the_page(browser, site, tmp_path):
    """And is read; the page names it."""
    path = tmp_path / "large.eml"
    path.write_bytes(large_bounce(10))
    with opened(browser, site) as page:
        page.evaluate(
            """() => { const input = document.createElement('input'); input.type = 'file';
            input.id = 'fixture'; document.body.append(input); }"""
        )
        page.set_input_files("#fixture", path)
        page.evaluate(
            """() => {
              const transfer = new DataTransfer();
              transfer.items.add(document.getElementById('fixture').files[0]);
              const tell = name => document.body.dispatchEvent(
                new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
              tell('dragover'); tell('drop');
            }"""
        )
        expect(page.locator(".verdict")).to_contain_text("No such address")
        expect(page.locator("#status")).to_have_text("Read from large.eml.")


def test_what_is_too_large_is_not_sent(browser, site, tmp_path):
    """Nobody waits for a hundred megabytes to go up in vain."""
    path = tmp_path / "huge.eml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with opened(browser, site) as page:
        page.locator("textarea").fill("kept")
        page.set_input_files("#file", path)
        expect(page.locator("#status")).to_contain_text("That is 100 MB; at most 25 MB are read")
        expect(page.locator(".verdict")).to_have_count(0)


def test_the_keyboard_is_enough(browser, site):
    """Skip link, box, explain, the cause, the list, back; the focus can always be seen."""
    with opened(browser, site, "/causes/mailbox-full") as page:
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator(".mark")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("textarea")).to_be_focused()
        page.keyboard.type("552 5.2.2 Mailbox full")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".verdict")).to_contain_text("mailbox is full")
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "More about this":
                break
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("mailbox is full")
        page.go_back()
        expect(page.locator("textarea")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/read"])
def test_who_comes_back_finds_what_was_asked_and_what_was_told(browser, site, path):
    """Also where the browser kept nothing of the page but what stood in its form."""
    with opened(browser, site, path) as page:
        page.locator("textarea").fill("552 5.2.2 <anna@example.org>: Mailbox full")
        page.keyboard.press("Control+Enter")
        page.get_by_role("link", name="More about this").click()
        expect(page.locator("h1")).to_contain_text("mailbox is full")
        page.go_back()
        expect(page.locator("textarea")).to_have_value("552 5.2.2 <anna@example.org>: Mailbox full")
        expect(page.locator(".verdict")).to_contain_text("mailbox is full")
        header = page.request.get(path).headers["cache-control"]

    assert header == "no-cache"  # Of what is not to be stored, a browser restores no form.


def test_a_slash_leads_to_the_box(browser, site):
    """From anywhere on the page."""
    with opened(browser, site, "/causes") as page:
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()


def test_without_scripts_every_look_up_works(browser, site, pasted, eml, tmp_path):
    """Box, file, search, code, reader, notice."""
    path = tmp_path / "bounce.eml"
    path.write_bytes(eml)
    with opened(browser, site, java_script_enabled=False) as page:
        page.locator("textarea").fill(pasted)
        page.get_by_role("button", name="Explain").click()
        expect(page.locator(".verdict")).to_contain_text("wants a sign-in")
        expect(page.locator("textarea")).to_have_value(pasted.rstrip())
        expect(page.get_by_role("button", name="Copy link")).to_be_hidden()

        page.get_by_role("button", name="Show everything it says").click()
        expect(page.get_by_role("heading", name="The message’s way")).to_be_visible()
        page.locator("#file").set_input_files(path)
        page.get_by_role("button", name="Read").click()
        expect(page.locator("#status")).to_have_text("Read from bounce.eml.")

        page.get_by_role("link", name="Causes").click()
        page.locator("#q").fill("5.7.1")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="What 5.7.1 means").click()
        expect(page.locator(".meanings li")).to_have_count(9)

        page.get_by_role("link", name="Write").click()
        page.locator("#reply").fill("552 5.2.2 Mailbox full")
        page.locator("#theme").select_option("dark")
        page.get_by_role("button", name="Show the notice").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("h2").first).to_contain_text("mailbox is full")
        dark = frame.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")

    assert dark == "rgb(21, 24, 27)"


def test_a_notice_is_shown_as_wide_as_is_wanted_and_can_be_had(browser, site):
    """320 pixels, 600 or all; a click downloads the mail."""
    with opened(browser, site, "/write") as page:
        for name, width in (("phone", 320), ("mail window", 600)):
            page.get_by_label(name).check()
            assert page.locator("iframe").bounding_box()["width"] <= width
        page.get_by_label("Language").select_option("German")
        expect(page.frame_locator("iframe").locator("html")).to_have_attribute("lang", "de")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download .eml").click()
        mail = Path(download.value.path()).read_bytes()

    assert download.value.suggested_filename == "notice.eml"
    assert b"Content-Language: de" in mail


def test_a_strangers_page_runs_nothing_and_fetches_nothing(browser, site):
    """Neither its script nor its picture; ``opened`` sees what is asked of whom."""
    mail = (
        b"From: MAILER-DAEMON@example.net\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
        b"<p id=said>anna@example.org</p><p>550 5.1.1 User unknown</p>"
        b"<img src=https://tracker.example/x.gif>"
        b"<script>parent.document.title='got you';document.getElementById('said').remove()</script>"
        b"<meta http-equiv=refresh content='0;url=https://evil.example/'>\r\n"
    )
    with opened(browser, site, "/read") as page:
        page.set_input_files(
            "#file", {"name": "a.eml", "mimeType": "message/rfc822", "buffer": mail}
        )
        page.get_by_text("Its page, without pictures").click()
        frame = page.frame_locator("iframe.foreign")
        expect(frame.locator("#said")).to_have_text("anna@example.org")

        assert page.title() != "got you"


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_overflows(browser, site, name):
    """Every page in both themes, on a phone and at twice its size; all its rules."""
    with opened(
        browser, site, PAGES[name], bypass_csp=True, viewport={"width": 320, "height": 640}
    ) as page:
        narrow = overflows(page)
        page.set_viewport_size({"width": 500, "height": 400})  # 1000 pixels at 200 %.
        zoomed = overflows(page)
        found = violations_in_both_themes(page)

    assert found == []
    assert not narrow
    assert not zoomed


def test_axe_finds_nothing_in_what_a_report_says(browser, site):
    """The longest page: hops, headers, source, a stranger's page."""
    bounce = Path(__file__).parents[1] / "reading" / "bounces" / "dsn-wrapped-reply.eml"
    with opened(browser, site, "/read", bypass_csp=True) as page:
        page.set_input_files("#file", bounce)
        expect(page.locator(".verdict").first).to_be_visible()

        assert violations_in_both_themes(page) == []


def violations_in_both_themes(page: Page) -> list[str]:
    """Return what axe finds with everything unfolded; in the dark, only colours are other."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = accessibility_violations(page)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)"
    return found + accessibility_violations(page, ["cat.color"])


def test_the_first_load_is_small(browser, site):
    """Page, style, script and icon together, as they go over the network."""
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes().values())))
    page.goto(site, wait_until="networkidle")
    context.close()

    assert len(sizes) >= 3
    assert sum(sizes) < 100_000


def test_paper_shows_the_answer_and_nothing_to_press(browser, site):
    """The print style."""
    with opened(browser, site, PAGES["answer"]) as page:
        page.emulate_media(media="print")

        expect(page.locator(".verdict")).to_be_visible()
        expect(page.locator("form.box")).to_be_hidden()
        expect(page.locator("header nav")).to_be_hidden()
        expect(page.locator(".takeaway")).to_be_hidden()  # It says the same again.
