"""Stores to operate on, and mail to put into them."""

from stores import mail, open_, sql, sqlite_url

__all__ = ["mail", "open_", "sql", "sqlite_url"]
