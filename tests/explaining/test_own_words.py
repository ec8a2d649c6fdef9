"""What our own gateway says is read as what it was said for, by every cause and in every form."""

import re

import pytest

import whybounce
from whybounce.catalogue import catalogue
from whybounce.vocabulary.cause import ReplyForm
from whybounce.wording import own_reply

KNOWN = {
    "recipient": "ben@contoso.example",
    "domain": "contoso.example",
    "remote": "mx.example.org",
    "sender": "anna@example.org",
    "sender_domain": "example.org",
    "ip": "192.0.2.9",
    "helo": "mx.example.org",
    "list": "bl.example",
    "url": "https://bl.example/lookup",
    "limit": "30",
}
EVIDENCE = {
    **KNOWN,
    "record": "v=spf1 include:spf.example.net ip4:198.51.100.7 -all",
    "reason": "neither SPF nor DKIM passed",
}
FORMS = [
    pytest.param(cause.id, form, id=f"{cause.id}-{form.status}-{form.verdict}")
    for cause in catalogue().causes.values()
    for form in cause.replies
]

# What can be read back of each form: reasons are prose, and go into no record.
_PLACED = {
    form.text: set(re.findall(r"{(\w+)}", form.text)) - {"reason"}
    for cause in catalogue().causes.values()
    for form in cause.replies
}


@pytest.mark.parametrize(("cause", "form"), FORMS)
@pytest.mark.parametrize("values", [KNOWN, EVIDENCE, {}], ids=["known", "with evidence", "unknown"])
def test_our_own_words_name_their_cause(cause: str, form: ReplyForm, values: dict[str, str]):
    said = own_reply(catalogue(), cause, form.verdict, values, status=form.status)

    explanation = whybounce.explain(f"{said.code} {said.status} {said.text}")

    assert explanation.cause == cause


@pytest.mark.parametrize(("cause", "form"), FORMS)
def test_what_our_own_words_were_filled_with_is_read_back(cause: str, form: ReplyForm):
    """So whoever gets our refusal is given the same record to publish as we would give."""
    said = own_reply(catalogue(), cause, form.verdict, EVIDENCE, status=form.status)

    explanation = whybounce.explain(f"{said.code} {said.status} {said.text}")

    told = {name: value for name, value in EVIDENCE.items() if value in said.text}
    read = {name: explanation.parameters.get(name) for name in told}
    certain = {name: value for name, value in told.items() if name in _PLACED[form.text]}
    assert {name: read[name] for name in certain} == certain


def test_what_a_stranger_says_in_our_words_fills_in_nothing_that_is_no_record():
    said = (
        "550 5.7.23 SPF check failed: 192.0.2.9 is not permitted to send mail for `reboot`, whose "
        'SPF record is "v=spf1 `reboot` -all"; expected a term for it, such as ip4:192.0.2.9'
    )

    explanation = whybounce.explain(said)

    assert {"record", "sender_domain"}.isdisjoint(explanation.parameters)
    assert explanation.parameters["ip"] == "192.0.2.9"
