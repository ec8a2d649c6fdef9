"""Clients that greet by a name of ours."""

from ipaddress import ip_address

import pytest

from facts import COLLEAGUE, OUR_SERVER, STRANGER, cause_of, replace
from whybounce.gateway.policies.helo_not_ours import judge

NAMES = frozenset({"mail.contoso.example", "203.0.113.25", "2001:db8::25"})


def greeting(helo: str | None, facts=STRANGER, client: str = "192.0.2.9", **more: object):
    """Return the facts of a client that greets so."""
    session = replace(facts.session, helo=helo, address=ip_address(client))
    return replace(facts, session=session, own_names=NAMES, **more)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (greeting("mx.remote.example"), None),
        (greeting("contoso.example"), None),
        (greeting(None), None),
        (greeting("[192.0.2.9]"), None),
        (greeting("mail.contoso.example"), "bad-helo"),
        (greeting("MAIL.Contoso.Example."), "bad-helo"),
        (greeting("[203.0.113.25]"), "bad-helo"),
        (greeting("203.0.113.25"), "bad-helo"),
        (greeting("[IPv6:2001:db8::25]"), "bad-helo"),
        (greeting("mail.contoso.example", client="127.0.0.1"), None),
        (greeting("[203.0.113.25]", client="203.0.113.25"), None),
        (greeting("mail.contoso.example", COLLEAGUE), None),
        (greeting("mail.contoso.example", connector=OUR_SERVER), None),
    ],
)
def test_nobody_else_has_our_name(facts, cause):
    assert cause_of(judge(facts)) == cause
