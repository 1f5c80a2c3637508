"""WooCommerce's deliveries, as shops send them (11.0).

A delivery id is made of the webhook and the second, so that several may have one: the body tells them apart.
"""

import re
from collections.abc import Mapping
from typing import Any

from functions.webhooks.deliveries import Change, Delivery, clean, header, host_of, id_in, kept_headers, parsed
from functions.webhooks.signatures import raw_body
from shared.models.enums import SyncOperation

SIGNATURE = "x-wc-webhook-signature"
_PREFIX = "x-wc-webhook-"
_PING = re.compile(rb"webhook_id=\d+")
_LONGEST_PING = 100
_OPERATIONS = {"created": SyncOperation.CREATE, "deleted": SyncOperation.DELETE}


def is_ping(event: Mapping[str, Any]) -> bool:
    """Whether this is what WooCommerce sends when a webhook is saved: unsigned, and to be answered with 200."""
    if "/woocommerce/" not in event["rawPath"] or any(name.startswith(_PREFIX) for name in event["headers"]):
        return False
    return len(event.get("body") or "") < _LONGEST_PING and _PING.fullmatch(raw_body(event).strip()) is not None


def read(headers: Mapping[str, str], body: bytes, shops: set[str]) -> Delivery:
    """What a signed delivery says. Raises MalformedError when a header is missing."""
    topic = header(headers, "x-wc-webhook-topic")
    return Delivery(
        topic=topic,
        webhook_id=header(headers, "x-wc-webhook-id"),
        delivery_id=header(headers, "x-wc-webhook-delivery-id"),
        event_id=None,
        headers=kept_headers(headers, _PREFIX),
        body=body,
        change=_change(topic, parsed(body), headers.get("x-wc-webhook-source", ""), shops),
    )


def _change(topic: str, content: Mapping[str, Any], source: str, shops: set[str]) -> Change:
    resource, _, event = topic.partition(".")
    entity = "variant" if resource == "product" and content.get("type") == "variation" else resource
    data: dict[str, Any] = {"topic": topic, "triggered_at": None}
    host = host_of(source)
    if host and shops and host not in shops:
        # Anybody can write this header, so that it is told and proves nothing.
        data["other_source"] = clean(source)
    return Change(entity, id_in(content, "id"), _OPERATIONS.get(event, SyncOperation.UPDATE), data)
