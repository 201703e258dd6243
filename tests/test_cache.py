"""What is kept between runs, and what makes room."""

from __future__ import annotations

import os
from pathlib import Path

from isthmus.cache import oldest


def test_the_least_recently_used_make_room_and_what_vanishes_meanwhile_is_no_error(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abcd"]
    for age, path in enumerate(paths):
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    paths[1].unlink()  # by another thread, after the folder was listed
    assert oldest(paths, beyond=1) == [paths[2], paths[3]]
    assert oldest(paths, beyond=3) == []
