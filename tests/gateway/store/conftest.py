"""Stores on real databases, and mail to put into them."""

from stores import mail, open_, sql, sqlite_url, url

__all__ = ["mail", "open_", "sql", "sqlite_url", "url"]
