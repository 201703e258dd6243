"""Passages and their derivatives against closed forms; scores; the command on the toy world."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.routing import RoutingSettings, find_base, load_flows, solve_routing
from isthmus.routing.cost import Delay, no_delay
from isthmus.routing.graph import compile_graph
from isthmus.routing.passage import Problem, Watch, sweep_passages
from isthmus.trust.demand import demand_of_year
from isthmus.trust.flow_model import pick_destinations
from isthmus.trust.targets import Target
from isthmus.trust.validation import (
    Comparison,
    Ground,
    compare,
    log_error,
    pose,
    pose_least_cost,
    prepare_year,
    score,
    sum_targets,
)
from isthmus.world.network import CLASSES
from routing.small_networks import GENERAL, PLAIN, Link, Plan, Zone, economies_of, make_network

MU, GAP = 0.5, 0.3


def _parallel() -> tuple[Problem, Watch, np.ndarray]:
    """Two ways from p to q, 10 and 10.3 USD: logit shares, gates wide open."""
    links = [Link("p", "x", 5), Link("x", "q", 5), Link("p", "y", 5), Link("y", "q", 5 + GAP)]
    zones = [Zone("a", {"p": 1.0}), Zone("b", {"q": 1.0}, economy=1, territory="BBB")]
    network = make_network(Plan(links, zones, scale_cap=MU))
    routing = solve_routing(network, economies_of(network), PLAIN)
    graph = compile_graph(network)
    wanted = np.ones((len(CLASSES), 2), dtype=bool)
    problem = Problem(network, economies_of(network), PLAIN, routing.scale, no_delay(network), wanted)
    weight = (graph.link == 3).astype(float)[:, None]  # the dearer way
    classes = np.zeros((len(CLASSES), 1), dtype=bool)
    classes[GENERAL] = True
    demand = np.zeros((1, len(CLASSES), 2, 2))
    demand[0, GENERAL, 0, 1] = 8.0
    return problem, Watch(weight, classes, np.zeros(1, dtype=np.int64)), demand


def test_flow_and_slope_are_those_of_the_logit() -> None:
    problem, watch, demand = _parallel()
    graph = compile_graph(problem.network)
    usd = np.stack([graph.link == 3, graph.link == 1], axis=1).astype(float)
    found = sweep_passages(problem, demand, watch, (usd, np.zeros_like(usd)))
    p = 1 / (1 + math.exp(GAP / MU))
    assert found.flow == pytest.approx([8 * p], rel=1e-12)
    # d share / d cost = -p (1 - p) / mu of its own, + of the other's (binary logit)
    assert found.slope[0] == pytest.approx([-8 * p * (1 - p) / MU, 8 * p * (1 - p) / MU], rel=1e-9)
    assert found.by_destination[GENERAL, 1, 0] == pytest.approx(8 * p)


def test_a_delay_acts_as_a_cost() -> None:
    problem, watch, demand = _parallel()
    late = np.array([0, 0, 0, 0.2])
    delayed = replace(problem, delay=Delay(late, late))
    assert sweep_passages(delayed, demand, watch).flow == pytest.approx([8 / (1 + math.exp((GAP + 0.2) / MU))])


def test_without_tastes_the_cheapest_way_takes_all() -> None:
    problem, watch, demand = _parallel()
    assert sweep_passages(pose_least_cost(problem), demand, watch).flow == pytest.approx([0.0], abs=1e-12)


def test_passages_are_link_flows_on_the_toy_world(toy: ist.World) -> None:
    settings = RoutingSettings(draws=2)
    base = find_base(toy, settings, lambda _: None)
    routing = solve_routing(toy.network, toy.economies, settings, scale=base.scale)
    flow = load_flows(routing, base.demand).flow.sum(axis=(0, 2))
    graph = compile_graph(toy.network)
    some = np.argsort(-flow)[:5]
    weight = (graph.link[:, None] == some).astype(float)
    watch = Watch(weight, np.ones((len(CLASSES), 5), dtype=bool), np.zeros(5, dtype=np.int64))
    wanted = toy.network.zones.destination_weight > 0
    problem = Problem(toy.network, toy.economies, settings, base.scale, no_delay(toy.network), wanted)
    found = sweep_passages(problem, base.demand[None], watch)
    assert found.flow == pytest.approx(flow[some], rel=1e-9)
    assert pick_destinations(found).shape == wanted.shape


def _target(flow: str, places: tuple[tuple[str, str, str, str], ...], used: str = "fit", seen: float = 1.0) -> Target:
    return Target(flow, flow, 2022, seen, flow, used, "full", "", "", places)


def test_parts_of_a_target_add_up(toy: ist.World) -> None:
    settings = RoutingSettings(draws=2)
    base = find_base(toy, settings, lambda _: None)
    ground = Ground(base.scale, base.demand)
    links = [link for link, kind in zip(toy.network.link_ids, toy.network.kind, strict=True) if kind == 1][:2]
    one = [(link, "*", "both", "") for link in links]
    targets = (_target("a", (one[0],)), _target("b", (one[1],)), _target("both", tuple(one)))
    year = prepare_year(toy, ground, targets, 2022)
    found = sum_targets(year, sweep_passages(pose(year, ground, settings), year.demand, year.watch))
    assert found[2] == pytest.approx(found[0] + found[1])
    assert found[2] > 0
    again = compare(toy, ground, targets, settings, lambda _: None)
    assert [c.modelled_mt for c in again] == pytest.approx(found)


def test_demand_of_other_years_follows_totals_of_pairs_and_economies(eurasia: ist.World) -> None:
    zones = eurasia.network.zones
    flat = np.ones((len(CLASSES), len(zones.ids), len(zones.ids)))
    of = {code: zones.economy == i for i, code in enumerate(eurasia.economies)}
    liquid, general = CLASSES.index("liquid"), CLASSES.index("general")
    own = demand_of_year(eurasia, flat, 2022)
    # Exports of 64.3 Mt of crude and condensate (observed_flows kaz-export-2022); BACI's pairs add up to 59.563.
    assert own[liquid][np.ix_(of["KAZ"], ~of["KAZ"])] == pytest.approx(64.3 / 59.563)
    assert (own[liquid][~of["KAZ"]] == 1).all()
    assert (np.delete(own, liquid, axis=0) == 1).all()
    later = demand_of_year(eurasia, flat, 2023)
    # Kazakhstan to Italy 12.285 Mt after 8.25 (BACI), raised to 70.5 of 64.037 (kaz-export-2023).
    pair = 12.285 / 8.254 * 70.5 / 64.037
    assert later[liquid][np.ix_(of["KAZ"], of["ITA"])] == pytest.approx(pair, rel=2e-3)
    assert (later[liquid][np.ix_(of["KAZ"], of["KAZ"])] == 1).all()
    # Armenian goods imports 12,757.9 after 8,775.9 USD million (national_totals).
    assert later[general][np.ix_(of["CHN"], of["ARM"])] == pytest.approx(12757.9 / 8775.9)


def test_a_year_without_totals_takes_the_nearest_and_new_pairs_are_spread_over_zones(eurasia: ist.World) -> None:
    zones = eurasia.network.zones
    flat = np.ones((len(CLASSES), len(zones.ids), len(zones.ids)))
    assert (demand_of_year(eurasia, flat, 2025) == demand_of_year(eurasia, flat, 2024)).all()
    nothing = demand_of_year(eurasia, np.zeros_like(flat), 2019)[CLASSES.index("liquid")]
    aze = zones.economy == eurasia.economies.index("AZE")
    ita = zones.economy == eurasia.economies.index("ITA")
    assert nothing[np.ix_(aze, ita)].sum() == pytest.approx(11.264e6, rel=2e-3)  # BACI, Azerbaijan to Italy in 2019
    assert nothing[np.ix_(aze, aze)].sum() == 0


def test_a_score_is_medians_and_a_bootstrap_over_corridors() -> None:
    flows = tuple(
        Comparison(
            _target(str(i), (), seen=1.0),
            modelled_mt=math.exp(e),
            least_cost_mt=math.exp(2 * e),
            uncalibrated_mt=math.exp(e),
        )
        for i, e in enumerate([0.1, -0.2, 0.3, -2.0])
    )
    got = score(flows, "fit")
    assert got.median == pytest.approx(0.25)
    assert got.reduction == pytest.approx(0.5)
    assert got.within_three == pytest.approx(0.75)
    assert got.low <= got.reduction <= got.high
    with pytest.raises(ValueError, match="held-out"):
        score(flows, "held-out")


def test_a_flow_of_nothing_is_a_factor_of_a_hundred_off() -> None:
    assert log_error(0.0, 3.0) == pytest.approx(-math.log(100))
    assert log_error(1e9, 1.0) == pytest.approx(math.log(100))


def test_a_world_without_the_places_is_told() -> None:
    done = CliRunner().invoke(main, ["validate", "--world", "toy", "--quiet"])
    assert done.exit_code == 2
    assert "targets: the world has no" in done.stderr


def test_the_report_prints_flows_scores_and_constants() -> None:
    from isthmus.cli.shared import make_console
    from isthmus.report.validation import flow_rows, print_validation, validation_to_json
    from isthmus.trust.constants import Constant
    from isthmus.trust.validation import Validation

    flows = (
        Comparison(_target("a", ()), 1.2, 2.0, 1.4),
        Comparison(_target("b", (), used="held-out"), 0.5, 0.1, 0.4),
    )
    constant = Constant("lars", "Upper Lars", "crossing", 1, -12.0, "h", 0.0, 24.0, 240.0)
    scores = {used: score(flows, used) for used in ("fit", "held-out")}
    found = Validation("toy", flows, scores, (constant,), (("c", "a price"),), (), (), ())
    console = make_console()
    with console.capture() as capture:
        print_validation(found, console)
    text = capture.get()
    assert "held-out: 1 flows" in text
    assert "Upper Lars" in text
    assert "-12.0" in text
    assert validation_to_json(found)["left_out"] == [{"id": "c", "reason": "a price"}]
    assert flow_rows(found)[0]["ratio"] == pytest.approx(1.2)
