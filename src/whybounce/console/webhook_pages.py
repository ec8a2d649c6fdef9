"""Webhooks: who else is told of what happens, what waits for each, and whether it can be told."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from whybounce.console.sessions import Session
from whybounce.console.showing import answered, console_of, console_page, session_of
from whybounce.gateway.operating.requests import ListWebhooks, TryWebhook, Webhooks
from whybounce.wire.calls import WebhookEntry

router = APIRouter()


@router.get("/webhooks")
async def webhooks(request: Request) -> Response:
    """Show who else is told of what happens, and what waits for each."""
    return await _webhooks_page(request, await session_of(request))


@router.post("/webhooks")
async def try_webhook(request: Request) -> Response:
    """Tell a webhook that nothing happened, and show whether it took that."""
    session, given = await console_of(request).gate.form(request)
    answer = await answered(request, TryWebhook(name=given.get("test", "")[:100]), session)
    assert isinstance(answer, Webhooks)  # noqa: S101  # what TryWebhook is answered with
    return await _webhooks_page(request, session, answer.webhooks[0])


async def _webhooks_page(
    request: Request, session: Session, tried: WebhookEntry | None = None
) -> Response:
    answer = await answered(request, ListWebhooks(), session)
    assert isinstance(answer, Webhooks)  # noqa: S101  # what ListWebhooks is answered with
    return console_page(
        request, session, "webhooks.html", at="/webhooks", webhooks=answer.webhooks, tried=tried
    )
