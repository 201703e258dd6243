"""The sweep command as a user meets it, on the toy world."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from isthmus.cli import main
from isthmus.errors import SweepError
from isthmus.trust.sweep import Ask, DaskEngine, LocalEngine, create_store, make_plan, read_sweep, run_sweep
from isthmus.trust.sweep.unit import draw_queues, solve_unit
from isthmus.trust.uncertainty import Uncertainty, compute_uncertainty

run = import_module("isthmus.cli.run")  # the command hides its module

SWEEP = 'title = "A line"\nworld = "toy"\nscenarios = ["line.toml"]\ndraws = 3\nbatch = 2\nroute_draws = 1\n'


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["sweep", *words])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.toml").write_text('[[change]]\nkind = "open_link"\nlinks = ["new-line"]\n', encoding="utf-8")
    (tmp_path / "s.toml").write_text(SWEEP, encoding="utf-8")
    return tmp_path / "s.toml"


def test_a_sweep_is_solved_shown_and_resumed(file: Path) -> None:
    done = call("s.toml", "--workers", "1", "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["published"] and found["done"] == found["batches"] == 2 and not found["quarantined"]
    band = found["cases"][0]["bands"]["real_income_percent"]["BBB"]
    assert band["low"] <= band["high"] and band["value"] > 0
    assert "add --resume" in call("s.toml").stderr
    assert call("s.toml", "--resume").exit_code == 0
    table = call("s.toml", "--status", "--format", "csv").stdout.splitlines()
    assert table[0] == "scenario,as_of,horizon,quantity,key,value,low,high,draws"
    assert table[1].startswith("line,2001-01-01,long,real_income_percent,AAA,")
    shown = call("s.toml", "--status").stdout
    assert shown.startswith("A line: 2 of 2 parts") and "change of real income, percent" in shown
    assert call("s.sweep", "--status").stdout == shown
    file.write_text(SWEEP.replace("draws = 3", "draws = 4"), encoding="utf-8")
    again = call("s.toml", "--resume")
    assert again.exit_code == 2 and "draws was 3 and is 4" in again.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenarios = [", "broken TOML"),
        ("drws = 3", "unknown key 'drws'. Nearest: 'draws'"),
        ("draws = -1", "draws is -1: write a whole number of 0 or more"),
        ("draws = 3", "scenarios is missing"),
        ('scenarios = ["tripp", "tripp"]', "scenarios names something twice"),
        ('scenarios = ["tripp"]\nhorizons = ["medium"]', "horizons holds 'medium': use"),
        ('scenarios = ["tripp"]\nleverage = ["RUS"]', "leverage pair 'RUS': write COERCER:TARGET"),
        ('scenarios = ["trip"]\nworld = "toy"', "Nearest: 'tripp'"),
        ('scenarios = ["tripp"]\ndesign = "monte"', "design is 'monte': use sobol or grouped"),
        ('scenarios = ["tripp"]\nworld = "toy"\nas_of = ["soon"]', "soon"),
    ],
)
def test_a_bad_file_is_told_in_one_message(file: Path, text: str, told: str) -> None:
    file.write_text(text + "\n", encoding="utf-8")
    done = call("s.toml")
    assert done.exit_code == 2 and told in done.stderr and "Traceback" not in done.output
    assert not Path("s.sweep").exists()


def test_bad_words_are_told(file: Path) -> None:
    for words, told in (
        (("none.toml",), "no such sweep file"),
        (("s.toml", "--shard", "3/2"), "write k/N with 1 <= k <= N"),
        (("s.toml", "--status"), "no sweep there"),
        (("s.toml", "--scheduler", "tcp://192.0.2.1:8786"), "without TLS"),
    ):
        done = call(*words)
        assert done.exit_code == 2 and told in done.stderr, words


def test_queues_are_solved_where_a_scenario_alters_capacities(file: Path) -> None:
    (file.parent / "wider.toml").write_text(
        '[[change]]\nkind = "change_link"\nlinks = ["aria-boria-rail"]\ncapacity_mt_per_year = 5.0\n', encoding="utf-8"
    )
    names = tuple(str(file.parent / name) for name in ("line.toml", "wider.toml"))
    plan = make_plan(Ask(scenarios=names, draws=1, route_draws=1, world="toy"))
    assert [draw_queues(plan, name, plan.as_of[0]) for name in names] == ["held", "solved"]
    off = make_plan(Ask(scenarios=names, draws=1, route_draws=1, world="toy", queues="off"))
    assert [draw_queues(off, name, off.as_of[0]) for name in names] == ["off", "off"]


@pytest.mark.slow
def test_dask_gives_the_bytes_of_processes_and_survives_a_killed_worker(file: Path) -> None:
    distributed = pytest.importorskip("distributed")
    plan = make_plan(Ask(scenarios=(str(file.parent / "line.toml"),), draws=7, batch=1, route_draws=1, world="toy"))
    local = create_store(Path("local"), plan)
    run_sweep(local, LocalEngine(2), solve_unit)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    )
    with cluster, distributed.Client(cluster) as client:
        dask = create_store(Path("dask"), plan)
        next(iter(cluster.workers.values())).process.process.kill()
        run_sweep(dask, DaskEngine(client), solve_unit)
    for batch in range(plan.batches):
        assert local.part(batch).read_bytes() == dask.part(batch).read_bytes()
    assert len(read_sweep(Path("dask"))) == len(read_sweep(Path("local")))


def test_a_scheduler_in_the_open_is_refused() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(SweepError, match="without TLS"):
        DaskEngine("tcp://192.0.2.1:1")


def test_run_gives_headlines_with_ranges(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["run", "line.toml", "--world", "toy", "--draws", "3", "--workers", "1", "--route-draws", "1"]
    told = []

    def keep(*args: Any, **more: Any) -> Uncertainty:
        told.append(compute_uncertainty(*args, **more))
        return told[0]

    monkeypatch.setattr(run, "compute_uncertainty", keep)
    done = CliRunner().invoke(main, [*words, "--leverage", "AAA:CCC", "--format", "json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found["real_income"]["BBB"]["percent"]) == {"value", "low", "high"}
    assert set(found["corridors"][0]["after_mt"]) == {"value", "low", "high"}
    assert set(found["leverage"][0]["before_percent"]) == {"value", "low", "high"}
    assert found["uncertainty"]["queues"] == "held"
    for field in ("percent", "usd_m"):  # no capacity binds there: nothing to move
        assert abs(found["uncertainty"]["moved"][f"real_income_{field}"]["BBB"]) < 1e-9
    assert found["uncertainty"]["draws"] == 3 and found["uncertainty"]["ranges"][0]["basis"] == "source"
    assert found["uncertainty"]["convergence"]
    few = CliRunner().invoke(main, [*words, "--sensitivity"])
    assert few.exit_code == 2 and "3 draws: sensitivity needs at least 64" in few.stderr
    # The table, from the same draws.
    monkeypatch.setattr(run, "compute_uncertainty", lambda *_, **__: told[0])
    shown = CliRunner().invoke(main, words).output
    assert "Queues in the draws: delays at full links are those of the central base" in shown.replace("\n", " ")
    assert "Range over 3 draws" in shown and "by number of draws: 2:" in shown
