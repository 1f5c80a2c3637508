"""`make template`: every template as SAM sees it, as SAM lints it, and what it expands to as CloudFormation lints it.

Each of the three finds what the others let pass.
"""

import json
import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from local.database import ROOT

TEMPLATE = ROOT / "template.yaml"
NESTED = sorted((ROOT / "stacks").glob("*.yaml"))
REGION = "eu-central-1"
PACKED = {
    "CodeUri": "s3://packages/package.zip",
    "ContentUri": "s3://packages/package.zip",
    "Location": f"https://s3.{REGION}.amazonaws.com/packages/nested.template",
    "TemplateURL": f"https://s3.{REGION}.amazonaws.com/packages/nested.template",
}


class NoManagedPolicies:
    """Policies are spelt out in the template, so none is looked up in an account."""

    def load(self) -> dict[str, str]:
        """No policy by name."""
        return {}


def main() -> None:
    """Run every check. Exits with the first that fails."""
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
    for path in (TEMPLATE, *NESTED):
        _run("sam", "validate", "--template", str(path), "--region", REGION)
        _run("sam", "validate", "--lint", "--template", str(path), "--region", REGION)
        with tempfile.TemporaryDirectory() as folder:
            expanded = Path(folder, f"{path.stem}.json")
            expanded.write_text(json.dumps(expand(path), indent=2))
            _run("cfn-lint", "--regions", REGION, "--", str(expanded))


def expand(path: Path = TEMPLATE) -> dict[str, Any]:
    """The CloudFormation that the SAM transform makes of a template."""
    return expanded(yaml_parse(path.read_text()))


def expanded(source: dict[str, Any]) -> dict[str, Any]:
    """The same for one that was read, which is left as it is. Packages are in a made-up bucket."""
    source = deepcopy(source)
    for holder in (*source["Resources"].values(), {"Properties": source.get("Globals", {}).get("Function", {})}):
        for place, packed in PACKED.items():
            if place in holder.get("Properties", {}):
                holder["Properties"][place] = packed
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return cast(dict[str, Any], transform(source, {}, NoManagedPolicies()))


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([Path(sys.executable).with_name(program), *arguments], check=False)
    if done.returncode:
        sys.exit(f"{program} {' '.join(arguments[:2])} failed")


if __name__ == "__main__":
    main()
