"""Reads from template.yaml what the laptop stack needs: the functions with their routes, and what they use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.cloudformation import Intrinsic, TemplateError, mapping, of_type, parse, shown, text
from local.routes import DEFAULT_ROUTE, Api, Authorizer, Route, read_api, read_routes

__all__ = [
    "DEFAULT_ROUTE",
    "Authorizer",
    "Function",
    "Route",
    "Template",
    "TemplateError",
    "read_functions",
    "read_template",
]

FUNCTION = "AWS::Serverless::Function"
HTTP_API = "AWS::Serverless::HttpApi"


@dataclass(frozen=True)
class Function:
    """One Lambda function: timeout in seconds, memory in MB; `events` are all that may call it, as declared."""

    name: str
    handler: str
    environment: Mapping[str, str | Intrinsic] = field(hash=False)
    timeout: int
    memory: int
    routes: tuple[Route, ...]
    events: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Template:
    """The whole application; of the parameters those that have a default."""

    functions: list[Function]
    resources: Mapping[str, Any]
    parameters: Mapping[str, str]


def read_functions(path: Path) -> list[Function]:
    """Every function of the template, in its order. Raises TemplateError."""
    return read_template(path).functions


def read_template(path: Path) -> Template:
    """Everything in the template that the laptop has a use for. Raises TemplateError."""
    template = mapping(parse(path), str(path))
    shared = mapping(template.get("Globals"), "Globals")
    if "Auth" in mapping(shared.get("HttpApi"), "Globals.HttpApi"):
        raise TemplateError("Globals.HttpApi: Auth is read from the HTTP API itself")
    resources = mapping(template.get("Resources"), "Resources")
    apis = {name: read_api(name, properties) for name, properties in of_type(HTTP_API, resources).items()}
    settings = mapping(shared.get("Function"), "Globals.Function")
    functions = [_function(name, settings, own, apis) for name, own in of_type(FUNCTION, resources).items()]
    _refuse_twins(functions)
    _refuse_strangers(functions, apis)
    return Template(functions, resources, _defaults(mapping(template.get("Parameters"), "Parameters")))


def _function(name: str, settings: Mapping[str, Any], own: Mapping[str, Any], apis: Mapping[str, Api]) -> Function:
    merged = {**settings, **own}
    events = mapping(own.get("Events"), f"{name}.Events")
    return Function(
        name=name,
        handler=_handler(name, merged.get("Handler")),
        environment={**_environment("Globals.Function", settings), **_environment(name, own)},
        timeout=_whole_number(name, "Timeout", merged.get("Timeout", 3)),
        memory=_whole_number(name, "MemorySize", merged.get("MemorySize", 128)),
        routes=tuple(read_routes(name, events, apis)),
        events=events,
    )


def _handler(name: str, value: Any) -> str:
    if not isinstance(value, str) or "." not in value.strip("."):
        raise TemplateError(f"{name}: Handler must be written out as module.function, found {shown(value)}")
    return value


def _whole_number(name: str, setting: str, value: Any) -> int:
    if not isinstance(value, int):
        raise TemplateError(f"{name}: {setting} must be a whole number written out, found {shown(value)}")
    return value


def _environment(name: str, properties: Mapping[str, Any]) -> dict[str, str | Intrinsic]:
    environment = mapping(properties.get("Environment"), f"{name}.Environment")
    variables = mapping(environment.get("Variables"), f"{name}.Environment.Variables")
    return {key: _variable(f"{name}.{key}", value) for key, value in variables.items()}


def _variable(where: str, value: Any) -> str | Intrinsic:
    if isinstance(value, Intrinsic):
        return value
    if not isinstance(value, str | int | float):
        raise TemplateError(f"{where}: expected a text, a number or a short tag such as !Ref, found {shown(value)}")
    return text(value)


def _defaults(parameters: Mapping[str, Any]) -> dict[str, str]:
    declared = {name: mapping(value, f"Parameters.{name}") for name, value in parameters.items()}
    return {name: text(value["Default"]) for name, value in declared.items() if "Default" in value}


def _refuse_twins(functions: list[Function]) -> None:
    owners: dict[str, str] = {}
    for function in functions:
        for route in function.routes:
            owner = owners.setdefault(route.key, function.name)
            if owner != function.name:
                raise TemplateError(f"{function.name}: route {route.key} already belongs to {owner}")


def _refuse_strangers(functions: list[Function], apis: Mapping[str, Api]) -> None:
    names = {function.name for function in functions}
    for authorizer in (each for api in apis.values() for each in api.authorizers.values()):
        if authorizer.function not in names:
            raise TemplateError(f"{authorizer.name}: there is no function {authorizer.function}")
