"""Takes from a shared library what only a debugger reads, whatever machine it is for.

The tools that do it know their own architecture alone, and layers are built for another one. A loader reads the
program headers and the segments they name; the table of sections and what no segment holds may go.
"""

import struct
from pathlib import Path

_MAGIC = b"\x7fELF\x02\x01"
_HEADER = 64


def strip(path: Path) -> int:
    """Strip a 64-bit little-endian ELF file in place, and leave any other alone. Returns the bytes that it saved."""
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        return 0
    end = _end_of_segments(data)
    if end >= len(data):
        return 0
    kept = bytearray(data[:end])
    struct.pack_into("<Q", kept, 40, 0)  # where the table of sections begins: nowhere
    struct.pack_into("<HHH", kept, 58, 0, 0, 0)  # the size of an entry, how many, which of them holds names
    # A new file in its place: the old one may have other names, in the cache of a package manager.
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(kept)
    path.chmod(mode)
    return len(data) - end


def _end_of_segments(data: bytes) -> int:
    start: int = struct.unpack_from("<Q", data, 32)[0]
    entry, count = struct.unpack_from("<HH", data, 54)
    ends = [_HEADER, start + entry * count]
    for position in range(start, start + entry * count, entry):
        offset, in_file = (
            struct.unpack_from("<Q", data, position + 8)[0],
            struct.unpack_from("<Q", data, position + 32)[0],
        )
        ends.append(offset + in_file)
    return max(map(int, ends))
