"""Read input-output tables: pymrio objects and folders, the official OECD ICIO file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from isthmus.errors import WorldError
from isthmus.world.intake.mrio import Mrio

#: Parts of economies that the extended ICIO keeps apart.
_PARTS = {"CN1": "CHN", "CN2": "CHN", "MX1": "MEX", "MX2": "MEX"}


class PymrioSystem(Protocol):
    """What is read of a `pymrio.IOSystem`."""

    Z: pd.DataFrame
    Y: pd.DataFrame


def read_pymrio(source: PymrioSystem | str | Path, *, year: int) -> Mrio:
    """Return the table of a pymrio system, in its own unit; `Mrio.scale` turns it into USD million.

    Parameters
    ----------
    source : pymrio.IOSystem, or folder
        The object, or a folder that `save_all` or `save` wrote (text or Parquet).
    year : int
        Reference year.

    Raises
    ------
    WorldError
        Z or Y is missing, or their labels do not match.
    """
    if isinstance(source, str | Path):
        folder = Path(source)
        Z, Y = _read_part(folder, "Z"), _read_part(folder, "Y")
        named = f"pymrio folder {folder.name}"
    else:
        Z, Y, named = source.Z, source.Y, "pymrio system"
    if Z is None or Y is None:
        raise WorldError(f"{named}: Z or Y is missing. Calculate it (`mrio.calc_all()`) or save it with `save_all`.")
    if list(Z.index) != list(Z.columns) or list(Z.index) != list(Y.index):
        raise WorldError(f"{named}: rows of Z, columns of Z and rows of Y differ. Give the system as pymrio parses it.")
    economies = tuple(str(v) for v in dict.fromkeys(Z.index.get_level_values(0)))
    sectors = tuple(str(v) for v in dict.fromkeys(Z.index.get_level_values(1)))
    n, s = len(economies), len(sectors)
    if len(Z) != n * s:
        raise WorldError(f"{named}: {len(Z)} rows are not {n} regions x {s} sectors. Aggregate it to common sectors.")
    buyer = [str(v) for v in Y.columns.get_level_values(0)]
    final = np.zeros((n * s, n))
    for at, name in enumerate(buyer):
        if name not in economies:
            raise WorldError(f"{named}: Y has a column of {name!r}, which is no region of Z.")
        final[:, economies.index(name)] += Y.iloc[:, at].to_numpy(float)
    return Mrio(
        economies=economies,
        sectors=sectors,
        Z=Z.to_numpy(float).reshape(n, s, n, s),
        F=final.reshape(n, s, n),
        year=year,
        source=named,
    )


def _read_part(folder: Path, name: str) -> pd.DataFrame | None:
    """Return one table of a pymrio folder; None if it is not there."""
    try:
        if (folder / f"{name}.parquet").is_file():
            return pd.read_parquet(folder / f"{name}.parquet")
        if (folder / f"{name}.txt").is_file():
            return pd.read_csv(folder / f"{name}.txt", sep="\t", header=[0, 1], index_col=[0, 1])
    except (OSError, ValueError) as error:
        raise WorldError(f"{folder / name}: cannot be read ({str(error).splitlines()[0]}).") from None
    return None


def read_icio(path: str | Path, *, year: int) -> Mrio:
    """Return the table of an official OECD ICIO file (wide CSV of one year, labels such as `ARG_A01`).

    Final columns (`ARG_HFCE` and others) are summed; rows of taxes, value added and output are not needed.
    The parts of China and Mexico in the extended file are put together.

    Raises
    ------
    WorldError
        The file cannot be read, or its labels are not those of an ICIO.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, index_col=0)
    except (OSError, ValueError) as error:
        raise WorldError(
            f"{path}: cannot be read ({str(error).splitlines()[0]}). Give the wide CSV of one year."
        ) from None
    rows = [str(label) for label in table.index]
    nodes = [label for label in rows if "_" in label and label in table.columns]
    if not nodes:
        raise WorldError(
            f"{path}: no label such as ARG_A01 stands in both rows and columns, first row {rows[0] if rows else ''!r}. "
            "Give the wide CSV of one year."
        )
    parts = [label.split("_", 1) for label in nodes]
    economies = tuple(dict.fromkeys(_PARTS.get(name, name) for name, _ in parts))
    sectors = tuple(dict.fromkeys(code for _, code in parts))
    n, s = len(economies), len(sectors)
    at = np.array([economies.index(_PARTS.get(name, name)) * s + sectors.index(code) for name, code in parts])
    if len(np.unique(at)) != n * s:
        raise WorldError(f"{path}: {len(np.unique(at))} labels are not {n} economies x {s} sectors.")
    table.index = pd.Index(rows)
    values = table.loc[nodes]
    Z = np.zeros((n * s, n * s))
    np.add.at(Z, (at[:, None], at[None, :]), values[nodes].to_numpy(float))
    F = np.zeros((n * s, n))
    for label in table.columns:
        name = _PARTS.get(str(label).split("_", 1)[0], str(label).split("_", 1)[0])
        if label not in nodes and "_" in str(label) and name in economies:
            np.add.at(F[:, economies.index(name)], at, values[label].to_numpy(float))
    return Mrio(economies, sectors, Z.reshape(n, s, n, s), F.reshape(n, s, n), year, f"OECD ICIO, {path.name}")
