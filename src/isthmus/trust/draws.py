"""A draw of what is uncertain: the world and settings at one point of the ranges.

Points come from a scrambled Sobol sequence (Owen 1998; SciPy's `qmc.Sobol`); point i depends on the seed and
i alone, whatever the number of draws, so that runs can be extended and compared pair by pair. Draw 0 is the
central model, draws 1 to n are the points. A drawn world is balanced like any other: estimated trade cells
move through an equilibrium of their own, which becomes the new baseline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from isthmus.appraisal import place, sobol_point, sobol_points
from isthmus.solve import Settings
from isthmus.solve.growth import accounts_of
from isthmus.trade import TradeShock, horizon_settings, rebase, solve_trade, trade_baseline
from isthmus.trust.ranges import Range, find_ranges, range_groups, sector_group
from isthmus.world import World
from isthmus.world.accounts import BASIS, FloatArray
from isthmus.world.network import CLASSES, KINDS, MODES, Network

#: Spread of ln factors on single estimated pairs of economies, on top of what moves together (assumption).
_PAIR_SPREAD = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class Draw:
    """A world and settings at one point."""

    number: int
    world: World
    settings: Settings
    value: dict[str, float]  # of each range, in its unit


def draw_point(ranges: Sequence[Range], number: int, seed: int, design: str = "sobol") -> FloatArray:
    """Return (range,) the point of draw `number`, counted from 1.

    "sobol" is the sequence itself. "grouped" lays out the matrices of a grouped Sobol analysis (Saltelli et al.
    2010, Comput. Phys. Commun. 181): for each base point a row of A, one row of A per group with that group's
    columns from B, and a row of B.
    """
    if design == "sobol":
        return sobol_point(len(ranges), number, seed)
    groups = range_groups(ranges)
    names = sorted(set(groups))
    base, column = divmod(number - 1, len(names) + 2)
    both = sobol_point(2 * len(ranges), base + 1, seed)
    last = column == len(names) + 1
    chosen = np.array([last or (column > 0 and group == names[column - 1]) for group in groups])
    row: FloatArray = np.where(chosen, both[len(ranges) :], both[: len(ranges)])
    return row


def make_draw(world: World, settings: Settings, *, horizon: str, number: int, seed: int, design: str = "sobol") -> Draw:
    """Return draw `number` of a world.

    Parameters
    ----------
    world, settings : World, Settings
        Central; returned as they are for draw 0.
    horizon : str
        Whose elasticities move.
    number : int
        0 for the central model, 1, 2, ... for points of the sequence.
    seed : int
    design : {"sobol", "grouped"}
        See `draw_point`.

    Raises
    ------
    NotConverged
        The drawn trade table has no equilibrium (not seen so far).
    """
    ranges = find_ranges(world, horizon)
    if number == 0:
        return Draw(0, world, settings, {r.name: r.central for r in ranges})
    u = draw_point(ranges, number, seed, design)
    value = {r.name: r.at(float(x)) for r, x in zip(ranges, u, strict=True)}
    drawn = _with_elasticities(world, value)
    drawn = replace(drawn, network=_network(drawn, value))
    drawn = _with_cells(drawn, value, seed, number)
    digest = hashlib.sha256(f"{world.sha256}|{sorted(value.items())!r}|{seed}|{number}".encode()).hexdigest()
    return Draw(number, replace(drawn, sha256=digest), _settings(settings, horizon, value), value)


def _settings(settings: Settings, horizon: str, value: dict[str, float]) -> Settings:
    trade = settings.trade or horizon_settings(horizon)
    if trade.choke is not None:
        trade = replace(trade, choke=value["choke"])
    if "sM" in value:
        trade = replace(trade, sM=trade.sM * value["sM"], eps=trade.eps * value["eps"])
    return replace(settings, openness=value["openness"], trade=trade)


def _with_elasticities(world: World, value: dict[str, float]) -> World:
    sectors = world.sectors
    u = np.array([value[f"theta|{sector_group(code)}"] for code in sectors.codes])
    long, short = sectors.theta_long_range, sectors.theta_short_range
    return replace(
        world,
        sectors=replace(
            sectors,
            theta_long=place(u, long[:, 0], sectors.theta_long, long[:, 1]),
            theta_short=place(u, short[:, 0], sectors.theta_short, short[:, 1]),
        ),
    )


def _network(world: World, value: dict[str, float]) -> Network:
    net = world.network
    kind = np.array(KINDS, dtype=object)[net.kind]
    new = (kind == "border") & ~net.open
    wait = np.ones(len(net.link_ids))
    wait[kind == "border"] = value["wait|border"]
    wait[new] = value["wait|new"]
    ports = np.isin(kind, ["port", "ferry"])
    wait[ports] = value["wait|port"]
    fee = np.where(ports | (kind == "pipeline"), value["tariff"], 1.0)
    calibrated = net.calibrated_usd_per_t
    return replace(
        net,
        rate_usd_per_tkm=net.rate_usd_per_tkm * _rate_factors(world, value),
        value_of_time=_value_of_time(world, value),
        wait_hours=net.wait_hours * wait[:, None],
        fee_usd_per_t=net.fee_usd_per_t * fee[:, None],
        capacity_mt=net.capacity_mt * value["capacity"],
        calibrated_usd_per_t=calibrated if calibrated is None else calibrated * value.get("calibration", 1.0),
    )


def _rate_factors(world: World, value: dict[str, float]) -> FloatArray:
    """Return (link, class) drawn rate over the central one; each row of the table moves in its own range."""
    net, table = world.network, world.facts["rates"]
    factor = np.ones(net.rate_usd_per_tkm.shape)
    place_of = np.array(net.territory, dtype=object)
    # Rows of a territory come after the default rows, which hold for all that have none of their own.
    rows = sorted(table.to_dict("records"), key=lambda row: row["territory"] != "*")
    for row in rows:
        central = float(row["usd_per_t_km"])
        if central <= 0:
            continue
        drawn = float(place(value[f"rate|{row['mode']}"], float(row["low"]), central, float(row["high"])))
        where = net.mode == MODES.index(str(row["mode"]))
        if row["territory"] != "*":
            where &= place_of == row["territory"]
        factor[where, CLASSES.index(str(row["class"]))] = drawn / central
    return factor


def _value_of_time(world: World, value: dict[str, float]) -> FloatArray:
    out = world.network.value_of_time.copy()
    for row in world.facts["classes"].to_dict("records"):
        central = float(row["value_of_time_usd_per_t_day"])
        if central > 0:
            drawn = place(value[f"time|{row['class']}"], float(row["low"]), central, float(row["high"]))
            out[CLASSES.index(str(row["class"]))] *= float(drawn) / central
    return out


def _with_cells(world: World, value: dict[str, float], seed: int, number: int) -> World:
    """Return the world whose estimated cells have moved, balanced anew."""
    if "estimated|goods" not in value:
        return world
    accounts = world.accounts
    goods = np.array([sector_group(code) != "services" for code in world.sectors.codes])
    n = len(world.economies)
    noise = np.random.default_rng([seed, number, 1]).normal(size=(n, n)) * _PAIR_SPREAD
    factor = np.where(goods, value["estimated|goods"], value["estimated|services"]) * np.exp(noise)[:, :, None]
    estimated = accounts.basis == BASIS.index("estimated")
    estimated[np.arange(n), np.arange(n)] = False  # what an economy buys at home follows from the rest
    baseline = trade_baseline(world)
    change = np.where(estimated, factor ** (-1.0 / baseline.theta), 1.0)
    shock = TradeShock(trade_cost_change=change)
    solution = solve_trade(baseline, shock)
    drawn = rebase(baseline, shock, solution)
    return replace(world, accounts=accounts_of(accounts, drawn, solution.unit_cost_change, 1.0))


def drawn_values(world: World, horizon: str, numbers: Sequence[int], seed: int) -> tuple[tuple[Range, ...], FloatArray]:
    """Return the ranges and the (draw, range) values of draws 1, 2, ..., as sensitivity analysis needs them."""
    ranges = find_ranges(world, horizon)
    points = sobol_points(len(ranges), max(numbers, default=0), seed)
    rows = [[r.at(float(points[i - 1, d])) for d, r in enumerate(ranges)] for i in numbers]
    return ranges, np.array(rows).reshape(len(rows), len(ranges))
