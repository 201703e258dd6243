"""Arrays kept between runs under a key that names everything they depend on.

A key is the sha256 of the world, the day, the settings and the source code of the solvers, so that a
changed table or formula never meets a stale file. Files are plain `.npz` without pickled objects,
written to a temporary name and then renamed; one that cannot be read is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from isthmus.world.accounts import Arrays

#: Files kept; the least recently used beyond this are removed.
MOST_FILES = 12
#: Long computations of one kind whose parts are kept.
MOST_SHELVES = 4


def cache_folder() -> Path:
    """Return the folder of cached arrays: `ISTHMUS_CACHE` or `~/.cache/isthmus`."""
    root = os.environ.get("ISTHMUS_CACHE")
    return (Path(root) if root else Path.home() / ".cache" / "isthmus") / "solved"


@contextlib.contextmanager
def scratch_cache() -> Iterator[None]:
    """Keep what is stored from here on apart, and throw it away: for states that nobody will ask for again."""
    before = os.environ.get("ISTHMUS_CACHE")
    with tempfile.TemporaryDirectory(prefix="isthmus-") as folder:
        os.environ["ISTHMUS_CACHE"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["ISTHMUS_CACHE"]
            else:
                os.environ["ISTHMUS_CACHE"] = before


def make_key(parts: Iterable[str], modules: Iterable[Path]) -> str:
    """Return a key of all that a computation depends on: `parts` and the code of `modules` (folders or files)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    for module in modules:
        for path in sorted(module.rglob("*.py")) if module.is_dir() else [module]:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def recall(key: str, compute: Callable[[], Arrays]) -> tuple[Arrays, bool]:
    """Return the arrays stored under `key` and True, or those of `compute` (stored now) and False."""
    path = cache_folder() / f"{key}.npz"
    stored = _read(path)
    if stored is not None:
        return stored, True
    arrays = compute()
    _write(path, arrays)
    _prune(path.parent)
    return arrays, False


class Shelf:
    """Arrays of a long computation, kept part by part under one key, so that it can be taken up again."""

    def __init__(self, kind: str, key: str) -> None:
        self.folder = cache_folder().parent / kind / key

    def read(self, name: str) -> Arrays | None:
        """Return a part, or None if it is not there or cannot be read."""
        return _read(self.folder / f"{name}.npz")

    def write(self, name: str, arrays: Arrays) -> None:
        """Store a part; older computations of the kind beyond `MOST_SHELVES` make room."""
        _write(self.folder / f"{name}.npz", arrays)
        for old in oldest(self.folder.parent.glob("*/"), beyond=MOST_SHELVES):
            shutil.rmtree(old, ignore_errors=True)

    def drop(self, names: Iterable[str]) -> None:
        """Remove parts that are no longer needed."""
        for name in names:
            (self.folder / f"{name}.npz").unlink(missing_ok=True)


def _read(path: Path) -> Arrays | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return arrays


def _write(path: Path, arrays: Arrays) -> None:
    """Store the arrays; a folder that cannot be written only costs time later."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                np.savez(stream, allow_pickle=False, **arrays)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return


def _prune(folder: Path) -> None:
    for old in oldest(folder.glob("*.npz"), beyond=MOST_FILES):
        old.unlink(missing_ok=True)


def oldest(paths: Iterable[Path], *, beyond: int) -> list[Path]:
    """Return all but the most recently used so many; what another thread or process removes meanwhile is left out."""
    used = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            used.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(used, reverse=True)[beyond:]]
