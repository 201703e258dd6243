"""The writer gives the schema's columns, a fixed row order and the same bytes each time."""

from pathlib import Path

import pandas as pd
import pytest

from isthmus.build.tables import write_tables
from isthmus.errors import BuildError

ROWS = pd.DataFrame(
    {"economy": ["B", "A", "A"], "sector": ["y", "y", "x"], "value_usd_m": [1.5, 2.0, float("nan")]},
    index=[7, 3, 1],
)


def test_rows_are_sorted_and_columns_follow_the_schema(tmp_path: Path) -> None:
    path = write_tables({"final_use": ROWS[["value_usd_m", "sector", "economy"]]}, tmp_path)["final_use"]
    back = pd.read_parquet(path)
    assert list(back.columns) == ["economy", "sector", "value_usd_m"]
    assert list(zip(back["economy"], back["sector"], strict=True)) == [("A", "x"), ("A", "y"), ("B", "y")]
    assert back["value_usd_m"].isna().tolist() == [True, False, False]


def test_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_tables({"final_use": ROWS}, tmp_path / "a")["final_use"].read_bytes()
    second = write_tables({"final_use": ROWS.iloc[::-1]}, tmp_path / "b")["final_use"].read_bytes()
    assert first == second
    assert not list((tmp_path / "a").glob(".*"))


@pytest.mark.parametrize(
    ("table", "frame", "message"),
    [
        ("final_uze", ROWS, "Nearest: 'final_use'"),
        ("final_use", ROWS.assign(valu=1.0), "unknown column 'valu'"),
        ("final_use", ROWS.drop(columns="value_usd_m"), "'value_usd_m' is missing"),
        ("final_use", ROWS.assign(economy="A"), "stands twice"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, table: str, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        write_tables({table: frame}, tmp_path)
