"""What goes into a column comes out of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st
from sqlalchemy.dialects import sqlite

from whybounce.gateway.store.columns import Id, Json, Moment, Notifies, Said, Word
from whybounce.gateway.store.rows import Session
from whybounce.vocabulary.envelope import BodyType, Notify

DIALECT = sqlite.dialect()

SESSIONS = st.builds(
    Session,
    client=st.none() | st.text(),
    helo=st.none() | st.text(st.characters(exclude_categories=())),
    facts=st.dictionaries(st.text(), st.text()),
)


def there_and_back(column, value):
    """Return what the column gives for what it was given."""
    return column.result_processor(DIALECT, None)(column.bind_processor(DIALECT)(value))


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_keep_their_microseconds(moment):
    """From the year 1 to 9999."""
    assert there_and_back(Moment(), moment) == moment


def test_a_moment_of_another_zone_is_the_same_moment():
    """It comes back in UTC."""
    zone = timezone(timedelta(hours=5, minutes=45))

    assert there_and_back(Moment(), datetime(2026, 1, 1, 5, 45, tzinfo=zone)) == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def test_a_moment_without_its_zone_is_an_error():
    """It would be another moment on another machine."""
    with pytest.raises(TypeError):
        there_and_back(Moment(), datetime(2026, 1, 1))  # noqa: DTZ001  # that is the mistake


@given(SESSIONS)
def test_a_session_is_kept_to_the_letter(session):
    """Half surrogates included, as undecodable octets become."""
    written = Json(Session).bind_processor(DIALECT)(session)

    assert there_and_back(Json(Session), session) == session
    assert "\0" not in written
    written.encode()


@given(st.text(st.characters(exclude_categories=())), st.integers(1, 50))
def test_whatever_a_stranger_says_can_be_stored(said, most):
    """It is no longer than its bound but for what had to be escaped."""
    stored = Said(most).bind_processor(DIALECT)(said)

    assert "\0" not in stored
    stored.encode()
    if said.isascii() and "\0" not in said:
        assert stored == said[:most]


@given(st.none() | st.frozensets(st.sampled_from(Notify)))
def test_notify_comes_back(notify):
    """None is not the empty set: the client gave no NOTIFY."""
    assert there_and_back(Notifies(), notify) == notify


def test_a_word_that_is_none_of_the_list_is_an_error():
    """The row is damaged, and is set aside."""
    assert there_and_back(Word(BodyType), BodyType.EIGHT_BIT_MIME) is BodyType.EIGHT_BIT_MIME
    with pytest.raises(ValueError, match="9BIT"):
        Word(BodyType).result_processor(DIALECT, None)("9BIT")


@pytest.mark.parametrize("column", [Id(), Moment(), Json(Session), Notifies(), Word(BodyType)])
def test_none_stays_none(column):
    """What nobody said is not there."""
    assert there_and_back(column, None) is None


def test_what_is_no_id_finds_nothing():
    """And breaks no statement."""
    assert Id().bind_processor(DIALECT)("' OR 1=1") == -1
