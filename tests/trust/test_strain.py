"""Delays of a year: those of its own traffic, constants taken off again, modal splits with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import NotConverged
from isthmus.routing import MOST_DELAY, RoutingSettings
from isthmus.routing.graph import compile_graph
from isthmus.routing.passage import Watch, sweep_passages
from isthmus.trust.constants import without_constants
from isthmus.trust.flow_model import lay_ground
from isthmus.trust.shares import share_targets, shares_left_out
from isthmus.trust.strain import facility_arcs, strain_year
from isthmus.trust.targets import Target, read_data
from isthmus.trust.validation import Ground, Year, pose, prepare_year
from isthmus.world.load import load_world, worlds_folder
from isthmus.world.network import CLASSES, KINDS

SETTINGS = RoutingSettings(draws=1, threads=1)


@pytest.fixture(scope="module")
def strained(toy: ist.World) -> tuple[Year, Ground, np.ndarray]:
    """Return a year of the toy world with narrow lines, its ground and a demand that fills them."""
    network = toy.network
    tight = np.where(network.kind == KINDS.index("line"), 0.1, network.capacity_mt)
    world = replace(toy, network=replace(network, capacity_mt=tight))
    ground = lay_ground(world, SETTINGS)
    link = network.link_ids[int(np.flatnonzero(network.kind == KINDS.index("line"))[0])]
    target = Target("a", "a", 2022, 1.0, "a", "fit", "full", "", "", ((link, "*", "both", ""),))
    year = prepare_year(world, ground, (target,), 2022)
    return year, ground, 2.0 * year.whole


def test_delays_of_a_year_are_those_of_its_own_traffic(strained: tuple[Year, Ground, np.ndarray]) -> None:
    year, ground, demand = strained
    problem = pose(year, ground, SETTINGS)
    strain = strain_year(problem, demand)
    curves, now = strain.curves, strain.curves.at_links(strain.delay.now)
    assert curves.size > 0 and (now > 1.0).any()
    assert now == pytest.approx(np.minimum(curves.beyond(strain.traffic), MOST_DELAY), abs=1e-6)
    # The sweeps that compare observed flows put the same traffic on the facilities.
    graph = compile_graph(year.world.network)
    arcs = facility_arcs(graph, curves.links)
    every = np.ones((len(CLASSES), curves.size), dtype=bool)
    watch = Watch(arcs, every, np.zeros(curves.size, dtype=np.int64))
    swept = sweep_passages(replace(problem, delay=strain.delay), demand[None], watch)
    assert swept.flow / 1e6 == pytest.approx(strain.traffic, abs=1e-5)


def test_a_year_that_starts_from_its_answer_stays_there(strained: tuple[Year, Ground, np.ndarray]) -> None:
    year, ground, demand = strained
    problem = pose(year, ground, SETTINGS)
    strain = strain_year(problem, demand)
    again = strain_year(problem, demand, start=strain)
    assert again.delay.now == pytest.approx(strain.delay.now, abs=1e-4)


def test_a_year_whose_start_leads_nowhere_starts_from_nothing(
    strained: tuple[Year, Ground, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    year, ground, demand = strained
    problem = pose(year, ground, SETTINGS)
    cold, said = strain_year(problem, demand), list[str]()

    def astray(*_: object) -> None:
        raise NotConverged("congestion: astray")

    monkeypatch.setattr("isthmus.trust.strain.settle_gates", astray)
    again = strain_year(problem, demand, said.append, start=cold)
    assert again.delay.now == pytest.approx(cold.delay.now)
    assert "starting from nothing: congestion: astray" in said


def test_a_world_without_constants_is_that_of_the_facts(eurasia: ist.World, tmp_path: Path) -> None:
    import re
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(worlds_folder() / "eurasia-2022", bare)
    text = (bare / "world.toml").read_text(encoding="utf-8")
    kept = re.sub(r"\n\[tables\.calibration\]\n(?:[^\[]*\n)*?(?=\n\[)", "", text)
    (bare / "world.toml").write_text(kept, encoding="utf-8")
    (bare / "calibration.parquet").unlink()
    facts, plain = load_world(bare).network, without_constants(eurasia).network
    assert plain.wait_hours == pytest.approx(facts.wait_hours, abs=1e-9)
    assert plain.calibrated_usd_per_t is None
    assert without_constants(eurasia).sha256 != eurasia.sha256
    assert eurasia.network.calibrated_usd_per_t is not None


def test_every_published_modal_split_is_compared_or_says_why_not() -> None:
    compared = {row["id"] for row in read_data("shares").to_dict("records") if row["group"] == "modal_split"}
    left = dict(shares_left_out())
    assert not compared & set(left)
    assert len(compared) + len(left) == 107  # rows of the fact table
    assert all(left.values())
    assert all(target.used == "shown" for target in share_targets())
    assert len(CLASSES) == 6
