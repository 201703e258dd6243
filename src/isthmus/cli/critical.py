"""`isthmus critical`: which links matter most, for whom."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, told, world_options
from isthmus.errors import QueryError, nearest


@click.command()
@world_options
@click.option("--economy", default=None, help="Only trade with an end in this economy (ISO3).")
@click.option("--kind", "kinds", default=None, help="Kinds of links to close, with commas; all. "
              "Default: crossing,chokepoint,ferry,port,terminal,pipeline,project.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 10000), default=20, show_default=True, help="Links shown.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=2, show_default=True, help="Taste draws of routing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def critical(
    world: str,
    as_of: str | None,
    economy: str | None,
    kinds: str | None,
    top: int,
    route_draws: int,
    seed: int,
    form: str,
    quiet: bool,
) -> None:
    """Rank links by what their closure would cost: extra USD and hours, tonnes left without a route."""
    from isthmus.report.criticality import print_closures, rank_rows, rank_to_json, row_to_json, screened
    from isthmus.routing import CLOSURE_KINDS, POINTS, find_base, find_criticality, list_closures

    loaded = ist.load_world(world, as_of=as_of)
    if economy is not None and economy not in loaded.economies:
        raise QueryError(f"--economy: {economy!r} is no economy of this world.{nearest(economy, loaded.economies)}")
    words = POINTS if kinds is None else [word.strip() for word in kinds.split(",")]
    closures = list_closures(loaded.network, CLOSURE_KINDS if kinds == "all" else words)
    settings = ist.RoutingSettings(seed=seed, draws=route_draws)
    base_settings = ist.RoutingSettings(seed=seed, draws=max(route_draws, ist.RoutingSettings().draws))
    base = find_base(loaded, base_settings, progress_teller(quiet))
    bar = batch_teller(f"closing {len(closures.ids):,} links", quiet)
    found = find_criticality(loaded, base, closures, settings, economy=economy, tell=bar)

    dearest = rank_rows(loaded, base, found, economy, most=top)
    stranding = rank_rows(loaded, base, found, economy, most=top, by="stranded")
    if form == "json":
        data = rank_to_json(loaded, base, found, economy=economy, draws=route_draws, most=top)
        click.echo(json.dumps(data, indent=2))
    elif form == "csv":
        emit_csv([{k: v for k, v in row_to_json(r).items() if k not in ("by_economy", "by_class")} for r in dearest])
    else:
        console = make_console()
        whose = f"trade of {economy}" if economy else "all trade"
        console.print(
            f"[bold]What closing a link would cost[/bold], {whose}, freight of {loaded.year} on the network of "
            f"{loaded.as_of} (modelled; demand and delays of the base, {route_draws} taste draws)"
        )
        print_closures(dearest, f"Dearest closures, USD m a year ({loaded.year} freight)", console)
        if stranding:
            print_closures(stranding, "Closures that leave most freight without a route", console, by="stranded")
        console.print(f"{screened(loaded, found)}.")


def batch_teller(label: str, quiet: bool) -> Callable[[int, int], None]:
    """Return what rewrites one line of progress on a terminal's standard error."""

    def tell(done: int, total: int) -> None:
        click.echo(f"\r  {label}: {done} of {total} batches", err=True, nl=done == total)

    return tell if sys.stderr.isatty() and not quiet else lambda _done, _total: None
