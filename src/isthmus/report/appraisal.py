"""An appraisal as JSON and as tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from rich.console import Console
from rich.table import Table

from isthmus.appraisal import Appraisal
from isthmus.appraisal.ranges import Ranges, Span
from isthmus.report.layout import make_table

Json = dict[str, object]

#: Economies and territories shown.
_MOST = 10


def _span(ranges: Ranges | None, name: Literal["npv", "irr", "bcr", "delay"]) -> Span | None:
    return None if ranges is None else getattr(ranges, name)


def _headline(value: float | None, span: Span | None, scale: float = 1.0) -> object:
    """Return a number, or {value, low, high} where there is a range."""
    if value is None:
        return None
    if span is None:
        return value * scale
    return {"value": value * scale, "low": span.low * scale, "high": span.high * scale}


def appraisal_to_json(found: Appraisal) -> Json:
    """Return an appraisal in the form of `schema/appraise.json`."""
    plan, ranges, balance = found.plan, found.ranges, found.balance
    irr = balance.irr
    return {
        "project": found.project,
        "title": found.title,
        "world": found.world,
        "price_year": found.year,
        "present_year": plan.present,
        "as_of": found.as_of,
        "horizon": found.ask.horizon,
        "basis": "modelled",
        "discount_percent": 100 * plan.discount,
        "opening": plan.opening,
        "years": plan.years,
        "capex_usd_m": sum(one.usd_m or 0.0 for one in found.capex),
        "capex": [asdict(one) for one in found.capex],
        "npv_usd_m": _headline(balance.npv, _span(ranges, "npv")),
        "npv_without_latent_usd_m": found.balance_observed.npv,
        "chance_npv_positive": None if ranges is None else ranges.positive,
        "irr_percent": _headline(irr.rate, _span(ranges, "irr"), 100.0),
        "irr_why_not": irr.why_not or None,
        "irr_share_of_draws_without": None if ranges is None else ranges.irr_missing,
        "bcr": _headline(balance.bcr, _span(ranges, "bcr")),
        "delay_cost_usd_m": [
            {"years": years, "net_usd_m": net, "benefits_usd_m": gross} for years, net, gross in found.delay
        ],
        "delay_one_year_usd_m": None if len(found.delay) < 2 else _headline(found.delay[1][1], _span(ranges, "delay")),
        "tonnage_mt": found.tonnage_mt,
        "break_even_mt": found.break_even_mt,
        "by_economy": {name: {"present_value_usd_m": value} for name, value in found.by_economy.items()},
        "transit_transfer_usd_m": found.transit,
        "solved": [
            {
                "demand_year": year,
                "gain_usd_m": float(one.income_latent.sum()),
                "gain_without_latent_usd_m": float(one.income.sum()),
                "tonnage_mt": one.tonnage_mt,
                "by_economy": {e: float(v) for e, v in zip(one.economies, one.income_latent, strict=True)},
            }
            for year, one in sorted(found.solved.items())
        ],
        "yearly": [
            {"year": year, "benefit_usd_m": float(b), "capex_usd_m": float(c), "upkeep_usd_m": float(u)}
            for year, b, c, u in zip(plan.calendar, balance.benefit, balance.capex, balance.upkeep, strict=True)
        ],
        "together": None
        if found.together is None
        else asdict(found.together) | {"complementarity": found.together.complementarity},
        "assumptions": [asdict(one) for one in found.assumptions.values()],
        "warnings": list(dict.fromkeys(text for one in found.solved.values() for text in one.warnings)),
    }


def print_appraisal(found: Appraisal, console: Console) -> None:
    """Print headlines, gains by economy, delay, transit, what was assumed."""
    plan, balance, ranges = found.plan, found.balance, found.ranges
    console.print(f"[bold]{found.title}[/bold] ({found.project})")
    console.print(
        f"World {found.world}, network of {found.as_of}, horizon {found.ask.horizon}. Modelled; USD million of "
        f"{found.year}, discounted at {100 * plan.discount:g} % to {plan.present}; opens {plan.opening}, {plan.years} "
        "years, residual value 0."
    )
    console.print(_headline_table(found))
    if ranges is not None:
        console.print(
            f"NPV is above 0 in {100 * ranges.positive:.0f} % of {ranges.draws} draws over the ranges below; "
            f"{100 * ranges.irr_missing:.0f} % of draws have no internal rate."
        )
    if balance.irr.rate is None:
        console.print(f"No internal rate of return: {balance.irr.why_not}.")
    console.print(_economy_table(found))
    table = make_table("Cost of delay (capex moves with the opening)", "years", "NPV lost", "benefits lost")
    for years, net, gross in found.delay:
        table.add_row(str(years), f"{net:,.1f}", f"{gross:,.1f}")
    console.print(table)
    _print_transfers(found, console)
    if found.together is not None:
        both = found.together
        console.print(
            f"With {both.scenario}: world gain a year at full use {both.joint:,.1f} together, {both.alone:,.1f} alone "
            f"and {both.other:,.1f} for {both.scenario}: complementarity {both.complementarity:+,.1f} USD million."
        )
    _print_assumptions(found, console)


def _headline_table(found: Appraisal) -> Table:
    balance, ranges = found.balance, found.ranges
    table = make_table("Headlines", "", "value", "5 %", "95 %")

    def row(name: str, value: float | None, span: Span | None, form: str) -> None:
        cells = ["-", "-"] if span is None else [format(span.low, form), format(span.high, form)]
        table.add_row(name, "none" if value is None else format(value, form), *cells)

    row("NPV, USD m", balance.npv, _span(ranges, "npv"), ",.1f")
    row("NPV without latent trade, USD m", found.balance_observed.npv, None, ",.1f")
    row("IRR, a year", balance.irr.rate, _span(ranges, "irr"), ".1%")
    row("benefits over costs", balance.bcr, _span(ranges, "bcr"), ".2f")
    row("benefits, USD m", balance.benefit_value, None, ",.1f")
    row("capex and upkeep, USD m", balance.cost_value, None, ",.1f")
    if len(found.delay) > 1:
        row("one year's delay, USD m", found.delay[1][1], _span(ranges, "delay"), ",.1f")
    row("freight on its busiest link, Mt a year", found.tonnage_mt, None, ".3f")
    row("break-even freight, Mt a year", found.break_even_mt, None, ".2f")
    return table


def _economy_table(found: Appraisal) -> Table:
    years = sorted(found.solved)
    table = make_table(
        "Real income by economy, latent trade included",
        "economy", "present value, USD m", *(f"a year at demand of {year}" for year in years),
    )  # fmt: skip
    ranked = sorted(found.by_economy, key=lambda name: -abs(found.by_economy[name]))
    for name in ranked[:_MOST]:
        e = found.solved[years[0]].economies.index(name)
        table.add_row(
            name,
            f"{found.by_economy[name]:+,.1f}",
            *(f"{float(found.solved[year].income_latent[e]):+,.2f}" for year in years),
        )
    table.add_row(
        "world",
        f"{sum(found.by_economy.values()):+,.1f}",
        *(f"{float(found.solved[year].income_latent.sum()):+,.2f}" for year in years),
    )
    return table


def _print_transfers(found: Appraisal, console: Console) -> None:
    margin = found.assumptions["margin"]
    table = make_table(
        f"Transit revenue x margin {margin.value:g} ({margin.low:g} to {margin.high:g}): a transfer, in no sum above",
        "territory", "present value, USD m",
    )  # fmt: skip
    ranked = sorted(found.transit, key=lambda name: -abs(found.transit[name]))
    for name in ranked[:6]:
        table.add_row(name, f"{found.transit[name]:+,.1f}")
    console.print(table)


def _print_assumptions(found: Appraisal, console: Console) -> None:
    table = make_table(
        "What this rests on", "figure", "value", "low", "high", "basis", "source", words=("basis", "source")
    )
    for one in found.assumptions.values():
        table.add_row(
            f"{one.name} ({one.unit})", f"{one.value:g}", f"{one.low:g}", f"{one.high:g}", one.basis, one.source
        )
    for cost in found.capex:
        value = "no figure" if cost.usd_m is None else f"{cost.usd_m:,.0f}"
        table.add_row(f"capex {cost.link} (USD m)", value, "", "", cost.basis, cost.source)
    console.print(table)
