"""Others' studies: the scenarios that they speak of, run here, ours beside theirs.

`data/study_runs.csv` names, for each row of `data/studies.csv`, a scenario (of the library, or one beside the
tables) and a measure of it, or why there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import numpy as np

from isthmus.result import Result
from isthmus.routing import RoutingSettings, find_base
from isthmus.scenario import Scenario, read_scenario
from isthmus.solve import Settings, prepare, settle, solve
from isthmus.trust.margins import pair_cost
from isthmus.trust.targets import read_data
from isthmus.world import World
from isthmus.world.network import CLASSES


@dataclass(frozen=True, slots=True)
class Study:
    """One published result beside ours; `ours` is None where the model does not speak of it."""

    id: str
    study: str
    measure: str
    theirs: str
    scenario: str
    ours: float | None
    unit: str
    remark: str
    source: str


def compare_studies(world: World, settings: RoutingSettings, tell: Callable[[str], None]) -> tuple[Study, ...]:
    """Return every study beside ours, in the order of the table.

    Parameters
    ----------
    world : World
    settings : RoutingSettings
    tell : callable
        Told one line per scenario.
    """
    runs: dict[str, Result] = {}
    theirs = read_data("studies").set_index("id")
    out = []
    for row in read_data("study_runs").to_dict("records"):
        name, measure = str(row["scenario"]), str(row["measure"])
        ours: float | None = None
        if name and name not in runs:
            tell(f"study scenario {name}")
            runs[name] = solve(world, _find(name), settings=Settings(routing=settings), progress=tell)
        if measure:
            word, *names = measure.split()
            if word == "freight_share":
                own = _freight_share(world, settings, names[0], tell)
            elif word == "freight_cost_percent":
                own = _freight_cost_change(world, _find(name), settings, (names[0], names[1]))
            else:
                own = _measure(world, runs[name], word, names)
            ours = own * float(str(row["factor"]))
        seen = theirs.loc[str(row["id"])]
        out.append(
            Study(
                id=str(row["id"]),
                study=f"{seen['study']} ({seen['year']})",
                measure=str(seen["measure"]),
                theirs=f"{seen['value']} {seen['unit']}",
                scenario=name,
                ours=ours,
                unit=str(row["unit"]),
                remark=str(row["remark"]),
                source=str(seen["source"]),
            )
        )
    return tuple(out)


def _find(name: str) -> Scenario:
    with resources.as_file(resources.files("isthmus.trust") / "data" / f"{name}.toml") as path:
        return read_scenario(path if path.exists() else name)


def _measure(world: World, result: Result, word: str, names: list[str]) -> float:
    """Return a measure of a result for economies, a link or a corridor."""
    codes = list(world.economies)
    if word == "corridor_mt":
        table = result.corridor_table
        return float(table.loc[table["id"] == names[0], "after_mt"].sum())
    if word == "link_mt":
        at = world.network.link_ids.index(names[0])
        return float(result.flows.after_t[:, at].sum() / 1e6)
    if word == "trade_usd_m":
        abroad = ~np.eye(len(codes), dtype=bool)
        return float((result.flow_after - world.accounts.flow)[abroad].sum())
    at_ = [codes.index(name) for name in (codes if names == ["*"] else names)]
    change = result.real_income_change
    if word == "latent_income_percent" and result.latent is not None:
        change = result.latent.real_income_change
    if word == "imports_percent":
        grown = _imports(result.flow_after, at_[0]) / _imports(world.accounts.flow, at_[0])
    else:
        grown = float(change[at_[0]])
    if word == "income_usd_m":
        return float(((change[at_] - 1) * result.income_usd_m[at_]).sum())
    return 100 * (grown - 1)


def _imports(flow: np.ndarray[tuple[int, ...], np.dtype[np.float64]], n: int) -> float:
    return float(flow[:, n].sum() - flow[n, n].sum())


def _freight_cost_change(world: World, scenario: Scenario, settings: RoutingSettings, pair: tuple[str, str]) -> float:
    """Return the change of freight cost between two economies, both ways, percent: mean weighted by base tonnes."""
    coupling = prepare(world, scenario, settings=Settings(routing=settings))
    base, settled = coupling.base, settle(coupling, lambda _: None)
    a, b = (world.economies.index(code) for code in pair)
    before = pair_cost(world, base.cost, base.split.share)
    after = pair_cost(world, settled.routing.cost, base.split.share)
    tonnes = np.zeros((len(CLASSES), 2))
    for k, name in enumerate(world.sectors.commodity_class):
        if name in CLASSES:
            tonnes[CLASSES.index(name)] += world.accounts.tonnes[[a, b], [b, a], k]
    both = np.stack([np.nan_to_num(c[:, [a, b], [b, a]]) for c in (before, after)])
    paid = (both * tonnes).sum(axis=(1, 2))
    return float(100 * (paid[1] / paid[0] - 1)) if paid[0] > 0 else 0.0


def _freight_share(world: World, settings: RoutingSettings, economy: str, tell: Callable[[str], None]) -> float:
    """Return what an economy's exports of goods pay for freight, percent of their value."""
    base = find_base(world, settings, tell)
    cost = np.nan_to_num(pair_cost(world, base.cost, base.split.share))
    e = world.economies.index(economy)
    abroad = np.arange(len(world.economies)) != e
    paid = value = 0.0
    for k, name in enumerate(world.sectors.commodity_class):
        if name in CLASSES:
            w = CLASSES.index(name)
            paid += float((world.accounts.tonnes[e, abroad, k] * cost[w, e, abroad]).sum()) / 1e6
            value += float(world.accounts.flow[e, abroad, k].sum())
    return 100 * paid / value if value > 0 else 0.0
