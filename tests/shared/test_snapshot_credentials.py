"""A function that began from a snapshot asks Lambda for its credentials, each time anew."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shared.iam_token import rds_auth_token
from shared.settings import AwsCredentials, aws_credentials

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Lambda's answers, with another key each time, and the tokens it was asked with."""
    tokens: list[str] = []

    class Lambda(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers["Authorization"])
            body = {"AccessKeyId": f"ASIA{len(tokens)}", "SecretAccessKey": "s", "Token": "t", "Expiration": "soon"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Lambda)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me in")
    yield tokens
    server.shutdown()
    server.server_close()
    thread.join()


def test_they_are_asked_for_anew(asked: list[str]) -> None:
    assert aws_credentials() == AwsCredentials("ASIA1", "s", "t")
    assert aws_credentials().access_key == "ASIA2"
    assert asked == ["let me in"] * 2


def test_a_database_token_is_signed_with_them(asked: list[str]) -> None:
    assert "X-Amz-Credential=ASIA1" in rds_auth_token("proxy", 5432, "stormcom_function", "eu-central-1")


def test_those_of_the_environment_come_first(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.setenv(key, "own")

    assert aws_credentials().access_key == "own"
    assert asked == []
