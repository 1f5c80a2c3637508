"""`make build`: sam build, then what it leaves undone. Layers are trimmed, everything is compiled, sizes are printed.

A layer is read-only in Lambda, so what it does not hold compiled is compiled anew at every cold start: that took three
times as long. Only the runtime's own version can compile for it; without one the build says so and still works.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.cloudformation import mapping, parse
from local.compacting import MOST_RESOURCES, MOST_ROUTES, compact
from local.database import ROOT
from local.template import read_functions
from local.trimming import trim

BUILT = ROOT / ".aws-sam" / "build"
RUNTIME = "3.13"
COMPILER = Path(__file__).with_name("bytecode.py")
MOST_BYTES = 60 * 1024 * 1024
"""What all layers together may have unzipped; Lambda allows a function 250 MB with its layers."""
PLACES = {
    "AWS::Serverless::Function": ("CodeUri", "/var/task"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "/opt"),
}


@dataclass(frozen=True)
class Artifact:
    """What was built of one function or layer; `package` is the folder that a function's code lies in."""

    name: str
    folder: Path
    mounted: str
    package: str | None

    @property
    def is_third_party(self) -> bool:
        """Whether all that it holds was installed."""
        return self.package is None and not (self.folder / "python" / "shared").exists()


def main() -> None:
    """Build. Exits with 1 when sam does not build, or when what it made is too large or holds what it should not."""
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    sam = subprocess.run([Path(sys.executable).with_name("sam"), "build", *sys.argv[1:]], env=environment, check=False)
    if sam.returncode:
        sys.exit(sam.returncode)
    resources = compact(BUILT / "template.yaml")
    routes = sum(len(function.routes) for function in read_functions(ROOT / "template.yaml"))
    found, python = list(artifacts(BUILT)), find_python()
    complaints = [complaint for artifact in found for complaint in strangers(artifact)]
    for artifact in found:
        if artifact.is_third_party:
            complaints += trim(artifact.folder)
        if python:
            compile_for_lambda(python, artifact)
    sys.stdout.write(report(found) + f"{resources:8} resources of {MOST_RESOURCES} that a stack may have\n")
    sys.stdout.write(f"{routes:8} routes of {MOST_ROUTES} that an API may have until AWS allows more\n")
    if not python:
        sys.stdout.write(f"Python {RUNTIME} was not found, so nothing is compiled and cold starts take longer.\n")
    complaints += oversize(found)
    if resources > MOST_RESOURCES:
        complaints.append(f"The stack has {resources} resources; CloudFormation allows {MOST_RESOURCES}.")
    if complaints:
        sys.exit("\n".join(complaints))


def artifacts(built: Path) -> Iterator[Artifact]:
    """Every function and layer of the built template, and of those nested in it."""
    for template in sorted(built.rglob("template.yaml")):
        for name, resource in mapping(parse(template), str(template))["Resources"].items():
            key, mounted = PLACES.get(resource["Type"], ("", ""))
            content = resource.get("Properties", {}).get(key)
            if isinstance(content, str) and (template.parent / content).is_dir():
                handler = resource["Properties"].get("Handler")
                yield Artifact(name, template.parent / content, mounted, package_of(handler) if handler else None)


def package_of(handler: str) -> str:
    """The folder of the context that a handler belongs to: functions/carts, or migrations."""
    parts = handler.split(".")
    return "/".join(parts[:2]) if parts[0] == "functions" else parts[0]


def find_python(version: str = RUNTIME) -> str | None:
    """A Python of the runtime's version that runs: on PATH, in pyenv, or where uv keeps its own."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    kept = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
    places = [os.environ.get("LAMBDA_PYTHON"), shutil.which(f"python{version}"), *map(str, kept), _from_uv(version)]
    return next((place for place in places if place and _is(place, version)), None)


def _from_uv(version: str) -> str | None:
    uv = Path(sys.executable).with_name("uv")
    found = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def _is(python: str, version: str) -> bool:
    # A name on PATH may be a stub that runs nothing, as pyenv leaves them.
    asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == version
    except OSError:
        return False


def compile_for_lambda(python: str, artifact: Artifact) -> None:
    """Put the runtime's own bytecode beside every module of ours, and in place of those of others.

    A trace of an error in somebody else's code names its lines without showing them, and a layer is half as large.
    """
    alone = ["--alone"] if artifact.is_third_party else []
    subprocess.run([python, "-I", COMPILER, str(artifact.folder), artifact.mounted, *alone], check=True)


def size(folder: Path) -> int:
    """Bytes of all files, as Lambda counts them unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def report(found: list[Artifact]) -> str:
    """A line for each, in MB unzipped, layers first."""
    lines = [
        f"{size(each.folder) / 1024 / 1024:8.2f} MB  {each.name}\n"
        for each in sorted(found, key=lambda a: bool(a.package))
    ]
    layers = sum(size(each.folder) for each in found if each.package is None)
    return f"\nUnzipped:\n{''.join(lines)}{layers / 1024 / 1024:8.2f} MB  all layers together\n"


def oversize(found: list[Artifact]) -> list[str]:
    """A complaint when the layers together are too large."""
    total = sum(size(each.folder) for each in found if each.package is None)
    return [f"The layers have {total} bytes; {MOST_BYTES} are allowed."] if total > MOST_BYTES else []


def strangers(artifact: Artifact) -> Iterator[str]:
    """A complaint for every file of a function that is not of its own context."""
    if artifact.package is None:
        return
    for path in artifact.folder.rglob("*"):
        relative = path.relative_to(artifact.folder).as_posix()
        if path.is_file() and not relative.startswith(f"{artifact.package}/"):
            yield f"{artifact.name} holds {relative}, which is not its own."


if __name__ == "__main__":
    main()
