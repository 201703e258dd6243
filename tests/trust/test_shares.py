"""Shares, margins and studies: every row has a place, a measure or a reason; sums are worked out by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import isthmus as ist
from isthmus.routing.graph import compile_graph
from isthmus.scenario import read_scenario
from isthmus.trust.margins import make_margins, pair_cost
from isthmus.trust.shares import make_shares, share_targets
from isthmus.trust.studies import _find
from isthmus.trust.targets import Places, read_data
from isthmus.world.network import CLASSES

DATA = Path(ist.__file__).parent / "trust" / "data"


def test_every_share_is_a_place_of_the_shipped_world(eurasia: ist.World) -> None:
    places = Places(eurasia, compile_graph(eurasia.network))
    for target in share_targets():
        for place in target.places:
            assert places.part(*place).weight.any(), (target.flow, place)


def test_a_share_is_numerator_over_denominator() -> None:
    modelled = {target.flow: 2.0 if target.flow.startswith("numerator") else 8.0 for target in share_targets()}
    shares = make_shares(modelled)
    assert {s.modelled for s in shares if s.unit == "percent"} == {25.0}
    assert {s.modelled for s in shares if s.unit == "Mt"} == {2.0}
    assert all(s.source for s in shares)


def test_pair_cost_is_the_mean_over_zone_pairs(toy: ist.World) -> None:
    n = len(toy.network.zones.ids)
    cost, share = np.full((len(CLASSES), n, n), 7.0), np.full((len(CLASSES), n, n), 0.1)
    cost[0, 0] = np.inf
    assert np.nanmax(np.abs(pair_cost(toy, cost, share) - 7.0)) < 1e-12


def test_a_margin_is_freight_over_value(eurasia: ist.World) -> None:
    n = len(eurasia.economies)
    at = {m.id: m for m in make_margins(eurasia, np.full((len(CLASSES), n, n), 10.0))}
    r, t = eurasia.economies.index("RUS"), eurasia.economies.index("TUR")
    k = eurasia.sectors.codes.index("C24A")
    # 10 USD a tonne on the tonnes of that flow, over its value
    hand = 100 * 10 * eurasia.accounts.tonnes[r, t, k] / 1e6 / eurasia.accounts.flow[r, t, k]
    assert at["implied-steel-novo-marmara"].modelled == pytest.approx(hand)


def test_every_study_is_run_or_says_why_not() -> None:
    with (DATA / "studies.csv").open(encoding="utf-8", newline="") as handle:
        known = [row["id"] for row in csv.DictReader(handle)]
    runs = read_data("study_runs")
    assert runs["id"].tolist() == known
    for row in runs.to_dict("records"):
        assert row["measure"] or row["remark"], row["id"]
        if row["scenario"]:
            scenario = _find(str(row["scenario"]))
            assert scenario.title
    assert read_scenario(DATA / "poland-border.toml").changes
