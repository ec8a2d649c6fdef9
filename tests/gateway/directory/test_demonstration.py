"""The demonstration has one of each, and what its comments say is so."""

import re

import pytest

from whybounce.catalogue import catalogue
from whybounce.gateway.directory import demonstration
from whybounce.gateway.directory.demonstration import FILE
from whybounce.gateway.directory.nouns import OrganisationTable, as_json


def test_there_is_one_of_each_kind():
    """Every table of the file format is shown."""
    shown = {
        table
        for organisation in demonstration().organisation
        for table in OrganisationTable.__struct_fields__
        if getattr(organisation, table)
    }

    assert {
        "domain", "mailbox", "alias", "group", "public_folder", "mail_user", "contact",
        "inbound_connector", "outbound_connector", "account",
    } <= shown  # fmt: skip


def test_it_is_the_same_each_time_it_is_read():
    """Else a reload says that the directory has changed, and a start writes all of it anew."""
    assert as_json(demonstration()) == as_json(demonstration())


def test_the_codes_its_comments_name_are_in_the_catalogue():
    """Whoever reads 5.7.124 there can look it up."""
    named = set(re.findall(r"\b[45]\.\d+\.\d+\b", FILE.read_text(encoding="utf-8")))
    known = {str(codes.first) for cause in catalogue().causes.values() for codes in cause.codes}

    assert len(named) > 10
    assert named - known == set()


@pytest.mark.parametrize(
    ("address", "setting"),
    [
        ("full", "quota"),
        ("disabled", "disabled"),
        ("moved", "moved_to"),
        ("director", "require_authentication"),
        ("small", "message_size"),
        ("choosy", "accept_from"),
        ("popular", "received_per_hour"),
        ("busy", "recipients_per_day"),
        ("board", "accept_from"),
        ("news", "moderators"),
        ("suggestions", "require_authentication"),
        ("mia", "require_authentication"),
    ],
)
def test_each_restriction_has_somebody_who_shows_it(address, setting):
    """Named in the file for what they show."""
    contoso = demonstration().organisation[0]
    entry = next(
        entry for _, entry in contoso.entries if entry.address == f"{address}@contoso.example"
    )

    assert getattr(entry, setting)
