"""What the build does after sam: nothing superfluous, nothing that is somebody else's."""

import importlib.util
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from local.building import COMPILER, Artifact, artifacts, find_python, oversize, package_of, report, strangers
from local.elf import strip
from local.trimming import trim


def _write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def _function(folder: Path) -> Artifact:
    return Artifact("CartsFunction", folder, "/var/task", "functions/carts")


def test_a_function_holds_its_own_context_only(tmp_path: Path) -> None:
    _write(tmp_path / "functions/carts/handler.py")
    assert list(strangers(_function(tmp_path))) == []

    _write(tmp_path / "functions/cartsandmore/handler.py")
    _write(tmp_path / "secrets.env")

    assert sorted(strangers(_function(tmp_path))) == [
        "CartsFunction holds functions/cartsandmore/handler.py, which is not its own.",
        "CartsFunction holds secrets.env, which is not its own.",
    ]


def test_a_package_is_told_by_its_handler() -> None:
    assert package_of("functions.catalog.transfers.worker.handler") == "functions/catalog"
    assert package_of("migrations.handler.before_traffic") == "migrations"


def test_a_layer_is_rid_of_what_no_program_reads(tmp_path: Path) -> None:
    kept = _write(tmp_path / "python/pkg/module.py")
    gone = [
        _write(tmp_path / "python" / name)
        for name in (
            "pkg/module.pyi",
            "pkg/tests/test_it.py",
            "bin/tool",
            "pkg-1.dist-info/RECORD",
            "dns/zone.py",
            "PIL/FliImagePlugin.py",
        )
    ]
    about = _write(tmp_path / "python/pkg-1.dist-info/METADATA", "Name: pkg\nVersion: 1\n\nA long page.")

    trim(tmp_path)

    assert kept.exists()
    assert not any(path.exists() for path in gone)
    assert about.read_text() == "Name: pkg\nVersion: 1\n"


def test_what_stays_must_not_import_what_was_trimmed(tmp_path: Path) -> None:
    _write(tmp_path / "python/dns/zone.py")
    _write(tmp_path / "python/dns/__init__.py", "from . import query\n")
    _write(
        tmp_path / "python/dns/query.py",
        "import sys\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from dns import update\n"
        "try:\n    from dns import win32util\nexcept ImportError:\n    pass\n"
        "def later():\n    import dns.versioned\n"
        "from .zone import Zone\n",
    )
    for name in ("update", "win32util", "versioned"):
        _write(tmp_path / f"python/dns/{name}.py")

    assert trim(tmp_path) == ["dns.query imports dns.zone, which was trimmed away."]


def test_layers_that_are_too_large_are_named(tmp_path: Path) -> None:
    layer = Artifact("Layer", tmp_path, "/opt", None)
    with (tmp_path / "data").open("wb") as file:
        file.truncate(61 * 1024 * 1024)

    assert "61.00 MB  Layer" in report([layer])
    assert oversize([layer]) == ["The layers have 63963136 bytes; 62914560 are allowed."]


def test_artifacts_are_found_in_nested_templates_too(tmp_path: Path) -> None:
    _write(
        tmp_path / "template.yaml",
        "Resources: {A: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: A, Handler: functions.a.b.c}}}",
    )
    _write(
        tmp_path / "Nested/template.yaml",
        "Resources: {L: {Type: 'AWS::Serverless::LayerVersion', Properties: {ContentUri: L}}}",
    )
    _write(tmp_path / "A/x")
    _write(tmp_path / "Nested/L/x")

    assert [(each.name, each.package) for each in artifacts(tmp_path)] == [("L", None), ("A", "functions/a")]


def test_a_stub_that_runs_nothing_is_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = _write(tmp_path / "python9.99", "#!/bin/sh\nexit 127\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_python("9.99") is None


def _elf() -> bytes:
    """A library for whatever processor: two segments 64 KB apart, the second named twice, and one of nothing."""
    data = bytearray(0x10000)
    data[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<QQ", data, 32, 64, 0x10080)
    struct.pack_into("<HHHHH", data, 54, 56, 4, 64, 9, 8)
    for number, (kind, offset, address, size) in enumerate(
        [(1, 0, 0, 0x130), (1, 0x10010, 0x20010, 0x20), (2, 0x10018, 0x20018, 8), (1, 0x10030, 0x30008, 0)]
    ):
        struct.pack_into("<IIQQQQQQ", data, 64 + 56 * number, kind, 4, offset, address, address, size, size, 0x10000)
    return bytes(data) + bytes(16) + b"0123456789abcdefghijklmnopqrstuv" + b"sections" * 100


def test_a_library_is_stripped_to_what_a_loader_reads(tmp_path: Path) -> None:
    library = tmp_path / "lib.so"
    library.write_bytes(_elf())

    assert strip(library) == len(_elf()) - 0x1030
    stripped = library.read_bytes()
    assert struct.unpack_from("<Q", stripped, 40) == (0,)
    assert struct.unpack_from("<HHH", stripped, 58) == (0, 0, 0)
    entries = [struct.unpack_from("<IIQQQQQQ", stripped, 64 + 56 * number) for number in range(4)]
    assert [entry[2] for entry in entries] == [0, 0x1010, 0x1018, 8]
    assert [entry[7] for entry in entries if entry[0] == 1] == [4096] * 3
    assert stripped[0x1010:] == b"0123456789abcdefghijklmnopqrstuv"
    assert strip(library) == 0


def test_a_stripped_library_can_be_loaded(tmp_path: Path) -> None:
    native = Path(importlib.util.find_spec("markupsafe._speedups").origin)  # type: ignore[arg-type,union-attr]
    copy = Path(shutil.copy(native, tmp_path))
    strip(copy)

    code = "from _speedups import _escape_inner as escape; print(escape('<&>'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "&lt;&amp;&gt;\n"


def test_bytecode_stands_in_for_a_package_without_its_words_but_with_its_assertions(tmp_path: Path) -> None:
    _write(
        tmp_path / "package/__init__.py",
        '''"""Words."""
from __future__ import annotations
def double(x):
    """Twice."""
    assert x, "nothing"
    return 2 * x
class Kept:
    """A class."""
class Empty: pass
''',
    )
    command = [sys.executable, "-I", str(COMPILER), str(tmp_path), "/opt", "--alone"]
    subprocess.run(command, check=True)

    assert [path.name for path in tmp_path.rglob("*.py*")] == ["__init__.pyc"]
    code = (
        "import package as p; print(p.double(2), p.double.__doc__, p.__doc__, p.Kept.__doc__)\n"
        "print(p.double.__code__.co_filename)\n"
        "try: p.double(0)\nexcept AssertionError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "4 . . .\n/opt/package/__init__.py\nnothing\n"


def test_bytecode_goes_beside_modules_of_ours(tmp_path: Path) -> None:
    module = _write(tmp_path / "functions/carts/handler.py", '"""Ours."""\n')
    subprocess.run([sys.executable, "-I", str(COMPILER), str(tmp_path), "/var/task"], check=True)

    compiled = Path(importlib.util.cache_from_source(str(module)))
    assert module.exists()
    assert compiled.read_bytes()[4:8] == b"\x01\0\0\0", "never compared with its source"


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    script = _write(tmp_path / "linker.so", "GROUP ( libc.so.6 )")

    assert strip(script) == 0
    assert script.read_text() == "GROUP ( libc.so.6 )"
