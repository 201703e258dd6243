"""`isthmus appraise`: what a corridor is worth, and to whom."""

from __future__ import annotations

import json

import click

import isthmus as ist
from isthmus.cli.shared import (
    FORMATS,
    emit_csv,
    make_console,
    progress_teller,
    queues_option,
    share_of,
    told,
    world_options,
)
from isthmus.errors import QueryError
from isthmus.solve import Queues


@click.command()
@click.argument("project")
@world_options
@click.option("--discount", default="8%", show_default=True, help="Real rate a year: 8% or 0.08.")
@click.option("--open", "opening", type=int, default=2030, show_default=True, help="First year of benefits.")
@click.option("--delay", type=click.IntRange(0, 30), default=5, show_default=True, help="Longest delay told, years.")
@click.option("--years", type=click.IntRange(1, 100), default=30, show_default=True, help="Years of benefits.")
@click.option("--points", default=None, help="Demand years that are solved; the world's year and 2040 by default.")
@click.option("--with", "beside", default=None, help="A scenario to tell complementarity with.")
@click.option("--draws", type=click.IntRange(0, 4096), default=256, show_default=True, help="Of the ranges; 0: none.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws.")
@click.option("--horizon", type=click.Choice(["long", "short"]), default="long", show_default=True,
              help="Of the solved years.")  # fmt: skip
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@queues_option()
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def appraise(
    project: str,
    world: str,
    as_of: str | None,
    discount: str,
    opening: int,
    delay: int,
    years: int,
    points: str | None,
    beside: str | None,
    draws: int,
    seed: int,
    horizon: str,
    route_draws: int,
    form: str,
    queues: Queues,
    quiet: bool,
) -> None:
    """Appraise PROJECT: NPV, IRR, benefits over costs, cost of delay, break-even freight, gains by economy."""
    from isthmus.appraisal import Ask, appraise
    from isthmus.report.appraisal import appraisal_to_json, print_appraisal

    tell = progress_teller(quiet)
    ask = Ask(
        opening=opening,
        years=years,
        discount=share_of(discount, "--discount", "8% or 0.08"),
        delays=delay,
        points=_years(points),
        draws=draws,
        seed=seed,
        horizon=horizon,
        as_of=as_of,
        settings=ist.Settings(routing=ist.RoutingSettings(draws=route_draws), queues=queues),
    )
    measure = None if beside is None else ist.read_scenario(beside)
    found = appraise(ist.load_world(world), project, ask, beside=measure, progress=tell)
    if form == "json":
        click.echo(json.dumps(appraisal_to_json(found), indent=2))
    elif form == "csv":
        balance = found.balance
        emit_csv(
            [
                {"year": year, "benefit_usd_m": b, "capex_usd_m": c, "upkeep_usd_m": u, "net_usd_m": n}
                for year, b, c, u, n in zip(
                    found.plan.calendar, balance.benefit, balance.capex, balance.upkeep, balance.net, strict=True
                )
            ]
        )
    else:
        print_appraisal(found, make_console())


def _years(text: str | None) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(word) for word in (text or "").split(",") if word.strip()}))
    except ValueError:
        raise QueryError(f"--points: {text!r} are no years. Write 2022,2040.") from None
