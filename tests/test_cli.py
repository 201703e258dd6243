"""The command line as a user meets it: output, exit codes, one message for bad input, no traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from isthmus.cli import main
from isthmus.report import is_built

SCENARIO = '[[change]]\nkind = "open_link"\nlinks = ["new-line"]\nsource = "a test"\n'


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words])


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    path.write_text('title = "New line"\n' + SCENARIO, encoding="utf-8")
    return path


def test_run_prints_tables_with_units_and_years(scenario: Path) -> None:
    done = call("run", str(scenario), "--world", "toy")
    assert done.exit_code == 0, done.output
    for text in ("New line", "USD m of 2000", "Mt a year", "boria-celia-rail", "Latent trade (estimated"):
        assert text in done.output


def test_run_json_and_csv(scenario: Path) -> None:
    data = json.loads(call("run", str(scenario), "--world", "toy", "--format", "json").stdout)
    assert data["converged"] and data["year"] == 2000 and set(data["real_income"]) >= {"AAA", "CCC"}
    table = call("run", str(scenario), "--world", "toy", "--format", "csv").stdout
    assert table.splitlines()[0].startswith("economy,percent,usd_m")


def test_run_writes_a_folder_whole(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    for _ in range(2):  # a second run replaces the first
        done = call("run", str(scenario), "--world", "toy", "--out", str(out), "--map", str(tmp_path / "map.svg"))
        assert done.exit_code == 0, done.output
    page = {"report.html"} if is_built() else set()
    assert {p.name for p in out.iterdir()} == {"manifest.json", "summary.json", "tables"} | page
    assert json.loads((out / "manifest.json").read_text())["settings"]["seed"] == 0
    assert (tmp_path / "map.svg").read_text().startswith("<svg")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_run_does_not_replace_a_folder_that_is_no_run(scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = call("run", str(scenario), "--world", "toy", "--out", str(tmp_path / "mine"))
    assert done.exit_code == 2
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_scenarios_and_story() -> None:
    assert "turkey-border" in call("scenarios").output
    assert "Meghri" in call("scenarios", "tripp").output
    assert json.loads(call("scenarios", "--format", "json").stdout)[0]["title"]


def test_check_tells_before_and_after(scenario: Path) -> None:
    rows = json.loads(call("check", str(scenario), "--world", "toy", "--format", "json").stdout)["effects"]
    assert rows == [{"change": 1, "kind": "open_link", "what": "boria-celia-rail", "before": "closed", "after": "open"}]


def test_world_show_and_check() -> None:
    assert "6 economies" in call("world", "show", "--world", "toy").output
    shown = call("world", "show", "CCC", "--world", "toy").output
    assert "Celia" in shown and "observed 0 %, balanced 0 %, estimated 100 %" in shown and "latent BBB-CCC" in shown
    checked = call("world", "check", "--world", "toy")
    assert checked.exit_code == 0
    assert all(line.startswith("ok") for line in checked.output.splitlines())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "trip"), "Nearest: 'tripp'"),
        (("run", "tripp", "--world", "toyy"), "Nearest: 'toy'"),
        (("run", "tripp", "--world", "toy"), "unknown link, project or corridor 'tripp-rail-full'"),
        (("run", "tripp", "--world", "toy", "--as-of", "yesterday"), "'yesterday' is not a date"),
        (("world", "show", "CCD", "--world", "toy"), "unknown economy 'CCD'"),
        (("check", "no-such-file.toml"), "neither in the library nor a file"),
    ],
)
def test_bad_input_exits_2_with_one_message(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output + done.stderr


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("links", "length_km", "-5", "length_km is negative"),
        ("links", "mode", "canal", "links: mode is 'canal'"),
        ("links", "from_node", "road:nowhere", "from_node"),
        ("links", "length_km", "far", "length_km is not a number"),
        ("flows", "value_usd_m", "99999", "accounts: sales = output"),
        ("flows", "origin", "AAX", "unknown economy 'AAX'"),
        ("zone_weights", "origin_weight", "0.99", "weights sum to 1"),
        ("links", "status", "maybe", "status"),
    ],
)
def test_a_bad_cell_of_a_world_is_told(
    toy_folder: Path, tmp_path: Path, table: str, column: str, value: str, said: str
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(toy_folder, folder)
    frame = pd.read_parquet(folder / f"{table}.parquet").astype(str).replace("nan", "")
    frame.loc[3, column] = value
    (folder / f"{table}.parquet").unlink()
    frame.to_csv(folder / f"{table}.csv", index=False)
    toml = (folder / "world.toml").read_text().split("\n[tables")[0]
    (folder / "world.toml").write_text(toml)
    done = call("world", "check", "--world", str(folder))
    assert done.exit_code == 2, done.output
    assert said in done.stderr


def test_a_changed_table_is_not_served_as_the_old_one(toy_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(toy_folder, folder)
    frame = pd.read_parquet(folder / "economies.parquet")
    frame["population"] += 1.0
    frame.to_parquet(folder / "economies.parquet")
    done = call("world", "check", "--world", str(folder))
    assert done.exit_code == 2
    assert "sha256" in done.stderr


def test_a_world_of_csv_tables_loads(toy_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for path in toy_folder.glob("*.parquet"):
        pd.read_parquet(path).to_csv(folder / f"{path.stem}.csv", index=False)
    (folder / "world.toml").write_text((toy_folder / "world.toml").read_text().split("\n[tables")[0])
    done = call("world", "check", "--world", str(folder))
    assert done.exit_code == 0, done.stderr


def test_every_option_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    commands = dict(main.commands)
    for group in ("world", "data"):
        commands |= {f"{group} {name}": c for name, c in main.commands[group].commands.items()}  # type: ignore[attr-defined]
        commands.pop(group)
    for name, command in commands.items():
        assert f"`isthmus {name}" in page, name
        for param in command.params:
            for option in param.opts:
                if option.startswith("--"):
                    assert f"`{option}" in page, (name, option)


def test_routes_of_a_pair_and_the_cut_of_an_unreachable_one() -> None:
    data = json.loads(call("routes", "AAA", "EEE", "--world", "toy", "--format", "json").stdout)
    assert data["routes"] and sum(r["share"] for r in data["routes"]) <= 1.0 + 1e-9
    best = data["routes"][0]
    assert sum(best["cost_parts"].values()) == pytest.approx(best["cost_usd_per_t"])
    assert "usd/t" in call("routes", "AAA", "EEE", "--world", "toy").output.lower()
    done = call("routes", "exclave", "celia-city", "--world", "toy", "--class", "gas")
    assert done.exit_code == 1
    assert "No open route for gas" in done.stderr


def test_routes_follow_the_day_of_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text('as_of = "1999-06-01"\n' + SCENARIO, encoding="utf-8")
    words = ("routes", "AAA", "EEE", "--world", "toy", "--scenario", str(path), "--format", "json")
    assert json.loads(call(*words).stdout)["as_of"] == "1999-06-01"
    assert json.loads(call(*words, "--as-of", "2000-06-01").stdout)["as_of"] == "2000-06-01"


def test_goods_of_any_world_are_what_moves_as_freight() -> None:
    data = json.loads(call("world", "show", "CCC", "--world", "toy", "--format", "json").stdout)
    services = sum(usd for name, usd, _ in data["sectors"]["exports"] if name.startswith("SERV"))
    totals = data["totals"]
    assert totals["exports of goods"] == pytest.approx(totals["exports of goods and services"] - services)


def test_an_interrupt_leaves_nothing_half_written(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", interrupted)  # half of the folder is written by then
    done = call("run", str(scenario), "--world", "toy", "--out", str(tmp_path / "run"))
    assert done.exit_code == 130
    assert "nothing was half-written" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == [scenario.name]


def test_routes_name_what_they_do_not_know() -> None:
    assert "Nearest: 'AAA'" in call("routes", "AAB", "EEE", "--world", "toy").stderr
    assert call("routes", "AAA", "EEE", "--world", "toy", "--class", "gold").exit_code == 2
