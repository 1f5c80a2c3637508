"""Whether a delivery is what the platform has signed: HMAC-SHA256 over the body's raw bytes, in base64."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.errors import NotSignedInError, TooLargeError

MOST_BYTES = 5 * 1024 * 1024
"""Of a body. Lambda itself takes 6 MB, base64 included."""

_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "39": "'", "34": '"', "38": "&", "60": "<", "62": ">"}
_HEX = {"26": "&", "22": '"', "27": "'", "3c": "<", "3e": ">"}
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot)|#0*(34|38|39|60|62)|#x0*(22|26|27|3c|3e));", re.IGNORECASE)


def raw_body(event: Mapping[str, Any]) -> bytes:
    """The bytes of a request's body, as they were sent. Raises TooLargeError."""
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        # API Gateway sends no such thing, and nobody has signed it.
        raw = b""
    if len(raw) > MOST_BYTES:
        raise TooLargeError("body_too_large", f"A delivery has {MOST_BYTES} bytes at most.")
    return raw


def signature(secret: str, body: bytes) -> str:
    """What a body is signed with."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def check(body: bytes, given: str | None, secrets: Iterable[str]) -> None:
    """Raises NotSignedInError unless the signature that was given is one of these secrets', in constant time."""
    if not given:
        raise _refused("signature_missing", "A delivery is signed.")
    sent = given.strip().encode("utf-8", "replace")
    # Each of them, so that the time does not tell which.
    matches = [hmac.compare_digest(signature(secret, body).encode(), sent) for secret in secrets if secret]
    if not any(matches):
        raise _refused("bad_signature", "The signature is not that of this body with the integration's secret.")


def entities_decoded(secret: str) -> str:
    """A secret as WooCommerce signs with it: what WordPress has escaped for HTML is unescaped, once."""
    return _ENTITY.sub(_decoded, secret)


def _decoded(found: re.Match[str]) -> str:
    name, number, hexadecimal = found.groups()
    return _HEX[hexadecimal.lower()] if hexadecimal else _ENTITIES[(name or number).lower()]


def _refused(code: str, detail: str) -> NotSignedInError:
    error = NotSignedInError(code, detail)
    error.headers.pop("WWW-Authenticate")
    return error
