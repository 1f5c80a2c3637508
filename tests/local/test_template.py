from pathlib import Path

import pytest

from local.cloudformation import Intrinsic
from local.template import Authorizer, Route, TemplateError, read_functions, read_template

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
        Variables:
          {LOG_LEVEL: DEBUG, TOPIC: !Sub "${AWS::StackName}-topic", QUEUE: !Ref Queue, QUEUE_ARN: !GetAtt [Queue, Arn]}
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


def test_own_environment_wins_over_globals_and_computed_values_keep_their_argument(tmp_path: Path) -> None:
    storefront, worker = read_functions(write(tmp_path, TEMPLATE))

    assert storefront.environment == {
        "LOG_LEVEL": "DEBUG",
        "DB_POOL_SIZE": "5",
        "TRACE": "false",
        "DATABASE": Intrinsic("Ref", "Cluster"),
        "TOPIC": Intrinsic("Sub", "${AWS::StackName}-topic"),
        "QUEUE": Intrinsic("Ref", "Queue"),
        "QUEUE_ARN": Intrinsic("GetAtt", "Queue.Arn"),
    }
    assert worker.environment["LOG_LEVEL"] == "INFO"


def test_a_template_has_its_resources_and_the_parameters_that_have_a_default(tmp_path: Path) -> None:
    parameters = (
        "Parameters: {Pool: {Default: 5}, 'On': {Default: true}, Domain: {Default: ''}, Subnet: {Type: String}}"
    )
    read = read_template(write(tmp_path, TEMPLATE + parameters))

    assert read.parameters == {"Pool": "5", "On": "true", "Domain": ""}
    assert read.resources["Cluster"]["Type"] == "AWS::RDS::DBCluster"


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
        ("Environment: {Variables: {A: {Ref: B}}}", r"Shop.A: expected a text, .* such as !Ref"),
        (
            "Events: {E: {Type: HttpApi, Properties: {Method: GET, Path: /x, Auth: {Authorizer: Bearer}}}}",
            "Shop.E: 'Bearer' is not an authorizer",
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


API = """
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties: {Auth: {DefaultAuthorizer: Bearer, Authorizers: {Bearer: AUTHORIZER, Webhook: {%s}}}}
  Guard: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Events:
        Order: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /order}}
        Hook: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /hook, Auth: {Authorizer: Webhook}}}
        Login: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: GET, Path: /login, Auth: {Authorizer: NONE}}}
        Other: {Type: HttpApi, Properties: {Method: GET, Path: /other}}
"""
SPOKEN = 'FunctionArn: !GetAtt Guard.Arn, AuthorizerPayloadFormatVersion: "2.0", EnableSimpleResponses: true'
BEARER = SPOKEN + ", Identity: {Headers: [Authorization], ReauthorizeEvery: 45}"


def guarded(folder: Path, authorizer: str) -> Path:
    return write(folder, (API % SPOKEN).replace("AUTHORIZER", f"{{{authorizer}}}"))


def test_each_route_has_the_authorizer_that_guards_it(tmp_path: Path) -> None:
    _, shop = read_functions(guarded(tmp_path, BEARER))

    assert {route.path: route.authorizer for route in shop.routes} == {
        "/order": Authorizer("Bearer", "Guard", headers=("authorization",), ttl=45),
        "/hook": Authorizer("Webhook", "Guard", headers=(), ttl=300),
        "/login": None,
        "/other": None,
    }


@pytest.mark.parametrize(
    ("authorizer", "complaint"),
    [
        (BEARER.replace('"2.0"', '"1.0"'), "Api.Bearer: only AuthorizerPayloadFormatVersion 2.0"),
        (BEARER.replace("Simple", "Other"), "Api.Bearer: only EnableSimpleResponses"),
        (BEARER.replace("Headers", "QueryStrings"), "Api.Bearer: only headers identify .* not QueryStrings"),
        (BEARER.replace("45", "!Ref Seconds"), "Api.Bearer: ReauthorizeEvery .* found !Ref Seconds"),
        (BEARER.replace("Guard.Arn", "Nobody.Arn"), "Bearer: there is no function Nobody"),
        (BEARER.replace("!GetAtt Guard.Arn", "!Ref Guard"), "Api.Bearer: FunctionArn .* found !Ref Guard"),
        ("JwtConfiguration: {issuer: x}", "Api.Bearer: FunctionArn"),
    ],
)
def test_an_authorizer_that_the_laptop_does_not_speak_is_refused(
    tmp_path: Path, authorizer: str, complaint: str
) -> None:
    with pytest.raises(TemplateError, match=complaint):
        read_functions(guarded(tmp_path, authorizer))


def test_an_authorizer_by_a_wrong_name_is_refused(tmp_path: Path) -> None:
    path = guarded(tmp_path, BEARER)
    path.write_text(path.read_text().replace("DefaultAuthorizer: Bearer", "DefaultAuthorizer: AWS_IAM"))

    with pytest.raises(TemplateError, match=r"Shop\.Order: 'AWS_IAM' is not an authorizer of its API"):
        read_functions(path)


def test_authorizers_for_all_apis_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"Globals\.HttpApi"):
        read_functions(write(tmp_path, "Globals: {HttpApi: {Auth: {DefaultAuthorizer: Bearer}}}"))
