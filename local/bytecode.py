"""Compiles modules for Lambda, by whatever Python runs it: `python3.13 -I local/bytecode.py FOLDER MOUNTED [--alone]`.

Beside every module goes its bytecode; `--alone` puts it in the module's place, without what only people read. It needs
nothing but the standard library, since the runtime's Python has nothing of this project.
"""

import ast
import importlib.util
import marshal
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

_UNCHECKED = 1
"""Bytecode that is never compared with its source: times of files do not survive a zip."""


def main(folder: str, mounted: str, alone: bool) -> None:
    """Compile a folder that will lie at `mounted`. Raises SyntaxError."""
    sources = sorted(Path(folder).rglob("*.py"))
    with ProcessPoolExecutor() as pool:
        names = [f"{mounted}/{source.relative_to(folder).as_posix()}" for source in sources]
        list(pool.map(compile_one, sources, names, [alone] * len(sources), chunksize=32))


def compile_one(source: Path, name: str, alone: bool) -> None:
    """Compile one file, which a trace will call `name`."""
    text = source.read_bytes()
    tree = ast.parse(text, name)
    code = compile(_without_words(tree) if alone else tree, name, "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED.to_bytes(4, "little") + importlib.util.source_hash(text)
    target = source.with_suffix(".pyc") if alone else Path(importlib.util.cache_from_source(str(source)))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(header + marshal.dumps(code))
    if alone:
        source.unlink()


def _without_words(tree: ast.Module) -> ast.Module:
    """Docstrings are a sixth of what packages are; a dot stays of each, since some packages add to their own.

    Assertions stay as they are: some packages check their input with them.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(ast.Constant(str()) as words), *_]:
                    words.value = "."
    return tree


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "--alone" in sys.argv)
