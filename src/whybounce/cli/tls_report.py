"""``whybounce tls-report``: how encrypted mail to other domains went on a day, as RFC 8460 has it."""

import os
import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import typer

from whybounce.cli.config import gateway_installed
from whybounce.cli.json_line import print_json
from whybounce.cli.refusal import Refusal


def tls_report(
    day: str | None = typer.Option(None, "--day", help="Which, UTC: 2026-11-20; else yesterday."),
    config: Path | None = typer.Option(None, "--config", help="The gateway's configuration."),  # noqa: B008  # typer's way
) -> None:
    """Print a TLS report for each domain that mail was sent to: one JSON object on each line.

    Example: whybounce tls-report --day 2026-11-20 --config whybounce.toml
    """
    with gateway_installed():
        from whybounce.gateway.config import read_config  # noqa: PLC0415
        from whybounce.gateway.shaping import FaultyFileError  # noqa: PLC0415
        from whybounce.gateway.store import StoreError  # noqa: PLC0415
        from whybounce.gateway.store.opening import open_for_reading  # noqa: PLC0415
        from whybounce.gateway.tls_report import tls_reports  # noqa: PLC0415
        from whybounce.gateway.tls_sessions import (  # noqa: PLC0415
            kept_policies,
            policy_failures,
            sessions_of,
        )

    wanted = _day(day)
    try:
        settings = read_config(config, os.environ)
        with open_for_reading(settings.server.queue) as connection:
            host = str(settings.server.name or socket.getfqdn())
            reports = tls_reports(
                sessions_of(connection, wanted),
                policy_failures(connection, wanted),
                kept_policies(connection),
                day=wanted,
                organisation=settings.reports.organisation or host,
                contact=str(settings.reports.contact or f"postmaster@{host}"),
                host=host,
            )
    except (FaultyFileError, StoreError) as error:
        raise Refusal(str(error)) from error
    for report in reports:
        print_json(report)


def _day(written: str | None) -> date:
    if written is None:
        return datetime.now(UTC).date() - timedelta(days=1)
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Refusal(f"--day {written!r} is no day; write it as 2026-11-20") from error
