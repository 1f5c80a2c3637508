"""Takes from a shared library what no loader reads, whatever machine it is for.

The tools that do it know their own architecture alone, and layers are built for another one. A loader reads the program
headers and the segments they name: the table of sections and what no segment holds may go. Linkers for arm64 also leave
room between segments for pages of 64 KB, up to three quarters of a small library; Lambda's have 4 KB, as most have.
"""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"\x7fELF\x02\x01"
_HEADER = 64
_LOAD = 1
PAGE = 4096


@dataclass
class _Segment:
    """An entry of the program headers, at `entry` in the file; `moved` is where what it names goes to."""

    entry: int
    kind: int
    offset: int
    address: int
    size: int
    alignment: int
    moved: int = 0

    def holds(self, offset: int, size: int = 0) -> bool:
        return self.offset <= offset and offset + size <= self.offset + self.size


def strip(path: Path) -> int:
    """Strip a 64-bit little-endian ELF file in place, and leave any other alone. Returns the bytes that it saved."""
    data = path.read_bytes()
    stripped = _squeezed(data) if data.startswith(_MAGIC) else data
    if len(stripped) >= len(data):
        return 0
    # A new file in its place: the old one may have other names, in the cache of a package manager.
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(stripped)
    path.chmod(mode)
    return len(data) - len(stripped)


def _squeezed(data: bytes) -> bytes:
    """The library with its segments as close to each other as pages of 4 KB allow."""
    start, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    segments = list(_segments(data, start, count))
    loaded = sorted((each for each in segments if each.kind == _LOAD and each.size), key=lambda each: each.offset)
    if not loaded or loaded[0].offset or any(_is_shared(one, other) for one, other in itertools.pairwise(loaded)):
        return data
    kept = bytearray()
    for segment in loaded:
        # A page of the file becomes a page of memory, so both have their place in a page in common.
        segment.moved = len(kept) + (segment.address - len(kept)) % min(PAGE, segment.alignment)
        kept += bytes(segment.moved - len(kept)) + data[segment.offset : segment.offset + segment.size]
    if not all(any(home.holds(each.offset, each.size) for home in loaded) for each in segments if each.size):
        return data
    table = _moved(start, loaded)
    for each in segments:
        place = table + each.entry - start
        alignment = min(PAGE, each.alignment) if each.kind == _LOAD else each.alignment
        # What is nowhere in the file is made of nothing; a loader looks at its place in a page all the same.
        offset = _moved(each.offset, loaded) if each.size else each.address % max(alignment, 1)
        struct.pack_into("<Q", kept, place + 8, offset)
        struct.pack_into("<Q", kept, place + 48, alignment)
    struct.pack_into("<QQ", kept, 32, table, 0)  # where the headers begin, and where the sections do: nowhere
    struct.pack_into("<HHH", kept, 58, 0, 0, 0)  # the size of a section's entry, how many, which of them holds names
    return bytes(kept)


def _segments(data: bytes, start: int, count: int) -> Iterator[_Segment]:
    for entry in range(start, start + 56 * count, 56):
        kind, _, offset, address, _, size, _, alignment = struct.unpack_from("<IIQQQQQQ", data, entry)
        yield _Segment(entry, kind, offset, address, size, alignment)


def _is_shared(one: _Segment, other: _Segment) -> bool:
    """Whether two segments have bytes of the file in common, so that neither may move alone."""
    return one.offset + one.size > other.offset


def _moved(offset: int, loaded: list[_Segment]) -> int:
    home = next(segment for segment in loaded if segment.holds(offset))
    return home.moved + offset - home.offset
