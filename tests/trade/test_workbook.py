"""A result in a spreadsheet and as a labelled dataset holds what the result holds, with units."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.report import to_xarray, write_workbook
from isthmus.report.run import run_tables
from isthmus.scenario.changes import Embargo, OpenLink

pytest.importorskip("openpyxl")
pytest.importorskip("xarray")


@pytest.fixture(scope="module")
def result(toy: ist.World) -> ist.Result:
    changes = (OpenLink(links=("new-line",)), Embargo(by=("AAA",), on=("DDD",)))
    return ist.solve(
        toy, ist.Scenario(name="both", title="Both", changes=changes), settings=ist.Settings(decompose=True)
    )


def test_the_workbook_holds_every_table(result: ist.Result, tmp_path: Path) -> None:
    path = write_workbook(result, tmp_path / "both.xlsx")
    book = pd.read_excel(path, sheet_name=None)
    tables = run_tables(result)
    assert list(book) == ["about", *tables]
    assert {"closures", "decomposition"} <= set(book)
    for name, table in tables.items():
        assert list(book[name].columns) == list(table.columns)
        assert len(book[name]) == len(table)
    np.testing.assert_allclose(book["real_income"]["percent"], result.real_income["percent"], rtol=1e-12)
    about = book["about"].set_index("what")["value"]
    assert about["horizon"] == "long" and about["year"] == 2000
    assert "USD million" in about["unit of *usd_m"]
    assert not list(tmp_path.glob("*.part*"))


def test_the_dataset_is_labelled_and_carries_units(result: ist.Result) -> None:
    data = to_xarray(result)
    assert float(data["real_income_change"].sel(economy="CCC")) == result.real_income_change[2]
    assert float(data["flow_after"].sel(origin="AAA", destination="DDD").sum()) == 0.0
    assert data["freight_after"].sel(link="boria-celia-rail").sum() > 0
    assert all({"units", "long_name"} <= set(variable.attrs) for variable in data.data_vars.values())
    assert "real_income_change_with_latent" in data
    assert data.attrs["residual"] <= 1e-8


def test_the_command_writes_a_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ban.toml").write_text('[[change]]\nkind = "embargo"\nby = "AAA"\non = "CCC"\n', encoding="utf-8")
    done = CliRunner().invoke(main, "run ban.toml --world toy --format xlsx --quiet".split())
    assert done.exit_code == 0, done.output
    assert done.output.strip() == "ban.xlsx"
    assert "real_income" in pd.read_excel(tmp_path / "ban.xlsx", sheet_name=None)
