"""`make walk-rie`: what sam build made answers one request for every route, and one event for all that is no route.

It runs in Lambda's own runtime, with its own layers and nothing but its own variables: a module that was not packed, a
package that was trimmed too much or a variable that template.yaml forgot shows here as an error.
"""

import json
import os
import re
import sys
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from werkzeug.test import Client

from local import postgres
from local.aws import local_aws, verify_sender
from local.database import NAME, OWNER, ROLES, ROOT, ensure_owner
from local.environment import set_environment
from local.gateway import create_app
from local.invocation import Invoke
from local.proving import prove
from local.rie import FunctionError, built_functions
from local.runtime import prepare
from local.seeding import PASSWORD, seed
from local.template import Function, Route, Template, read_template
from migrations import commands

URL = "http://127.0.0.1"


def main() -> None:
    """Walk. Exits with 1 and the list of what did not answer as it should."""
    template, runtime = read_template(ROOT / "template.yaml"), prepare()
    with _stack(template), built_functions(runtime) as invoke:
        # Most of the time goes into the start of each function, so they start while the shops are made.
        with ThreadPoolExecutor() as threads:
            for function in template.functions:
                threads.submit(_start, invoke, function)
            commands.upgrade()
            seed()
        wrong = [*_routes(template, invoke), *_events(template, invoke), *prove(runtime)]
    asked = sum(len(function.routes) for function in template.functions)
    sys.stdout.write(f"{asked} routes of {len(template.functions)} functions were asked.\n")
    if wrong:
        sys.exit("\n".join(wrong))


@contextmanager
def _stack(template: Template) -> Iterator[None]:
    """An empty database, and AWS."""
    with tempfile.TemporaryDirectory(prefix="stormcom-walk-", ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            ensure_owner(server)
            postgres.ensure_database(server, NAME, OWNER)
            os.environ |= {variable: server.url(NAME, role) for variable, role in ROLES.items()}
            with local_aws(template, Path(folder, "kms.json"), Path(folder, "media")) as aws:
                set_environment(template, aws.made, URL)
                verify_sender(os.environ["MAIL_FROM"])
                yield
        finally:
            server.stop()


def _start(invoke: Invoke, function: Function) -> None:
    # It has begun, whatever it says to an event of nothing.
    with suppress(FunctionError):
        invoke(function, {}, str(uuid.uuid4()))


def _routes(template: Template, invoke: Invoke) -> Iterator[str]:
    client = Client(create_app(template.functions, invoke=invoke))
    login = {"email": "owner@stormcom.example", "password": PASSWORD}
    token = client.post("/v1/auth/login", json=login).get_json()["token"]
    # What ends the session comes last, and reading comes before writing.
    routes = [(function, route) for function in template.functions for route in function.routes]
    for function, route in sorted(routes, key=lambda pair: (_ends_sessions(pair[1]), pair[1].method != "GET")):
        yield from _asked(client, function, route, token)


def _ends_sessions(route: Route) -> bool:
    return route.path.startswith("/v1/auth/") and route.method != "GET"


def _asked(client: Client, function: Function, route: Route, token: str) -> Iterator[str]:
    path = re.sub(r"\{\w+\+?\}", "nothing-of-this-name", route.path)
    headers = {"X-Store": "aurora"} | ({"Authorization": f"Bearer {token}"} if route.authorizer else {})
    body: dict[str, str] | None = {} if route.method in ("POST", "PUT", "PATCH") else None
    answer = client.open(path, method=route.method, headers=headers, json=body)
    # API Gateway's own words are {"message": ...}: they would mean that the function was not reached or has failed.
    words = answer.get_data(as_text=True)
    if answer.status_code >= 500 or words.startswith('{"message":'):
        yield f"{function.name}: {route.key} answered {answer.status_code} {words[:200]}"


def _events(template: Template, invoke: Invoke) -> Iterator[str]:
    """The sample events of functions that are called otherwise."""
    for function in template.functions:
        if function.routes:
            continue
        for path in sorted((ROOT / "events" / function.handler.split(".")[-3]).glob("*.json")):
            try:
                invoke(function, json.loads(path.read_text()), str(uuid.uuid4()))
            except Exception as error:
                yield f"{function.name}: {path.name}: {error}"


if __name__ == "__main__":
    main()
