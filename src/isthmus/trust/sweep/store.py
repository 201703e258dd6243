"""The folder of a sweep: where exactly-once comes from.

Engines may run a batch more than once and may die at any point. The store makes that harmless: a batch's
part has a name that depends on its number alone and bytes that depend on the plan alone; it is written to
a temporary name, flushed to the disk and renamed, so that a part is there whole or not at all, and a late
writer replaces equal bytes by equal bytes. The manifest comes last; readers read what it lists.

::

    plan.json                     what the sweep solves; written once
    parts/0000/000012.parquet     rows of batch 12
    failed/000012.json            draws of batch 12 that always crash, with the reason
    manifest.json                 batch, file, rows, sha256 of every part; only when all are there
    locks/1-of-1.lock             held by the driver at work
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from isthmus.errors import SweepError
from isthmus.trust.sweep.plan import Plan, differences, plan_from_json

#: Columns of every part: one row per number.
SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("as_of", pa.string()),
        ("horizon", pa.string()),
        ("draw", pa.int32()),
        ("quantity", pa.string()),
        ("key", pa.string()),
        ("value", pa.float64()),
    ]
)
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of one sweep."""

    folder: Path
    plan: Plan

    # Parts ---------------------------------------------------------------------------------------

    def part(self, batch: int) -> Path:
        """Return the file of a batch."""
        return self.folder / "parts" / f"{batch // 1000:04d}" / f"{batch:06d}.parquet"

    def holds(self, batch: int) -> bool:
        """Return whether a batch has a part of this plan that is whole (footer and row count)."""
        try:
            with pq.ParquetFile(self.part(batch)) as file:
                meta = file.schema_arrow.metadata or {}
                stated = int(meta.get(b"rows", b"-1"))
                return meta.get(b"plan") == self.plan.id.encode() and file.metadata.num_rows == stated
        except (OSError, ValueError, pa.ArrowException):
            return False

    def pending(self, shard: tuple[int, int] = (1, 1)) -> list[int]:
        """Return the batches of shard k of N that have no part yet."""
        k, n = shard
        return [b for b in range(k - 1, self.plan.batches, n) if not self.holds(b)]

    def commit(self, batch: int, table: pa.Table, crashed: tuple[int, ...] = ()) -> None:
        """Write the part of a batch, whole or not at all.

        Raises
        ------
        SweepError
            The folder cannot be written (no space, no permission).
        """
        about = {"plan": self.plan.id, "batch": str(batch), "rows": str(table.num_rows)}
        if crashed:
            about["crashed_units"] = json.dumps(crashed)
        path = self.part(batch)

        def fill(name: str) -> None:
            pq.write_table(table.replace_schema_metadata(about), name, compression="zstd", write_page_checksum=True)

        _replace(path, fill)

    def quarantine(self, batch: int, reasons: dict[int, str]) -> None:
        """Note units of a batch that crash whenever they are run."""
        rows = [
            {"unit": unit, "as_of": self.plan.unit(unit)[0], "draw": self.plan.unit(unit)[1], "reason": reason}
            for unit, reason in sorted(reasons.items())
        ]
        write_text(self.folder / "failed" / f"{batch:06d}.json", json.dumps(rows, indent=1))

    def quarantined(self) -> list[dict[str, object]]:
        """Return the draws in quarantine: unit, as_of, draw, reason."""
        out: list[dict[str, object]] = []
        for path in sorted((self.folder / "failed").glob("*.json")):
            out += json.loads(path.read_text(encoding="utf-8"))
        return out

    # Manifest ------------------------------------------------------------------------------------

    def publish(self) -> Path:
        """Check every part to the last page and write the manifest.

        Raises
        ------
        SweepError
            A part is missing or damaged; damaged ones are removed, so that a resume solves them again.
        """
        entries, bad = [], []
        for batch in range(self.plan.batches):
            path = self.part(batch)
            try:
                table = pq.read_table(path, page_checksum_verification=True)
                if not self.holds(batch):
                    raise OSError("of another plan or cut short")
            except (OSError, pa.ArrowException):
                path.unlink(missing_ok=True)
                bad.append(batch)
                continue
            entries.append(
                {
                    "batch": batch,
                    "file": str(path.relative_to(self.folder)),
                    "rows": table.num_rows,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                }
            )
        if bad:
            raise SweepError(
                f"{self.folder}: {len(bad)} of {self.plan.batches} parts are missing or damaged, first batch {bad[0]}; "
                "the damaged are removed. Run the sweep again with --resume."
            )
        about = {"plan": self.plan.id, "batches": entries, "quarantined": self.quarantined()}
        write_text(self.folder / "manifest.json", json.dumps(about, indent=1))
        return self.folder / "manifest.json"

    # Drivers -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, shard: tuple[int, int]) -> Iterator[None]:
        """Hold the right to drive one shard; the system lets go of it when the process dies.

        Raises
        ------
        SweepError
            Another driver holds it.
        """
        path = self.folder / "locks" / f"{shard[0]}-of-{shard[1]}.lock"
        path.parent.mkdir(exist_ok=True)
        with path.open("a+", encoding="utf-8") as handle:
            if not _try_lock(handle.fileno()):
                handle.seek(0)
                raise SweepError(
                    f"{self.folder}: another driver is at work on shard {shard[0]}/{shard[1]} "
                    f"({handle.read().strip() or 'unknown'}). Wait for it, stop it, or take another --shard."
                )
            handle.truncate(0)
            handle.write(f"process {os.getpid()} on {socket.gethostname()}")
            handle.flush()
            yield


def create_store(folder: Path, plan: Plan) -> Store:
    """Return the store of a new sweep.

    Raises
    ------
    SweepError
        The folder holds something already, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        what = "a sweep: add --resume to go on with it" if (folder / "plan.json").exists() else "other files"
        raise SweepError(f"{folder}: holds {what}, or name another --store.")
    write_text(folder / "plan.json", plan.to_json())
    return Store(folder, plan)


def open_store(folder: Path, plan: Plan | None = None) -> Store:
    """Return the store of a sweep begun before; with `plan`, only if it still solves the same.

    Raises
    ------
    SweepError
        No sweep there, or world, code, libraries or file have changed since; the reason is told.
    """
    path = Path(folder) / "plan.json"
    try:
        old = plan_from_json(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        raise SweepError(
            f"{folder}: no sweep there (plan.json is missing). Name its folder (--store), or start without --resume."
        ) from None
    if plan is not None and plan != old:
        raise SweepError(
            f"{folder}: this is no longer the sweep that was begun: {'; '.join(differences(old, plan))}. "
            "Put back what changed, or start a new --store."
        )
    return Store(Path(folder), old)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    _replace(path, lambda name: Path(name).write_text(text, encoding="utf-8"))


def _replace(path: Path, fill: object) -> None:
    """Have `fill(name)` write a temporary file, flush it to the disk and give it its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-{socket.gethostname()}-{os.getpid()}-")
        os.close(handle)
        try:
            fill(name)  # type: ignore[operator]
            _flush(name)
            Path(name).replace(path)
            _flush(str(path.parent))
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise SweepError(
                f"{path}: cannot be written ({os.strerror(error.errno or 0)}). Nothing is half-written; "
                "mend that and run again with --resume."
            ) from None
        raise


def _flush(name: str) -> None:
    handle = os.open(name, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    """Take an exclusive lock on an open file if nobody holds it; True where the system has no such locks."""
    try:
        import fcntl
    except ImportError:  # no POSIX locks: equal bytes still make two drivers harmless
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
