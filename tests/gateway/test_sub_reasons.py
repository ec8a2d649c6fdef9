"""Each number of a range says what was seen, in words of its own."""

from whybounce.catalogue import catalogue
from whybounce.gateway.sub_reasons import status_of, sub_reasons


def test_every_number_stands_in_the_causes_range_and_has_words():
    for cause, table in sub_reasons().items():
        known = catalogue().causes[cause]
        for number in table.values():
            assert any(number in codes for codes in known.codes)
            assert number in {form.status for form in known.replies}


def test_every_form_of_such_a_cause_has_its_sub_reason():
    for cause, table in sub_reasons().items():
        assert {form.status for form in catalogue().causes[cause].replies} == set(table.values())


def test_a_reason_begins_with_its_sub_reason():
    assert str(status_of("banned-sending-ip", "compromised: sends at night")) == "5.7.607"
    assert str(status_of("banned-sending-ip", "spam")) == "5.7.606"


def test_any_other_reason_has_the_first_number():
    assert str(status_of("banned-sending-ip", "we do not like it")) == "5.7.606"
    assert str(status_of("ip-temporarily-restricted", "")) == "4.7.850"
