"""`isthmus leverage`: who can hurt whom, by which instruments, at what own cost."""

from __future__ import annotations

import json
from dataclasses import replace

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
from isthmus.leverage import BUDGETS, KINDS, Row, Terms
from isthmus.solve import Progress, Queues


@click.command()
@click.option("--coercer", default=None, help="Who withholds (ISO3).")
@click.option("--coalition", default=None, help="Several coercers acting as one: RUS,BLR,KAZ.")
@click.option("--target", default=None, help="From whom (ISO3).")
@click.option("--scenario", default=None, help="A measure in place: grip without and with it.")
@click.option("--corridors", is_flag=True, help="Rank every corridor of the library by leverage removed.")
@click.option("--all-targets", is_flag=True, help="One coercer against every economy.")
@click.option("--matrix", is_flag=True, help="Every coercer on every target: embargo of all trade between two.")
@click.option("--among", default=None, help="Economies of the matrix: ARM,AZE,GEO; all by default.")
@click.option("--over-time", default=None, help="Days of the network, YYYY-MM-DD,...; trade stays that of the year.")
@click.option("--budget", default=None, help="Own cost at most, 0.1% or 0.001 of real income.")
@click.option("--instruments", default=None, help=f"Kinds, separated by commas: {', '.join(KINDS)}; all by default.")
@world_options
@click.option("--horizon", type=click.Choice(["long", "short"]), default=None, help="Wins over the scenario's own.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@queues_option()
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def leverage(
    coercer: str | None,
    coalition: str | None,
    target: str | None,
    scenario: str | None,
    corridors: bool,
    all_targets: bool,
    matrix: bool,
    among: str | None,
    over_time: str | None,
    budget: str | None,
    instruments: str | None,
    world: str,
    as_of: str | None,
    horizon: str | None,
    route_draws: int,
    form: str,
    queues: Queues,
    quiet: bool,
) -> None:
    """Tell what a coercer can take from a target, and at what cost to itself.

    Losses are percent of real income. `--coercer RUS --target ARM` gives the frontier over all instruments;
    `--coercer RUS --all-targets` one joint loss for each economy; `--matrix` the embargo of every pair.
    """
    tell = progress_teller(quiet)
    own = () if budget is None else (share_of(budget, "--budget", "0.1% or 0.001 of real income"),)
    terms = Terms(
        kinds=_names(instruments) or KINDS,
        budgets=tuple(sorted({*BUDGETS, *own})),
        settings=ist.Settings(routing=ist.RoutingSettings(draws=route_draws), queues=queues),
        horizon=horizon,
        as_of=as_of,
    )
    loaded = ist.load_world(world)
    if matrix:
        _matrix(loaded, _names(among), terms, form, tell)
        return
    by = _names(coalition) or _names(coercer)
    if not by:
        raise QueryError("leverage: name --coercer or --coalition (or ask for --matrix).")
    if all_targets:
        _all_targets(loaded, by, terms, form, tell)
        return
    if target is None:
        raise QueryError("leverage: name --target, or ask for --all-targets.")
    if over_time is not None:
        _over_time(loaded, (by, target), _names(over_time), terms, form, tell)
        return
    _pair(loaded, (by, target), (scenario, corridors), terms, form, tell)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in (text or "").split(","))))


def _pair(
    world: ist.World,
    pair: tuple[tuple[str, ...], str],
    measures: tuple[str | None, bool],
    terms: Terms,
    form: str,
    tell: Progress,
) -> None:
    from isthmus.leverage import compute_grips, compute_leverage, corridors, make_stage
    from isthmus.report.leverage import print_leverage
    from isthmus.report.leverage_json import leverage_to_json

    named, all_of_them = measures
    measure = None if named is None else ist.read_scenario(named)
    stage = make_stage(world, measure, terms, tell)
    found = compute_leverage(world, *pair, scenario=measure, terms=terms, stage=stage, progress=tell)
    wanted = {s.name: s for s in (corridors() if all_of_them else ())}
    if measure is not None:
        wanted.setdefault(measure.name, measure)
        terms = replace(terms, horizon=found.horizon)
    made = {} if measure is None else {measure.name: stage}
    grips = compute_grips(world, [pair], wanted.values(), terms, made, tell) if wanted else ()
    if form == "json":
        click.echo(json.dumps(leverage_to_json(found, grips), indent=2))
    elif form == "csv":
        front = found.frontier
        emit_csv(
            [
                {"instruments": " ".join(found.instruments[k].id for k in p.members),
                 "loss_percent": 100 * p.loss, "own_cost_percent": 100 * p.cost,
                 "lost_fees_percent": 100 * found.fees_in(p)}
                for p in (*front.singles, *front.points)
            ]
        )  # fmt: skip
    else:
        print_leverage(found, grips, make_console())


def _emit_rows(rows: tuple[Row, ...], title: str, form: str) -> None:
    from isthmus.report.leverage import print_rows
    from isthmus.report.leverage_json import row_to_json

    if form == "json":
        click.echo(json.dumps({"title": title, "rows": [row_to_json(row) for row in rows]}, indent=2))
    elif form == "csv":
        emit_csv([row_to_json(row) for row in rows])
    else:
        print_rows(rows, title, make_console())


def _all_targets(world: ist.World, by: tuple[str, ...], terms: Terms, form: str, tell: Progress) -> None:
    from isthmus.leverage import compute_against_all

    if len(by) != 1:
        raise QueryError(f"--all-targets takes one coercer, not {', '.join(by)}.")
    rows = compute_against_all(world, by[0], terms, tell)
    title = f"Leverage of {by[0]} over every economy, % of real income ({world.name}, trade of {world.year}, modelled)"
    _emit_rows(rows, title, form)


def _over_time(
    world: ist.World,
    pair: tuple[tuple[str, ...], str],
    days: tuple[str, ...],
    terms: Terms,
    form: str,
    tell: Progress,
) -> None:
    from isthmus.leverage import compute_over_time

    rows = compute_over_time(world, *pair, days, terms, tell)
    title = f"Leverage by day of the network, % of real income (trade of {world.year} throughout, modelled)"
    _emit_rows(rows, title, form)


def _matrix(world: ist.World, among: tuple[str, ...], terms: Terms, form: str, tell: Progress) -> None:
    from isthmus.leverage import compute_matrix
    from isthmus.report.leverage import print_matrix
    from isthmus.report.leverage_json import matrix_rows, matrix_to_json

    found = compute_matrix(world, among or None, terms, tell)
    if form == "json":
        click.echo(json.dumps(matrix_to_json(found)))
    elif form == "csv":
        emit_csv(matrix_rows(found))
    else:
        print_matrix(found, make_console())
