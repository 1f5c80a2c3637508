"""Files of every kind, made as they are needed, and what S3 tells of them."""

import io
import json
from typing import Any
from urllib.parse import quote_plus

from PIL import Image

from functions.thumbnails.handler import handler
from tests.calls import Context

FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08moov" + bytes(64)


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **given: Any) -> bytes:
    """A picture of one colour."""
    return saved(Image.new(mode, size, given.pop("color", 0)), kind, **given)


def saved(image: Image.Image, kind: str, **given: Any) -> bytes:
    """A picture as a file."""
    written = io.BytesIO()
    image.save(written, kind, **given)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    """A picture to look at, decoded."""
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def told(key: str, message_id: str = "1") -> dict[str, Any]:
    """What the queue hands out of S3's news of an object, for the first time."""
    news = {"eventName": "ObjectCreated:Copy", "s3": {"bucket": {"name": "any"}, "object": {"key": quote_plus(key)}}}
    return message(json.dumps({"Records": [news]}), message_id)


def message(body: str, message_id: str = "1") -> dict[str, Any]:
    """A message as the queue hands it out for the first time."""
    return {"messageId": message_id, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def tell(*messages: dict[str, Any], tries: int = 1) -> list[str]:
    """Let the function have a batch, handed out so many times. Returns which failed."""
    for one in messages:
        one["attributes"]["ApproximateReceiveCount"] = str(tries)
    answer = handler({"Records": list(messages)}, Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
