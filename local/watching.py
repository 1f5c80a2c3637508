"""Writes stacks/watch.yaml from template.yaml: an alarm for whatever can go wrong with each function and each queue.

Written by hand, the next function would be forgotten. `make describe` writes it, and the check fails without it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from local.cloudformation import of_type
from local.database import ROOT
from local.template import Template

TARGET = ROOT / "stacks" / "watch.yaml"
TEMPLATE = ROOT / "template.yaml"
QUEUE = "AWS::SQS::Queue"
ALARM = "AWS::CloudWatch::Alarm"
MOST_CONNECTIONS = 1000  # as stacks/database.yaml sets it
BEGIN, END = "        # Written by `make describe`.\n", "        # So far.\n"
_FIXED = ("Stage", "AlarmEmail", "Api", "Cluster", "Proxy")


class _Plain(yaml.SafeDumper):
    """Writes the same thing out each time: CloudFormation knows no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


def draw(template: Template) -> str:
    """The whole stack, as YAML."""
    functions, queues = [function.name for function in template.functions], list(of_type(QUEUE, template.resources))
    scheduled = [each.name for each in template.functions if of_type("ScheduleV2", each.events)]
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Mail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasEmail",
            "Properties": {"TopicArn": _ref("Topic"), "Protocol": "email", "Endpoint": _ref("AlarmEmail")},
        },
        **dict(_of_the_database()),
        **dict(_of_the_api()),
        **{name: alarm for each in functions for name, alarm in _of_function(each, each in scheduled)},
        **{name: alarm for each in queues for name, alarm in _of_queue(each)},
        "Dashboard": _dashboard(functions, queues),
    }
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Alarms and a dashboard. `make describe` writes it from template.yaml, by local/watching.py.",
        "Parameters": {name: {"Type": "String"} for name in (*_FIXED, *functions, *queues)},
        "Conditions": {
            "HasEmail": {"Fn::Not": [{"Fn::Equals": [_ref("AlarmEmail"), ""]}]},
            "HasCluster": {"Fn::Not": [{"Fn::Equals": [_ref("Cluster"), ""]}]},
        },
        "Resources": resources,
        "Outputs": {"Topic": {"Description": "Where alarms ring.", "Value": _ref("Topic")}},
    }
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, width=120)


def wired(template: Template, source: str) -> str:
    """template.yaml with the parameters of that stack written between two marks."""
    functions, queues = [function.name for function in template.functions], list(of_type(QUEUE, template.resources))
    lines = [f"        {name}: !Ref {name}\n" for name in functions]
    lines += [f"        {name}: !GetAtt {name}.QueueName\n" for name in queues]
    return re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}{''.join(lines)}{END}", source, flags=re.DOTALL)


def _of_function(name: str, scheduled: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    where = {"Namespace": "AWS/Lambda", "Dimensions": [_dimension("FunctionName", name)]}
    yield (
        f"{name}Errors",
        _alarm(f"{name} failed or ran out of time three times in five minutes.", where, ("Errors", "Sum", 300), 2),
    )
    yield f"{name}Throttles", _alarm(f"{name} was refused a place to run.", where, ("Throttles", "Sum", 300), 0)
    if scheduled:
        absent = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
        text = f"{name} was not called for a day, though it is on a schedule."
        yield f"{name}NotRun", _alarm(text, where, ("Invocations", "Sum", 86400), 1, **absent)


def _of_queue(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    where = {"Namespace": "AWS/SQS", "Dimensions": [_dimension("QueueName", name)]}
    if name.endswith("DeadLetters"):
        text = f"Something was given up: {name} holds it. docs/runbook.md tells how to send it again."
        yield f"{name}Depth", _alarm(text, where, ("ApproximateNumberOfMessagesVisible", "Maximum", 300), 0)
    else:
        text = f"Something waits in {name} for more than a quarter of an hour."
        yield f"{name}Age", _alarm(text, where, ("ApproximateAgeOfOldestMessage", "Maximum", 300), 900)


def _of_the_database() -> Iterator[tuple[str, dict[str, Any]]]:
    proxy = {"Namespace": "AWS/RDS", "Dimensions": [_dimension("ProxyName", "Proxy")]}
    cluster = {"Namespace": "AWS/RDS", "Dimensions": [_dimension("DBClusterIdentifier", "Cluster")]}
    text = "Sessions keep a connection of the proxy for themselves: a statement that pins has got in."
    yield "PinnedSessions", _alarm(text, proxy, ("DatabaseConnectionsCurrentlySessionPinned", "Maximum", 300), 3)
    text = "More than 70 of 100 connections of the cluster are in use."
    yield "Connections", _alarm(text, cluster, ("DatabaseConnections", "Maximum", 300), MOST_CONNECTIONS * 0.7)
    text = "The cluster has nearly all the capacity that it may have: raise MaxCapacity."
    yield "Capacity", _alarm(text, cluster, ("ACUUtilization", "Average", 900), 90)
    yield "Deadlocks", _alarm("Transactions lock each other out.", cluster, ("Deadlocks", "Average", 900), 0.01)


def _of_the_api() -> Iterator[tuple[str, dict[str, Any]]]:
    api = {"Namespace": "AWS/ApiGateway", "Dimensions": [_dimension("ApiId", "Api")]}
    yield "ApiErrors", _alarm("The API answered 5xx ten times in five minutes.", api, ("5xx", "Sum", 300), 10)
    slow = {"ExtendedStatistic": "p95"}
    yield (
        "ApiLatency",
        _alarm("One answer in twenty takes more than two seconds.", api, ("Latency", "", 300), 2000, **slow),
    )


def _alarm(
    text: str, where: Mapping[str, Any], figure: tuple[str, str, int], threshold: float, **more: str
) -> dict[str, Any]:
    """An alarm on a figure (metric, statistic, period in seconds) above a threshold; it tells when it is over too.

    One period is enough, or two of three for an average.
    """
    metric, statistic, period = figure
    periods = 3 if statistic == "Average" else 1
    properties = {
        "AlarmDescription": text,
        **where,
        "MetricName": metric,
        **({"Statistic": statistic} if statistic else {}),
        "Period": period,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": 2 if statistic == "Average" else 1,
        "Threshold": threshold,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [_ref("Topic")],
        "OKActions": [_ref("Topic")],
        **more,
    }
    of_cluster = any(dimension["Value"] == _ref("Cluster") for dimension in where["Dimensions"])
    return {"Type": ALARM, **({"Condition": "HasCluster"} if of_cluster else {}), "Properties": properties}


def _dashboard(functions: list[str], queues: list[str]) -> dict[str, Any]:
    dead = [name for name in queues if name.endswith("DeadLetters")]
    alive = [name for name in queues if name not in dead]
    api, cluster = ("AWS/ApiGateway", "ApiId", ["Api"]), ("AWS/RDS", "DBClusterIdentifier", ["Cluster"])
    each = ("AWS/Lambda", "FunctionName", functions)
    waiting, given_up = ("AWS/SQS", "QueueName", alive), ("AWS/SQS", "QueueName", dead)
    widgets = [
        _widget("Requests", *_lines(api, "Count", "Sum"), *_lines(api, "4xx", "Sum"), *_lines(api, "5xx", "Sum")),
        _widget("Latency, ms", *(line for stat in ("p50", "p95", "p99") for line in _lines(api, "Latency", stat))),
        _widget("Errors of functions", *_lines(each, "Errors", "Sum")),
        _widget("Duration, p95 in ms", *_lines(each, "Duration", "p95")),
        _widget("Running at once", *_lines(each, "ConcurrentExecutions", "Maximum")),
        _widget("Oldest message, s", *_lines(waiting, "ApproximateAgeOfOldestMessage", "Maximum")),
        _widget("Given up", *_lines(given_up, "ApproximateNumberOfMessagesVisible", "Maximum")),
        _widget("Connections", *_lines(cluster, "DatabaseConnections", "Maximum")),
        _widget("Capacity, units", *_lines(cluster, "ServerlessDatabaseCapacity", "Average")),
    ]
    for number, widget in enumerate(widgets):
        widget |= {"x": number % 3 * 8, "y": number // 3 * 6, "width": 8, "height": 6}
    body = {"Fn::Sub": json.dumps({"widgets": widgets})}
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": {"Fn::Sub": "stormcom-${Stage}"}, "DashboardBody": body},
    }


def _lines(of: tuple[str, str, list[str]], metric: str, statistic: str) -> list[list[Any]]:
    namespace, dimension, parameters = of
    return [[namespace, metric, dimension, f"${{{name}}}", {"stat": statistic}] for name in parameters]


def _widget(title: str, *metrics: list[Any]) -> dict[str, Any]:
    properties = {"title": title, "region": "${AWS::Region}", "period": 300, "view": "timeSeries", "metrics": metrics}
    return {"type": "metric", "properties": properties}


def _dimension(name: str, parameter: str) -> dict[str, Any]:
    return {"Name": name, "Value": _ref(parameter)}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}
