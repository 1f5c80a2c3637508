import stat
from pathlib import Path

import pytest

from local.processes import ServerError, private_dir, run_to_end


def test_a_private_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.mkdir(mode=0o755)

    private_dir(path, {})

    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_directory_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ServerError, match="belongs to somebody else"):
        private_dir(tmp_path / "link", {})


def test_a_failing_program_is_quoted() -> None:
    with pytest.raises(ServerError, match="sh failed: so sorry"):
        run_to_end(["sh", "-c", "echo so sorry >&2; exit 3"], {})
