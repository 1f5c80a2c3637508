"""Makes the built template fit: SAM spends a resource on every route, and CloudFormation allows 500 in a stack.

What SAM makes of the routes is written into the API, and a permission for each function takes the place of one for each
of its routes. template.yaml stays as it is read and written; what is deployed says the same in fewer resources.
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_dump, yaml_parse

from local.check_template import expanded

MOST_RESOURCES = 500
MOST_ROUTES = 300
"""AWS raises it when asked (docs/runbook.md); the 300 integrations of an API it does not, hence `_share`."""
API, FUNCTION = "AWS::Serverless::HttpApi", "AWS::Serverless::Function"
_INTEGRATION = "x-amazon-apigateway-integration"
_CALLED = re.compile(r"\$\{(\w+?)(?:Aliaslive|\.Arn)\}")
_OF_SAM = ("Auth", "CorsConfiguration", "Description", "Name")
"""What the body of the API says already."""


def compact(path: Path) -> int:
    """Rewrite a built template in place. Returns how many resources it will have in the end."""
    source = yaml_parse(path.read_text())
    path.write_text(yaml_dump(compacted(source)))
    return len(expanded(yaml_parse(path.read_text()))["Resources"])


def compacted(source: dict[str, Any]) -> dict[str, Any]:
    """The template with its one HTTP API written out. Another that has none is given back as it is."""
    made = deepcopy(source)
    apis = [name for name, resource in made["Resources"].items() if resource["Type"] == API]
    if not apis:
        return made
    (api,) = apis
    properties = made["Resources"][api]["Properties"]
    body = expanded(source)["Resources"][api]["Properties"]["Body"]
    # SAM adds its own again.
    body.pop("tags", None)
    _share(body)
    made["Resources"][api]["Properties"] = {
        **{name: value for name, value in properties.items() if name not in _OF_SAM},
        "DefinitionBody": body,
    }
    callers = dict(_without_routes(made["Resources"]))
    callers |= {f"{name}CalledByApi": name for name in _authorizers(properties)}
    for permission, function in callers.items():
        made["Resources"][permission] = _permission(api, function)
    return made


def _share(body: dict[str, Any]) -> None:
    """Let the routes of a function have one integration in common, where SAM writes one for each."""
    shared: dict[str, Any] = body.setdefault("components", {}).setdefault(f"{_INTEGRATION}s", {})
    for operation in (each for path in body["paths"].values() for each in path.values() if _INTEGRATION in each):
        integration = operation[_INTEGRATION]
        found = _CALLED.search(json.dumps(integration["uri"]))
        if found:
            shared[found[1]] = integration
            operation[_INTEGRATION] = {"$ref": f"#/components/{_INTEGRATION}s/{found[1]}"}


def _without_routes(resources: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Take the routes out of functions. Yields the names of a permission, and of the function, that had some."""
    for name, resource in list(resources.items()):
        events = resource.get("Properties", {}).get("Events", {}) if resource["Type"] == FUNCTION else {}
        routes = [event for event, declared in events.items() if declared["Type"] == "HttpApi"]
        for event in routes:
            del events[event]
        if routes:
            yield f"{name}CalledByApi", name


def _authorizers(properties: dict[str, Any]) -> Iterator[str]:
    for declared in properties.get("Auth", {}).get("Authorizers", {}).values():
        target = declared["FunctionArn"]
        yield str(target.get("Ref") or target["Fn::GetAtt"][0]).partition(".")[0]


def _permission(api: str, function: str) -> dict[str, Any]:
    arn = f"arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{{api}}}/*"
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": f"{function}Aliaslive"},
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": {"Fn::Sub": arn},
        },
    }
