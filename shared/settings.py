"""Configuration from the environment: the only module that reads `os.environ`."""

import json
import os
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function is told by its environment. In AWS no secret is part of it: the database is entered with IAM."""

    database_url: str
    """SQLAlchemy URL that logs in as the function role."""
    platform_database_url: str
    """The same database as the platform role: purge and audited operations alone use it."""
    identity_database_url: str
    """The same database as the identity role, which alone has users, sessions and tokens."""
    migration_database_url: str
    """The cluster endpoint as the owner, for migrations; never the proxy."""
    database_owner_secret: str
    """The secret with the owner's name and password, as RDS keeps it; when empty, the URL is enough."""
    db_pool_size: int
    """Connections that one function may hold at most."""
    db_pool_timeout: float
    """Seconds that a request waits for a free connection."""
    db_iam_auth: bool
    """Log in with a signed IAM token instead of the URL's password."""
    storefront_domain: str
    """`<slug>.<this domain>` is a shop's host; empty when shops have none."""
    api_url: str
    """Where this API is reached by mail programs, without a slash at the end; when empty, mails do not name it."""
    app_url: str
    """Where the pages are that links in mails open, without a slash at the end."""
    mail_from: str
    """The sender of mails about accounts: `Name <address>`, verified with SES."""
    mail_queue_url: str
    """Where the function that sends mails is told of them; when empty, its schedule finds them."""
    kms_key_id: str
    """The key of secrets that must be read again, such as those of TOTP."""
    media_bucket: str
    """Where products' pictures are; the world reads them at `media_url`."""
    media_url: str
    """What a key of that bucket is appended to, without a slash at the end."""
    files_bucket: str
    """Imports and exports, which nobody reads without a link."""
    archive_bucket: str
    """Where the audit log goes after a year."""
    transfer_queue_url: str
    """Where the function that imports and exports is told of work; when empty, its schedule finds it."""
    order_export_queue_url: str
    """Where the function that exports orders is told of work; when empty, its schedule finds it."""
    privacy_queue_url: str
    """Where the function that collects customers' data is told of work; when empty, its schedule finds it."""
    sync_queue_url: str
    """Where the function that syncs with other shops is told of work; when empty, its schedule finds it."""
    webhook_url: str
    """Where other shops reach us, without a slash at the end; when empty, where the request has come in."""
    allow_private_shops: bool
    """Whether a shop may be at a private address or without TLS, as on a laptop. Never in AWS."""
    oauth_secret_id: str
    """The secret with the sign-in providers, as JSON; when empty, there are none."""
    function_name: str
    """Shown as application_name in pg_stat_activity."""
    region: str


@cache
def settings() -> Settings:
    """Read the environment once per process. Raises RuntimeError when DATABASE_URL is missing."""
    env = os.environ
    url = env.get("DATABASE_URL") or env.get("MIGRATION_DATABASE_URL", "")
    if not url:
        raise RuntimeError("DATABASE_URL is not set; `make run` sets it on a laptop, template.yaml in AWS")
    return Settings(
        database_url=url,
        platform_database_url=env.get("PLATFORM_DATABASE_URL", url),
        identity_database_url=env.get("IDENTITY_DATABASE_URL", url),
        migration_database_url=env.get("MIGRATION_DATABASE_URL", url),
        database_owner_secret=env.get("DATABASE_OWNER_SECRET", ""),
        db_pool_size=int(env.get("DB_POOL_SIZE", "5")),
        db_pool_timeout=float(env.get("DB_POOL_TIMEOUT", "20")),
        db_iam_auth=env.get("DB_IAM_AUTH", "") == "true",
        storefront_domain=env.get("STOREFRONT_DOMAIN", "").lower(),
        api_url=env.get("API_URL", "").rstrip("/"),
        app_url=env.get("APP_URL", "").rstrip("/"),
        mail_from=env.get("MAIL_FROM", ""),
        mail_queue_url=env.get("MAIL_QUEUE_URL", ""),
        kms_key_id=env.get("KMS_KEY_ID", ""),
        media_bucket=env.get("MEDIA_BUCKET", ""),
        media_url=env.get("MEDIA_URL", "").rstrip("/"),
        files_bucket=env.get("FILES_BUCKET", ""),
        archive_bucket=env.get("ARCHIVE_BUCKET", ""),
        transfer_queue_url=env.get("TRANSFER_QUEUE_URL", ""),
        order_export_queue_url=env.get("ORDER_EXPORT_QUEUE_URL", ""),
        privacy_queue_url=env.get("PRIVACY_QUEUE_URL", ""),
        sync_queue_url=env.get("SYNC_QUEUE_URL", ""),
        webhook_url=env.get("WEBHOOK_URL", "").rstrip("/"),
        allow_private_shops=env.get("ALLOW_PRIVATE_SHOPS", "") == "true",
        oauth_secret_id=env.get("OAUTH_SECRET_ID", ""),
        function_name=env.get("AWS_LAMBDA_FUNCTION_NAME", "stormcom"),
        region=env.get("AWS_REGION", ""),
    )


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """The function's own, short-lived; Lambda renews them in the environment."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)


def aws_credentials() -> AwsCredentials:
    """What holds at this moment. Raises KeyError outside AWS, and OSError when Lambda does not tell.

    A function that began from a snapshot has none in its environment: those of the snapshot would have expired, so
    Lambda tells them to whoever asks on this machine.
    """
    env = os.environ
    if "AWS_CONTAINER_CREDENTIALS_FULL_URI" in env and "AWS_ACCESS_KEY_ID" not in env:
        return _told(env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
    return AwsCredentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN", ""))


def _told(url: str, authorization: str) -> AwsCredentials:
    from urllib.request import Request, urlopen  # noqa: PLC0415 - others find their credentials in the environment

    request = Request(url, headers={"Authorization": authorization})  # noqa: S310 - Lambda's own address
    with urlopen(request, timeout=2) as answer:  # noqa: S310
        found = json.load(answer)
    return AwsCredentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token", ""))
