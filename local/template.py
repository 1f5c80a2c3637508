"""Reads from template.yaml what the laptop stack needs: the functions, their settings and their routes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DEFAULT_ROUTE = "$default"
FUNCTION = "AWS::Serverless::Function"
ANY_METHOD = "X-AMAZON-APIGATEWAY-ANY-METHOD"
_PATH = re.compile(r"/|(/([^{}<>/]+|\{[^{}<>/+]+\}))*(/\{[^{}<>/+]+\+\})?")


class TemplateError(Exception):
    """The template cannot be used; the message names the file or the resource and says why."""


@dataclass(frozen=True)
class Intrinsic:
    """A value such as `!Ref Database` that only CloudFormation can fill in."""

    tag: str


@dataclass(frozen=True)
class Route:
    """One route of the HTTP API; the catch-all has the path `$default`."""

    method: str
    path: str

    @property
    def key(self) -> str:
        """The route as API Gateway writes it: `GET /v1/products/{id}`, or `$default`."""
        return DEFAULT_ROUTE if self.path == DEFAULT_ROUTE else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Function:
    """One Lambda function: timeout in seconds, memory in MB."""

    name: str
    handler: str
    environment: Mapping[str, str] = field(hash=False)
    timeout: int
    memory: int
    routes: tuple[Route, ...]


class _Loader(yaml.SafeLoader):
    """Plain YAML and CloudFormation's short tags."""


def _intrinsic(_loader: yaml.SafeLoader, tag: str, _node: yaml.Node) -> Intrinsic:
    return Intrinsic(tag)


_Loader.add_multi_constructor("!", _intrinsic)


def read_functions(path: Path) -> list[Function]:
    """Every function of the template, in its order. Raises TemplateError."""
    template = _mapping(_parse(path), str(path))
    settings = _mapping(_mapping(template.get("Globals"), "Globals").get("Function"), "Globals.Function")
    resources = _mapping(template.get("Resources"), "Resources")
    functions = [
        _function(name, settings, resource)
        for name, resource in resources.items()
        if _mapping(resource, name).get("Type") == FUNCTION
    ]
    _refuse_twins(functions)
    return functions


def _parse(path: Path) -> Any:
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        return loader.get_single_data()
    except (OSError, yaml.YAMLError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(f"{where}: expected a mapping, found {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    return f"!{value.tag}" if isinstance(value, Intrinsic) else repr(value)


def _function(name: str, settings: Mapping[str, Any], resource: Mapping[str, Any]) -> Function:
    own = _mapping(resource.get("Properties"), name)
    merged = {**settings, **own}
    return Function(
        name=name,
        handler=_handler(name, merged.get("Handler")),
        environment={**_environment("Globals.Function", settings), **_environment(name, own)},
        timeout=_whole_number(name, "Timeout", merged.get("Timeout", 3)),
        memory=_whole_number(name, "MemorySize", merged.get("MemorySize", 128)),
        routes=tuple(_routes(name, _mapping(own.get("Events"), f"{name}.Events"))),
    )


def _handler(name: str, value: Any) -> str:
    if not isinstance(value, str) or "." not in value.strip("."):
        raise TemplateError(f"{name}: Handler must be written out as module.function, found {_shown(value)}")
    return value


def _whole_number(name: str, setting: str, value: Any) -> int:
    if not isinstance(value, int):
        raise TemplateError(f"{name}: {setting} must be a whole number written out, found {_shown(value)}")
    return value


def _environment(name: str, properties: Mapping[str, Any]) -> dict[str, str]:
    environment = _mapping(properties.get("Environment"), f"{name}.Environment")
    variables = _mapping(environment.get("Variables"), f"{name}.Environment.Variables")
    # What CloudFormation computes names things that a laptop does not have.
    return {key: _text(value) for key, value in variables.items() if isinstance(value, str | int | float)}


def _text(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _routes(name: str, events: Mapping[str, Any]) -> Iterable[Route]:
    for event, declared in events.items():
        where = f"{name}.{event}"
        if _mapping(declared, where).get("Type") == "HttpApi":
            yield _route(where, _mapping(declared.get("Properties"), where))


def _route(where: str, properties: Mapping[str, Any]) -> Route:
    method, path = properties.get("Method"), properties.get("Path")
    if str(properties.get("PayloadFormatVersion", "2.0")) != "2.0":
        raise TemplateError(f"{where}: only payload format 2.0 is spoken here")
    if method is None and path in (None, DEFAULT_ROUTE):
        return Route("ANY", DEFAULT_ROUTE)
    if not isinstance(method, str) or not isinstance(path, str):
        raise TemplateError(f"{where}: Path and Method must both be written out")
    if not path or not _PATH.fullmatch(path):
        raise TemplateError(
            f"{where}: Path {path!r} must begin with a slash, end without one, "
            "and hold variables only as a whole segment {name}, or {name+} at the end"
        )
    verb = method.upper()
    return Route("ANY" if verb == ANY_METHOD else verb, path)


def _refuse_twins(functions: list[Function]) -> None:
    owners: dict[str, str] = {}
    for function in functions:
        for route in function.routes:
            owner = owners.setdefault(route.key, function.name)
            if owner != function.name:
                raise TemplateError(f"{function.name}: route {route.key} already belongs to {owner}")
