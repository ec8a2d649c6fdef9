"""A statement that was compiled once does what SQLAlchemy would do each time."""

from sqlalchemy import bindparam, insert, update

from whybounce.gateway.store.bulk import Bulk
from whybounce.gateway.store.opening import open_queue
from whybounce.gateway.store.tables import counters, tokens


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
