"""What template.yaml and stacks/ promise of a deployment, told from what they expand to."""

import json
import os
import re
from functools import cache
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from local.check_template import NESTED, REGION, TEMPLATE, expand
from local.template import read_template
from local.watching import draw

os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
FILES = [TEMPLATE, *NESTED]
Resources = dict[str, dict[str, Any]]


@cache
def _expanded(stem: str = "template") -> Resources:
    found: Resources = expand(next(path for path in FILES if path.stem == stem))["Resources"]
    return found


def _of(kind: str, resources: Resources) -> dict[str, dict[str, Any]]:
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_star_in_a_policy_has_its_reason_beside_it(path: Any) -> None:
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        # Keys of a bucket are named by their folder: what follows it is no wider than the folder.
        bare = re.sub(r"\.Arn\}/[a-z]+/\*", "", line)
        if re.search(r"\b(Action|Resource|Principal):.*\*|^\s+- \S*\*\"?$", bare) and "Statement" in "".join(lines):
            before = lines[max(0, number - 4) : number]
            assert any("#" in each for each in (line, *before)), f"{path.name}:{number + 1} says no reason: {line}"


@pytest.mark.parametrize("stem", ["template", "database"])
def test_every_function_logs_where_it_is_kept_for_a_while(stem: str) -> None:
    resources = _expanded(stem)
    groups = _of("AWS::Logs::LogGroup", resources)
    for name, function in _of("AWS::Lambda::Function", resources).items():
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] >= 14, name


def test_every_function_is_called_by_its_alias_and_new_code_is_checked_first() -> None:
    resources = _expanded()
    aliases = {
        each["Properties"]["FunctionName"]["Ref"]: each for each in resources.values() if "Alias" in each["Type"]
    }
    for name in _of("AWS::Lambda::Function", resources):
        update = aliases[name]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["BeforeAllowTrafficHook"] == {"Fn::GetAtt": ["Database", "Outputs.SchemaCheck"]}
    for name, group in _of("AWS::CodeDeploy::DeploymentGroup", resources).items():
        assert group["AlarmConfiguration"]["Alarms"], name


def test_functions_that_somebody_waits_for_begin_from_a_snapshot() -> None:
    functions = _of("AWS::Lambda::Function", _expanded())
    for each in read_template(TEMPLATE).functions:
        waited_for = bool(each.routes) or each.name == "AuthorizerFunction"
        applied = functions[each.name]["SnapStart"]["ApplyOn"]
        assert applied == ("PublishedVersions" if waited_for else "None"), each.name


def test_every_route_may_call_its_function() -> None:
    allowed = json.dumps(_of("AWS::Lambda::Permission", _expanded()))
    for function in read_template(TEMPLATE).functions:
        for route in function.routes:
            path = re.sub(r"\{\w+\}", "*", route.path)
            assert f"/{route.method}{path}" in allowed, route.key


def test_every_queue_gives_up_into_another_that_keeps_longer() -> None:
    queues = _of("AWS::SQS::Queue", _expanded())
    for name, queue in queues.items():
        assert queue["SqsManagedSseEnabled"] is True, name
        if name.endswith("DeadLetters"):
            assert queue["MessageRetentionPeriod"] == 1209600, name
            continue
        target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert target in queues, name
        assert target.endswith("DeadLetters"), f"{target} is not watched as what it is"
        assert 3 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 10, name


def test_every_schedule_has_a_target_retries_and_a_place_for_what_nobody_took() -> None:
    for name, schedule in _of("AWS::Scheduler::Schedule", _expanded()).items():
        target = schedule["Target"]
        assert target["Arn"]["Ref"].endswith("Aliaslive"), name
        assert "MaximumRetryAttempts" in target["RetryPolicy"], name
        assert "DeadLetterConfig" in target, name
        assert "Name" not in schedule, f"{name}: two stages of one account would want the same name; OmitName: true"


def test_every_queue_that_is_consumed_is_consumed_by_few_at_once_and_in_parts() -> None:
    for name, source in _of("AWS::Lambda::EventSourceMapping", _expanded()).items():
        assert 2 <= source["ScalingConfig"]["MaximumConcurrency"] <= 50, name
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_functions_use_the_database_that_the_stack_chose() -> None:
    resources = TEMPLATE.read_text().partition("\nResources:\n")[2].replace("ExistingProxy: !Ref DatabaseEndpoint", "")
    for gone in (
        "${DatabaseEndpoint}",
        "${DatabaseProxyResourceId}",
        "SubnetIds: !Ref Subnets",
        "[!Ref SecurityGroup]",
    ):
        assert gone not in resources, f"{gone}: name an output of Database, as other functions do"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_holds_data_outlives_a_mistake(path: Any) -> None:
    for name, resource in yaml_parse(path.read_text())["Resources"].items():
        if resource["Type"] in ("AWS::RDS::DBCluster", "AWS::KMS::Key") or name == "MediaBucket":
            assert resource["DeletionPolicy"] in ("Retain", "Snapshot"), name
            assert resource["UpdateReplacePolicy"] in ("Retain", "Snapshot"), name


def test_everything_is_watched() -> None:
    template = read_template(TEMPLATE)
    alarms = _of("AWS::CloudWatch::Alarm", _expanded("watch"))

    for function in template.functions:
        assert {f"{function.name}Errors", f"{function.name}Throttles"} <= set(alarms)
    for queue in _of("AWS::SQS::Queue", _expanded()):
        assert {f"{queue}Age", f"{queue}Depth"} & set(alarms), queue
    assert {"PinnedSessions", "Connections", "ApiErrors"} <= set(alarms)
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}], name
    assert draw(template) == next(path for path in NESTED if path.stem == "watch").read_text(), "run: make describe"


def test_the_schema_comes_before_what_needs_it() -> None:
    for name, function in _of("AWS::Lambda::Function", _expanded()).items():
        if "DATABASE_URL" in json.dumps(function):
            assert '"Database", "Outputs.' in json.dumps(function) or "${Database.Outputs." in json.dumps(function), (
                name
            )
    schema = _expanded("database")["Schema"]["Properties"]
    assert "Version" in json.dumps(schema["Version"]), "with new migrations it must ask again"
