"""SMTP: both sides of the conversation without a socket, and the two that carry the octets.

``server`` and ``client`` think: octets in, events and octets out. ``listening`` and ``connecting``
carry, with ``tls`` between, and are the only files here that know asyncio, sockets or a clock.
``paths``, ``parameters``, ``xtext`` and ``sasl`` are the grammar both sides share.
"""
