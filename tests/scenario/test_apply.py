"""What each kind of change does to the toy world, worked by hand from build/toy.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import isthmus as ist
from isthmus.errors import ScenarioError
from isthmus.scenario import Applied
from isthmus.scenario.changes import (
    Change,
    ChangeLink,
    CloseBorder,
    CloseLink,
    DenyTransit,
    Embargo,
    ExportBan,
    ImportBan,
    NotModelled,
    OpenBorder,
    OpenLink,
    PipelineOutage,
)


def apply(world: ist.World, *changes: Change) -> Applied:
    return ist.apply_scenario(world, ist.Scenario(name="s", title="s", changes=changes))


def link(world: ist.World, name: str) -> int:
    return world.network.link_ids.index(name)


def pairs(world: ist.World, applied: Applied) -> set[tuple[str, str]]:
    return {(world.economies[i], world.economies[n]) for i, n in np.argwhere(applied.wedges.latent_open)}


def test_opening_a_crossing_sets_latent_trade_of_its_pair_free(toy: ist.World) -> None:
    applied = apply(toy, OpenLink(links=("new-line",)))
    assert [toy.network.link_ids[i] for i in applied.opened] == ["boria-celia-rail"]
    assert pairs(toy, applied) == {("BBB", "CCC"), ("CCC", "BBB")}


def test_what_a_later_change_closes_again_sets_nothing_free(toy: ist.World) -> None:
    applied = apply(toy, OpenLink(links=("new-line",)), CloseLink(links=("boria-celia-rail",)))
    assert not applied.opened.size
    assert not applied.wedges.latent_open.any()


def test_opening_what_is_open_warns_and_sets_nothing_free(toy: ist.World) -> None:
    applied = apply(toy, OpenLink(links=("boria-celia",)))
    assert applied.warnings == ("change 1 (open_link): all its links are open already",)
    assert not applied.wedges.latent_open.any()


@pytest.mark.parametrize(("modes", "left"), [((), ()), (("rail",), ()), (("road",), (("rail",),))])
def test_an_opened_border_ends_denials_of_its_modes_alone(
    toy: ist.World, modes: tuple[str, ...], left: tuple[tuple[str, ...], ...]
) -> None:
    """The toy's Boria denies its rails to trips of Celia."""
    applied = apply(toy, OpenBorder(between=("CCC", "BBB"), modes=modes))
    assert tuple(d.modes for d in applied.world.network.denials if d.by == "BBB") == left


def test_a_denial_of_all_modes_shrinks_to_those_not_opened(toy: ist.World) -> None:
    denied = DenyTransit(by="DDD", against=("CCC",))
    applied = apply(toy, denied, OpenBorder(between=("CCC", "DDD"), modes=("road", "rail")))
    modes = next(d.modes for d in applied.world.network.denials if d.by == "DDD")
    assert set(modes) == {"sea", "ferry", "oil_pipeline", "gas_pipeline", "air", "transfer"}


def test_deny_transit_to_a_group_denies_each_member(toy: ist.World) -> None:
    added = apply(toy, DenyTransit(by="CCC", against=("EAST",), modes=("rail",))).world.network.denials
    assert {(d.by, d.against, d.modes) for d in added} >= {("CCC", "DDD", ("rail",)), ("CCC", "EEE", ("rail",))}


def test_change_link_takes_factors_and_values(toy: ist.World) -> None:
    i = link(toy, "lake-ferry")
    before = toy.network
    after = apply(toy, ChangeLink(links=("lake-ferry",), hours_factor=0.5, cost_factor=2, capacity_factor=3))
    net = after.world.network
    assert net.hours[i] == 0.5 * before.hours[i]
    assert (net.wait_hours[i] == 0.5 * before.wait_hours[i]).all()
    finite = np.isfinite(before.fee_usd_per_t[i] + before.rate_usd_per_tkm[i])
    np.testing.assert_allclose(net.fee_usd_per_t[i][finite], 2 * before.fee_usd_per_t[i][finite])
    assert net.capacity_mt[i] == 3 * before.capacity_mt[i]
    assert after.warnings == ()
    fixed = apply(toy, ChangeLink(links=("lake-ferry",), hours=7, cost_usd_per_t=11)).world.network
    assert (fixed.hours[i], fixed.wait_hours[i].max()) == (7.0, 0.0)
    np.testing.assert_array_equal(fixed.fee_usd_per_t[i][finite], 11.0)
    fixed_cost = fixed.fee_usd_per_t[i] + fixed.rate_usd_per_tkm[i]
    np.testing.assert_array_equal(np.isfinite(fixed_cost), finite)  # what is barred stays barred


def test_pipeline_outage_closes_or_is_recorded(toy: ist.World) -> None:
    i = link(toy, "oil-line")
    assert not apply(toy, PipelineOutage(links=("oil-line",))).world.network.open[i]
    part = apply(toy, PipelineOutage(links=("oil-line",), share=0.25))
    assert part.world.network.open[i]
    assert part.world.network.capacity_mt[i] == 15.0
    assert part.warnings == ()
    with pytest.raises(ScenarioError, match="'lake-ferry' is no pipeline"):
        apply(toy, PipelineOutage(links=("lake-ferry",)))


@pytest.mark.parametrize(
    ("change", "cut"),
    [
        (ImportBan(by=("AAA",), on=("CCC",), sectors=("FARM",)), {("CCC", "AAA")}),
        (ExportBan(by=("AAA",), on=("CCC",), sectors=("FARM",)), {("AAA", "CCC")}),
        (Embargo(by=("AAA",), on=("CCC",), sectors=("FARM",)), {("AAA", "CCC"), ("CCC", "AAA")}),
    ],
)
def test_a_ban_cuts_its_direction_and_sector_alone(toy: ist.World, change: Change, cut: set[tuple[str, str]]) -> None:
    access = apply(toy, change).wedges.access
    assert access is not None
    k = toy.sectors.codes.index("FARM")
    hit = {(toy.economies[i], toy.economies[n]) for i, n, s in np.argwhere(access != 1.0) if s == k}
    assert hit == cut
    assert (np.delete(access, k, axis=2) == 1.0).all()
    assert (access[access != 1.0] == 0.0).all()


def test_unknown_territories_and_missing_crossings_are_told(toy: ist.World) -> None:
    with pytest.raises(ScenarioError, match=r"unknown territory 'CCD'\. Nearest: 'CCC'"):
        apply(toy, CloseBorder(between=("CCD", "DDD")))
    with pytest.raises(ScenarioError, match="no crossing between AAA and EEE by rail"):
        apply(toy, CloseBorder(between=("AAA", "EEE"), modes=("rail",)))


def test_not_modelled_is_kept_and_alters_nothing(toy: ist.World) -> None:
    applied = apply(toy, NotModelled(description="ambassador recalled"))
    assert applied.not_modelled == ("ambassador recalled",)
    assert applied.wedges.access is None
    assert (applied.world.network.open == toy.network.open).all()


def test_apply_leaves_the_world_as_it_was(toy: ist.World) -> None:
    before = toy.network.open.copy(), toy.network.fee_usd_per_t.copy(), toy.network.denials
    apply(toy, CloseLink(links=("strait",)), ChangeLink(links=("lake-ferry",), cost_factor=9))
    assert (toy.network.open == before[0]).all()
    np.testing.assert_array_equal(toy.network.fee_usd_per_t, before[1])
    assert toy.network.denials == before[2]


@given(st.lists(st.sampled_from(["lake-ferry", "strait", "celia-doria-road", "oil-line"]), min_size=1, max_size=6))
def test_order_and_repetition_of_closures_do_not_matter(toy: ist.World, names: list[str]) -> None:
    one_by_one = apply(toy, *(CloseLink(links=(name,)) for name in names)).world.network.open
    at_once = apply(toy, CloseLink(links=tuple(sorted(set(names))))).world.network.open
    assert (one_by_one == at_once).all()


def test_values_out_of_range_are_told() -> None:
    with pytest.raises(ScenarioError, match="hours is inf"):
        ChangeLink(links=("a",), hours=float("inf"))
    with pytest.raises(ScenarioError, match="cannot deny transit to itself"):
        DenyTransit(by="AAA", against=("BBB", "AAA"))
