"""The environment that the functions of a template share on the laptop."""

import os
from pathlib import Path

import pytest

from local.environment import resolved, set_environment
from local.template import TemplateError
from shared.settings import settings
from tests.local.stack import template

MADE = {"Mail": {"Ref": "http://queue", "QueueUrl": "http://queue", "Arn": "arn:queue"}, "Key": {"Ref": "id-of-key"}}
TEMPLATE = """
Parameters:
  Domain: {Type: String, Default: shops.example}
  Sender: {Type: String, Default: ""}
  Pool: {Type: Number, Default: 5}
  Subnet: {Type: String}
Globals:
  Function:
    Environment: {Variables: {LOG_LEVEL: INFO, DATABASE_URL: !Sub "postgres://${Endpoint}", DB_IAM_AUTH: "true"}}
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Environment:
        Variables:
          STOREFRONT_DOMAIN: !Ref Domain
          MAIL_FROM: !Ref Sender
          DB_POOL_SIZE: !Ref Pool
          SUBNET: !Ref Subnet
          MAIL_QUEUE_URL: !Ref Mail
          KEY_ID: !Ref Key
          APP_URL: !Sub https://${Domain}
          SECRET: !Ref OtherResource
          CHOSEN: !If [IsProduction, a, b]
  Mailer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Environment:
        Variables: {MAIL_QUEUE_URL: !GetAtt Mail.QueueUrl, QUEUE_ARN: !GetAtt [Mail, Arn], DB_POOL_SIZE: 5}
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STOREFRONT_DOMAIN", "MAIL_FROM", "APP_URL", "DB_POOL_SIZE"):
        monkeypatch.delenv(name, raising=False)


def test_what_the_laptop_knows_is_resolved(tmp_path: Path) -> None:
    assert resolved(template(tmp_path, TEMPLATE), MADE) == {
        "LOG_LEVEL": "INFO",
        "STOREFRONT_DOMAIN": "shops.example",
        "MAIL_FROM": "",
        "DB_POOL_SIZE": "5",
        "MAIL_QUEUE_URL": "http://queue",
        "KEY_ID": "id-of-key",
        "QUEUE_ARN": "arn:queue",
    }


def test_a_parameter_is_for_the_environment_to_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOREFRONT_DOMAIN", "shops.test")
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    found = resolved(template(tmp_path, TEMPLATE), MADE)

    assert (found["STOREFRONT_DOMAIN"], found["LOG_LEVEL"]) == ("shops.test", "INFO")


def test_two_functions_that_disagree_are_named(tmp_path: Path) -> None:
    wrong = template(tmp_path, TEMPLATE.replace("DB_POOL_SIZE: 5", "DB_POOL_SIZE: 2"))

    with pytest.raises(TemplateError, match="DB_POOL_SIZE is '5' in Shop and '2' in Mailer"):
        resolved(wrong, MADE)


def test_links_and_mails_have_an_address_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Taken back by monkeypatch, with all that is set below.
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ["DATABASE_URL"] = "sqlite://"
    set_environment(template(tmp_path, TEMPLATE), MADE, "http://127.0.0.1:3000")
    try:
        assert os.environ["APP_URL"] == "http://127.0.0.1:3000"
        assert settings().mail_from == "StormCom <no-reply@stormcom.example>"
        assert os.environ["DATABASE_URL"] == "sqlite://"
    finally:
        settings.cache_clear()


def test_an_address_that_the_environment_has_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ["APP_URL"] = "http://localhost:5173"
    set_environment(template(tmp_path, TEMPLATE), MADE, "http://127.0.0.1:3000")

    assert os.environ["APP_URL"] == "http://localhost:5173"
