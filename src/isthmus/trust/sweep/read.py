"""What a store holds: its state, and its rows as a dataframe."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from isthmus.errors import SweepError
from isthmus.trust.sweep.store import SCHEMA, Store, open_store


@dataclass(frozen=True, slots=True)
class Status:
    """How far a sweep is."""

    title: str
    plan_id: str
    batches: int
    done: int
    units: int
    published: bool
    quarantined: tuple[dict[str, object], ...]
    megabytes: float


def sweep_status(folder: Path) -> Status:
    """Return how far the sweep in a folder is."""
    store = open_store(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    return Status(
        title=store.plan.title or folder.resolve().name,
        plan_id=store.plan.id,
        batches=store.plan.batches,
        done=store.plan.batches - len(store.pending()),
        units=store.plan.units,
        published=(folder / "manifest.json").exists(),
        quarantined=tuple(store.quarantined()),
        megabytes=size / 1e6,
    )


def read_sweep(folder: Path, *, partial: bool = False) -> pd.DataFrame:
    """Return the rows of a sweep: scenario, as_of, horizon, draw, quantity, key, value.

    Parameters
    ----------
    folder : Path
    partial : bool
        Read what is there although the sweep has not ended.

    Raises
    ------
    SweepError
        No manifest (unless `partial`), or a part that is not the one the manifest lists.
    """
    store = open_store(Path(folder))
    path = store.folder / "manifest.json"
    files = _listed(store, path) if path.exists() else _there(store, partial)
    tables = [pq.read_table(file, schema=SCHEMA) for file in files]
    whole = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    frame: pd.DataFrame = whole.to_pandas()
    return frame


def _listed(store: Store, path: Path) -> list[Path]:
    files = []
    for entry in json.loads(path.read_text(encoding="utf-8"))["batches"]:
        file = store.folder / entry["file"]
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
            raise SweepError(f"{file}: not the part that the manifest lists. Run the sweep again with --resume.")
        files.append(file)
    return files


def _there(store: Store, partial: bool) -> list[Path]:
    if not partial:
        left = len(store.pending())
        raise SweepError(f"{store.folder}: {left} of {store.plan.batches} parts are not there yet. Resume the sweep.")
    return [store.part(batch) for batch in range(store.plan.batches) if store.holds(batch)]
