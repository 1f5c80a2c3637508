"""What a cold start of the webhooks function does not pay for."""

import subprocess
import sys

HEAVY = "{'authlib', 'requests', 'boto3', 'botocore.client', 'botocore.session', 'jinja2', 'argon2', 'openpyxl'}"


def test_the_handler_imports_no_sdk() -> None:
    code = f"import sys, functions.webhooks.handler; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
