"""A listener, built from its configuration: the conversation, and what decides about mail that comes."""

import secrets

from whybounce.gateway.config import Kind, Listener as Settings
from whybounce.gateway.inbound import Inbound, Reception
from whybounce.gateway.limits import Limits
from whybounce.gateway.parts import Parts, clock, return_paths_of
from whybounce.gateway.policies import POLICIES, Judge
from whybounce.gateway.smtp.listening import Listener
from whybounce.gateway.smtp.server import Limits as DialogueLimits, ServerSettings, TlsMode
from whybounce.gateway.smtp.server.counting import Caps
from whybounce.gateway.smtp.tls import server_context
from whybounce.gateway.spam_signs import SpamSigns
from whybounce.gateway.store import StoreUnavailableError

_ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not listened at


def listener_of(parts: Parts, settings: Settings) -> Listener:
    """Return the listener, which listens nowhere yet.

    Raises:
        OSError: Its certificate or key cannot be read, or is none.

    """
    submission = settings.kind is Kind.SUBMISSION
    reception = reception_of(parts, settings)
    tls = None
    if settings.tls is not TlsMode.OFF:
        tls = server_context(
            str(settings.certificate),
            str(settings.key) if settings.key else None,
            str(settings.clients) if settings.clients else None,
        )
    return Listener(
        ServerSettings(
            host=parts.host,
            listener=settings.name,
            tls=settings.tls,
            require_tls=settings.require_tls,
            auth=submission or settings.require_auth,
            auth_on_loopback=settings.auth_without_tls,
            line_ends=settings.line_ends,
            nul_octets=settings.nul_octets,
            proxies=tuple(each.addresses for each in settings.proxies),
            xclient=tuple(each.addresses for each in settings.xclient),
            limits=_dialogue_limits(parts.config.limits),
        ),
        lambda: Inbound(reception),
        tls=tls,
        caps=Caps(
            listener=settings.connections,
            address=settings.connections_per_address,
            network=settings.connections_per_network,
        ),
        plain_faults=(StoreUnavailableError,),
    )


def reception_of(parts: Parts, settings: Settings) -> Reception:
    """Return what decides about mail that comes to the listener."""
    config = parts.config
    submission = settings.kind is Kind.SUBMISSION
    return Reception(
        store=parts.store,
        directory=parts.directory,
        remembering=parts.remembering,
        judge=Judge(POLICIES, config.policies),
        resolver=parts.resolver,
        return_paths=return_paths_of(config),
        trust=config.trust,
        block_lists=tuple(each.block_list for each in config.block_list),
        limits=config.limits,
        host=parts.host,
        is_submission=submission,
        login_required=submission or settings.require_auth,
        expire_after=config.schedule.expire_after,
        clock=clock,
        random_bits=secrets.randbits,
        own_names=_own_names(parts),
        delisting=config.delisting,
        spam=SpamSigns(config.spam.header, gtube=config.spam.gtube),
        occupancy=None if config.server.lmtp else parts.occupancy,
    )


def _own_names(parts: Parts) -> frozenset[str]:
    """Return our name, and the addresses that listeners are told to listen at."""
    hosts = {at.host for each in parts.config.listener for at in each.addresses}
    return frozenset({parts.host, *hosts} - _ANY_ADDRESS)


def _dialogue_limits(limits: Limits) -> DialogueLimits:
    return DialogueLimits(
        message_octets=int(limits.message_size),
        recipients=limits.recipients,
        errors=limits.errors,
        auth_failures=limits.auth_failures,
        idle_seconds=limits.idle.total_seconds(),
        data_idle_seconds=limits.data_idle.total_seconds(),
        session_seconds=limits.session.total_seconds(),
    )
