"""The template as it is deployed says what template.yaml says, in fewer resources."""

import json
from functools import cache
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.check_template import TEMPLATE, expanded
from local.compacting import MOST_RESOURCES, MOST_ROUTES, compacted
from local.template import read_template

SOURCE: dict[str, Any] = yaml_parse(TEMPLATE.read_text())


@cache
def _as_written() -> dict[str, Any]:
    return dict(expanded(SOURCE)["Resources"])


@cache
def _as_deployed() -> dict[str, Any]:
    return dict(expanded(compacted(SOURCE))["Resources"])


def test_it_fits_into_a_stack() -> None:
    assert len(_as_deployed()) <= MOST_RESOURCES * 0.8, "a fifth is left for what is still to come"


def test_the_api_is_the_same_with_an_integration_for_each_function() -> None:
    written, deployed = (each["HttpApi"]["Properties"]["Body"] for each in (_as_written(), _as_deployed()))
    shared = deployed["components"]["x-amazon-apigateway-integrations"]

    def resolved(operation: dict[str, Any]) -> dict[str, Any]:
        integration = operation.get("x-amazon-apigateway-integration", {})
        name = integration.get("$ref", "").removeprefix("#/components/x-amazon-apigateway-integrations/")
        return operation | {"x-amazon-apigateway-integration": shared[name]} if name else operation

    paths = {
        path: {method: resolved(each) if isinstance(each, dict) else each for method, each in operations.items()}
        for path, operations in deployed["paths"].items()
    }
    assert len(paths) > 50
    assert paths == written["paths"]
    assert shared.keys() == {function.name for function in read_template(TEMPLATE).functions if function.routes}
    rest = ("components", "paths", "tags")
    assert {k: v for k, v in deployed.items() if k not in rest} == {k: v for k, v in written.items() if k not in rest}
    assert deployed["components"]["securitySchemes"] == written["components"]["securitySchemes"]


def test_each_function_with_routes_may_be_called_by_the_api_and_no_other() -> None:
    allowed = {
        each["Properties"]["FunctionName"]["Ref"].removesuffix("Aliaslive"): json.dumps(each["Properties"]["SourceArn"])
        for each in _as_deployed().values()
        if each["Type"] == "AWS::Lambda::Permission" and each["Properties"]["Principal"] == "apigateway.amazonaws.com"
    }
    functions = read_template(TEMPLATE).functions
    called = {function.name for function in functions if function.routes}
    called |= {route.authorizer.function for function in functions for route in function.routes if route.authorizer}

    assert set(allowed) == called
    assert all("${HttpApi}/*" in arn for arn in allowed.values())


def test_all_else_is_as_it_was() -> None:
    def rest(resources: dict[str, Any]) -> dict[str, Any]:
        # A deployment is named after what it deploys.
        left_out = ("AWS::Lambda::Permission", "AWS::ApiGatewayV2::Api")
        return {name: each for name, each in resources.items() if each["Type"] not in left_out}

    assert rest(_as_deployed()) == rest(_as_written())


def test_it_keeps_to_what_aws_allows() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html and its sisters."""
    template = expanded(compacted(SOURCE))
    resources = template["Resources"]

    assert len(json.dumps(template)) < 1_000_000 * 0.8, "a template in S3 may have 1 MB"
    assert len(template["Parameters"]) <= 200
    assert len(template["Outputs"]) <= 200
    for name, each in resources.items():
        properties = each.get("Properties", {})
        if each["Type"] == "AWS::Lambda::Function":
            assert len(json.dumps(properties.get("Environment"))) < 4096 * 0.8, f"{name}: 4 KB of variables"
            assert len(properties["Layers"]) <= 5, name
        if each["Type"] == "AWS::IAM::Role":
            inline = [
                policy["PolicyDocument"] for policy in properties.get("Policies", []) if "PolicyDocument" in policy
            ]
            assert len(json.dumps(inline, separators=(",", ":"))) < 10_240 * 0.8, f"{name}: policies in a role"
            assert len(properties.get("ManagedPolicyArns", [])) <= 10, name


def test_the_api_has_no_more_routes_than_its_quota() -> None:
    """300 to an API until AWS raises it, which docs/runbook.md says to ask for; a stage more is refused there."""
    routes = sum(len(function.routes) for function in read_template(TEMPLATE).functions)

    assert routes <= MOST_ROUTES


def test_a_template_without_an_api_is_left_alone() -> None:
    source = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    assert compacted(source) == source
