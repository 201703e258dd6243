"""Skims and assignments as tables and files. All figures are modelled; USD of the rates table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus.errors import QueryError, nearest
from isthmus.report.files import write_whole
from isthmus.routing import Pairs, class_named, find_zone
from isthmus.world import World
from isthmus.world.accounts import FloatArray
from isthmus.world.names import names_of
from isthmus.world.network import CLASSES, MODES

#: Columns of a demand table.
OD_COLUMNS = ("origin", "destination", "class", "tonnes")


def skims_frame(world: World, pairs: Pairs, classes: Sequence[int]) -> pd.DataFrame:
    """Return one row per class and pair of zones: cost_usd_per_t, hours, km; empty cells without a route."""
    ids = np.array(world.network.zones.ids, dtype=object)
    n = len(ids)
    apart = ~np.eye(n, dtype=bool)
    origin, destination = np.nonzero(apart)
    parts = []
    for w in classes:
        cost = pairs.cost[w][apart]
        parts.append(
            pd.DataFrame(
                {
                    "class": CLASSES[w],
                    "origin": ids[origin],
                    "destination": ids[destination],
                    "cost_usd_per_t": np.where(np.isfinite(cost), cost, np.nan),
                    "hours": pairs.hours[w][apart],
                    "km": pairs.km[w][apart],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def check_suffix(path: Path) -> None:
    """Raise `QueryError` unless skims can be written to a file of this suffix."""
    if path.suffix not in (".csv", ".parquet", ".npz"):
        raise QueryError(f"--out: {path.name!r} is neither .csv, .parquet nor .npz.")


def write_skims(world: World, pairs: Pairs, classes: Sequence[int], path: Path) -> None:
    """Write skims to a file by its suffix: .csv and .parquet in rows, .npz as matrices with a `zones` index."""
    check_suffix(path)
    if path.suffix == ".npz":
        arrays: dict[str, FloatArray] = {}
        for w in classes:
            for name, matrix in (("cost_usd_per_t", pairs.cost), ("hours", pairs.hours), ("km", pairs.km)):
                arrays[f"{CLASSES[w]}_{name}"] = np.where(np.isfinite(matrix[w]), matrix[w], np.nan)
        ids = np.array(world.network.zones.ids)
        write_whole(path, lambda part: np.savez_compressed(part, zones=ids, allow_pickle=False, **arrays))
        return
    frame = skims_frame(world, pairs, classes)
    if path.suffix == ".csv":
        write_whole(path, lambda part: frame.to_csv(part, index=False))
    else:
        write_whole(path, lambda part: frame.to_parquet(part, index=False))


def read_demand(world: World, path: Path) -> tuple[pd.DataFrame, FloatArray]:
    """Return a demand table with the zones of its rows, and (class, zone, zone) tonnes.

    Parameters
    ----------
    path : Path
        CSV with the columns origin, destination (zone id, place or economy: then its heaviest zone of the class),
        class, tonnes.

    Raises
    ------
    QueryError
        Columns are missing or unknown, or cells are wrong; all problems are told at once.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise QueryError(f"{path}: not a CSV table ({str(error).strip()}).") from None
    problems = [f"column {name!r} is missing" for name in OD_COLUMNS if name not in frame]
    problems += [
        f"column {name!r} is not known.{nearest(name, OD_COLUMNS)}"
        for name in map(str, frame)
        if name not in OD_COLUMNS
        for name in map(str, frame)
        if name not in OD_COLUMNS
    ]
    if not problems and frame.empty:
        problems.append("no rows")
    if problems:
        raise QueryError(f"{path}: {'; '.join(problems)}. Columns are {', '.join(OD_COLUMNS)}.")
    demand = np.zeros((len(CLASSES), len(world.network.zones.ids), len(world.network.zones.ids)))
    places = []
    for line, (origin, destination, klass, tonnes) in enumerate(frame[list(OD_COLUMNS)].to_numpy().tolist(), start=2):
        try:
            w, amount = class_named(klass), _tonnes(tonnes)
            ends = [find_zone(world.network, world.economies, word, w) for word in (origin, destination)]
            demand[w, ends[0], ends[1]] += amount
            places.append((w, *ends))
        except QueryError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        shown = "\n  ".join(problems[:20]) + (f"\n  and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise QueryError(f"{path}: {len(problems)} rows are wrong:\n  {shown}")
    frame["tonnes"] = frame["tonnes"].astype(float)
    frame[["w", "o", "d"]] = places
    return frame, demand


def _tonnes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not 0 <= value < np.inf:
        raise QueryError(f"tonnes is {text!r}. Write a number of at least 0.")
    return value


def trips_frame(world: World, frame: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return the demand's rows with zones, status (assigned, inside, stranded), cost, hours and km."""
    ids = np.array(world.network.zones.ids, dtype=object)
    at = tuple(frame[name].to_numpy() for name in ("w", "o", "d"))
    out = frame[list(OD_COLUMNS)].copy()
    out["origin_zone"], out["destination_zone"] = ids[at[1]], ids[at[2]]
    inside, reached = at[1] == at[2], np.isfinite(pairs.cost[at])
    moved = frame["tonnes"].to_numpy() > 0
    out["status"] = np.select([inside, reached | ~moved], ["inside", "assigned"], "stranded")
    for name, matrix in (("cost_usd_per_t", pairs.cost), ("hours", pairs.hours), ("km", pairs.km)):
        out[name] = np.where(inside | ~reached, np.nan, matrix[at])
    return out


def flows_frame(world: World, flow: FloatArray) -> pd.DataFrame:
    """Return links that carry anything: tonnes forward, backward, in all and by class; the heaviest first."""
    net, called = world.network, names_of(world).links
    total = flow.sum(axis=(0, 2))
    rows = np.flatnonzero(total > 0)
    rows = rows[np.argsort(-total[rows], kind="stable")]
    columns: dict[str, object] = {
        "link": [net.link_ids[i] for i in rows],
        "name": [called[i] for i in rows],
        "mode": [MODES[net.mode[i]] for i in rows],
        "territory": [net.territory[i] for i in rows],
        "from": [net.node_names[net.from_node[i]] for i in rows],
        "to": [net.node_names[net.to_node[i]] for i in rows],
        "forward_t": flow[:, rows, 0].sum(axis=0),
        "backward_t": flow[:, rows, 1].sum(axis=0),
        "total_t": total[rows],
    }
    return pd.DataFrame(columns | {f"{name}_t": flow[w][rows].sum(axis=1) for w, name in enumerate(CLASSES)})
