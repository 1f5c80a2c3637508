"""Calling a handler as API Gateway does, and counting what it asks of the database."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import Engine, event

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
SAMPLE = json.loads((Path(__file__).parent.parent / "events/storefront/list_products.json").read_text())


@dataclass(frozen=True)
class Answer:
    """What API Gateway would send."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def content(self) -> bytes:
        """The body of an answer that is no text, as API Gateway decodes it."""
        return base64.b64decode(self.text, validate=True)


@dataclass(frozen=True)
class Context:
    """What handlers read of Lambda's context."""

    function_name: str = "tests"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:tests"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"


def http_event(method: str, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """An HTTP API event of payload 2.0 for a URL; with `http://host/...` the host is the domain API Gateway saw."""
    parts = urlsplit(url)
    made: dict[str, Any] = deepcopy(SAMPLE)
    path = unquote(parts.path)
    made |= {"rawPath": path, "rawQueryString": parts.query, "routeKey": f"{method} {path}"}
    made["queryStringParameters"] = dict(parse_qsl(parts.query, keep_blank_values=True))
    made["headers"].pop("x-store")
    made["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
    made["requestContext"]["http"] |= {"method": method, "path": path}
    if parts.hostname:
        made["requestContext"]["domainName"] = parts.hostname
    return made


def call(handler: Handler, url: str, *, store: str | None = None, method: str = "GET", **headers: str) -> Answer:
    """The answer of a handler to a request for a store's storefront."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if store is not None:
        named["x-store"] = store
    response = handler(http_event(method, url, named), Context())
    lowered = {name.lower(): value for name, value in response["headers"].items()}
    return Answer(response["statusCode"], lowered, response["body"])


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that an engine sends meanwhile, those of entering the store among them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
