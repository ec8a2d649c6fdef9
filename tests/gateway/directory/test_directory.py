"""What the running gateway asks, on a real SQLite file."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest
from sqlalchemy import Connection

from whybounce.gateway.directory import (
    By,
    Directory,
    Rights,
    destination,
    origin_of_account,
    origin_of_client,
)


async def _asked(directory: Directory, ask: Callable[[Connection], Any]) -> Any:
    """Ask as the policies' facts are asked for."""
    return await directory._store.ask(ask)  # noqa: SLF001  # asking.py has the store at hand


async def _rights(directory: Directory, sender: str, recipient: str) -> Rights:
    return (await _asked(directory, lambda c: destination(c, sender, recipient))).rights


HEAD = """
[[organisation]]
name = "A"
[[organisation.domain]]
name = "a.example"
[[organisation.domain]]
name = "münchen.example"
tag-separator = "-"
[[organisation.domain]]
name = "caught.example"
catch-all = "Anna+caught@a.example"
tag-separator = ""
[[organisation.mailbox]]
address = "Anna@a.example"
aliases = ["jürgen@münchen.example"]
[[organisation.mailbox]]
address = "anna+own@a.example"
[[organisation.mailbox]]
address = "ben@a.example"
"""


def group(name: str, *members: str, more: str = "") -> str:
    """Return a group of the file."""
    listed = ", ".join(f'"{each}"' for each in members)
    return f'[[organisation.group]]\naddress = "{name}@a.example"\nmembers = [{listed}]\n{more}\n'


@pytest.mark.parametrize(
    ("address", "entry", "by", "tag"),
    [
        ("anna@a.example", "Anna@a.example", By.ADDRESS, ""),
        ("ANNA@A.EXAMPLE", "Anna@a.example", By.ADDRESS, ""),
        ("anna+news@a.example", "Anna@a.example", By.TAG, "news"),
        ("anna+own@a.example", "anna+own@a.example", By.ADDRESS, ""),
        ("JÜRGEN@xn--mnchen-3ya.example", "Anna@a.example", By.ADDRESS, ""),
        ("jürgen-x@MÜNCHEN.example", "Anna@a.example", By.TAG, "x"),
        ("jürgen+x@münchen.example", None, None, ""),
        ("whoever@caught.example", None, None, ""),
        ("nobody@a.example", None, None, ""),
        ("anna@b.example", None, None, ""),
        ("anna@sub.a.example", None, None, ""),
        ("postmaster", None, None, ""),
        ("", None, None, ""),
        ("@", None, None, ""),
        ("a\0b@a.example", None, None, ""),
    ],
)
async def test_an_address_leads_to_its_entry(asked, reads, address, entry, by, tag):
    """Itself, then without its tag; what leads nowhere is None."""
    async with asked(reads(HEAD)) as directory:
        found = await directory.recipient(address)

    assert (found and found.entry.address) == entry
    assert (found and found.by) == by
    assert (found.tag if found else "") == tag


async def test_a_catch_all_takes_what_nobody_has(asked, reads):
    """But no address that somebody has, and not those of other domains."""
    text = HEAD.replace("Anna+caught@", "anna@") + (
        '[[organisation.mailbox]]\naddress = "own@caught.example"\n'
    )
    async with asked(reads(text)) as directory:
        caught = await directory.recipient("whoever@caught.example")
        own = await directory.recipient("own@caught.example")

    assert (caught.entry.address, caught.by) == ("Anna@a.example", By.CATCH_ALL)
    assert (own.entry.address, own.by) == ("own@caught.example", By.ADDRESS)


async def test_a_domain_is_asked_in_any_spelling(asked, reads):
    """And says whose it is."""
    async with asked(reads(HEAD)) as directory:
        assert (await directory.domain("MÜNCHEN.example")).tag_separator == "-"
        assert (await directory.organisation_of("A.example")).name == "A"
        assert await directory.domain("b.example") is None
        assert await directory.organisation_of("b.example") is None


async def test_a_group_has_those_of_its_groups_each_once(asked, reads):
    """Aliases are opened as well; outsiders stay as they were written."""
    text = (
        HEAD
        + group("all", "sales@a.example", "anna@a.example", "Xenia@B.example", "boss@a.example")
        + group("sales", "ben@a.example", "ANNA@a.example", "xenia@b.example")
        + '[[organisation.alias]]\naddress = "boss@a.example"\nto = ["jürgen@münchen.example"]\n'
    )
    async with asked(reads(text)) as directory:
        found = await directory.recipient("all@a.example")
        expansion = await directory.members(found.entry)

    assert found.entry.members == ()
    assert sorted(expansion.members) == ["Xenia@B.example", "anna@a.example", "ben@a.example"]
    assert set(expansion.groups) == {"all@a.example", "sales@a.example", "boss@a.example"}
    assert expansion.whole


async def test_an_expansion_is_bounded(asked, reads):
    """In members and in depth; what is left out is said."""
    chain = "".join(group(f"g{n}", f"g{n + 1}@a.example") for n in range(30))
    large = group("large", *(f"x{n}@b.example" for n in range(1500)))
    async with asked(reads(HEAD + chain + group("g30", "ben@a.example") + large)) as directory:
        deep = await directory.members((await directory.recipient("g0@a.example")).entry)
        shallow = await directory.members((await directory.recipient("g20@a.example")).entry)
        many = (await directory.recipient("large@a.example")).entry
        cut = await directory.members(many, most=1000)
        whole = await directory.members(many, most=1500)

    assert (deep.members, deep.whole) == ((), False)
    assert (shallow.members, shallow.whole) == (("ben@a.example",), True)
    assert (len(cut.members), cut.whole) == (1000, False)
    assert (len(whole.members), whole.whole) == (1500, True)


RIGHTS = (
    HEAD
    + group("inner", "ben@a.example")
    + group("outer", "inner@a.example", "guest@b.example")
    + group("team", more='accept-from = ["outer@a.example", "@c.example", "jürgen@münchen.example"]')
    + group("shut", more='reject-from = ["inner@a.example", "@b.example"]\nrequire-authentication = true')
    + group(
        "news",
        more='moderators = ["anna@a.example"]\nowners = ["ben@a.example"]\nunmoderated = ["@c.example"]',
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("sender", "accepted"),
    [
        ("ben@a.example", True),  # In a group that is in the group.
        ("BEN+tag@A.example", True),
        ("anna@a.example", True),  # By another of her addresses.
        ("guest@b.example", True),  # An outsider in the group.
        ("anybody@c.example", True),  # By the domain.
        ("anybody@sub.c.example", False),
        ("other@b.example", False),
        ("anna+own@a.example", False),  # Somebody else.
        ("", False),
        ("not an address", False),
    ],
)
async def test_a_list_of_who_may_write_names_people_groups_and_domains(
    asked, reads, sender, accepted
):
    """Groups mean who is in them, however deep."""
    async with asked(reads(RIGHTS)) as directory:
        assert (await _rights(directory, sender, "team@a.example")).accepted is accepted
        assert (await _rights(directory, sender, "ben@a.example")).accepted


@pytest.mark.parametrize(
    ("sender", "rejected"),
    [
        ("ben@a.example", "inner@a.example"),
        ("x@b.example", "@b.example"),
        ("anna@a.example", ""),
        ("", ""),
    ],
)
async def test_a_list_of_who_may_not_write_says_which_name_it_was(asked, reads, sender, rejected):
    """That is the evidence."""
    async with asked(reads(RIGHTS)) as directory:
        facts = await _rights(directory, sender, "shut@a.example")

    assert facts.rejected == rejected
    assert facts.entry_needs_authentication
    assert not facts.organisation_needs_authentication


@pytest.mark.parametrize(
    ("sender", "waits"),
    [
        ("x@b.example", True),
        ("", True),
        ("anna@a.example", False),  # Approves.
        ("ben@a.example", False),  # Owns.
        ("x@c.example", False),
    ],
)
async def test_moderated_mail_waits_but_that_of_those_who_approve(asked, reads, sender, waits):
    """Owners and whoever is listed need no approval either."""
    async with asked(reads(RIGHTS)) as directory:
        facts = await _rights(directory, sender, "news@a.example")

    assert facts.moderators == (("anna@a.example",) if waits else ())


async def test_an_organisation_may_be_closed_as_a_whole(asked, reads):
    """That has a cause of its own."""
    text = HEAD.replace('name = "A"\n', 'name = "A"\nrequire-authentication = true\n', 1)
    async with asked(reads(text)) as directory:
        facts = await _rights(directory, "", "ben@a.example")

    assert facts.organisation_needs_authentication
    assert not facts.entry_needs_authentication


ACCOUNTS = (
    HEAD
    + group("sales", "ben@a.example")
    + """
[[organisation.account]]
name = "Anna@a.example"
password = "swordfish"
send-as = ["sales@a.example", "@münchen.example"]
[[organisation.account]]
name = "Printer"
password = "hörbuch"
send-as = ["ben@a.example"]
[[organisation.account]]
name = "old"
password = "swordfish"
sending = "disabled"
"""
)


@pytest.mark.parametrize(
    ("name", "password", "lets_in"),
    [
        ("anna@A.example", "swordfish", True),
        ("printer", "hörbuch", True),
        ("anna@a.example", "Swordfish", False),
        ("anna@a.example", "", False),
        ("anna@a.example", "swordfish" + "\0" * 2000, False),
        ("anna@a.example", "\udcff", False),
        ("jürgen@münchen.example", "swordfish", False),
        ("nobody", "swordfish", False),
        ("old", "swordfish", False),
    ],
)
async def test_a_password_lets_in_whose_it_is(asked, reads, name, password, lets_in):
    """An account's name is one, an alias of its mailbox is none; disabled ones stay out."""
    async with asked(reads(ACCOUNTS)) as directory:
        login = await directory.verify_password(name, password)

    assert (login is not None) is lets_in
    assert login is None or login.organisation == "A"


@pytest.mark.parametrize(
    ("account", "sender", "may"),
    [
        ("anna@a.example", "ANNA@a.example", True),
        ("anna@a.example", "anna+news@a.example", True),
        ("anna@a.example", "jürgen@münchen.example", True),
        ("anna@a.example", "anybody@münchen.example", True),
        ("anna@a.example", "sales@a.example", True),
        ("anna@a.example", "ben@a.example", False),  # Is in the group, and is not the group.
        ("anna@a.example", "anna+own@a.example", False),  # Somebody else's mailbox.
        ("anna@a.example", "", False),
        ("printer", "ben@a.example", True),
        ("printer", "anna@a.example", False),
        ("printer", "printer@a.example", False),
    ],
)
async def test_an_account_owns_its_mailboxs_addresses_and_those_it_is_given(
    asked, reads, account, sender, may
):
    """Nothing else."""
    async with asked(reads(ACCOUNTS)) as directory:
        origin = await _asked(directory, lambda c: origin_of_account(c, account, sender))

        assert bool(origin.owns_return_path) is may


CONNECTORS = (
    HEAD
    + """
[[organisation.outbound-connector]]
name = "all"
domains = ["*"]
[[organisation.outbound-connector]]
name = "below"
domains = ["*.b.example"]
hosts = ["gate.b.example:25", "[2001:db8::1]:25"]
tls = "verify"
account = "us"
password = "swordfish"
[[organisation.outbound-connector]]
name = "one"
domains = ["x.y.b.example", "xn--mnchen-3ya.test"]
[[organisation.outbound-connector]]
name = "off"
domains = ["c.example"]
disabled = true
[[organisation.inbound-connector]]
name = "by-certificate"
certificate = "mail.b.example"
domains = ["b.example", "*.b.example"]
require-match = true
[[organisation.inbound-connector]]
name = "by-network"
networks = ["192.0.2.0/24", "2001:db8::/32"]
internal = true
[[organisation]]
name = "B"
"""
)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("d.example", "all"),
        ("b.example", "all"),
        ("y.b.example", "below"),
        ("x.y.B.example", "one"),
        ("z.y.b.example", "below"),
        ("münchen.test", "one"),
        ("c.example", "all"),
    ],
)
async def test_the_nearest_pattern_shows_the_way(asked, reads, domain, name):
    """The domain itself, then those above it, then the asterisk; never another organisation's."""
    async with asked(reads(CONNECTORS)) as directory:
        connector = await directory.connector_for(domain, organisation="A")

        assert connector.name == name
        assert await directory.connector_for(domain, organisation="B") is None


async def test_a_connector_comes_back_as_it_was_written(asked, reads):
    """Hosts in their order, the password for whoever logs in there."""
    async with asked(reads(CONNECTORS)) as directory:
        connector = await directory.connector_for("y.b.example", organisation="A")

    assert [(host.host, host.port) for host in connector.hosts] == [
        ("gate.b.example", 25),
        ("2001:db8::1", 25),
    ]
    assert str(connector.password) == "swordfish"
    assert "swordfish" not in repr(connector)


@pytest.mark.parametrize(
    ("client", "names", "domain", "connector", "restricting"),
    [
        ("192.0.2.1", (), "d.example", "by-network", ()),
        ("2001:db8::1", (), "", "by-network", ()),
        ("198.51.100.1", ("mail.b.example",), "b.example", "by-certificate", ()),
        ("192.0.2.1", ("Mail.B.example",), "b.example", "by-certificate", ()),
        ("198.51.100.1", ("*.b.example",), "a.b.example", "by-certificate", ()),
        ("198.51.100.1", ("*.example",), "b.example", None, ("by-certificate",)),
        ("198.51.100.1", (), "b.example", None, ("by-certificate",)),
        ("198.51.100.1", ("mail.b.example",), "d.example", None, ()),
        ("198.51.100.1", (), "d.example", None, ()),
    ],
)
async def test_a_connection_belongs_to_the_connector_that_fits(
    asked, reads, client, names, domain, connector, restricting
):
    """By certificate, else by network; what should have fitted is named."""
    async with asked(reads(CONNECTORS)) as directory:
        found = await _asked(
            directory, lambda c: origin_of_client(c, ip_address(client), names, domain)
        )

    assert (found.connector and found.connector.name) == connector
    assert (found.organisation and found.organisation.name) == ("A" if connector else None)
    assert tuple(each.name for each in found.restricting) == restricting


@pytest.mark.parametrize(
    ("to", "missing"),
    [
        ("gone@a.example", "gone@a.example"),
        ("ben@a.example", None),
        ("ben+archive@a.example", None),
        ("gone@b.example", None),
    ],
)
async def test_whose_mail_goes_to_nobody_is_known_before_it_is_sent(asked, reads, to, missing):
    """Only where all recipients of the domain are here is anybody missing."""
    text = HEAD + f'[[organisation.contact]]\naddress = "supplier@a.example"\nto = "{to}"\n'
    async with asked(reads(text)) as directory:
        reached = await _asked(
            directory, lambda c: destination(c, "x@b.example", "supplier@a.example")
        )

    assert reached.missing == missing


STANDING = """
[[organisation.alias]]
address = "one@a.example"
to = ["ben+desk@a.example"]
[[organisation.alias]]
address = "deeper@a.example"
to = ["one@a.example"]
[[organisation.alias]]
address = "two@a.example"
to = ["anna@a.example", "ben@a.example"]
[[organisation.alias]]
address = "listed@a.example"
to = ["alone@a.example"]
[[organisation.alias]]
address = "outside@a.example"
to = ["x@b.example"]
[[organisation.group]]
address = "alone@a.example"
members = ["ben@a.example"]
"""


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("one@a.example", "ben@a.example"),
        ("deeper@a.example", "ben@a.example"),
        ("two@a.example", None),
        ("listed@a.example", None),
        ("alone@a.example", None),
        ("outside@a.example", None),
        ("ben@a.example", None),
        ("nobody@a.example", None),
    ],
)
async def test_whom_an_alias_of_one_leads_to_is_known_before_mail_is_sent(
    asked, reads, address, end
):
    """Through other aliases too; not where it leads to a list, to several or elsewhere."""
    async with asked(reads(HEAD + STANDING)) as directory:
        reached = await _asked(directory, lambda c: destination(c, "x@b.example", address))

    assert (reached.stands_for and reached.stands_for.address) == end


RULES = """
[[organisation.mail-flow-rule]]
name = "everybody's"
words = ["secret"]
[[organisation.mail-flow-rule]]
name = "strangers'"
senders = ["@b.example", "team@a.example"]
recipients = ["Anna@a.example"]
"""


@pytest.mark.parametrize(
    ("sender", "recipient", "rules"),
    [
        ("x@b.example", "anna@a.example", ["everybody's", "strangers'"]),
        ("x@b.example", "jürgen@münchen.example", ["everybody's", "strangers'"]),
        ("x@c.example", "anna@a.example", ["everybody's"]),
        ("ben@a.example", "anna@a.example", ["everybody's", "strangers'"]),  # Of the team.
        ("x@b.example", "ben@a.example", ["everybody's"]),
        ("", "anna@a.example", ["everybody's"]),
        ("x@b.example", "y@c.example", []),
    ],
)
async def test_rules_name_people_groups_and_domains(asked, reads, sender, recipient, rules):
    """In any spelling, by any of their addresses."""
    head = HEAD.replace(
        '[[organisation.domain]]\nname = "a.ex', f'{RULES}[[organisation.domain]]\nname = "a.ex', 1
    )
    async with asked(reads(head + group("team", "ben@a.example"))) as directory:
        reached = await _asked(directory, lambda c: destination(c, sender, recipient))

    assert [each.name for each in reached.rules] == rules


async def test_the_senders_organisation_has_rules_too(asked, reads):
    """For what its people send to others."""
    head = HEAD.replace(
        '[[organisation.domain]]\nname = "a.ex', f'{RULES}[[organisation.domain]]\nname = "a.ex', 1
    )
    async with asked(reads(head + group("team"))) as directory:
        store = directory._store  # noqa: SLF001  # the policies' facts are asked of it directly
        own = await directory.organisation("A")
        reached = await store.ask(lambda c: destination(c, "ben@a.example", "y@c.example", own))

    assert [each.name for each in reached.rules] == ["everybody's"]
