"""What template.yaml promises of every function."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from local.database import ROOT

SOURCE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
SHARED: dict[str, Any] = SOURCE["Globals"]["Function"]
FUNCTIONS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in SOURCE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
SECRET = re.compile(r"(?i)passw|secret|token|credential|private|api_?key|access_?key")
LOOKS_SECRET = re.compile(r"AKIA[0-9A-Z]{16}|sk_(live|test)_|-----BEGIN|://[^/@\s:]+:[^@\s]+@|[A-Za-z0-9+/]{40,}")
each = pytest.mark.parametrize("name", FUNCTIONS)


def _variables(name: str) -> dict[str, Any]:
    shared = SHARED.get("Environment", {}).get("Variables", {})
    own: dict[str, Any] = FUNCTIONS[name].get("Environment", {}).get("Variables", {})
    return {**shared, **own}


def _statements(name: str) -> list[dict[str, Any]]:
    """What a function may do, on whatever condition."""
    policies = [policy.get("Fn::If", [None, policy])[1] for policy in FUNCTIONS[name].get("Policies", [])]
    return [statement for policy in policies for statement in policy["Statement"]]


def _uses_the_database(name: str) -> bool:
    """Whether a module of the function imports what opens a session."""
    folder = ROOT / Path(*FUNCTIONS[name]["Handler"].split(".")[:2])
    imported = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    return bool(imported & {"shared.tenancy", "shared.database", "shared.storefront"})


def test_there_are_functions() -> None:
    assert {"StorefrontFunction", "DocsFunction"} <= set(FUNCTIONS)
    assert _uses_the_database("StorefrontFunction")
    assert not _uses_the_database("DocsFunction")


@each
def test_a_handler_can_be_imported_and_lies_in_the_packages_that_are_shipped(name: str) -> None:
    module, _, attribute = FUNCTIONS[name]["Handler"].rpartition(".")
    package = SOURCE["Resources"][name]["Metadata"]["BuildProperties"]["ParentPackages"]

    assert callable(getattr(importlib.import_module(module), attribute))
    assert module.startswith(f"{package}.")
    assert FUNCTIONS[name]["CodeUri"].rstrip("/") == package.replace(".", "/")


@each
def test_a_function_that_uses_the_database_holds_five_connections_and_enters_with_iam(name: str) -> None:
    variables = _variables(name)
    if not _uses_the_database(name):
        assert not {"DATABASE_URL", "DB_POOL_SIZE"} & set(variables)
        assert "VpcConfig" not in FUNCTIONS[name]
        return

    assert variables["DB_POOL_SIZE"] == "5"
    assert variables["DB_IAM_AUTH"] == "true"
    named = [str(value) for variable, value in variables.items() if variable.endswith("DATABASE_URL")]
    roles = set(re.findall(r"//stormcom_(\w+)@", " ".join(named)))
    assert len(roles) == len(set(named))
    allowed = re.findall(r"\}/stormcom_(\w+)", str([statement["Resource"] for statement in _statements(name)]))
    assert set(allowed) == roles
    assert "VpcConfig" in FUNCTIONS[name]


@each
def test_no_function_is_given_a_secret_in_plain_words(name: str) -> None:
    for variable, value in _variables(name).items():
        if SECRET.search(variable):
            assert not isinstance(value, str), f"{variable} must be looked up, not written out"
        assert not LOOKS_SECRET.search(str(value)), variable


def test_the_template_and_its_parameters_hold_no_secret() -> None:
    assert not LOOKS_SECRET.search((ROOT / "template.yaml").read_text().replace("AWS::", ""))
    for name, parameter in SOURCE["Parameters"].items():
        if SECRET.search(name):
            assert parameter.get("NoEcho"), name
            assert "Default" not in parameter, name


@each
def test_a_function_runs_on_python_3_13_and_arm64(name: str) -> None:
    settings = SHARED | FUNCTIONS[name]

    assert settings["Runtime"] == "python3.13"
    assert settings["Architectures"] == ["arm64"]


def test_the_layers_are_built_for_the_same() -> None:
    layers = [r for r in SOURCE["Resources"].values() if r["Type"] == "AWS::Serverless::LayerVersion"]

    assert len(layers) == 4
    for layer in layers:
        assert layer["Properties"]["CompatibleRuntimes"] == ["python3.13"]
        assert layer["Properties"]["CompatibleArchitectures"] == ["arm64"]


@each
def test_a_function_gives_up_before_api_gateway_or_its_queue_does(name: str) -> None:
    timeout, events = (SHARED | FUNCTIONS[name])["Timeout"], FUNCTIONS[name].get("Events", {}).values()
    assert 1 <= timeout < (30 if not events or any(event["Type"] == "HttpApi" for event in events) else 900)
    for queue in (event["Properties"]["Queue"]["Fn::GetAtt"] for event in events if event["Type"] == "SQS"):
        # Lambda's own advice: a batch may wait for others and be tried again before it is seen by anybody else.
        name_of_queue = queue[0] if isinstance(queue, list) else queue.partition(".")[0]
        assert SOURCE["Resources"][name_of_queue]["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_what_is_heavy_is_with_the_functions_that_need_it() -> None:
    layers = {name: FUNCTIONS[name]["Layers"] for name in FUNCTIONS if FUNCTIONS[name].get("Layers")}

    assert layers == {
        # Pillow, which shrinks a logo, is in the layer of pictures.
        "PapersFunction": [{"Ref": "ImagesLayer"}, {"Ref": "PapersLayer"}],
        "ThumbnailsFunction": [{"Ref": "ImagesLayer"}],
    }


@each
def test_a_function_may_do_nothing_on_every_resource(name: str) -> None:
    for statement in _statements(name):
        assert statement["Resource"] != "*"
        assert not str(statement["Action"]).endswith("*")
