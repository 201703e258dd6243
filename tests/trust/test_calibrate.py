"""The fit finds planted constants, holds its bounds, and its derivatives are those of the modelled flows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import isthmus as ist
from isthmus.routing import RoutingSettings
from isthmus.routing.cost import generalised_cost
from isthmus.routing.graph import compile_graph
from isthmus.trust.calibrate import Fit, calibrate, calibration_table, leave_out
from isthmus.trust.constants import MOST_HOURS, MOST_USD, read_constants
from isthmus.trust.flow_model import Errors, FlowModel, Specs, with_constants
from isthmus.trust.targets import Target, read_data
from isthmus.world import load_world
from isthmus.world.network import KINDS

SETTINGS = RoutingSettings(draws=2)


def _elastic_links(world: ist.World) -> list[int]:
    """Return the three border links whose freight answers most to a constant of their own."""
    links = [i for i, kind in enumerate(world.network.kind) if kind == KINDS.index("border") and world.network.open[i]]
    targets = tuple(_target(world.network.link_ids[i], 1.0) for i in links)
    state = FlowModel(world, targets, _specs(world, links), SETTINGS).at(np.zeros(len(links)))
    answer = np.diag(state.slope) / np.maximum(state.modelled, 1e-9)
    return [links[i] for i in np.argsort(np.where(state.modelled > 0.01, answer, 0.0))[:3]]


def _target(link: str, seen: float) -> Target:
    return Target(link, link, 2022, seen, link, "fit", "full", "", "", ((link, "*", "both", ""),))


def _specs(world: ist.World, links: list[int], unit: str = "USD/t") -> Specs:
    at = np.zeros((len(world.network.link_ids), len(links)))
    at[links, np.arange(len(links))] = 1.0
    n = len(links)
    table = pd.DataFrame(
        {
            "constant": [world.network.link_ids[i] for i in links],
            "name": "a crossing",
            "kind": "crossing",
            "mode": "",
            "territory": "",
            "unit": unit,
        }
    )
    usd = np.full(n, unit == "USD/t")
    return Specs(table, at, usd, sd=np.full(n, 300.0), bound=np.full(n, 60.0))


def test_derivatives_are_those_of_modelled_flows(toy: ist.World) -> None:
    links = _elastic_links(toy)
    specs = _specs(toy, links)
    targets = tuple(_target(toy.network.link_ids[i], 1.0) for i in links)
    model = FlowModel(toy, targets, specs, SETTINGS)
    here = model.at(np.zeros(3))
    step = np.array([0.05, 0.0, 0.0])
    ahead = FlowModel(toy, targets, specs, SETTINGS).at(step)
    # Gates, node scales and the split over zones move too: the derivative leaves them out.
    numeric = (ahead.modelled - here.modelled) / 0.05
    assert here.slope[0, 0] < 0
    assert here.slope[0, 0] == pytest.approx(numeric[0], rel=0.35)


def test_a_planted_constant_is_found(toy: ist.World) -> None:
    links = _elastic_links(toy)[:1]
    specs = _specs(toy, links)
    name = toy.network.link_ids[links[0]]
    planted = FlowModel(toy, (_target(name, 1.0),), specs, SETTINGS).at(np.array([6.0])).modelled[0]
    told: list[str] = []
    fit = calibrate(toy, (_target(name, float(planted)),), specs, SETTINGS, told.append)
    assert fit.value[0] == pytest.approx(6.0, abs=1.0)  # the prior, wide here, pulls towards 0
    assert list(fit.objective) == sorted(fit.objective, reverse=True)
    assert told
    assert fit.fitted == (name,)
    again = calibrate(toy, (_target(name, float(planted)),), specs, SETTINGS, told.append)
    assert (again.value == fit.value).all()


def test_bounds_hold_against_any_evidence(toy: ist.World) -> None:
    links = _elastic_links(toy)[:1]
    specs = replace(_specs(toy, links), bound=np.array([3.0]))
    name = toy.network.link_ids[links[0]]
    fit = calibrate(toy, (_target(name, 1e-6),), specs, SETTINGS, lambda _: None)
    assert abs(fit.value[0]) <= 3.0


@pytest.mark.parametrize("unit", ["USD/t", "h"])
def test_the_table_of_a_fit_gives_the_same_network(
    toy: ist.World, toy_folder: object, tmp_path: object, unit: str
) -> None:
    import shutil
    from pathlib import Path

    links = _elastic_links(toy)[:2]
    specs = _specs(toy, links, unit)
    value = np.array([4.0, -1.5])
    folder = Path(str(tmp_path)) / "world"
    shutil.copytree(str(toy_folder), folder)
    table = calibration_table(toy, Fit(specs, value, (1.0,), ("a",)))
    table.to_csv(folder / "calibration.csv", index=False)
    loaded = load_world(folder)
    fitted = with_constants(toy.network, specs, value)
    graph = compile_graph(toy.network)
    for klass in range(2):
        own, other = (generalised_cost(n, graph, None, klass) for n in (loaded.network, fitted))
        assert own == pytest.approx(other)
    assert {c.value for c in read_constants(loaded)} == {4.0, -1.5}


def test_constants_of_the_package_are_within_the_designs_bounds() -> None:
    table = read_data("constants")
    for unit, bound in zip(table["unit"], table["bound"], strict=True):
        assert float(bound) <= (MOST_USD if unit == "USD/t" else MOST_HOURS)
    assert table["constant"].is_unique
    assert 24 <= len(table) <= 60


def test_derivatives_hold_the_answer_of_full_facilities(toy: ist.World) -> None:
    network, link = toy.network, _elastic_links(toy)[0]
    tight = np.where(network.kind == KINDS.index("line"), 0.05, network.capacity_mt)
    narrow = replace(toy, network=replace(network, capacity_mt=tight))
    target = _target(network.link_ids[link], 1.0)
    model = FlowModel(narrow, (target,), _specs(narrow, [link]), SETTINGS)
    model.at(np.zeros(1))  # later states sweep the destinations that matter in the first
    here = model.at(np.zeros(1))
    assert (model.strains[target.year].answer > 0).any()
    ahead = model.at(np.array([0.2]))
    numeric = float(ahead.modelled[0] - here.modelled[0]) / 0.2
    assert float(here.slope[0, 0]) == pytest.approx(numeric, rel=0.2)


def _four_corridors() -> tuple[np.ndarray, tuple[Target, ...]]:
    """Flows of four corridors that one constant moves alike."""
    fit = tuple(_target(str(i), 1.0) for i in range(4))
    return np.ones((4, 1)), fit


@pytest.mark.parametrize(("residual", "strong"), [([1.0, 1.0, 1.0, 1.0], False), ([1.0, -1.0, 1.0, -1.0], True)])
def test_the_prior_is_strong_where_corridors_do_not_predict_each_other(
    toy: ist.World, residual: list[float], strong: bool
) -> None:
    jacobian, fit = _four_corridors()
    specs = replace(_specs(toy, _elastic_links(toy)[:1]), sd=np.array([1.0]))
    tight = replace(specs, sd=np.array([0.25]))
    loose, firm = (leave_out(Errors(fit, np.array(residual), jacobian), s) for s in (specs, tight))
    assert (firm < loose) is strong
