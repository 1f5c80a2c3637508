"""Calls the functions in this process, as the Lambda runtime would in one of their own."""

import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

from local.events import LambdaContext
from local.template import Function

Handler = Callable[[dict[str, Any], LambdaContext], Any]
Load = Callable[[str], Handler]
Invoke = Callable[[Function, dict[str, Any], str], Any]
"""Calls a function with an event, under a request id. Raises what the handler raises."""


def import_handler(path: str) -> Handler:
    """Imports `package.module.function`. Raises what importing raises, and AttributeError."""
    module, _, name = path.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler


def invoker(load: Load = import_handler) -> Invoke:
    """A way to invoke functions that loads each handler when it is first called."""
    handler_of = _load_once(load)

    def invoke(function: Function, event: dict[str, Any], request_id: str) -> Any:
        deadline = time.monotonic() + function.timeout
        context = LambdaContext(function.name, function.memory, request_id, deadline)
        return handler_of(function.handler)(event, context)

    return invoke


def _load_once(load: Load) -> Load:
    loaded: dict[str, Handler] = {}
    lock = threading.Lock()

    def handler_of(path: str) -> Handler:
        if path not in loaded:
            with lock:
                if path not in loaded:
                    loaded[path] = load(path)
        return loaded[path]

    return handler_of
