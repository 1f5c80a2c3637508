"""Every route of every function, as the apps have registered them and as the template lists them."""

import importlib
import re
from dataclasses import dataclass
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.database import ROOT
from shared.api import HttpApi
from shared.auth import Access


@dataclass(frozen=True)
class Route:
    """A route and what it asks of the caller."""

    method: str
    path: str
    access: Access

    @property
    def key(self) -> str:
        """As the template and the API's description name it."""
        return f"{self.method} {self.path}"

    @property
    def url(self) -> str:
        """A path that it answers, of things that do not exist."""
        return re.sub(r"\{\w+\}", "none", self.path)


def all_routes() -> list[Route]:
    """What the apps have registered, in the template's order of functions."""
    found = [route for properties in _functions().values() for route in _registered(properties["Handler"])]
    return sorted(found, key=lambda route: (route.path, route.method))


def authorizers() -> dict[str, str]:
    """The authorizer that the template puts before each route, by the route's key."""
    default = _template()["HttpApi"]["Properties"]["Auth"]["DefaultAuthorizer"]
    events = [event for properties in _functions().values() for event in properties.get("Events", {}).values()]
    routes = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
    return {f"{route['Method']} {route['Path']}": route.get("Auth", {}).get("Authorizer", default) for route in routes}


def _registered(handler: str) -> list[Route]:
    app = getattr(importlib.import_module(handler.rpartition(".")[0]), "app", None)
    if not isinstance(app, HttpApi):
        return []
    return [
        Route(method, route.path.replace("<", "{").replace(">", "}"), app._access[route.func])
        for route in app._static_routes + app._dynamic_routes
        for method in ([route.method] if isinstance(route.method, str) else route.method)
    ]


def _functions() -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in _template().items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _template() -> dict[str, Any]:
    resources: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    return resources
