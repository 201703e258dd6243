"""The tables of docs/explanation/findings.md, computed again.

    python benchmarks/findings.py [--draws 1] [--tables headlines,parts,grips,appraisals]

About ten CPU minutes with one taste draw. What stands in the page's text is read from these tables by hand: after
a change of the world or the model, print them, replace those of the page, and read the sentences again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import isthmus as ist
from isthmus.appraisal import Ask, appraise
from isthmus.appraisal.ranges import Span
from isthmus.leverage import Terms, compute_grips, list_instruments, make_stage
from isthmus.leverage.losses import losses_of

SCENARIOS = (
    "tripp",
    "turkey-border",
    "crossroads",
    "middle-corridor-2030",
    "cpc-outage",
    "armenia-gas-stop",
    "russia-armenia-embargo",
)
CORRIDORS = ("tripp", "turkey-border", "crossroads", "middle-corridor-2030", "trans-caspian-ferries")
SHOWN = ("ARM", "AZE", "GEO", "TUR", "KAZ", "RUS")
TARGETS = ("ARM", "AZE", "KAZ")
HORIZONS = ("long", "short")


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def headlines(world: ist.World, settings: ist.Settings) -> Iterator[str]:
    yield row("scenario", "horizon", *SHOWN, "world, USD m", "ARM with latent", "world with latent, USD m", "warnings")
    for name in SCENARIOS:
        for horizon in HORIZONS:
            result = ist.solve(world, ist.read_scenario(name), settings=settings, horizon=horizon)
            income = result.real_income
            latent = ("-", "-")
            if result.latent is not None:
                latent = (
                    f"{income.loc['ARM', 'percent_with_latent']:+.3f}",
                    f"{income['usd_m_with_latent'].sum():+,.0f}",
                )
            cells = [f"{income.loc[economy, 'percent']:+.3f}" for economy in SHOWN]
            yield row(
                f"`{name}`", horizon, *cells, f"{income['usd_m'].sum():+,.0f}", *latent, "; ".join(result.warnings)
            )
            if horizon == "long":
                for corridor in result.corridor_table.itertuples():
                    if abs(corridor.after_mt - corridor.before_mt) > 0.05:
                        yield f"    {corridor.name}: {corridor.before_mt:.2f} to {corridor.after_mt:.2f} Mt"


def parts(world: ist.World, settings: ist.Settings) -> Iterator[str]:
    yield row("target", "horizon", "all bans and transfers", "exports", "energy", "gas", "imports", "transfers")
    for target in TARGETS:
        chosen = list_instruments(world, ("RUS",), target, ("exports", "imports", "energy", "transfers"))
        sets = [
            tuple(k for k, one in enumerate(chosen) if one.kind in kinds)
            for kinds in (("exports", "imports", "energy", "transfers"), ("exports", "energy"), ("energy",))
        ]
        sets.append(tuple(k for k, one in enumerate(chosen) if one.id == "export:B06G"))
        sets += [tuple(k for k, one in enumerate(chosen) if one.kind == kind) for kind in ("imports", "transfers")]
        for horizon in HORIZONS:
            stage = make_stage(world, None, Terms(settings=settings, horizon=horizon))
            loss, _ = losses_of(stage, ("RUS",), target, chosen, None)(sets)
            yield row(target, horizon, *(f"{100 * value:.2f}" for value in loss))


def grips(world: ist.World, settings: ist.Settings) -> Iterator[str]:
    yield row("corridor", "horizon", "target", "before, %", "with it, %", "points removed", "with latent trade")
    pairs = [("RUS", target) for target in TARGETS]
    for name in CORRIDORS:
        for horizon in HORIZONS:
            terms = Terms(settings=settings, horizon=horizon)
            for grip in compute_grips(world, pairs, [ist.read_scenario(name)], terms=terms):
                latent = "-" if grip.points_removed_latent is None else f"{grip.points_removed_latent:+.3f}"
                yield row(
                    f"`{name}`",
                    horizon,
                    grip.target,
                    f"{100 * grip.before.target:.3f}",
                    f"{100 * grip.after.target:.3f}",
                    f"{grip.points_removed:+.3f}",
                    latent,
                )


def appraisals(world: ist.World, settings: ist.Settings) -> Iterator[str]:
    yield row(
        "project", "capex", "NPV", "NPV without latent trade", "IRR, %", "benefits over costs", "a year's delay", "Mt",
        "break-even Mt", "draws above 0",
    )  # fmt: skip
    for project in ("tripp-rail", "tripp-rail-full"):
        found = appraise(world, project, Ask(settings=settings))
        balance, span, irr = found.balance, found.ranges, found.balance.irr
        assert span is not None
        assert balance.bcr is not None
        yield row(
            f"`{project}`",
            f"{sum(one.usd_m or 0.0 for one in found.capex):,.0f}",
            ranged(balance.npv, span.npv, ",.0f"),
            f"{found.balance_observed.npv:,.0f}",
            f"none ({irr.why_not})" if irr.rate is None or span.irr is None else ranged(irr.rate, span.irr, ".1f", 100),
            ranged(balance.bcr, span.bcr, ".2f"),
            ranged(found.delay[1][1], span.delay, ",.0f"),
            f"{found.tonnage_mt:.2f}",
            "-" if found.break_even_mt is None else f"{found.break_even_mt:.2f}",
            f"{100 * span.positive:.0f} %",
        )


def ranged(value: float, span: Span, form: str, scale: float = 1.0) -> str:
    low, high = (format(scale * end, form) for end in (span.low, span.high))
    return f"{scale * value:{form}} ({low} to {high})"


TABLES = {"headlines": headlines, "parts": parts, "grips": grips, "appraisals": appraisals}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1, help="taste draws of routing")
    parser.add_argument("--tables", default=",".join(TABLES))
    words = parser.parse_args()
    world = ist.load_world("eurasia-2022")
    settings = ist.Settings(routing=ist.RoutingSettings(draws=words.draws))
    print(f"{world.name} sha256 {world.sha256[:12]}, network of {world.as_of}, {words.draws} taste draws")
    for name in words.tables.split(","):
        print(f"\n{name}")
        for line in TABLES[name](world, settings):
            print(line, flush=True)


if __name__ == "__main__":
    main()
