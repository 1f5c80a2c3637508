from pathlib import Path

import pytest

from local.template import Route, TemplateError, read_functions

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 10
    Environment:
      Variables: {LOG_LEVEL: INFO, DB_POOL_SIZE: 5, TRACE: false, DATABASE: !Ref Cluster}
Resources:
  Cluster:
    Type: AWS::RDS::DBCluster
    Properties: {EngineVersion: !FindInMap [A, B, C]}
  Storefront:
    Type: AWS::Serverless::Function
    Properties:
      Handler: functions.storefront.handler.handler
      MemorySize: 512
      Environment:
        Variables: {LOG_LEVEL: DEBUG, TOPIC: !Sub "${AWS::StackName}-topic", QUEUE: {Ref: Queue}}
      Events:
        Product: {Type: HttpApi, Properties: {Method: get, Path: "/v1/products/{slug}", ApiId: !Ref Api}}
        Rest: {Type: HttpApi, Properties: {Method: ANY, Path: "/v1/{proxy+}"}}
        Other: {Type: HttpApi}
        Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {Handler: functions.worker.handler.handler, Timeout: 60}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def function_with(folder: Path, properties: str) -> Path:
    return write(
        folder,
        f"Resources: {{Shop: {{Type: 'AWS::Serverless::Function', Properties: {{Handler: a.b, {properties}}}}}}}",
    )


def test_reads_every_function_with_its_settings(tmp_path: Path) -> None:
    storefront, worker = read_functions(write(tmp_path, TEMPLATE))

    assert (storefront.name, storefront.handler) == ("Storefront", "functions.storefront.handler.handler")
    assert (storefront.timeout, storefront.memory) == (10, 512)
    assert (worker.timeout, worker.memory, worker.routes) == (60, 128, ())


def test_own_environment_wins_over_globals_and_computed_values_are_left_out(tmp_path: Path) -> None:
    storefront, worker = read_functions(write(tmp_path, TEMPLATE))

    assert storefront.environment == {"LOG_LEVEL": "DEBUG", "DB_POOL_SIZE": "5", "TRACE": "false"}
    assert worker.environment["LOG_LEVEL"] == "INFO"


def test_http_events_become_routes(tmp_path: Path) -> None:
    storefront, _ = read_functions(write(tmp_path, TEMPLATE))

    assert storefront.routes == (
        Route("GET", "/v1/products/{slug}"),
        Route("ANY", "/v1/{proxy+}"),
        Route("ANY", "$default"),
    )
    assert [route.key for route in storefront.routes] == ["GET /v1/products/{slug}", "ANY /v1/{proxy+}", "$default"]


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [
        ("Handler: !Ref Name", "Shop: Handler .* found !Ref"),
        ("Handler: nodots", "Shop: Handler"),
        ("Timeout: !Ref T", "Shop: Timeout .* found !Ref"),
        ("Events: [a]", r"Shop.Events: expected a mapping"),
        ("Events: {E: {Type: HttpApi, Properties: {Path: /x}}}", "Shop.E: Path and Method"),
        ("Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: x}}}", "Shop.E: Path 'x'"),
        ("Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /x/}}}", "Shop.E: Path '/x/'"),
        ("Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: '/x{id}'}}}", "Shop.E: Path"),
        ("Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: '/{rest+}/x'}}}", "Shop.E: Path"),
        (
            "Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /x, PayloadFormatVersion: '1.0'}}}",
            "Shop.E: only",
        ),
    ],
)
def test_a_wrong_resource_is_named(tmp_path: Path, properties: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        read_functions(function_with(tmp_path, properties))


def test_a_route_belongs_to_one_function(tmp_path: Path) -> None:
    twin = "{Type: 'AWS::Serverless::Function', Properties: {Handler: a.b, Events: {E: {Type: HttpApi}}}}"

    with pytest.raises(TemplateError, match=r"Two: route \$default already belongs to One"):
        read_functions(write(tmp_path, f"Resources: {{One: {twin}, Two: {twin}}}"))


@pytest.mark.parametrize("text", ["Resources: [", "Resources: nothing"])
def test_a_file_that_is_no_template_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateError):
        read_functions(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"absent\.yaml"):
        read_functions(tmp_path / "absent.yaml")
