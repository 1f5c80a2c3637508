"""Lambda authorizers as an HTTP API runs them: payload 2.0, simple answers, believed until they expire."""

import json
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Hashable, Mapping
from copy import deepcopy
from typing import Any

from local import events
from local.invocation import Invoke
from local.template import Authorizer, Function

MAX_ANSWERS = 1000
_NOT_FOR_AUTHORIZERS = ("body", "isBase64Encoded")

Clock = Callable[[], float]
Authorize = Callable[[Authorizer, dict[str, Any]], Any]
"""The context that an authorizer gives to an event, which may be None. Raises RefusedError."""


class RefusedError(Exception):
    """A request that does not reach its function, with the answer that API Gateway gives instead."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class _Answers:
    """What authorizers have answered, in JSON; the oldest are forgotten when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[float, str]] = {}

    def find(self, key: Hashable) -> str | None:
        with self._lock:
            expires, answer = self._kept.get(key, (0.0, ""))
            return answer if self._clock() < expires else None

    def keep(self, key: Hashable, answer: str, ttl: float) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (self._clock() + ttl, answer)
            if len(self._kept) > MAX_ANSWERS:
                del self._kept[next(iter(self._kept))]


def authorization(functions: Mapping[str, Function], invoke: Invoke, clock: Clock) -> Authorize:
    """What decides for a gateway. An answer is kept for all routes; only the headers that identify the caller count."""
    answers = _Answers(clock)

    def authorize(authorizer: Authorizer, event: dict[str, Any]) -> Any:
        identity = tuple(event["headers"].get(header, "") for header in authorizer.headers)
        if not all(identity):
            raise RefusedError(401, "Unauthorized")
        answer = answers.find((authorizer, identity))
        if answer is None:
            answer = _ask(functions[authorizer.function], _event(event, identity), invoke)
            if identity:
                answers.keep((authorizer, identity), answer, authorizer.ttl)
        # Parsed anew each time, so that no function changes what the next one is given.
        found = json.loads(answer)
        if not found["isAuthorized"]:
            raise RefusedError(403, "Forbidden")
        return found.get("context")

    return authorize


def _event(event: Mapping[str, Any], identity: tuple[str, ...]) -> dict[str, Any]:
    context = event["requestContext"]
    resource = f"{context['apiId']}/{context['stage']}/{context['http']['method']}{event['rawPath']}"
    return {
        **{name: deepcopy(value) for name, value in event.items() if name not in _NOT_FOR_AUTHORIZERS},
        "type": "REQUEST",
        "routeArn": f"arn:aws:execute-api:{events.REGION}:{events.ACCOUNT_ID}:{resource}",
        "identitySource": list(identity),
    }


def _ask(function: Function, event: dict[str, Any], invoke: Invoke) -> str:
    request_id = str(uuid.uuid4())
    try:
        answer = json.dumps(invoke(function, event, request_id))
        _check(json.loads(answer))
    except (Exception, SystemExit) as error:
        sys.stderr.write(f"{function.name} {request_id}\n{traceback.format_exc()}")
        raise RefusedError(500, "Internal Server Error") from error
    return answer


def _check(answer: Any) -> None:
    if not isinstance(answer, dict) or not isinstance(answer.get("isAuthorized"), bool):
        raise events.MalformedResponseError(f'an authorizer answers {{"isAuthorized": true or false}}, not {answer!r}')
    if not isinstance(answer.get("context"), dict | None):
        raise events.MalformedResponseError(f"an authorizer's context is an object, not {answer['context']!r}")
