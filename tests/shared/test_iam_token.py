"""The password for RDS Proxy is the one that AWS's own library makes."""

from datetime import UTC, datetime

import boto3
import pytest

from shared.iam_token import rds_auth_token

HOST, REGION = "stormcom.proxy-abc123.eu-central-1.rds.amazonaws.com", "eu-central-1"
MOMENTS = [datetime(2026, 11, 22, 9, 5, 7, tzinfo=UTC), datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def token_of_aws(monkeypatch: pytest.MonkeyPatch, at: datetime, port: int, user: str) -> str:
    for module in ("botocore.auth", "botocore.crt.auth"):
        monkeypatch.setattr(
            f"{module}.get_current_datetime",
            lambda remove_tzinfo=True: at.replace(tzinfo=None if remove_tzinfo else UTC),
        )
    client = boto3.session.Session(region_name=REGION).client("rds")
    return str(client.generate_db_auth_token(DBHostname=HOST, Port=port, DBUsername=user, Region=REGION))


def parts(token: str) -> list[str]:
    """The address and the parameters; their order is not signed and AWS's own differs between its two signers."""
    address, query = token.split("?")
    return [address, *sorted(query.split("&"))]


@pytest.mark.parametrize("user", ["stormcom_function", "o'brien + söhne/1"])
@pytest.mark.parametrize("session_token", ["", "FwoGZXIvYXdzEBYaDNn+/=%2F~tok en*=="])
@pytest.mark.parametrize("at", MOMENTS)
def test_the_token_is_the_one_of_aws(
    monkeypatch: pytest.MonkeyPatch, at: datetime, session_token: str, user: str
) -> None:
    if session_token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", session_token)
    for port in (5432, 6543):
        ours, theirs = rds_auth_token(HOST, port, user, REGION, at), token_of_aws(monkeypatch, at, port, user)
        assert parts(ours) == parts(theirs)


def test_renewed_credentials_are_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rds_auth_token(HOST, 5432, "u", REGION, MOMENTS[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert rds_auth_token(HOST, 5432, "u", REGION, MOMENTS[0]) != before


def test_the_secret_is_no_part_of_the_token() -> None:
    assert SECRET not in rds_auth_token(HOST, 5432, "u", REGION)


def test_without_credentials_no_token_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(KeyError):
        rds_auth_token(HOST, 5432, "u", REGION)
