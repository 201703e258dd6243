"""Tables of others in: pymrio's own Leontief and Ghosh objects, the layout of the ICIO file, small CSV sets."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.errors import WorldError
from isthmus.trade import compute_shares, cut_trade, solve_trade
from isthmus.world.intake import About, Mrio, accounts_of, import_mrio, import_small, mend, read_icio, read_pymrio

ABOUT = About("own", 2020, "2020-12-31", "test")


@dataclass
class System:
    """Looks like a pymrio.IOSystem."""

    Z: pd.DataFrame | None
    Y: pd.DataFrame | None


@pytest.fixture(scope="module")
def pymrio_folder(oracle) -> Path:
    return oracle("mrio_pymrio_test")


def _table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", header=[0, 1], index_col=[0, 1])


@pytest.fixture(scope="module")
def mrio(pymrio_folder: Path) -> Mrio:
    return read_pymrio(System(_table(pymrio_folder, "Z"), _table(pymrio_folder, "Y")), year=2020)


def test_leontief_and_ghosh_against_pymrio(pymrio_folder: Path, mrio: Mrio) -> None:
    """Oracle: pymrio 0.7.0 on its bundled test system, 6 regions x 8 sectors, 1e-9 relative."""
    x = pd.read_csv(pymrio_folder / "x.csv", index_col=[0, 1])["indout"]
    np.testing.assert_allclose(mrio.output.ravel(), x, rtol=1e-9)
    for name, ours in (
        ("A", mrio.coefficients),
        ("L", mrio.leontief_inverse),
        ("B_ghosh_allocation", mrio.allocation),
        ("G_ghosh_inverse", mrio.ghosh_inverse),
    ):
        theirs = _table(pymrio_folder, name).to_numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * np.abs(theirs).max(), err_msg=name)


def test_hypothetical_extraction(pymrio_folder: Path, mrio: Mrio) -> None:
    want = pd.read_csv(pymrio_folder / "extraction_reg1_reg2.csv")
    output, value_added = mrio.extract_pair(0, 1)
    np.testing.assert_allclose(mrio.value_added.ravel(), want["va"], rtol=1e-9)
    np.testing.assert_allclose(output.ravel(), want["x_after"], rtol=1e-9)
    np.testing.assert_allclose(value_added.ravel(), want["va_after"], rtol=1e-9)


def test_a_saved_folder_reads_like_the_object(pymrio_folder: Path, mrio: Mrio, tmp_path: Path) -> None:
    """As pymrio writes it: tab-separated text, or Parquet."""
    for kind in ("txt", "parquet"):
        folder = tmp_path / kind
        folder.mkdir()
        for name in ("Z", "Y"):
            table = _table(pymrio_folder, name)
            if kind == "txt":
                table.to_csv(folder / f"{name}.txt", sep="\t")
            else:
                table.to_parquet(folder / f"{name}.parquet")
        again = read_pymrio(folder, year=2020)
        assert again.economies == mrio.economies and again.sectors == mrio.sectors
        np.testing.assert_allclose(again.Z, mrio.Z, rtol=1e-12)
        np.testing.assert_allclose(again.F, mrio.F, rtol=1e-12)


def test_its_world_is_solved_by_every_command(mrio: Mrio, tmp_path: Path) -> None:
    out, notes = import_mrio(mrio, tmp_path / "world", ABOUT)
    world = ist.load_world(out)
    assert not notes or "negative" in notes[0] or "beyond" in notes[0]
    (tmp_path / "ban.toml").write_text('[[change]]\nkind = "embargo"\nby = "reg1"\non = "reg2"\n', encoding="utf-8")
    result = ist.solve(world, ist.read_scenario(tmp_path / "ban.toml"))
    baseline = compute_shares(accounts_of(mend(mrio)[0]), np.full(8, 4.55))
    shock = cut_trade([(0, 1), (1, 0)], 8).dense(6, 8)
    alone = solve_trade(baseline, shock)
    np.testing.assert_allclose(result.real_income_change, alone.real_income_change, rtol=1e-8)


def test_broken_systems_are_told(mrio: Mrio, tmp_path: Path) -> None:
    labels = pd.MultiIndex.from_product([["a", "b"], ["x"]])
    Z = pd.DataFrame(np.ones((2, 2)), labels, labels)
    Y = pd.DataFrame(np.ones((2, 1)), labels, pd.MultiIndex.from_tuples([("c", "final")]))
    for system, words in (
        (System(None, Y), "Z or Y is missing"),
        (System(Z, Y.iloc[:1]), "rows of Z, columns of Z and rows of Y differ"),
        (System(Z, Y), "Y has a column of 'c'"),
    ):
        with pytest.raises(WorldError, match=words):
            read_pymrio(system, year=2020)
    with pytest.raises(WorldError, match="Z or Y is missing"):
        read_pymrio(tmp_path, year=2020)


def _icio(folder: Path, *, extended: bool) -> Path:
    """Write a table in the layout of the official file: labels, final columns, rows of taxes and value added."""
    parts = ["CN1", "CN2", "FRA"] if extended else ["CHN", "FRA"]
    nodes = [f"{name}_{code}" for name in parts for code in ("A01", "C10T12")]
    final = [f"{name}_{kind}" for name in ("CHN", "FRA") for kind in ("HFCE", "INVNT")]
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.uniform(1, 2, (len(nodes), len(nodes) + len(final))), nodes, nodes + final)
    table["FRA_INVNT"] = -0.1
    table["OUT"] = table.sum(axis=1)
    for row in ("TLS", "VA", "OUT"):
        table.loc[row] = 1.0
    path = folder / "2022_SML.csv"
    table.to_csv(path, index_label="V1")
    return path


@pytest.mark.parametrize("extended", [False, True])
def test_the_official_icio_layout(tmp_path: Path, extended: bool) -> None:
    path = _icio(tmp_path, extended=extended)
    table = read_icio(path, year=2022)
    raw = pd.read_csv(path, index_col=0)
    assert table.economies == ("CHN", "FRA")
    assert table.sectors == ("A01", "C10T12")
    nodes = [label for label in raw.index if "_" in label]
    assert table.Z.sum() == pytest.approx(raw.loc[nodes, nodes].to_numpy().sum())
    assert table.F[:, :, 1].sum() == pytest.approx(raw.loc[nodes, ["FRA_HFCE", "FRA_INVNT"]].to_numpy().sum())
    mended, notes = mend(table)
    assert mended.F.min() >= 0 and (mended.value_added >= 0.0199 * mended.output).all()
    done = CliRunner().invoke(main, ["world", "import", str(path), "--out", str(tmp_path / "w"), "--year", "2022"])
    assert done.exit_code == 0, done.output
    assert "2 economies, 2 sectors" in done.output
    world = ist.load_world(tmp_path / "w")
    assert world.sectors.theta_long[0] == pytest.approx(7.12)  # the shipped A01
    assert bool(notes) == ("mended" in done.output)


def test_a_foreign_file_is_no_icio(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(WorldError, match="no label such as ARG_A01"):
        read_icio(tmp_path / "x.csv", year=2022)


SMALL = {
    "economies": "economy,name\nA,Aland\nB,Bland\n",
    "sectors": "sector,name,commodity_class,usd_per_t\nG,Goods,general,1000\nS,Services,none,\n",
    "trade": "origin,destination,sector,value_usd_m\nA,A,G,10\nA,B,G,5\nB,B,G,20\nB,A,G,4\nA,A,S,30\nB,B,S,40\n",
    "inputs": "economy,input,user,value_usd_m\nA,G,S,3\nB,S,G,5\n",
    "places": "place,economy,lat,lon\na,A,1,1\nb,B,2,2\n",
    "links": "link,from,to,mode,length_km\nab,a,b,road,100\n",
}


def _small(folder: Path, **changed: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in {**SMALL, **changed}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_balances_of_a_small_set_follow_from_trade_and_inputs(tmp_path: Path) -> None:
    world = ist.load_world(import_small(_small(tmp_path / "s"), tmp_path / "w", ABOUT))
    a = world.accounts
    assert a.output[0].tolist() == [15.0, 30.0]
    assert a.value_added[0].tolist() == [15.0, 27.0]
    assert a.final_use[0].tolist() == [11.0, 30.0]
    assert a.tonnes[0, 1].tolist() == [5000.0, 0.0]
    assert world.sectors.theta_long.tolist() == [4.55, 4.55]
    assert set(world.sectors.basis) == {"assumption"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inputs": "economy,input,user,value_usd_m\nA,S,G,99\n"}, r"value added of A G would be -84 USD million"),
        ({"inputs": "economy,input,user,value_usd_m\nA,G,S,20\n"}, r"final use of A G would be -6 USD million"),
        ({"trade": SMALL["trade"] + "A,C,G,1\n"}, r"unknown economy 'C' in 1 rows, first row 8"),
        ({"trade": SMALL["trade"] + "A,B,G,x\n"}, r"value_usd_m is 'x' in row 8: write a number"),
        ({"links": SMALL["links"].replace("a,b", "a,bb")}, r"unknown place 'bb' in column 'to'\. Nearest: 'b'"),
        ({"links": SMALL["links"].replace("road", "raod")}, r"unknown mode 'raod' in 1 rows, first row 2\. Near"),
        ({"places": "place,economy,lat,lon\na,A,1,1\nb,A,2,2\n"}, r"no place in B"),
        ({"places": "place,economy,lat,long\na,A,1,1\n"}, r"column 'lon' is missing; unknown column 'long'"),
    ],
)  # fmt: skip
def test_bad_small_sets_are_told(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    with pytest.raises(WorldError, match=words):
        import_small(_small(tmp_path / "s", **changed), tmp_path / "w", ABOUT)
    assert not (tmp_path / "w").exists()


def test_other_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(WorldError, match="holds files that are no world"):
        import_small(_small(tmp_path / "s"), tmp_path / "w", ABOUT)
