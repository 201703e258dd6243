"""Changes of trade and income: bans, tariffs, energy prices, remittances, migrants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from isthmus.errors import ScenarioError
from isthmus.scenario import changes as ch
from isthmus.scenario.apply.state import State, Wedges
from isthmus.scenario.products import find_share
from isthmus.world.accounts import FloatArray

#: Share of their earnings that migrants send home: an assumption; surveys of labour migrants give 0.3 to 0.6.
REMITTED_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class _Reach:
    """What of one flow an act reaches."""

    sector: int
    share: float  # of the flow
    product: str  # "" for the whole sector
    told: str  # what the share rests on


def _reach(state: State, change: ch.TradeChange, i: int, n: int) -> list[_Reach]:
    """Return what an act reaches of the flow from i to n, before severity and leakage."""
    world = state.world
    names = world.economies
    label = ", ".join(change.products)
    if change.product_share is not None:
        k = int(state.sectors(change.sectors)[0])
        return [_Reach(k, change.product_share, label or "a part", f"{100 * change.product_share:g} % as given")]
    if change.trade_usd_m is not None:
        k = int(state.sectors(change.sectors)[0])
        flow = float(world.accounts.flow[i, n, k])
        if flow <= 0:
            raise ScenarioError(f"trade_usd_m: {names[i]} sells no {change.sectors[0]} to {names[n]} in this world.")
        told = f"{change.trade_usd_m:g} USD m of {change.year} over {flow:,.1f} USD m of {world.year}"
        if change.trade_usd_m > flow:
            state.warn(f"{told}: more than the flow, all of it is taken")
        return [_Reach(k, min(1.0, change.trade_usd_m / flow), label or "a part", told)]
    if not change.products:
        return [_Reach(int(k), 1.0, "", "") for k in state.sectors(change.sectors)]
    state.sectors(change.sectors)
    flows = dict(zip(world.sectors.codes, world.accounts.flow[i, n].tolist(), strict=True))
    found = []
    for product in change.products:
        share = find_share(product, names[i], names[n], sectors=change.sectors, year=world.year, flows=flows)
        found.append(_Reach(world.sectors.codes.index(share.sector), share.share, product, share.told))
    return found


def _told_flow(state: State, i: int, n: int, reached: list[_Reach]) -> str:
    flow = state.world.accounts.flow[i, n]
    value = sum(float(flow[r.sector]) * r.share for r in reached)
    basis = "; ".join(f"{r.product}: {r.told}" for r in reached if r.told)
    return f"{value:,.1f} USD m of {state.world.year}" + (f" ({basis})" if basis else "")


def _told_what(state: State, change: ch.TradeChange, i: int, n: int) -> str:
    names = state.world.economies
    return f"{names[i]} to {names[n]}: {', '.join(change.products or change.sectors) or 'all goods and services'}"


def _flows_of(state: State, change: ch.TradeChange) -> list[tuple[int, int]]:
    """Return (exporter, importer) positions that an act is aimed at."""
    pairs = state.pairs(change.by, change.on)
    out: list[tuple[int, int]] = []
    if isinstance(change, ch.ExportBan | ch.Embargo | ch.EnergyPrice):
        out += pairs
    if isinstance(change, ch.ImportBan | ch.Embargo | ch.SetTariff):
        out += [(o, b) for b, o in pairs]
    if change.trade_usd_m is not None and len(out) > 1:
        raise ScenarioError(f"trade_usd_m is the value of one flow, but {len(out)} are named. Write one change each.")
    return out


def _ban(state: State, change: ch.ImportBan | ch.ExportBan | ch.Embargo) -> None:
    wide = state.wide
    if wide.access is None:
        wide.access = np.ones_like(state.world.accounts.flow)
    for i, n in _flows_of(state, change):
        reached = _reach(state, change, i, n)
        told = []
        for r in reached:
            if not r.product:
                wide.access[i, n, r.sector] *= 1.0 - change.force
                continue
            cut = wide.products.setdefault((i, n, r.sector), {})
            # A product banned twice is cut once, by the harder of the two bans.
            cut[r.product] = max(cut.get(r.product, 0.0), r.share * change.force)
            left = _left(wide.access, (i, n, r.sector), cut)
            told.append(f"access {left:.4g} of {state.world.sectors.codes[r.sector]}")
        after = ", ".join(dict.fromkeys(told)) or f"access {1.0 - change.force:g}"
        state.note(_told_what(state, change, i, n), _told_flow(state, i, n, reached), after)


def _left(access: FloatArray, cell: tuple[int, int, int], cut: dict[str, float]) -> float:
    """Return the access left to a cell when products are cut of it; shares of different products add up."""
    taken = sum(cut.values())
    # Rounding must not leave a dust of trade where shares add up to the whole flow.
    return 0.0 if taken > 1.0 - 1e-9 else float(access[cell]) * (1.0 - taken)


def _put_rate(rates: FloatArray, cover: FloatArray, cell: tuple[int, int, int], rate: float, share: float) -> None:
    """Set a rate on a share of a cell; what is left of an earlier rate stays on the rest."""
    kept = min(float(cover[cell]), 1.0 - share)
    rates[cell] = (kept * rates[cell] + share * rate) / (kept + share) if kept + share > 0 else 0.0
    cover[cell] = kept + share


def _tariff(state: State, change: ch.SetTariff) -> None:
    wide, shape = state.wide, state.world.accounts.flow.shape
    if wide.tariff is None or wide.tariff_cover is None:
        wide.tariff, wide.tariff_cover = np.zeros(shape), np.zeros(shape)
    for i, n in _flows_of(state, change):
        reached = _reach(state, change, i, n)
        for r in reached:
            _put_rate(wide.tariff, wide.tariff_cover, (i, n, r.sector), change.rate, r.share * change.force)
        state.note(
            _told_what(state, change, i, n),
            f"{_told_flow(state, i, n, reached)} at the tariffs of {state.world.year}",
            f"{100 * change.rate:+g} % ad valorem" + (f" on {100 * change.force:g} %" if change.force < 1 else ""),
        )


def _energy_price(state: State, change: ch.EnergyPrice) -> None:
    wide = state.wide
    if not (change.sectors or change.products):
        change = replace(change, sectors=("energy",))
    if wide.export_tax is None or wide.export_tax_cover is None:
        shape = state.world.accounts.flow.shape
        wide.export_tax, wide.export_tax_cover = np.zeros(shape), np.zeros(shape)
    for i, n in _flows_of(state, change):
        reached = _reach(state, change, i, n)
        for r in reached:
            cell = (i, n, r.sector)
            _put_rate(wide.export_tax, wide.export_tax_cover, cell, change.factor - 1.0, r.share * change.force)
        state.note(
            _told_what(state, change, i, n),
            _told_flow(state, i, n, reached),
            f"price times {change.factor:g}: export tax {100 * (change.factor - 1):+g} %",
        )


def _cut_remittances(state: State, payer: int, recipient: int, share: float) -> float:
    """Cut a share of what still flows; return the USD million that flowed before this change."""
    wide, sent = state.wide, state.world.accounts.remittances
    if wide.remittances is None:
        wide.remittances = np.ones_like(sent)
    before = float(sent[payer, recipient] * wide.remittances[payer, recipient])
    wide.remittances[payer, recipient] *= 1.0 - share
    names, year = state.world.economies, state.world.year
    state.note(
        f"remittances {names[payer]} to {names[recipient]}",
        f"{before:,.1f} USD m of {year}",
        f"{before * (1 - share):,.1f} USD m",
    )
    return before


def _cut_transfers(state: State, change: ch.CutTransfers) -> None:
    for payer, recipient in state.pairs(change.by, change.on):
        if _cut_remittances(state, payer, recipient, change.share) <= 0:
            told = [state.world.economies[e] for e in (payer, recipient)]
            state.warn(f"no remittances from {told[0]} to {told[1]} in this world")


def _expel_migrants(state: State, change: ch.ExpelMigrants) -> None:
    """Move labour: what migrants earn is their remittances over the share that they send home.

    At home they earn in the ratio of value added per head of the two economies, at most what they earned abroad.
    """
    wide, world = state.wide, state.world
    names, people = world.economies, world.facts["economies"].set_index("economy")["population"]
    remitted = state.parameters.get("remitted_share", REMITTED_SHARE)
    added = world.accounts.value_added.sum(axis=1)
    if wide.endowment is None:
        wide.endowment = np.ones(len(names))
    for host, home in state.pairs(change.by, change.on):
        before = _cut_remittances(state, host, home, change.share)
        if before <= 0:
            state.warn(f"no remittances from {names[host]} to {names[home]}: migrants cannot be counted by them")
            continue
        earned = change.share * before / remitted
        per_head = added / people.reindex(list(names)).to_numpy(dtype=float)
        ratio = min(1.0, float(per_head[home] / per_head[host]))
        if earned >= added[host]:
            raise ScenarioError(f"expelled migrants would earn more than all of {names[host]}. Lower share.")
        for who, gain in ((host, -earned), (home, earned * ratio)):
            old = float(wide.endowment[who])
            wide.endowment[who] += gain / added[who]
            state.note(f"labour at work in {names[who]}", f"{old:.5f}", f"{wide.endowment[who]:.5f}")
        state.warn(
            f"migrants of {names[home]} earn {earned:,.0f} USD m in {names[host]} if they send home "
            f"{100 * remitted:g} % (assumption; set_parameter remitted_share)"
        )


def close_trade(state: State) -> dict[str, FloatArray | None]:
    """Return the fields of `Wedges` that the trade changes fill."""
    wide = state.wide
    if wide.access is not None:
        for cell, cut in wide.products.items():
            wide.access[cell] = _left(wide.access, cell, cut)
    names = set(Wedges.__dataclass_fields__) & set(wide.__slots__)
    return {name: getattr(wide, name) for name in sorted(names)}


TRADE_HANDLERS: dict[type, Callable[[State, ch.Change], None]] = {
    ch.ImportBan: _ban,  # type: ignore[dict-item]
    ch.ExportBan: _ban,  # type: ignore[dict-item]
    ch.Embargo: _ban,  # type: ignore[dict-item]
    ch.SetTariff: _tariff,  # type: ignore[dict-item]
    ch.EnergyPrice: _energy_price,  # type: ignore[dict-item]
    ch.CutTransfers: _cut_transfers,  # type: ignore[dict-item]
    ch.ExpelMigrants: _expel_migrants,  # type: ignore[dict-item]
}
