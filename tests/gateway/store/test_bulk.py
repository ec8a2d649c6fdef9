"""A statement that was compiled once does what SQLAlchemy would do each time."""

from sqlalchemy import bindparam, insert, update

from whybounce.gateway.store.bulk import MOST_TOGETHER, Bulk
from whybounce.gateway.store.identity import written
from whybounce.gateway.store.opening import open_queue
from whybounce.gateway.store.tables import bodies, counters, tokens


def test_rows_may_leave_columns_out_and_an_update_says_the_rest(url, mail, sql):
    """What a row does not name is null; what the statement says holds for every row."""
    opened = open_queue(url)
    rows = [
        {"name": "a", "holder": "x" * 999, "until": mail.now, "number": 1},
        {"name": "b", "holder": "y", "until": mail.now, "number": 2},
    ]
    take_over = (
        update(tokens)
        .where(tokens.c.name == bindparam("which"))
        .values(holder="z", number=tokens.c.number + bindparam("more"))
    )
    with opened.writing.begin() as connection:
        Bulk(insert(tokens)).run(connection, [])
        Bulk(insert(tokens)).run(connection, rows)
        Bulk(take_over).run(connection, [{"which": "b", "more": 5}, {"which": "c", "more": 5}])
    opened.release()

    assert sql(url, "SELECT name, length(holder), number FROM tokens ORDER BY name") == [
        ("a", 255, 1),
        ("b", 1, 7),
    ]


def test_one_statement_serves_several_databases(sqlite_url, postgresql_url, sql):
    """Each in its own words."""
    bulk = Bulk(insert(counters))
    for url in (sqlite_url, postgresql_url):
        opened = open_queue(url)
        with opened.writing.begin() as connection:
            bulk.run(connection, [{"key": "50%", "minute": n, "count": 1} for n in range(3)])
        opened.release()

        assert sql(url, "SELECT count(*) FROM counters WHERE key LIKE '50%'") == [(3,)]


def test_any_number_of_rows_goes_in(url, sql):
    """As many INSERTs as it takes, and each row once."""
    opened = open_queue(url)
    numbers = (1, MOST_TOGETHER - 1, MOST_TOGETHER, 2 * MOST_TOGETHER + 6)
    with opened.writing.begin() as connection:
        for number in numbers:
            rows = [{"key": str(number), "minute": each, "count": 1} for each in range(number)]
            Bulk(insert(counters)).run(connection, rows)
    opened.release()

    counted = sql(url, "SELECT key, count(*), max(minute) FROM counters GROUP BY key")
    assert sorted(counted) == sorted((str(each), each, each - 1) for each in numbers)


def test_rows_that_go_in_together_may_each_lack_something_else(url, sql):
    """A value whose type nothing tells, because it is null, stands beside one that has it."""
    opened = open_queue(url)
    rows = [
        {"id": written(n), "size": n, "checksum": 0, "users": 1, "data": b"\0%s"}
        if n % 2
        else {"id": written(n), "size": n, "checksum": 0, "users": 1, "file": f"50%s {n}"}
        for n in range(2 * MOST_TOGETHER)
    ]
    with opened.writing.begin() as connection:
        Bulk(insert(bodies)).run(connection, rows)
    opened.release()

    found = sql(url, "SELECT size, file, length(data) FROM bodies ORDER BY size")
    assert found == [
        (n, None, 3) if n % 2 else (n, f"50%s {n}", None) for n in range(2 * MOST_TOGETHER)
    ]
