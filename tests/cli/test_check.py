"""``whybounce check``, as its users type it."""

import asyncio
import json
import threading
from collections.abc import Generator

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from whybounce.cli import app, check as command
from whybounce.cli.refusal import Refusal
from whybounce.provoking.name_server import NameServer
from whybounce.wire.schema import schemas
from zones import zone

ZONE = {
    ("contoso.example", "MX"): "10 mx.contoso.example.",
    ("mx.contoso.example", "A"): "192.0.2.25",
    ("contoso.example", "TXT"): "v=spf1 mx -all",
    ("_dmarc.contoso.example", "TXT"): "v=DMARC1; p=reject",
    ("25.2.0.192.in-addr.arpa", "PTR"): "mx.contoso.example.",
    ("26.2.0.192.in-addr.arpa", "PTR"): "mx.contoso.example.",
    ("null.example", "MX"): "0 .",
}


@pytest.fixture(scope="module")
def resolver() -> Generator[str, None, None]:
    """Serve the zone from another thread, for the command runs a loop of its own."""
    server, loop = NameServer(zone(ZONE)), asyncio.new_event_loop()
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"127.0.0.1:{server.port}"
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def run(*arguments: str):
    """Return what the command prints, and its exit code."""
    return CliRunner().invoke(app, ["check", *arguments])


def test_a_domain_in_order_exits_with_nought(resolver):
    """Nobody has to have IPv6, or to name a selector."""
    done = run("contoso.example", "--resolver", resolver)

    assert done.exit_code == 0
    assert "Does the domain say which servers take its mail? in order" in done.stdout


def test_a_fault_exits_with_one_and_says_what_to_publish(resolver):
    """The record stands alone on a line, whole."""
    done = run("192.0.2.26", "--resolver", resolver)

    assert done.exit_code == 1
    assert "192.0.2.26 is called mx.contoso.example, but that name does not point" in done.stdout
    assert "         26.2.0.192.in-addr.arpa. PTR mx.contoso.example.\n" in done.stdout


def test_programs_get_one_object_for_each_finding(resolver):
    """As the schema says."""
    done = run("contoso.example", "192.0.2.25", "--json", "--resolver", resolver)
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert [row["check"] for row in rows] == [
        "mx-record", "null-mx", "addresses", "ipv6", "port-25", "starttls", "certificate", "dnssec", "tlsa",
        "mta-sts", "tls-rpt", "spf", "dkim", "dmarc",
        "ipv6", "reverse-dns",
    ]  # fmt: skip
    for row in rows:
        Draft202012Validator(schemas()["check"]).validate(row)


def test_a_resolver_that_is_not_there_leaves_everything_unknown():
    """Exit code 1: nothing was found out."""
    done = run("contoso.example", "--resolver", "127.0.0.1:9", "--seconds", "1", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.exit_code == 1
    assert {row["answer"] for row in rows} == {"unknown"}


@pytest.mark.parametrize("target", ["nonsense", "", "a b.example"])
def test_what_is_no_target_is_said_in_a_sentence(target, resolver):
    """Exit code 2."""
    with pytest.raises(Refusal, match="neither a domain, nor an e-mail address"):
        CliRunner().invoke(app, ["check", target, "--resolver", resolver], catch_exceptions=False)


@pytest.mark.parametrize(
    "written, expected",
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
    ],
)
def test_a_resolver_is_an_address_with_or_without_a_port(written, expected):
    """Of either protocol."""
    assert command._address_and_port(written) == expected  # noqa: SLF001  # its own table


@pytest.mark.parametrize(
    "written", ["dns.example", "", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:99999", "1.1.1:x"]
)
def test_a_resolver_that_is_none_is_refused(written):
    """By a sentence that quotes it."""
    with pytest.raises(Refusal, match="is no IP address"):
        command._address_and_port(written)  # noqa: SLF001  # its own table


BOUNCED = "556 5.1.10 <anna@null.example>: domain null.example does not accept mail (nullMX)"


def test_explain_asks_whether_it_is_still_so(resolver):
    """The cause names the check, the reply names the domain."""
    done = CliRunner().invoke(app, ["explain", "--check", "--resolver", resolver, BOUNCED])
    given = ["explain", "--check", "--json", "--resolver", resolver, BOUNCED]
    told = json.loads(CliRunner().invoke(app, given).stdout)

    assert "\nChecked now\n  Confirmed." in done.stdout
    assert "null.example: Does the domain say that it takes no mail? not in order" in done.stdout
    assert told["checked"]["change"] == "confirmed"
    Draft202012Validator(schemas()["explain"]).validate(told)


def test_read_asks_about_each_bounce_and_each_thing_once(resolver, tmp_path):
    """Two bounces about one domain cost one question."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.eml").write_text(
            "From: MAILER-DAEMON@x.example\nSubject: Undelivered\n\n"
            f"<anna@null.example>: {BOUNCED}\n"
        )
    done = CliRunner().invoke(
        app, ["read", "--check", "--json", "--resolver", resolver, str(tmp_path)]
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]

    assert [one["outcomes"][0]["explanation"]["checked"]["change"] for one in told] == [
        "confirmed",
        "confirmed",
    ]
    for one in told:
        Draft202012Validator(schemas()["read"]).validate(one)


def test_a_table_has_no_room_for_live_checks(tmp_path):
    """Said before anything is read."""
    done = CliRunner().invoke(app, ["read", "--check", "--format", "csv", str(tmp_path)])

    assert isinstance(done.exception, Refusal)
    assert "--check goes with pages and --json" in str(done.exception)


@pytest.mark.parametrize("option", [("--resolver", "192.0.2.53"), ("--no-connect",)])
@pytest.mark.parametrize("verb", ["read", "explain"])
def test_how_to_check_is_refused_where_nothing_is_checked(verb, option):
    """Else somebody waits for an answer that nobody asked for."""
    done = CliRunner().invoke(app, [verb, *option, "5.1.1"])

    assert isinstance(done.exception, Refusal)
    assert f"{option[0]} goes with --check" in str(done.exception)


def test_nothing_is_connected_to_if_that_is_not_wished(resolver):
    """The DNS alone is asked."""
    done = run("contoso.example", "--no-connect", "--json", "--resolver", resolver)
    asked = {json.loads(line)["check"] for line in done.stdout.splitlines()}

    assert asked.isdisjoint({"port-25", "starttls", "certificate", "tlsa", "mta-sts"})


def test_no_line_of_progress_gets_into_a_pipe(resolver):
    """Neither among the findings nor beside them."""
    done = run("contoso.example", "--resolver", resolver)

    assert done.stderr == ""
    assert "Asking" not in done.stdout
