"""A directory's file is checked as a whole, and each mistake names file, table, entry and need."""

import pytest

from whybounce.gateway.directory import DirectoryError, read_directory
from whybounce.gateway.directory.passwords import hash_of_public

TWO = """
[[organisation]]
name = "A"
[[organisation.domain]]
name = "a.example"
[[organisation.domain]]
name = "branch.a.example"
kind = "internal-relay"
[[organisation.domain]]
name = "relay.a.example"
kind = "external-relay"
[[organisation.mailbox]]
address = "anna@a.example"
[[organisation.mailbox]]
address = "ben@a.example"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[organisation.mailbox]]\naddress = "Anna@A.example"', 'mailbox "Anna@A.example": "anna@a.example" is already the address of mailbox "anna@a.example"'),
        ('[[organisation.group]]\naddress = "g@a.example"\naliases = ["ben@a.example"]', '"ben@a.example" is already the address of mailbox "ben@a.example"'),
        ('[[organisation.mailbox]]\naddress = "c@b.example"', 'organisation "A", mailbox "c@b.example": "c@b.example" is at no domain of A'),
        ('[[organisation.mailbox]]\naddress = "c@relay.a.example"', "is at an external-relay domain"),
        ('[[organisation.group]]\naddress = "g@a.example"\nmembers = ["nobody@a.example"]', 'organisation "A", group "g@a.example", members: "nobody@a.example" is not in this file, and all of a.example is'),
        ('[[organisation.group]]\naddress = "g@a.example"\nmembers = ["x"]', 'group "g@a.example", members number 1: "x" is not allowed; allowed is an address such as'),
        ('[[organisation.group]]\naddress = "g@a.example"\nowners = ["nobody@a.example"]', 'owners: "nobody@a.example" is not in this file'),
        ('[[organisation.group]]\naddress = "g@a.example"\nmoderators = ["nobody@a.example"]', 'moderators: "nobody@a.example" is not in this file'),
        ('[[organisation.group]]\naddress = "g@a.example"\naccept-from = ["nobody@a.example"]', 'accept-from: "nobody@a.example" is not in this file'),
        ('[[organisation.group]]\naddress = "g@a.example"\nmembers = ["g@a.example"]', 'group "g@a.example": contains itself: g@a.example → g@a.example'),
        ('[[organisation.group]]\naddress = "g@a.example"\nmembers = ["h@a.example"]\n[[organisation.alias]]\naddress = "h@a.example"\nto = ["G@a.example"]', 'alias "h@a.example": contains itself: h@a.example → g@a.example → h@a.example'),
        ('[[organisation.alias]]\naddress = "h@a.example"\nto = []', 'alias "h@a.example", to: is empty; needed is at least one address'),
        ('[[organisation.alias]]\naddress = "h@a.example"', 'alias "h@a.example": to is missing; needed is a list, each an address'),
        ('[[organisation.mailbox]]\naddress = "c@a.example"\nforward-to = ["d@a.example"]', 'forward-to: "d@a.example" is not in this file'),
        ('[[organisation.mailbox]]\naddress = "c@a.example"\nrecipients-per-day = -1', "recipients-per-day: is below zero; 0 is no limit"),
        ('[[organisation.mailbox]]\naddress = "c@a.example"\nlanguage = "tlh"', 'mailbox "c@a.example", language: "tlh" is not allowed; allowed is ar or de or'),
        ('[[organisation.mailbox]]\naddress = "c@a.example"\nqouta = 1', 'mailbox "c@a.example", qouta: this key is not known; did you mean quota?'),
        ('[[organisation.domain]]\nname = "c.example"\ncatch-all = "nobody@a.example"', 'domain "c.example", catch-all: "nobody@a.example" is not in this file'),
        ('[[organisation.domain]]\nname = "c.example"\ncatch-all = "x@elsewhere.example"', "is at no domain of this file"),
        ('[[organisation.domain]]\nname = "c.example"\ntag-separator = "@"', 'tag-separator: "@" is not allowed'),
        ('[[organisation.domain]]\nname = "A.example"', 'domain "a.example": stands twice; a domain is one organisation\'s'),
        ('[[organisation.domain]]\nname = "c.example"\nkind = "open"', 'kind: "open" is not allowed; allowed is "authoritative", "internal-relay" or "external-relay"'),
        ('[[organisation]]\nname = "A"', 'organisation "A": this name stands twice'),
        ('[[organisation.account]]\nname = "anna"\npassword = "swordfish"', 'account "anna", password: is no argon2id hash; `whybounce config password` makes one'),
        ('[[organisation.account]]\nname = "anna"\npassword = "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$aGFzaA"', "is no argon2id hash"),
        ('[[organisation.account]]\nname = "anna"\npassword = "HASH"\n[[organisation.account]]\nname = "ANNA"\npassword = "HASH"', 'account "anna": this name stands twice'),
        ('[[organisation.account]]\nname = " "\npassword = "HASH"', "name is empty"),
        ('[[organisation.account]]\nname = "p"\npassword = "HASH"\nsend-as = ["@b.example"]', 'send-as: "@b.example" is at no domain of A'),
        ('[[organisation.mail-flow-rule]]\nname = "r"', 'organisation "A", mail-flow-rule "r": refuses everything; needed is senders, recipients or words'),
        ('[[organisation.mail-flow-rule]]\nname = "r"\nwords = [""]', "words: one of them is empty"),
        ('[[organisation.mail-flow-rule]]\nname = "r"\nwords = ["x"]\nfield = "Sub ject"', 'field: "Sub ject" is no name of a header field'),
        ('[[organisation.mail-flow-rule]]\nname = "r"\nsenders = ["nobody@a.example"]', 'mail-flow-rule "r", senders: "nobody@a.example" is not in this file'),
        ('[[organisation.mail-flow-rule]]\nname = "r"\nwords = ["x"]\n[[organisation.mail-flow-rule]]\nname = "r"\nwords = ["y"]', 'mail-flow-rule "r": this name stands twice'),
        ('[[organisation.inbound-connector]]\nname = "c"', 'inbound-connector "c": networks or certificate is needed'),
        ('[[organisation.inbound-connector]]\nname = "c"\nnetworks = ["192.0.2.1/24"]', 'networks number 1: "192.0.2.1/24" is not allowed'),
        ('[[organisation.outbound-connector]]\nname = "c"\ndomains = []', 'outbound-connector "c", domains: is empty'),
        ('[[organisation.outbound-connector]]\nname = "c"\ndomains = ["*"]\nhosts = ["h.example:0"]', "hosts: port 0 is not allowed"),
        ('[[organisation.outbound-connector]]\nname = "c"\ndomains = ["*"]\naccount = "x"', "account and password need each other"),
        ('[[organisation.outbound-connector]]\nname = "c"\ndomains = ["b.example"]\n[[organisation.outbound-connector]]\nname = "d"\ndomains = ["B.example"]', 'two are for "b.example"'),
        ('[[organisation.outbound-connector]]\nname = "c"\ndomains = ["*.*"]', 'domains number 1: "*.*" is not allowed'),
        ('[[organisation.group]]\naddress = "g@a.example"\naccept-from = ["anna@a.example"]\nreject-from = ["Anna@a.example"]', 'group "g@a.example", accept-from: "anna@a.example" stands in reject-from too, and that decides'),
        ('[[organisation.group]]\naddress = "g@a.example"\naccept-from = ["x@b.example"]\nreject-from = ["@B.example"]', 'accept-from: "x@b.example" stands in reject-from too as "@b.example", and that decides'),
        ('[[organisation.group]]\naddress = "g@a.example"\nmembers = ["h@a.example"]\n[[organisation.group]]\naddress = "h@a.example"\nmembers = ["ben@a.example"]\n[[organisation.mailbox]]\naddress = "c@a.example"\nmoderators = ["ben@a.example"]\nreject-from = ["g@a.example"]', 'mailbox "c@a.example", moderators: "ben@a.example" stands in reject-from too as "g@a.example", and that decides'),
        ('[[organisation.mailbox]]\naddress = "c@a.example"\nunmoderated = ["@b.example"]\nreject-from = ["@b.example"]', 'unmoderated: "@b.example" stands in reject-from too, and that decides'),
        ('[[organisation.inbound-connector]]\nname = "c"\nnetworks = ["192.0.2.1"]\n[[organisation.domain]]\nname = "c.example"\nblocked-networks = ["192.0.2.0/24"]', 'inbound-connector "c", networks: "192.0.2.1/32" stands in blocked-networks of c.example too, as "192.0.2.0/24"'),
        ('[[organisation.inbound-connector]]\nname = "c"\nnetworks = ["192.0.2.0/24"]\n[[organisation.inbound-connector]]\nname = "d"\nnetworks = ["198.51.100.1", "192.0.2.9"]', 'inbound-connector "d": network "192.0.2.9/32" is that of inbound-connector "c" too, both for "*"; needed is one of them'),
        ('[[organisation.inbound-connector]]\nname = "c"\ncertificate = "mx.b.example"\n[[organisation]]\nname = "B"\n[[organisation.inbound-connector]]\nname = "c"\ncertificate = "MX.b.example"', 'organisation "B", inbound-connector "c": certificate "mx.b.example" is that of inbound-connector "c" of organisation "A" too'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_what_is_needed(tmp_path, text, said):
    """And never a password."""
    path = tmp_path / "directory.toml"
    path.write_text(TWO + text.replace("HASH", hash_of_public("x")), encoding="utf-8")
    with pytest.raises(DirectoryError) as caught:
        read_directory(path)
    lines = str(caught.value).splitlines()

    assert all(line.startswith(f"{path}: ") for line in lines)
    assert [line for line in lines if said in line] != []
    assert "swordfish" not in str(caught.value)


def test_all_mistakes_are_said_at_once(tmp_path):
    """One start shows everything there is to mend."""
    path = tmp_path / "directory.toml"
    path.write_text(
        TWO
        + '[[organisation.group]]\naddress = "g@a.example"\n'
        + 'members = ["x@a.example", "y@a.example"]\nowners = ["z@a.example"]\n'
    )
    with pytest.raises(DirectoryError) as caught:
        read_directory(path)

    assert len(caught.value.faults) == 3


def test_names_that_nobody_can_check_are_taken(reads):
    """Outsiders, and people of a domain that are partly elsewhere."""
    directory = reads(
        TWO
        + '[[organisation.group]]\naddress = "g@a.example"\nmembers = ["x@b.example",'
        + ' "y@branch.a.example", "z@relay.a.example", "anna+g@a.example"]\n'
    )

    assert len(directory.organisation[0].group[0].members) == 4


def test_a_file_that_is_not_there_is_said(tmp_path):
    """In one line."""
    with pytest.raises(DirectoryError, match="cannot be read: No such file"):
        read_directory(tmp_path / "gone.toml")


def test_deep_groups_are_read_without_recursion(reads):
    """A file may nest as deep as it likes; only expanding has its bound."""
    groups = "".join(
        f'[[organisation.group]]\naddress = "g{n}@a.example"\nmembers = ["g{n + 1}@a.example"]\n'
        for n in range(2000)
    )
    last = '[[organisation.group]]\naddress = "g2000@a.example"\n'

    assert len(reads(TWO + groups + last).organisation[0].group) == 2001


def test_lists_that_meet_without_contradiction_are_taken(reads):
    """Who rejects one of a group, or has two connectors for different domains, means it."""
    directory = reads(
        """
[[organisation]]
name = "A"
blocked-networks = ["192.0.2.0/24"]
[[organisation.domain]]
name = "a.example"
[[organisation.mailbox]]
address = "anna@a.example"
[[organisation.group]]
address = "g@a.example"
members = ["anna@a.example"]
accept-from = ["@b.example", "g@a.example"]
reject-from = ["x@b.example", "anna@a.example"]
[[organisation.inbound-connector]]
name = "ours"
internal = true
networks = ["192.0.2.1"]
[[organisation.inbound-connector]]
name = "c"
domains = ["c.example"]
networks = ["198.51.100.1"]
[[organisation.inbound-connector]]
name = "d"
domains = ["d.example"]
networks = ["198.51.100.0/24"]
[[organisation.inbound-connector]]
name = "of old"
domains = ["d.example"]
networks = ["198.51.100.0/24"]
disabled = true
"""
    )

    assert len(directory.organisation[0].inbound_connector) == 4


def test_an_organisation_does_not_block_its_own_domain(tmp_path):
    path = tmp_path / "directory.toml"
    path.write_text(TWO.replace('name = "A"', 'name = "A"\nblocked-recipients = ["@A.example"]'))
    with pytest.raises(DirectoryError, match=r'blocked-recipients: "@a.example" is a domain of A'):
        read_directory(path)
