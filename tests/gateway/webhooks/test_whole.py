"""The whole gateway tells a webhook what becomes of real mail, and the guide says how to know it."""

import json
import re
from pathlib import Path

from hooks import hooked
from serving import ANNA, configured, outside, running_demonstration, submit
from whybounce.gateway.complaining import complaint_in, may_complain
from whybounce.gateway.config import read_config
from whybounce.gateway.directory import demonstration
from whybounce.gateway.operating.requests import ListWebhooks, TryWebhook
from whybounce.gateway.service import running
from whybounce.provoking.mail_server import Behaviour

GUIDE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # the standard's example
UNKNOWN = "550 5.1.1 <nobody@remote.example>: User unknown"
COMPLAINT = b"""\
From: <anna@contoso.example>
Subject: FW: Offer
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <dana@remote.example>
Reporting-MTA: dns; mx.remote.example

--x
Content-Type: message/rfc822

From: <anna@contoso.example>
To: <dana@remote.example>
Subject: Offer
Message-ID: <offer@contoso.example>

Buy.
--x--
""".replace(b"\n", b"\r\n")


def _webhook(port: int) -> str:
    return f"""
[[webhook]]
name = "crm"
url = "http://127.0.0.1:{port}/in"
secret = "{SECRET}"
private = true
"""


async def test_what_becomes_of_mail_is_told_and_the_guides_code_knows_it(tmp_path):
    """A failure with its cause, a complaint with who complained; each signed."""
    refusing = Behaviour(replies={"RCPT nobody@remote.example": UNKNOWN})
    async with hooked() as hook, outside(refusing) as world:
        config = configured(tmp_path, world, more=_webhook(hook.port))
        async with running_demonstration(config) as gateway:
            await submit(gateway, "nobody@remote.example")
            await hook.times(1)
            await submit(gateway, ANNA, mail=COMPLAINT)
            await hook.times(2)
            listed = await gateway.operator.perform(ListWebhooks(), "a test")
            tried = await gateway.operator.perform(TryWebhook(name="crm"), "a test")
    failed, complaint, _ = (json.loads(body) for body in hook.bodies)
    known: dict = {}
    exec(re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1], known)  # noqa: S102  # our own document

    assert failed["type"] == "failed"
    assert failed["data"]["cause"] == "no-such-mailbox"
    assert failed["data"]["owner"] == "sender"
    assert failed["data"]["reply"] == UNKNOWN
    assert complaint["type"] == "complaint"
    assert complaint["data"]["complaint"] == {
        "kind": "abuse",
        "reporter": "mx.remote.example",
        "recipients": ["dana@remote.example"],
        "message_id": "<offer@contoso.example>",
        "sender": "<anna@contoso.example>",
        "subject": "Offer",
    }
    for header, body in zip(hook.headers, hook.bodies, strict=True):
        assert known["is_ours"](SECRET, header, body)
        assert not known["is_ours"](SECRET, header, body + b" ")
    assert (listed.webhooks[0].name, listed.webhooks[0].host) == ("crm", "127.0.0.1")
    assert tried.webhooks[0].fault is None


async def test_a_reload_changes_who_is_told_and_a_broken_one_nobody(tmp_path):
    """Another address and another secret, from the next call on; what cannot be used is said."""
    refusing = Behaviour(replies={"RCPT nobody@remote.example": UNKNOWN})
    file, table = tmp_path / "whybounce.toml", demonstration()
    other = "whsec_" + "QUJD" * 12
    async with hooked() as hook, hooked() as moved, outside(refusing) as world:
        config = configured(tmp_path, world, more=_webhook(hook.port))
        async with running(config, table, reread=lambda: (read_config(file, {}), table)) as gateway:
            whole = file.read_text()
            file.write_text(whole.replace(SECRET, "whsec_short"))
            broken = await gateway.reload()
            await submit(gateway, "nobody@remote.example")
            await hook.times(1)
            file.write_text(
                whole.replace(f":{hook.port}/", f":{moved.port}/").replace(SECRET, other)
            )
            reloaded = await gateway.reload()
            await submit(gateway, "nobody@remote.example")
            await moved.times(1)
    known: dict = {}
    exec(re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1], known)  # noqa: S102  # our own document

    assert "webhook" in "".join(broken.faults)
    assert "whsec_short" not in "".join(broken.faults)
    assert reloaded.changed == ("webhook",)
    assert reloaded.faults == reloaded.at_next_start == ()
    assert known["is_ours"](SECRET, hook.headers[0], hook.bodies[0])
    assert known["is_ours"](other, moved.headers[0], moved.bodies[0])


def test_what_only_looks_like_a_complaint_is_none():
    """And what is none at all is not read for it."""
    assert not may_complain((("Content-Type", "text/plain"),))
    assert may_complain((("content-type", 'Multipart/Report; report-type="feedback-report"'),))
    assert complaint_in(COMPLAINT[: COMPLAINT.index(b"--x")]) is None
    assert complaint_in(b"\xff\x00" * 9) is None


def test_the_guides_example_has_the_shape_of_the_schema(root):
    """Property by property."""
    shown = json.loads(re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)[1])
    schema = json.loads((root / "docs/schema/webhook.json").read_text())

    assert list(shown) == list(schema["$defs"]["Told"]["properties"])
    assert list(shown["data"]) == list(schema["$defs"]["Happened"]["properties"])
