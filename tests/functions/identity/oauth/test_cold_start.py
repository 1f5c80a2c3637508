"""What a cold start of the identity function does not pay for."""

import subprocess
import sys

HEAVY = "{'authlib', 'joserfc', 'requests', 'boto3'}"


def test_the_handler_imports_nothing_that_only_providers_need() -> None:
    code = f"import sys, functions.identity.handler; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
