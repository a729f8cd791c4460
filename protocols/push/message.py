"""A push, ready to be posted: what it says (WebDAV-Push), encrypted for its client (RFC 8291), and who sends it (RFC 8292).

It says which collection, by a topic that means nothing to anybody else, and its sync token. Its `Topic` header lets a
push service keep only the newest of a collection for a client that is away.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import http_ece  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02  # type: ignore[import-untyped]

from gateway.core.pushing import DuePush
from gateway.formats.web_push import octets

NAMESPACE: Final = "https://bitfire.at/webdav-push"
TTL: Final = 24 * 3600
"""Seconds a push service keeps it for a client that is away."""
TOKEN_LIFE: Final = 12 * 3600
"""RFC 8292 §2: at most 24 hours."""


def posted(push: DuePush, private_key: bytes, contact: str) -> tuple[bytes, Mapping[str, str]]:
    """Body and headers. `contact` is a `mailto:` URI of who runs the gateway."""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<push-message xmlns="{NAMESPACE}" xmlns:D="DAV:">'
        f"<topic>{escape(push.topic)}</topic><content-update><D:sync-token>{escape(push.token)}</D:sync-token>"
        "</content-update></push-message>"
    )
    body = http_ece.encrypt(
        text.encode(),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=octets(push.target.key),
        auth_secret=octets(push.target.secret),
        version="aes128gcm",
    )
    parts = urlsplit(push.target.resource)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": contact, "exp": int(time.time()) + TOKEN_LIFE}
    signed = Vapid02.from_pem(private_key).sign(claims)
    return bytes(body), {
        "Content-Type": 'application/xml; charset="UTF-8"',
        "Content-Encoding": "aes128gcm",
        "TTL": str(TTL),
        "Urgency": "normal",
        "Topic": push.topic,
        "Authorization": str(signed["Authorization"]),
    }
