"""Delays of a year: their curve by hand, queues that settle, constants taken off again, modal splits with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from isthmus.routing import RoutingSettings
from isthmus.trust.calibrate import lay_ground
from isthmus.trust.constants import without_constants
from isthmus.trust.shares import share_targets, shares_left_out
from isthmus.trust.strain import DRY, Curves, join_curves, queues_of, settle, step_on, strain_year
from isthmus.trust.targets import Target, read_data
from isthmus.trust.validation import Ground, pose, prepare_year
from isthmus.world.load import load_world, worlds_folder
from isthmus.world.network import CLASSES, KINDS

SETTINGS = RoutingSettings(draws=1, threads=1)


def _curves() -> Curves:
    """A pipeline of 10 Mt, 5 USD at capacity, and a port of 4 Mt, 6 USD at capacity of which 2 are known waits."""
    return Curves(
        names=("pipe", "port"),
        links=((3,), (0, 2)),
        capacity=np.array([10.0, 4.0]),
        height=np.array([5.0, 6.0]),
        beta=np.array([8.0, 4.0]),
        relief=np.array([0.0, 2.0]),
    )


def test_delays_are_those_of_the_curve_less_the_wait_that_is_known() -> None:
    curves = _curves()
    assert curves.beyond(np.array([10.0, 4.0])) == pytest.approx([5.0, 4.0])
    assert curves.beyond(np.array([20.0, 2.0])) == pytest.approx([5.0 * 2**8, 0.0])
    assert curves.slope(np.array([10.0, 4.0])) == pytest.approx([8 * 5 / 10, 4 * 6 / 4])
    assert curves.slope(np.array([10.0, 2.0]))[1] == 0.0  # below the known wait nothing is added
    assert curves.on_links(np.array([7.0, 1.0]), 4) == pytest.approx([1.0, 0.0, 1.0, 7.0])
    both = join_curves(curves, curves)
    assert both.beyond(np.full(4, 4.0))[1] == both.beyond(np.full(4, 4.0))[3]


def test_a_step_is_held_near_the_delays_it_starts_from() -> None:
    curves = _curves()
    held = curves.hold(np.array([1e6, 1e6]), np.array([5.0, 4.0]))
    assert curves.beyond(held) == pytest.approx([15.0, 13.0])  # twice, and 5 USD
    assert (curves.hold(np.zeros(2), np.array([4.0, 4.0])) == 0).all()


@pytest.fixture(scope="module")
def strained(toy: ist.World) -> tuple[ist.World, Ground]:
    """Return the toy world with a small capacity on the busiest lines, and its ground."""
    ground = lay_ground(toy, SETTINGS)
    network = toy.network
    tight = np.where(network.kind == KINDS.index("line"), 100.0, network.capacity_mt)
    return replace(toy, network=replace(network, capacity_mt=tight)), ground


def test_queues_settle_where_they_are_those_of_their_traffic(strained: tuple[ist.World, Ground]) -> None:
    world, ground = strained
    link = world.network.link_ids[int(np.flatnonzero(world.network.kind == KINDS.index("line"))[0])]
    target = Target("a", "a", 2022, 1.0, "a", "fit", "full", "", "", ((link, "*", "both", ""),))
    year = prepare_year(world, ground, (target,), 2022)
    problem = pose(year, ground, SETTINGS)
    demand = 2000.0 * year.whole  # the toy world trades some thousand tonnes
    curves = queues_of(problem, demand)
    assert curves.size > 0
    found = settle(problem, demand, curves, classes=DRY, most=25)
    assert found.gap < 0.1
    assert (found.delay > 0).any()
    # At the answer a further step leads nowhere else.
    assert step_on(found, found.traffic, np.zeros((curves.size, curves.size))) == pytest.approx(found.traffic)
    strains = strain_year(problem, demand)
    assert strains.on_links(world.network).shape == (len(world.network.link_ids),)
    again = strain_year(problem, demand, strains)
    assert again.dry is strains.dry


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
    assert eurasia.network.calibrated_usd_per_t is not None


def test_every_published_modal_split_is_compared_or_says_why_not() -> None:
    compared = {row["id"] for row in read_data("shares").to_dict("records") if row["group"] == "modal_split"}
    left = dict(shares_left_out())
    assert not compared & set(left)
    assert len(compared) + len(left) == 107  # rows of the fact table
    assert all(left.values())
    assert all(target.used == "shown" for target in share_targets())
    assert len(CLASSES) == 6
