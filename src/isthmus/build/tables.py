"""Write the tables of a world folder: columns as the schema says, rows in a fixed order, the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from isthmus.errors import BuildError, nearest
from isthmus.world.tables import KEYS, Column, read_schema, schema_tables

#: Tables whose row order carries meaning (the order of the axes); all others are sorted by their key.
_ORDERED = {"economies", "sectors", "zones", "nodes", "links"}

_TYPES = {"str": pa.string(), "float": pa.float64(), "bool": pa.bool_()}


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> dict[str, Path]:
    """Write tables as Parquet and return their paths.

    Columns follow `world/schema/<table>.csv`; rows are sorted by their key, or by all text columns
    where the schema names no key (economies, sectors, zones, nodes and links keep their order).
    Each file is written beside its place and renamed, so that a stop leaves no half table.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Table name to rows.
    folder : Path
        World folder; made if missing.

    Returns
    -------
    dict of str to Path
        The file of each table.

    Raises
    ------
    BuildError
        A table or column is unknown, a required column is missing, a key stands twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: dict[str, Path] = {}
    for name in sorted(tables):
        if name not in schema_tables():
            raise BuildError(f"{name}: no such table in the schema.{nearest(name, schema_tables())}")
        arrow = _to_arrow(name, tables[name])
        text = [field.name for field in arrow.schema if field.type == pa.string()]
        path = folder / f"{name}.parquet"
        draft = folder / f".{name}.parquet.part"
        pq.write_table(
            arrow,
            draft,
            version="2.6",
            compression="zstd",
            compression_level=19,
            use_dictionary=text,
            column_encoding={field.name: "BYTE_STREAM_SPLIT" for field in arrow.schema if field.type == pa.float64()},
            write_statistics=False,
            row_group_size=1 << 20,
            store_schema=False,
        )
        draft.replace(path)
        paths[name] = path
    return paths


def _to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    columns = read_schema(name)
    known = [column.name for column in columns]
    for stray in frame.columns.difference(known):
        raise BuildError(f"{name}: unknown column {stray!r}.{nearest(str(stray), known)}")
    ordered = _sorted(name, frame, columns)
    arrays = [_array(name, ordered, column) for column in columns]
    fields = [pa.field(column.name, _TYPES[column.type]) for column in columns]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _sorted(name: str, frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    key = [column for column in KEYS.get(name, ()) if column in frame.columns]
    if key and frame.duplicated(key).any():
        first = frame[frame.duplicated(key)].iloc[0][key].tolist()
        raise BuildError(f"{name}: key {first} stands twice. Keep one row per key.")
    if name in _ORDERED:
        return frame
    by = key or [column.name for column in columns if column.type == "str" and column.name in frame.columns]
    return frame.sort_values(by, kind="stable", ignore_index=True)


def _array(table: str, frame: pd.DataFrame, column: Column) -> pa.Array[pa.Scalar[pa.DataType]]:
    size = len(frame)
    if column.name not in frame.columns:
        if column.required:
            raise BuildError(f"{table}: column {column.name!r} is missing ({column.description}).")
        empty = [""] * size if column.type == "str" else [None] * size
        return pa.array(empty, type=_TYPES[column.type])
    cells = frame[column.name]
    if column.type == "float":
        values = pd.to_numeric(cells).to_numpy(dtype=np.float64, na_value=np.nan)
        return pa.array(values, type=pa.float64(), mask=np.isnan(values))
    if column.type == "bool":
        return pa.array(cells.to_numpy(dtype=bool), type=pa.bool_())
    text = cells.astype(object).where(cells.notna(), "").astype(str)
    return pa.array(text.tolist(), type=pa.string())
