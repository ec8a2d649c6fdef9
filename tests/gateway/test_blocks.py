"""Blocks as operators write them, and how they end."""

from datetime import timedelta

import pytest

from facts import NOW
from whybounce.gateway.blocks import BadBlockError, causes_for, lift, new_block, subject_of
from whybounce.gateway.store import open_store


@pytest.mark.parametrize(
    ("kind", "written", "subject"),
    [
        ("ip", "192.0.2.9", "192.0.2.9"),
        ("ip", " 192.0.2.9/32", "192.0.2.9"),
        ("ip", "192.0.2.0/24", "192.0.2.0/24"),
        ("ip", "2001:DB8::/32", "2001:db8::/32"),
        ("ip", "2001:db8::1/128", "2001:db8::1"),
        ("sender", "Anna@Contoso.Example", "anna@contoso.example"),
        ("sender", "@Contoso.Example", "@contoso.example"),
        ("recipient", "@münchen.example", "@xn--mnchen-3ya.example"),
        ("account", "Anna@Contoso.Example", "anna@contoso.example"),
        ("organisation", "Contoso", "Contoso"),
    ],
)
def test_a_subject_has_one_spelling(kind, written, subject):
    assert subject_of(kind, written) == subject


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        (
            "ip",
            "192.0.2.9/24",
            "one address of a network; write 192.0.2.0/24 for all of it, or 192",
        ),
        ("ip", "2001:db8::1/32", "write 2001:db8::/32 for all of it, or 2001:db8::1"),
        (
            "ip",
            "mail.example",
            "'mail.example' is no IP address; write one such as 192.0.2.25, or a net",
        ),
        ("ip", "192.0.2.0/99", "'192.0.2.0/99' is no IP address; write one such as 192.0.2.25"),
        ("ip", "0.0.0.0/0", "has /8 at least"),
        ("ip", "::/0", "has /16 at least"),
        ("sender", "anna", "'anna' is no e-mail address; write one such as anna@contoso.example"),
        ("account", " ", "the account has no name"),
        ("planet", "Mars", "allowed is ip, sender, account"),
    ],
)
def test_what_cannot_be_blocked_is_said_in_a_sentence(kind, written, said):
    with pytest.raises(BadBlockError, match=said):
        subject_of(kind, written)


def test_a_block_has_the_usual_cause_unless_another_is_named():
    given = {"kind": "ip", "subject": "192.0.2.9", "reason": "a case", "by": "olga", "now": NOW}
    usual = new_block(**given, cause="", lasts=None)
    other = new_block(**given, cause="banned-sending-ip", lasts=timedelta(days=1))

    assert (usual.cause, usual.until) == ("banned-ip", None)
    assert (other.cause, other.until) == ("banned-sending-ip", NOW + timedelta(days=1))
    with pytest.raises(
        BadBlockError, match="'mailbox-full' is not said to a blocked ip; banned-ip"
    ):
        new_block(**given, cause="mailbox-full", lasts=None)


def test_only_what_a_policy_looks_for_can_be_raised():
    assert {"banned-ip", "banned-sending-ip", "ip-temporarily-restricted"} <= set(causes_for("ip"))
    assert "sender-temporarily-restricted" in causes_for("sender")
    assert "banned-ip" not in causes_for("sender")


async def test_a_subject_is_lifted_from_all_its_blocks_and_its_counters_begin_anew(tmp_path):
    """Those that led to a restriction; the other subject's stay."""
    async with open_store(f"sqlite:///{tmp_path}/q.db", random_bits=lambda _: 7) as store:
        blocks = [
            new_block(
                kind="ip", subject=subject, cause=cause, reason="", by="o", now=NOW, lasts=None
            )
            for subject, cause in (
                ("192.0.2.9", "banned-ip"),
                ("192.0.2.9", "ip-temporarily-restricted"),
                ("192.0.2.10", "banned-ip"),
            )
        ]
        for each in blocks:
            await store.block(each)
        counters = ("client-messages 192.0.2.9", "client-spam 192.0.2.9", "client-spam 192.0.2.10")
        await store.count(dict.fromkeys(counters, 9), now=NOW)

        lifted = await lift(store, "192.0.2.9/32", by="olga", now=NOW, why="asked")
        (left,) = await store.blocks(now=NOW)

        assert {each.cause for each in lifted} == {"banned-ip", "ip-temporarily-restricted"}
        assert left.subject == "192.0.2.10"
        assert await store.counted(counters, since=NOW) == {
            "client-messages 192.0.2.9": 0,
            "client-spam 192.0.2.9": 0,
            "client-spam 192.0.2.10": 9,
        }
        assert [each.id for each in await lift(store, left.id, by="olga", now=NOW)] == [left.id]
        assert await lift(store, left.id, by="olga", now=NOW) == ()
