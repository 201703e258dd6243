"""What a report shows beside its result: the other horizon, grips by embargo, the stored validation."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.leverage import Terms, compute_matrix, embargo_grips, make_stage
from isthmus.report import Beside, result_document, result_to_json
from isthmus.report.stored import stored_validation
from isthmus.solve import Solved, horizons, solve_whole
from isthmus.trade import solve_trade

OPEN = '[[change]]\nkind = "open_link"\nlinks = "new-line"\n'
TARIFF = OPEN + '[[change]]\nkind = "tariff"\nby = "AAA"\non = "BBB"\nrate = 0.1\n'


def scenario(folder: Path, text: str) -> ist.Scenario:
    (folder / "line.toml").write_text(f'title = "Line"\n{text}', encoding="utf-8")
    return ist.read_scenario(folder / "line.toml")


@pytest.fixture(scope="module")
def solved(toy: ist.World, tmp_path_factory: pytest.TempPathFactory) -> Solved:
    settings = ist.Settings(both_horizons=True, queues="off")
    return solve_whole(toy, scenario(tmp_path_factory.mktemp("s"), OPEN), settings=settings)


def test_the_other_horizon_is_a_solve_of_its_own_where_nothing_queues(toy: ist.World, solved: Solved) -> None:
    assert solved.result.asked is not None and solved.result.other is not None
    whole = ist.solve(toy, solved.result.asked[1], settings=ist.Settings(queues="off"), horizon="short")
    assert solved.result.other.horizon == "short"
    np.testing.assert_allclose(solved.result.other.real_income_change, whole.real_income_change, rtol=0, atol=1e-12)
    assert not np.allclose(whole.real_income_change, solved.result.real_income_change, rtol=0, atol=1e-9)


def test_a_horizon_without_equilibrium_is_told_and_the_other_stays(
    toy: ist.World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = horizons.trade_terms
    monkeypatch.setattr(
        horizons, "trade_terms", lambda *given: (terms(*given)[0], replace(terms(*given)[1], max_iterations=1))
    )
    result = ist.solve(toy, scenario(tmp_path, OPEN), settings=ist.Settings(both_horizons=True))
    assert result.other is not None and np.isnan(result.other.real_income_change).all()
    assert "residual" in result.other.failure
    told = result_to_json(result)["other_horizon"]
    assert told["real_income"] == {} and told["failure"] == result.other.failure  # type: ignore[index]


def test_grips_before_are_those_of_the_matrix(toy: ist.World, solved: Solved) -> None:
    matrix = compute_matrix(toy, toy.economies[:3], Terms(settings=ist.Settings(queues="off")))
    for grip in embargo_grips(solved, toy.economies[:3], toy.economies[:3]):
        x, y = toy.economies.index(grip.coercer), toy.economies.index(grip.target)
        assert grip.before == pytest.approx(matrix.loss[x, y], abs=1e-9)
        assert grip.own_before == pytest.approx(matrix.loss[y, x], abs=1e-9)


@pytest.mark.parametrize("text", [OPEN, TARIFF], ids=["sparse", "with tariffs"])
def test_grips_after_are_measured_against_the_scenario(toy: ist.World, tmp_path: Path, text: str) -> None:
    solved = solve_whole(toy, scenario(tmp_path, text))
    (grip,) = embargo_grips(solved, ["CCC"], ["AAA"])
    stage = make_stage(toy, solved.result.asked[1] if solved.result.asked else None, Terms())
    shock = stage.coupling.shock(stage.cost)
    i, n = toy.economies.index("CCC"), toy.economies.index("AAA")
    access = np.ones_like(stage.cost.change) if shock.access is None else shock.access.copy()
    access[i, n] = access[n, i] = 0.0
    both = solve_trade(stage.coupling.baseline, replace(shock, access=access), stage.coupling.trade)
    alone = solve_trade(stage.coupling.baseline, shock, stage.coupling.trade)
    hat = both.real_income_change / alone.real_income_change
    assert grip.after == pytest.approx(1.0 - hat[n], abs=1e-8)
    assert grip.own_after == pytest.approx(1.0 - hat[i], abs=1e-8)


def test_grips_choose_who_changes_most_and_never_the_rest_of_the_world(solved: Solved) -> None:
    grips = embargo_grips(solved)
    assert grips
    assert {grip.target for grip in grips} <= set(solved.result.economies) - {"ROW"}
    change = np.abs(np.log(solved.result.real_income_change))
    assert solved.result.economies[int(np.argmax(change))] in {grip.target for grip in grips}


def test_a_world_without_a_stored_validation_says_so(toy: ist.World, solved: Solved) -> None:
    found = stored_validation(toy, solved.result)
    assert found["flows"] == [] and "isthmus validate --store" in str(found["reason"])


def _stored(toy_folder: Path, folder: Path, sha256: str, links: list[str]) -> ist.World:
    shutil.copytree(toy_folder, folder)
    flow = {
        "id": "f1", "what": "seen", "year": 2022, "observed": 2.0, "modelled": 1.0, "least_cost": 3.0, "unit": "Mt",
        "used": "fit", "links": links,
    }  # fmt: skip
    far = {**flow, "id": "f2", "links": []}
    data = {"world_sha256": sha256, "version": "0", "route_draws": 2, "seed": 0, "scores": {}, "flows": [far, flow]}
    (folder / "validation.json").write_text(json.dumps(data), encoding="utf-8")
    return ist.load_world(folder)


def test_flows_that_the_scenario_moves_come_first(
    toy: ist.World, toy_folder: Path, tmp_path: Path, solved: Solved
) -> None:
    line = toy.network.corridors["new-line"][0]
    found = stored_validation(_stored(toy_folder, tmp_path / "w", toy.sha256, [line]), solved.result)
    assert found["reason"] is None and found["near"] == 1
    first, second = found["flows"]  # type: ignore[misc]
    moved = solved.result.flows.after_t[:, toy.network.link_ids.index(line)].sum() / 1e6
    assert (first["id"], second["id"], second["moved_mt"]) == ("f1", "f2", 0.0)
    assert first["moved_mt"] == pytest.approx(moved, rel=1e-3)


def test_a_validation_of_other_tables_is_left_out(toy_folder: Path, tmp_path: Path, solved: Solved) -> None:
    found = stored_validation(_stored(toy_folder, tmp_path / "w", "0" * 64, []), solved.result)
    assert found["flows"] == [] and "of a world with other tables" in str(found["reason"])


def test_run_tells_both_horizons_and_writes_grips(tmp_path: Path) -> None:
    (tmp_path / "line.toml").write_text(f'title = "Line"\n{OPEN}', encoding="utf-8")
    words = ["run", str(tmp_path / "line.toml"), "--world", "toy", "--format", "json"]
    assert json.loads(CliRunner().invoke(main, words).stdout)["other_horizon"] is None
    told = json.loads(CliRunner().invoke(main, [*words, "--both-horizons"]).stdout)
    assert told["other_horizon"]["horizon"] == "short" and set(told["other_horizon"]["real_income"]) == set(
        told["real_income"]
    )
    done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "run")])
    assert done.exit_code == 0
    assert json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))["other_horizon"] is not None


def test_the_document_carries_grips_only_where_they_were_solved(toy: ist.World, solved: Solved) -> None:
    assert solved.result.asked is not None
    bare = result_document(toy, solved.result.asked[1], solved.result)
    assert bare["embargoes"] is None
    grips = embargo_grips(solved)
    full = result_document(toy, solved.result.asked[1], solved.result, beside=Beside(embargoes=grips))
    cells = full["embargoes"]["cells"]  # type: ignore[index]
    assert len(cells) == len(grips)
    assert cells[0]["before_percent"] == pytest.approx(100 * grips[0].before)
