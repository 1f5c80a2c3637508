"""Secrets that must be read again, as KMS ciphertext bound to the user or store they are of."""

import base64
from functools import cache
from typing import TYPE_CHECKING

from shared.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


def encrypt(secret: str, **of: str) -> str:
    """The ciphertext of a secret, as text. `of` says whose it is (`user="..."`) and must be said again to read it."""
    answer = _kms().encrypt(KeyId=settings().kms_key_id, Plaintext=secret.encode(), EncryptionContext=of)
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def decrypt(ciphertext: str, **of: str) -> str:
    """The secret in a ciphertext. Raises botocore's ClientError when it is somebody else's, or was tampered with."""
    answer = _kms().decrypt(
        KeyId=settings().kms_key_id, CiphertextBlob=base64.b64decode(ciphertext), EncryptionContext=of
    )
    return answer["Plaintext"].decode()


@cache
def _kms() -> "KMSClient":
    import boto3  # noqa: PLC0415 - costs a third of a second, and most requests need no secret

    return boto3.client("kms")
