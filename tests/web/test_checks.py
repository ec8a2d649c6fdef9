"""Live checks on the pages: what may be asked, how often, and what the findings say of a cause."""

import asyncio
import contextlib
import socket

import httpx
import pytest
from hypothesis import given, strategies as st

from website import name_server, served
from whybounce.catalogue import catalogue
from whybounce.checking.mail_servers import Reach
from whybounce.explaining import change
from whybounce.vocabulary.cause import CheckName
from whybounce.vocabulary.finding import Answer, Change, Finding
from whybounce.web import Means, Settings, create_app
from whybounce.web.checks import Checks, way_of
from whybounce.web.problems import ProblemError
from zones import zone


def _found(**answers: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(CheckName(name.replace("_", "-")), Answer(answer), "seen")
        for name, answer in answers.items()
    )


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        (_found(spf="fails", dkim="holds", dmarc="holds"), Change.CONFIRMED),
        (_found(spf="fails", dkim="unknown", dmarc="unknown"), Change.CONFIRMED),
        (_found(spf="holds", dkim="holds", dmarc="holds"), Change.CLEARED),
        (_found(spf="holds", dkim="unknown", dmarc="holds"), Change.UNKNOWN),
        (_found(spf="holds", dmarc="holds"), Change.UNKNOWN),
        (_found(mx_record="fails", spf="holds", dkim="holds", dmarc="holds"), Change.CLEARED),
        ((), Change.UNKNOWN),
    ],
)
def test_a_cause_is_cleared_only_if_all_it_names_holds(findings, said):
    """One that fails confirms it; what nobody could tell clears nothing."""
    cause = next(
        each for each in catalogue().causes.values() if set(each.checks) == {"spf", "dkim", "dmarc"}
    )

    assert change(cause, findings) is said


def test_a_page_says_what_was_found_and_when(client):
    """And the title says it in one line."""
    answer = client.get("/check/contoso.example")

    assert answer.status_code == 200
    assert "<title>contoso.example: all is in order · Whybounce</title>" in answer.text
    assert "as of <time" in answer.text
    assert "contoso.example names the servers that take its mail." in answer.text


def test_a_cause_is_confirmed_cleared_or_neither(client):
    """In words, above the findings."""
    confirmed = client.get("/check/null.example", params={"cause": "null-mx"})
    cleared = client.get("/check/contoso.example", params={"cause": "null-mx"})

    assert confirmed.status_code == cleared.status_code == 200
    assert ">Confirmed</h2>" in confirmed.text
    assert ">Cleared</h2>" in cleared.text
    assert "is in order as of 2" in cleared.text


def test_the_address_of_the_page_has_nobodys_name_in_it(client):
    """Of an e-mail address the domain is left, in its one spelling."""
    typed = client.get("/check", params={"target": " Anna@Contoso.Example. ", "selector": "s1"})
    written = client.get("/check/anna@contoso.example")

    assert typed.headers["location"] == "/check/contoso.example?selector=s1"
    assert written.headers["location"] == "/check/contoso.example"


def test_an_answer_leads_to_the_checks_that_decide_about_it(client):
    """Of the domain that failed, where it is known."""
    known = client.get("/", params={"q": "556 5.1.10 <anna@null.example>: domain null.example does not accept mail (nullMX)"})  # fmt: skip
    cause = client.get("/causes/null-mx")

    assert 'href="/check/null.example?cause=null-mx"' in known.text
    assert 'href="/check?cause=null-mx"' in cause.text


def test_causes_without_checks_lead_nowhere():
    """Nothing live says whether a mailbox is still full."""
    causes = catalogue().causes
    assert way_of(causes["mailbox-full"]) is None
    assert all(way_of(cause) is None or cause.checks for cause in causes.values())


@pytest.mark.parametrize(
    "target",
    [
        "10.0.0.1", "127.0.0.1", "[192.168.1.1]", "169.254.169.254", "100.64.0.1", "::1", "fd00::1",
        "::ffff:10.0.0.1", "fe80::1", "[::]", "224.0.0.1", "db.internal", "printer.local",
        "a.localhost", "1.0.0.10.in-addr.arpa", "anna@server.home.arpa", "Router.LOCAL.",
    ],
)  # fmt: skip
def test_what_is_inside_a_network_is_nobodys_business(client, target):
    """Neither addresses nor names, in whatever spelling."""
    page = client.get("/check", params={"target": target})
    told = client.get("/api/v1/check", params={"target": target})

    assert page.status_code == told.status_code == 403
    assert "inner network" in page.text
    assert told.json()["type"] == "/api/docs#inside"


def test_whoever_runs_it_can_allow_that():
    """For a site of one's own network."""
    checks = Checks(lambda: Means(allow_private=True))

    assert checks.subject("10.0.0.1") == "10.0.0.1"


def test_what_can_be_no_target_is_given_back_to_be_mended(client):
    """The page says how to write it, and the box has it still."""
    answer = client.get("/check", params={"target": 'not a "domain"<b>'})

    assert answer.status_code == 400
    assert "neither a domain" in answer.text
    assert 'value="not a &#34;domain&#34;&lt;b&gt;"' in answer.text


def test_what_the_dns_says_is_shown_and_never_run(client):
    """A record is a stranger's text."""
    answer = client.get("/check/evil.example")

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def test_programs_get_the_findings_and_what_they_say(client):
    """The shape of ``check --json``; text for people."""
    given_ = {"target": "null.example", "cause": "null-mx"}
    told = client.get("/api/v1/check", params=given_).json()
    text = client.get("/api/v1/check", params=given_, headers={"Accept": "text/plain"}).text

    assert told["change"] == "confirmed"
    assert told["findings"][0]["check"] == "mx-record"
    assert text.startswith("null.example, 2")
    assert "\nConfirmed\n" in text


def test_a_client_has_so_many_checks_a_minute():
    """More are told when to come back; what was asked just now is given again."""
    app = create_app(Settings())
    with name_server(zone({})) as resolver:
        app = create_app(Settings(means=lambda: Means(resolver)))
        with served(app) as address, httpx.Client(base_url=address, timeout=30) as client:
            answers = [client.get(f"/check/d{number}.example") for number in range(13)]
            again = client.get("/check/d1.example")

    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert again.status_code == 200


def test_who_is_asked_may_change_while_the_site_runs():
    """From the next check on, and an answer of the one before is not given again."""
    others = {("moved.example", "MX"): "0 ."}
    with name_server(zone({})) as first, name_server(zone(others)) as second:
        asking = [first]
        app = create_app(Settings(means=lambda: Means(asking[-1])))
        with served(app) as address, httpx.Client(base_url=address, timeout=30) as client:
            before = client.get("/check/moved.example").text
            asking.append(second)
            after = client.get("/check/moved.example").text

    assert "null MX" not in before
    assert "null MX" in after


def test_who_may_not_check_yet_has_the_text_in_the_box_still():
    """For a bounce on the first page and in the reader, and for what stands in the address."""
    text = "550 5.1.1 <anna@kept.example>: User <b>unknown"
    with (
        name_server(zone({})) as resolver,
        served(create_app(Settings(means=lambda: Means(resolver)))) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        for number in range(12):
            client.get(f"/check/d{number}.example")
        first = client.post("/?check=yes", files={"text": (None, text)})
        reader = client.post("/read?check=yes", files={"text": (None, text)})
        target = client.get("/check/late.example")

    for answer in (first, reader):
        assert answer.status_code == 429
        assert (
            "550 5.1.1 &lt;anna@kept.example&gt;: User &lt;b&gt;unknown</textarea>" in answer.text
        )
    assert 'name="target" value="late.example"' in target.text


@given(st.text(max_size=400))
def test_whatever_is_typed_is_a_target_or_is_refused(text):
    """And a target stays what it is when it is read again."""
    checks = Checks(clock=lambda: 0.0)
    with contextlib.suppress(ProblemError):
        subject = checks.subject(text)

        assert checks.subject(subject) == subject
        assert "/" not in subject


def test_only_so_many_are_checked_at_once():
    """The rest are told to come back."""

    class Waiting:
        async def records(self, *_: str) -> None:
            await asyncio.sleep(60)

        texts = records

    async def many() -> None:
        checks = Checks(lambda: Means(Waiting()), clock=lambda: 0.0)  # type: ignore[arg-type]
        tasks = [asyncio.create_task(checks.of(f"c{n}", f"d{n}.example", ())) for n in range(8)]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError, match="many-checks"):
            await checks.of("c9", "d9.example", ())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(many())


def test_a_page_connects_to_no_inner_server_whatever_a_domain_says():
    """A name server that leads a visitor's check to this machine itself."""
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0)
        led = {
            ("led.example", "MX"): "10 mx.led.example.",
            ("mx.led.example", "A"): ("127.0.0.1", "10.0.0.1"),
            ("_mta-sts.led.example", "TXT"): "v=STSv1; id=1",
            ("mta-sts.led.example", "A"): "127.0.0.1",
        }
        port = trap.getsockname()[1]
        with name_server(zone(led)) as resolver:
            app = create_app(
                Settings(means=lambda: Means(resolver, Reach(port=port, policy_port=port)))
            )
            with served(app) as address, httpx.Client(base_url=address, timeout=30) as client:
                told = client.get("/api/v1/check", params={"target": "led.example"}).json()
        with pytest.raises(BlockingIOError):
            trap.accept()
    found = {each["check"]: each["result"] for each in told["findings"]}

    assert (found["port-25"], found["mta-sts"]) == ("not-tried", "policy")


NULL = "556 5.1.10 <anna@null.example>: domain null.example does not accept mail (nullMX)"


def test_an_answer_can_be_checked_where_it_stands(client):
    """By a button that works without scripts, and keeps the text."""
    answer = client.post("/", data={"text": NULL})
    checked = client.post("/?check=yes", data={"text": NULL})

    assert 'form="box" formaction="/?check=yes#answer">Run checks</button>' in answer.text
    assert "Checked now" not in answer.text
    assert ">Confirmed.</h3>" in checked.text
    assert "<bdi>null.example</bdi>: Does the domain say that it takes no mail?" in checked.text
    assert "does not accept mail (nullMX)</textarea>" in checked.text


def test_programs_have_an_answer_checked(client):
    """The same shape, with what live checks say."""
    told = client.post("/api/v1/explain?check=true", content=NULL).json()
    plain = client.get("/api/v1/explain", params={"text": NULL}).json()

    text = client.post("/api/v1/explain?check=true", content=NULL, headers={"Accept": "text/plain"})

    assert told["checked"]["change"] == "confirmed"
    assert plain["checked"] is None
    assert "\nChecked now\n  Confirmed.\n" in text.text


def test_a_bounce_that_names_an_inner_network_has_nothing_asked_of_it(client):
    """A stranger could have written it."""
    inner = NULL.replace("null.example", "db.internal")

    told = client.post("/api/v1/explain?check=true", content=inner).json()

    assert told["cause"] == "null-mx"
    assert told["checked"]["findings"] == []
