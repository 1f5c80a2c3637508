"""What template.yaml expands to can be made: moto's CloudFormation makes the part of it that moto knows.

What moto does not know (the HTTP API, schedules, aliases, CodeDeploy's groups, alarms) is taken out beforehand, and so
is what others say of it; test_deployment.py looks at those as they are written.
"""

import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.parsing import resource_class_from_type
from samcli.yamlhelper import yaml_parse

from local.check_template import REGION, TEMPLATE, expanded
from local.compacting import compacted
from local.template import read_template

NESTED = "AWS::CloudFormation::Stack"
NO_VALUE = {"Ref": "AWS::NoValue"}
Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Resources, dict[str, str]]]:
    """The resources that were asked for, and what was made of each: its name or address."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    template = expanded(compacted(yaml_parse(TEMPLATE.read_text())))
    every: Resources = template["Resources"]
    # What others read of nested stacks moto cannot say.
    asked = {name: each for name, each in every.items() if _is_known(each["Type"]) and each["Type"] != NESTED}
    body = _without(every.keys() - asked.keys(), template | {"Resources": asked, "Outputs": {}})
    with mock_aws():
        s3 = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="packages", Key="package.zip", Body=_package())
        s3.put_object(Bucket="packages", Key="template", Body=json.dumps(body))
        stacks = boto3.client("cloudformation", REGION)
        url = f"https://s3.{REGION}.amazonaws.com/packages/template"
        stacks.create_stack(StackName="stormcom", TemplateURL=url, Capabilities=["CAPABILITY_IAM"])
        pages = stacks.get_paginator("list_stack_resources").paginate(StackName="stormcom")
        found = [each for page in pages for each in page["StackResourceSummaries"]]
        yield asked, {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("handler.py", "")
    return packed.getvalue()


def _without(left_out: Any, value: Any) -> Any:
    """A template that names nothing of what is left out, as it is when all that may be there is."""
    if isinstance(value, list):
        return [_without(left_out, each) for each in value]
    if isinstance(value, str):
        return re.sub(rf"\$\{{({'|'.join(left_out)})(\.[\w.]+)?\}}", r"\1", value)
    if isinstance(value, dict):
        return _simpler(left_out, value)
    return value


def _simpler(left_out: Any, value: dict[str, Any]) -> Any:
    if "Fn::If" in value and NO_VALUE in value["Fn::If"][1:]:
        return _without(left_out, next(each for each in value["Fn::If"][1:] if each != NO_VALUE))
    if "Ref" in value:
        # An alias is called instead of its function.
        name = str(value["Ref"]).removesuffix("Aliaslive")
        return name if name in left_out else {"Ref": name}
    if value.get("Fn::GetAtt", [""])[0] in left_out:
        return ".".join(value["Fn::GetAtt"])
    return {key: _without(left_out, each) for key, each in value.items() if key != "DependsOn"}


def _is_known(kind: str) -> bool:
    return resource_class_from_type(kind) is not None


def test_what_moto_knows_is_made(made: tuple[Resources, dict[str, str]]) -> None:
    asked, found = made
    kinds = {each["Type"] for each in asked.values()}

    assert kinds >= {
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
    }
    assert {name for name in asked if "Condition" not in asked[name]} <= found.keys()


def test_functions_are_made_with_their_variables(made: tuple[Resources, dict[str, str]]) -> None:
    _, found = made
    functions = {each["FunctionName"]: each for each in boto3.client("lambda", REGION).list_functions()["Functions"]}

    for function in read_template(TEMPLATE).functions:
        it = functions[found[function.name]]
        assert (it["Runtime"], it["Handler"], it["Timeout"]) == ("python3.13", function.handler, function.timeout)
        assert it.get("Environment", {}).get("Variables", {}).keys() == function.environment.keys()


def test_queues_lead_to_their_dead_letters(made: tuple[Resources, dict[str, str]]) -> None:
    asked, found = made
    sqs = boto3.client("sqs", REGION)
    queues = [name for name, each in asked.items() if each["Type"] == "AWS::SQS::Queue"]

    def attributes(name: str) -> dict[str, str]:
        return sqs.get_queue_attributes(QueueUrl=found[name], AttributeNames=["All"])["Attributes"]

    assert len(queues) >= 14
    for name in queues:
        if not name.endswith("DeadLetters"):
            redrive = json.loads(attributes(name)["RedrivePolicy"])
            wanted = asked[name]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert redrive["deadLetterTargetArn"] == attributes(wanted)["QueueArn"]


def test_buckets_are_closed_and_logs_kept_for_a_while(made: tuple[Resources, dict[str, str]]) -> None:
    asked, found = made
    s3, logs = boto3.client("s3", REGION), boto3.client("logs", REGION)
    buckets = [name for name, each in asked.items() if each["Type"] == "AWS::S3::Bucket"]

    assert buckets
    for name in buckets:
        s3.head_bucket(Bucket=found[name])
        assert all(asked[name]["Properties"]["PublicAccessBlockConfiguration"].values()), name
    groups = logs.describe_log_groups()["logGroups"]
    assert groups
    assert all(group["retentionInDays"] >= 14 for group in groups)


def test_consumers_read_the_queues_that_they_are_for(made: tuple[Resources, dict[str, str]]) -> None:
    asked, _ = made
    sources = boto3.client("lambda", REGION).list_event_source_mappings()["EventSourceMappings"]

    assert len(sources) == len([each for each in asked.values() if each["Type"] == "AWS::Lambda::EventSourceMapping"])
    assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for source in sources)


def test_the_key_turns_once_a_year(made: tuple[Resources, dict[str, str]]) -> None:
    asked, found = made
    kms = boto3.client("kms", REGION)
    (name,) = (name for name, each in asked.items() if each["Type"] == "AWS::KMS::Key")

    assert kms.get_key_rotation_status(KeyId=found[name])["KeyRotationEnabled"] is True
