"""The template as it is deployed says what template.yaml says, in fewer resources."""

import json
from functools import cache
from typing import Any

from samcli.yamlhelper import yaml_parse

from local.check_template import TEMPLATE, expanded
from local.compacting import MOST_RESOURCES, compacted
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


def test_the_api_is_the_same() -> None:
    written, deployed = (each["HttpApi"]["Properties"]["Body"] for each in (_as_written(), _as_deployed()))
    assert len(written["paths"]) > 50
    assert {**deployed, "tags": None} == {**written, "tags": None}


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


def test_a_template_without_an_api_is_left_alone() -> None:
    source = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    assert compacted(source) == source
