"""Finds what a layer lacks since it was trimmed: a module that another imports as soon as it is imported itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

Modules = dict[str, Path]


def modules(root: Path) -> Modules:
    """Every module and package under a folder, by its name; compiled ones too."""
    return {_name(path.relative_to(root)): path for path in root.rglob("*") if path.suffix in (".py", ".so")}


def missing(root: Path, before: Modules) -> list[str]:
    """A complaint for each module that is not there any more and that one which stayed cannot do without.

    `before` are the modules that there were. What is imported in a `try`, for other machines or for types may be gone.
    """
    kept = modules(root)
    gone = before.keys() - kept.keys()
    return [
        f"{name} imports {wanted}, which was trimmed away."
        for name, path in sorted(kept.items())
        if path.suffix == ".py"
        for wanted in sorted(gone.intersection(_imported(name, path)))
    ]


def _name(path: Path) -> str:
    # A compiled module carries the version and machine that it is for: _imaging.cpython-313-aarch64-linux-gnu.so
    parts = [*path.parts[:-1], path.name.partition(".")[0]]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _at_once(ast.parse(path.read_bytes()).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            # One dot is the package itself, each further one the package around it.
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)


def _at_once(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.If() if not any(word in ast.dump(node.test) for word in ("TYPE_CHECKING", "platform")):
                yield from _at_once([*node.body, *node.orelse])
            case ast.ClassDef() | ast.With():
                yield from _at_once(node.body)
