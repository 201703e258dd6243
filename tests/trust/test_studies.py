"""Measures of studies on the toy world, against the result they are read from."""

from __future__ import annotations

from pathlib import Path

import pytest

import isthmus as ist
from isthmus.scenario import read_scenario
from isthmus.solve import Settings
from isthmus.trust.studies import _freight_cost_change, _freight_share, _measure

ROUTING = ist.RoutingSettings(draws=2)


def test_measures_read_what_they_name(toy: ist.World, tmp_path: Path) -> None:
    file = tmp_path / "line.toml"
    file.write_text('[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8")
    scenario = read_scenario(file)
    result = ist.solve(toy, scenario, settings=Settings(routing=ROUTING))
    percent = _measure(toy, result, "real_income_percent", [toy.economies[0]])
    assert percent == pytest.approx(result.real_income["percent"].iloc[0])
    whole = _measure(toy, result, "income_usd_m", ["*"])
    assert whole == pytest.approx(result.real_income["usd_m"].sum())
    (line, *_) = toy.network.projects["new-line"]
    at = toy.network.link_ids.index(line)
    assert _measure(toy, result, "link_mt", [line]) == pytest.approx(result.flows.after_t[:, at].sum() / 1e6)
    assert _measure(toy, result, "trade_usd_m", []) > 0
    assert abs(_measure(toy, result, "imports_percent", [toy.economies[0]])) < 100
    pair = (toy.economies[0], toy.economies[4])
    assert _freight_cost_change(toy, scenario, ROUTING, pair) <= 1e-9  # an open line lowers no cost upwards
    assert 0 < _freight_share(toy, ROUTING, toy.economies[0], lambda _: None) < 100
