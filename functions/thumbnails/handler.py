"""Makes thumbnails of pictures as they come into the bucket: S3 tells a queue, and the queue this function."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

from functions.thumbnails.service import NotYetError, make_thumbnail

log = logging.getLogger(__name__)

_TRIES = 5
"""As often the queue hands a message out (template.yaml: maxReceiveCount)."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's batches. Answers which messages failed."""
    failed = [record["messageId"] for record in event["Records"] if not _done(record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _done(record: dict[str, Any]) -> bool:
    is_last_try = int(record["attributes"]["ApproximateReceiveCount"]) >= _TRIES
    try:
        for key in _keys(record["body"]):
            make_thumbnail(key, is_last_try=is_last_try)
    except NotYetError:
        log.info("a picture came before its row; the queue will bring it again")
        return False
    except Exception:
        log.exception("a thumbnail could not be made")
        return False
    return True


def _keys(body: str) -> Iterator[str]:
    """The objects that a message is about: none for the one that S3 sends to try the queue."""
    for told in json.loads(body).get("Records", ()):
        yield unquote_plus(told["s3"]["object"]["key"])
