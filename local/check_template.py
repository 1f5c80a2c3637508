"""`make template`: template.yaml as SAM sees it, as SAM lints it, and what it expands to as CloudFormation lints it.

Each of the three finds what the others let pass.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from local.database import ROOT

TEMPLATE = ROOT / "template.yaml"
REGION = "eu-central-1"


class NoManagedPolicies:
    """Policies are spelt out in the template, so none is looked up in an account."""

    def load(self) -> dict[str, str]:
        """No policy by name."""
        return {}


def main() -> None:
    """Run every check. Exits with the first that fails."""
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
    _run("sam", "validate", "--template", str(TEMPLATE), "--region", REGION)
    _run("sam", "validate", "--lint", "--template", str(TEMPLATE), "--region", REGION)
    with tempfile.TemporaryDirectory() as folder:
        expanded = Path(folder, "expanded.json")
        expanded.write_text(json.dumps(expand(), indent=2))
        _run("cfn-lint", "--regions", REGION, "--", str(expanded))


def expand() -> dict[str, Any]:
    """The CloudFormation that the SAM transform makes of template.yaml, with packages in a made-up bucket."""
    source = yaml_parse(TEMPLATE.read_text())
    for resource in source["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            if place in resource["Properties"]:
                resource["Properties"][place] = "s3://packages/package.zip"
    return cast(dict[str, Any], transform(source, {}, NoManagedPolicies()))


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([Path(sys.executable).with_name(program), *arguments], check=False)
    if done.returncode:
        sys.exit(f"{program} {' '.join(arguments[:2])} failed")


if __name__ == "__main__":
    main()
