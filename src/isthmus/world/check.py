"""Checks that a world holds together: accounts balance, keys exist, zones are joined to the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from isthmus.world.accounts import FloatArray
from isthmus.world.network import CLASSES, KINDS, MODES
from isthmus.world.world import World

#: Largest gap of an accounting identity, relative to the larger side.
BALANCE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of a world: what, whether it holds, and the measured figure or first culprit."""

    name: str
    holds: bool
    detail: str


def find_problems(world: World) -> list[str]:
    """Return what keeps a world from being solved, as messages; empty if nothing does."""
    return [f"{line.name}: {line.detail}" for line in run_checks(world) if not line.holds]


def run_checks(world: World) -> list[CheckLine]:
    """Return one line per check, in a fixed order."""
    checks: tuple[Callable[[World], CheckLine], ...] = (
        _check_cells,
        _check_sales,
        _check_purchases,
        _check_costs,
        _check_world_balance,
        _check_tonnes,
        _check_thetas,
        _check_link_numbers,
        _check_twins,
        _check_zone_weights,
        _check_zone_access,
        _check_reach,
    )
    return [check(world) for check in checks]


def _gap(left: FloatArray, right: FloatArray) -> FloatArray:
    scale = np.maximum(np.abs(left), np.abs(right))
    return np.divide(np.abs(left - right), scale, out=np.zeros_like(scale), where=scale > 0)


def _identity(world: World, name: str, left: FloatArray, right: FloatArray) -> CheckLine:
    gap = _gap(left, right)
    n, k = np.unravel_index(int(np.argmax(gap)), gap.shape)
    worst = float(gap[n, k])
    where = f"{world.economies[n]} {world.sectors.codes[k]}"
    if worst <= BALANCE_TOLERANCE:
        return CheckLine(name, True, f"largest relative gap {worst:.1e} (bound {BALANCE_TOLERANCE:g})")
    count = int((gap > BALANCE_TOLERANCE).sum())
    return CheckLine(
        name,
        False,
        f"does not hold in {count} cells, worst {where}: {left[n, k]:.9g} against {right[n, k]:.9g} USD million. "
        "Balance the table.",
    )


def _check_cells(world: World) -> CheckLine:
    a = world.accounts
    low = min(float(x.min(initial=0.0)) for x in (a.flow, a.inputs, a.final_use, a.output, a.value_added))
    return CheckLine("accounts: no negative cell", low >= 0, f"smallest cell {low:g} USD million")


def _check_sales(world: World) -> CheckLine:
    a = world.accounts
    return _identity(world, "accounts: sales = output", a.flow.sum(axis=1), a.output)


def _check_purchases(world: World) -> CheckLine:
    a = world.accounts
    return _identity(
        world, "accounts: purchases = inputs + final use", a.flow.sum(axis=0), a.inputs.sum(axis=2) + a.final_use
    )


def _check_costs(world: World) -> CheckLine:
    a = world.accounts
    return _identity(world, "accounts: inputs + value added = output", a.inputs.sum(axis=1) + a.value_added, a.output)


def _check_world_balance(world: World) -> CheckLine:
    a = world.accounts
    spending, income = float(a.final_use.sum()), float(a.value_added.sum())
    gap = abs(spending - income) / max(income, 1e-300)
    return CheckLine(
        "accounts: world spending = world income",
        gap <= BALANCE_TOLERANCE,
        f"relative gap {gap:.1e}, {income:,.0f} USD m",
    )


def _check_tonnes(world: World) -> CheckLine:
    freight = np.array([name in CLASSES for name in world.sectors.commodity_class])
    stray = int((world.accounts.tonnes[:, :, ~freight] > 0).sum())
    lost = int(((world.accounts.tonnes > 0) & (world.accounts.flow <= 0)).sum())
    total = world.accounts.tonnes.sum() / 1e6
    return CheckLine(
        "accounts: tonnes only where goods flow",
        stray + lost == 0,
        f"{total:,.0f} Mt in all; {stray} cells of sectors without freight, {lost} cells without value",
    )


def _check_thetas(world: World) -> CheckLine:
    s = world.sectors
    good = bool((s.theta_short > 0).all() and (s.theta_short <= s.theta_long + 1e-12).all())
    span = f"{s.theta_long.min():.2f} to {s.theta_long.max():.2f}"
    return CheckLine("sectors: 0 < theta_short <= theta_long", good, f"theta_long {span}")


def _check_link_numbers(world: World) -> CheckLine:
    net = world.network
    bad = [
        f"{name} is {values[i]!r} on link {net.link_ids[i]!r}"
        for name, values in (
            ("length_km", net.length_km),
            ("hours", net.hours),
            ("wait_hours", net.wait_hours.sum(axis=1)),
        )
        for i in np.flatnonzero(~(np.isfinite(values) & (values >= 0)))[:1]
    ]
    loops = np.flatnonzero(net.from_node == net.to_node)
    bad += [f"link {net.link_ids[i]!r} ends where it starts" for i in loops[:1]]
    detail = "; ".join(bad) or f"{len(net.link_ids):,} links, {int(net.open.sum()):,} open on {world.as_of}"
    return CheckLine("links: lengths, hours and ends", not bad, detail)


def _check_twins(world: World) -> CheckLine:
    """Two same-mode lines between one node pair: a closure of one would leave the other open."""
    net = world.network
    low, high = np.minimum(net.from_node, net.to_node), np.maximum(net.from_node, net.to_node)
    free = ~net.one_way & ~np.isin(net.mode, [MODES.index("oil_pipeline"), MODES.index("gas_pipeline")])
    key = (low * len(net.node_ids) + high) * len(MODES) + net.mode
    _, first, count = np.unique(key[free], return_index=True, return_counts=True)
    twins = np.flatnonzero(free)[first[count > 1]]
    detail = f"{len(twins)} pairs" + (f", first at {net.link_ids[twins[0]]!r}" if len(twins) else "")
    return CheckLine("links: no two of one mode between two nodes", len(twins) == 0, detail)


def _check_zone_weights(world: World) -> CheckLine:
    zones, n = world.network.zones, len(world.economies)
    worst, where = 0.0, ""
    for kind, weight in (("origin", zones.origin_weight), ("destination", zones.destination_weight)):
        for w, name in enumerate(CLASSES):
            total = np.bincount(zones.economy, weights=weight[w], minlength=n)
            gap = np.where(total > 0, np.abs(total - 1), 0)
            if gap.max() > worst:
                worst, where = float(gap.max()), f"{kind} weights of {world.economies[int(gap.argmax())]} {name}"
    return CheckLine("zones: weights sum to 1", worst < 1e-6, f"largest gap {worst:.1e} {where}")


def _check_zone_access(world: World) -> CheckLine:
    zones = world.network.zones
    used = (zones.origin_weight + zones.destination_weight) > 0
    joined = np.zeros_like(used)
    for w in range(len(CLASSES)):
        joined[w, zones.connector_zone[np.isfinite(zones.connector_cost[:, w])]] = True
    lost = [f"{zones.ids[z]} ({CLASSES[w]})" for w, z in np.argwhere(used & ~joined)]
    detail = f"{len(zones.ids)} zones" if not lost else f"{len(lost)} without a connector: {', '.join(lost[:5])}"
    return CheckLine("zones: every zone with trade has a connector", not lost, detail)


def _check_reach(world: World) -> CheckLine:
    """Every zone that trades dry goods lies in one connected network of open links."""
    net, zones = world.network, world.network.zones
    n = len(net.node_ids)
    usable = net.open & (net.kind != KINDS.index("pipeline"))
    ends = coo_array((np.ones(int(usable.sum())), (net.from_node[usable], net.to_node[usable])), shape=(n, n))
    _, label = connected_components(ends, directed=False)
    main = int(np.bincount(label[zones.connector_node], minlength=1).argmax())
    reached = np.zeros(len(zones.ids), dtype=bool)
    reached[zones.connector_zone[label[zones.connector_node] == main]] = True
    dry = (zones.origin_weight[:4].sum(axis=0) + zones.destination_weight[:4].sum(axis=0)) > 0
    lost = [zones.ids[z] for z in np.flatnonzero(dry & ~reached)]
    detail = "all zones in one network" if not lost else f"{len(lost)} cut off: {', '.join(lost[:8])}"
    return CheckLine("zones: joined by open links", not lost, detail)
