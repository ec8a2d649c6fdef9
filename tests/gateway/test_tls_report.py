"""What other domains are told of how encrypted mail to them went."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec
from typer.testing import CliRunner

from whybounce.checking.mta_sts import Mode, StsPolicy
from whybounce.cli import app
from whybounce.gateway.mta_sts.keeping import Kept, keep
from whybounce.gateway.mta_sts.policies import UNFETCHED
from whybounce.gateway.store import body_of, open_store
from whybounce.gateway.store.rows import (
    Attempt,
    Deferral,
    Envelope,
    Event,
    NewMessage,
    Recipient,
    Settlement,
)
from whybounce.gateway.tls_report import tls_reports
from whybounce.gateway.tls_sessions import PolicyFailure, TlsSession

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICY = StsPolicy(Mode.ENFORCE, 86_400, ("mx.example.org",))


def session(policy: str = "dane", fault: str | None = None, **more: object) -> TlsSession:
    """Return a session with example.org's host."""
    usual = {"domain": "example.org", "host": "mx.example.org", "address": "192.0.2.1",
             "is_encrypted": fault is None, "message": "1"}  # fmt: skip
    return TlsSession(policy=policy, fault=fault, **{**usual, **more})


def reported(*sessions: TlsSession, failures: tuple[PolicyFailure, ...] = ()) -> list:
    """Return the reports."""
    return tls_reports(
        sessions,
        failures,
        {"example.org": POLICY},
        day=DAY,
        organisation="Contoso",
        contact="tls@contoso.example",
        host="mail.contoso.example",
    )


def test_a_report_is_as_rfc_8460_has_it():
    """Field by field."""
    expired = "mta-sts-certificate: certificate has expired (the MTA-STS policy of example.org)"
    (report,) = reported(session("mta-sts"), session("mta-sts", expired, message="2"))

    assert report == {
        "organization-name": "Contoso",
        "date-range": {
            "start-datetime": "2026-11-20T00:00:00Z",
            "end-datetime": "2026-11-20T23:59:59Z",
        },
        "contact-info": "tls@contoso.example",
        "report-id": "2026-11-20.example.org@mail.contoso.example",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": [
                        "version: STSv1", "mode: enforce", "mx: mx.example.org", "max_age: 86400",
                    ],
                    "policy-domain": "example.org",
                    "mx-host": ["mx.example.org"],
                },
                "summary": {
                    "total-successful-session-count": 1,
                    "total-failure-session-count": 1,
                },
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "receiving-mx-hostname": "mx.example.org",
                        "receiving-ip": "192.0.2.1",
                        "failed-session-count": 1,
                        "failure-reason-code": (
                            "certificate has expired (the MTA-STS policy of example.org)"
                        ),
                    }
                ],
            }
        ],
    }  # fmt: skip


def test_each_failure_has_its_word():
    """RFC 8460 §4.3; equal ones are counted together."""
    faults = [
        ("dane", "tlsa-invalid: x", "tlsa-invalid"),
        ("dane", "tlsa-invalid: x", "tlsa-invalid"),
        ("dane", "dnssec-invalid: x", "dnssec-invalid"),
        ("dane", "dns-query-failed: x", "dnssec-invalid"),
        ("dane-unusable", None, "tlsa-invalid"),
        ("dane", "starttls-not-supported: x", "starttls-not-supported"),
        ("mta-sts", "mta-sts-mx-mismatch: x", "validation-failure"),
        ("mta-sts", "mta-sts-certificate: self-signed", "certificate-not-trusted"),
        ("mta-sts", "mta-sts-certificate: Hostname mismatch", "certificate-host-mismatch"),
        ("mta-sts-testing-mismatch", None, "validation-failure"),
    ]
    (report,) = reported(
        *(session(policy, fault, message=str(n)) for n, (policy, fault, _) in enumerate(faults))
    )

    counted: Counter[tuple[str, str]] = Counter()
    for each in report["policies"]:
        for failure in each["failure-details"]:
            kind = each["policy"]["policy-type"]
            counted[kind, failure["result-type"]] += failure["failed-session-count"]
    assert counted["tlsa", "tlsa-invalid"] == 3
    assert {word for _, word in counted} == {word for *_, word in faults}


def test_a_policy_that_cannot_be_had_is_told():
    """RFC 8460 §4.3.2.2: each try counts, and no server took part in it."""
    down = PolicyFailure(
        "example.org", "sts-policy-fetch-error", "mta-sts.example.org has no address"
    )
    wrong = PolicyFailure("example.com", "sts-policy-invalid", "it has no mx line")
    com, org = reported(session("opportunistic"), failures=(down, down, wrong))

    assert [each["policy"]["policy-type"] for each in org["policies"]] == ["no-policy-found", "sts"]
    told = org["policies"][1]
    assert told["summary"] == {
        "total-successful-session-count": 0,
        "total-failure-session-count": 2,
    }
    assert told["failure-details"] == [
        {
            "result-type": "sts-policy-fetch-error",
            "failed-session-count": 2,
            "failure-reason-code": "mta-sts.example.org has no address",
        }
    ]
    assert com["policies"][0]["failure-details"][0]["result-type"] == "sts-policy-invalid"


def test_what_is_not_about_encryption_is_not_reported():
    """A server that is down, or that spoke in the clear where nobody demanded more."""
    assert reported(session("dane", "connection-refused: x", is_encrypted=False)) == []
    assert reported(session("opportunistic", is_encrypted=False)) == []
    (report,) = reported(session("opportunistic"))
    assert report["policies"][0]["policy"] == {
        "policy-type": "no-policy-found",
        "policy-domain": "example.org",
    }


async def test_the_command_reads_the_trace(tmp_path):
    """Of that day; each message's session with a host once, whatever its recipients are."""
    url = f"sqlite:///{tmp_path}/queue.db"
    async with open_store(url, random_bits=lambda bits: bits) as store:
        await store.record(
            Event(NOON, UNFETCHED, "a", "sts-webpki-invalid: mta-sts.example.net: self-signed",
                  address="example.net")
        )  # fmt: skip
        await keep(store, Kept("example.org", "1", POLICY, NOON, NOON + timedelta(days=1), NOON))
        two = (Recipient("ben@example.org"), Recipient("dora@example.org"))
        message = NewMessage(
            Envelope("anna@example.net", two), arrived=NOON, expires=NOON + timedelta(days=5)
        )
        await store.accept(message, body_of(b"Subject: x\r\n\r\n"))
        (leased,) = await store.lease(9, node="a", now=NOON, until=NOON + timedelta(minutes=5))
        tries = [
            Attempt(number, NOON + timedelta(days=later), "mx.example.org", "192.0.2.1",
                    "TLSv1.3 X (mta-sts)", "RCPT", 450, policy="mta-sts")
            for number in (0, 1)
            for later in (0, 1)
        ]  # fmt: skip
        due = NOON + timedelta(hours=1)
        await store.settle(
            Settlement(leased, NOON, tuple(tries), (Deferral(0, due), Deferral(1, due)))
        )
    file = tmp_path / "whybounce.toml"
    file.write_text(f'[server]\nname = "mail.contoso.example"\nqueue = "{url}"\n')
    done = CliRunner().invoke(app, ["tls-report", "--day", "2026-11-20", "--config", str(file)])
    wrong = CliRunner().invoke(app, ["tls-report", "--day", "monday", "--config", str(file)])

    assert done.exit_code == 0, done.output
    other, report = map(msgspec.json.decode, done.output.splitlines())
    assert other["policies"][0]["failure-details"][0]["result-type"] == "sts-webpki-invalid"
    assert report["report-id"] == "2026-11-20.example.org@mail.contoso.example"
    assert report["policies"][0]["summary"]["total-successful-session-count"] == 1
    assert "write it as 2026-11-20" in str(wrong.exception)
