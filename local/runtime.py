"""What the built functions run in on this machine: Lambda's runtime, and their layers where Lambda puts them.

Layers are built for Lambda's processor and Python. The pinned packages are therefore installed a second time, for this
machine; the code of ours, in the shared layer and in the functions, is the very thing that sam build made.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import samcli

from local.building import BUILT, COMPILER, Artifact, compile_for_lambda, find_python
from local.cloudformation import Intrinsic, mapping, of_type, parse
from local.database import ROOT
from local.template import FUNCTION
from local.trimming import trim

HOME = ROOT / ".aws-sam" / "local"
LAYER = "AWS::Serverless::LayerVersion"
REQUIREMENTS = {
    "DependenciesLayer": ROOT / "layers/dependencies/requirements.txt",
    "ImagesLayer": ROOT / "layers/images/requirements.txt",
    "PapersLayer": ROOT / "layers/papers/requirements.txt",
}
RECIPE = [COMPILER.with_name(f"{name}.py") for name in ("bytecode", "elf", "trimming")]
_UV = str(Path(sys.executable).with_name("uv"))


class NotBuiltError(Exception):
    """The built functions cannot run here; the message says what to do."""


@dataclass(frozen=True)
class Built:
    """A function as it lies in Lambda: its code at /var/task, its layers merged at /opt."""

    name: str
    handler: str
    task: Path
    opt: Path

    @property
    def path(self) -> str:
        """Where modules are looked for, in Lambda's order; what the runtime brings comes after it."""
        return f"{self.task}:{self.opt}/python"


@dataclass(frozen=True)
class Runtime:
    """The Python that has Lambda's runtime interface client, the emulator, and the functions."""

    python: str
    emulator: str
    functions: Mapping[str, Built]


def prepare() -> Runtime:
    """Everything that was built, made ready to run. Raises NotBuiltError."""
    path = BUILT / "template.yaml"
    if not path.exists():
        raise NotBuiltError("there is nothing built yet: make build")
    template = mapping(parse(path), str(path))
    python = find_python() or sys.executable
    layers = {
        name: _layer(name, properties, python) for name, properties in of_type(LAYER, template["Resources"]).items()
    }
    shared = template.get("Globals", {}).get("Function", {}).get("Layers", [])
    functions = {
        name: Built(name, own["Handler"], BUILT / own["CodeUri"], _merged([*shared, *own.get("Layers", [])], layers))
        for name, own in of_type(FUNCTION, template["Resources"]).items()
    }
    return Runtime(_with_client(python), _emulator(), functions)


def _layer(name: str, properties: Mapping[str, Any], python: str) -> Path:
    """A layer's folder: what was built, or for pinned packages the same pins for this machine."""
    built = BUILT / str(properties["ContentUri"])
    if name not in REQUIREMENTS:
        return built
    return _once(
        HOME / name,
        f"compiled by {python} {[path.read_text() for path in (REQUIREMENTS[name], *RECIPE)]}",
        lambda folder: _install(name, folder, built, python),
    )


def _install(name: str, folder: Path, built: Path, python: str) -> None:
    pins = ["--requirements", str(REQUIREMENTS[name]), "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    _run(_UV, "pip", "install", "--quiet", "--python", python, *pins, "--target", str(folder / "python"))
    trim(folder)
    # A layer cannot be written to, so neither can this one: what is not compiled is compiled at every start.
    compile_for_lambda(python, Artifact(name, folder, "/opt", None))
    # What no machine is different for, such as fonts.
    for alike in built.iterdir():
        if alike.is_dir() and alike.name != "python":
            shutil.copytree(alike, folder / alike.name)


def _merged(names: Sequence[Any], layers: Mapping[str, Path]) -> Path:
    """/opt: the layers over each other, in their order."""
    # sam build writes `!Ref Name` the long way.
    chosen = [name.resource if isinstance(name, Intrinsic) else name["Ref"] for name in names]
    folder = HOME / "opt" / "-".join(chosen)
    shutil.rmtree(folder, ignore_errors=True)
    for name in chosen:
        shutil.copytree(layers[name], folder, dirs_exist_ok=True, copy_function=_link)
    return folder


def _link(source: str, target: str) -> None:
    # As in Lambda, the later layer wins; a link takes no room.
    Path(target).unlink(missing_ok=True)
    Path(target).hardlink_to(source)


def _with_client(python: str) -> str:
    """A Python that has what Lambda's own has beside the language, and nothing of this project."""

    def make(folder: Path) -> None:
        _run(_UV, "venv", "--quiet", "--clear", "--python", python, str(folder))
        pins = [line.split()[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(pin for pin in pins if pin.split("==")[0].split("[")[0] in _CLIENT))
        _run(_UV, "pip", "install", "--quiet", "--python", str(folder), "-c", str(constraints), "awslambdaric", "boto3")

    folder = _once(HOME / "runtime", python, make)
    return str(folder / "bin" / "python")


_CLIENT = ("awslambdaric", "boto3", "botocore")


def _emulator() -> str:
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise NotBuiltError("Lambda's runtime interface emulator is a program for Linux")
    kept = Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    copy = HOME / "aws-lambda-rie"
    if not copy.exists():
        shutil.copy(kept, copy)
        copy.chmod(0o755)
    return str(copy)


def _once(folder: Path, key: str, make: Any) -> Path:
    """A folder that is made anew only when what it is made of has changed."""
    mark = folder.with_name(f"{folder.name}.made-of")
    digest = hashlib.sha256(key.encode()).hexdigest()
    if not (folder.exists() and mark.exists() and mark.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        mark.write_text(digest)
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotBuiltError(f"{' '.join(command[:4])} failed: {done.stderr[-2000:]}")
