"""What the build does after sam: nothing superfluous, nothing that is somebody else's."""

import struct
from pathlib import Path

import pytest

from local.building import Artifact, artifacts, find_python, oversize, package_of, report, strangers, trim
from local.elf import strip


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
        for name in ("pkg/module.pyi", "pkg/tests/test_it.py", "bin/tool", "pkg-1.dist-info/RECORD")
    ]

    trim(tmp_path)

    assert kept.exists()
    assert not any(path.exists() for path in gone)


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


def _elf(extra: bytes) -> bytes:
    """A shared library with one segment of 128 bytes, for a processor that need not be this one's."""
    header = bytearray(64)
    header[:6] = b"\x7fELF\x02\x01"
    struct.pack_into("<QQ", header, 32, 64, 500)
    struct.pack_into("<HHHHH", header, 54, 56, 1, 64, 9, 8)
    program = bytearray(56)
    struct.pack_into("<Q", program, 32, 128)
    return bytes(header + program + bytes(8)) + extra


def test_a_library_is_stripped_to_what_a_loader_reads(tmp_path: Path) -> None:
    library = tmp_path / "lib.so"
    library.write_bytes(_elf(b"d" * 1000))

    assert strip(library) == 1000
    stripped = library.read_bytes()
    assert len(stripped) == 128
    assert struct.unpack_from("<Q", stripped, 40) == (0,)
    assert struct.unpack_from("<HHH", stripped, 58) == (0, 0, 0)
    assert strip(library) == 0


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    script = _write(tmp_path / "linker.so", "GROUP ( libc.so.6 )")

    assert strip(script) == 0
    assert script.read_text() == "GROUP ( libc.so.6 )"
