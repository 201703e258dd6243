"""`isthmus critical`: which links matter most, for whom."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, queues_option, told, world_options
from isthmus.errors import QueryError, nearest
from isthmus.solve import Queues

if TYPE_CHECKING:
    from isthmus.report.criticality import ClosureRow
    from isthmus.routing import Base, Closures, Criticality


@dataclass(frozen=True)
class _Query:
    """What the options ask for."""

    world: ist.World
    economy: str | None
    settings: ist.RoutingSettings
    base: Base
    quiet: bool

    def compute(self, closures: Closures, order: int) -> Criticality:
        """Return what the closures cost."""
        from isthmus.routing import find_criticality

        count = len(closures.ids)
        label = f"closing {count:,} links" if order == 1 else f"closing {count * (count - 1) // 2:,} pairs of links"
        tell = batch_teller(label, self.quiet)
        return find_criticality(
            self.world,
            self.base,
            closures,
            self.settings,
            order=2 if order == 2 else 1,
            economy=self.economy,
            tell=tell,
        )


@click.command()
@world_options
@click.option("--economy", default=None, help="Only trade with an end in this economy (ISO3).")
@click.option("--order", type=click.IntRange(1, 2), default=1, show_default=True, help="Links closed at a time.")
@click.option("--kind", "kinds", default=None, help="Kinds of links to close, with commas; all. "
              "Default: crossing,chokepoint,ferry,port,terminal,pipeline,project.")  # fmt: skip
@click.option("--links", default=None, help="Only these links, ids with commas.")
@click.option("--among", type=click.IntRange(2, 2000), default=30, show_default=True,
              help="With --order 2: pairs of this many links, the dearest alone.")  # fmt: skip
@click.option("--metric", type=click.Choice(["cost", "income"]), default="cost", show_default=True,
              help="Rank by freight cost, or the dearest by real income with trade's answer.")  # fmt: skip
@click.option("--top", type=click.IntRange(1, 10000), default=20, show_default=True, help="Links shown.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=2, show_default=True, help="Taste draws of routing.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@queues_option("held", ("held", "off"))
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def critical(
    world: str,
    as_of: str | None,
    economy: str | None,
    order: int,
    kinds: str | None,
    links: str | None,
    among: int,
    metric: str,
    top: int,
    route_draws: int,
    seed: int,
    form: str,
    queues: Queues,
    quiet: bool,
) -> None:
    """Rank links by what their closure would cost: extra USD and hours, tonnes left without a route."""
    from isthmus.report.criticality import rank_rows
    from isthmus.routing import find_base

    loaded = ist.load_world(world, as_of=as_of)
    if economy is not None and economy not in loaded.economies:
        raise QueryError(f"--economy: {economy!r} is no economy of this world.{nearest(economy, loaded.economies)}")
    closures = choose(loaded, kinds, links)
    settings = ist.RoutingSettings(seed=seed, draws=route_draws, congestion=queues != "off")
    fit = replace(settings, draws=max(route_draws, ist.RoutingSettings().draws))
    base = find_base(loaded, fit, progress_teller(quiet))
    query = _Query(loaded, economy, settings, base, quiet)
    found, said = settle(query, closures, order, among if links is None else len(closures.ids))
    dearest, stranding = (rank_rows(loaded, base, found, economy, most=top, by=by) for by in ("cost", "stranded"))
    if order == 2:
        alone = query.compute(found.closures, 1)
        dearest, stranding = (beyond_sum(rows, alone, economy) for rows in (dearest, stranding))
    if metric == "income":
        dearest = by_income(query, found, dearest)
    about: dict[str, object] = {
        "economy": economy, "metric": metric, "order": order, "route_draws": route_draws, "screened": said,
    }  # fmt: skip
    show(form, loaded, dearest, stranding, about)


def choose(world: ist.World, kinds: str | None, links: str | None) -> Closures:
    """Return what is to be closed."""
    from isthmus.routing import CLOSURE_KINDS, POINTS, find_closures, list_closures, pick_closures

    if links is not None:
        every = list_closures(world.network, CLOSURE_KINDS)
        return pick_closures(every, find_closures(every, [word.strip() for word in links.split(",")]))
    words = POINTS if kinds is None else [word.strip() for word in kinds.split(",")]
    return list_closures(world.network, CLOSURE_KINDS if kinds == "all" else words)


def settle(query: _Query, closures: Closures, order: int, among: int) -> tuple[Criticality, str]:
    """Return the closures' costs, and what was screened out on the way."""
    from isthmus.report.criticality import rank_closures, screened
    from isthmus.routing import pick_closures

    paired = ""
    if order == 2 and len(closures.ids) > among:
        alone = query.compute(closures, 1)
        chosen = rank_closures(alone, query.economy, most=among)
        paired = f"; of {len(closures.ids):,} links the {len(chosen)} that cost most alone are paired"
        closures = pick_closures(closures, chosen)
    found = query.compute(closures, order)
    return found, screened(query.world, found) + paired


def beyond_sum(rows: list[ClosureRow], alone: Criticality, economy: str | None) -> list[ClosureRow]:
    """Return rows of pairs with what the two links cost together above each alone."""
    cost = alone.of(economy)[:, :, 0].sum(axis=0) / 1e6
    single = {alone.label(row, "ids"): float(cost[row]) for row in range(len(alone.sets))}
    return [
        replace(row, beyond_sum_usd_m=row.extra_cost_usd_m - sum(single[word] for word in row.id.split(" + ")))
        for row in rows
    ]


def by_income(query: _Query, found: Criticality, rows: list[ClosureRow]) -> list[ClosureRow]:
    """Return rows with the change of real income, the largest loss first."""
    from isthmus.result import Result
    from isthmus.solve import solve_closures

    network, at = query.world.network, {name: c for c, name in enumerate(found.closures.ids)}

    def links(row: ClosureRow) -> tuple[str, ...]:
        members = [at[word] for word in row.id.split(" + ")]
        return tuple(network.link_ids[i] for c in members for i in found.closures.links(c))

    settings = ist.Settings(routing=replace(query.settings, draws=max(query.settings.draws, 4)), queues="held")
    groups = [(row.id, links(row)) for row in rows]
    solved = solve_closures(query.world, groups, settings, progress_teller(query.quiet))
    out = []
    for row in rows:
        result = solved[row.id]
        if isinstance(result, Result):
            whom = slice(None) if query.economy is None else [result.economies.index(query.economy)]
            income = result.income_usd_m[whom]
            usd = float((income * (result.real_income_change[whom] - 1.0)).sum())
            out.append(replace(row, real_income_usd_m=usd, real_income_percent=100 * usd / float(income.sum())))
        else:
            out.append(replace(row, no_answer=result))
    return sorted(out, key=lambda row: row.real_income_usd_m if row.real_income_usd_m is not None else -float("inf"))


def show(
    form: str, world: ist.World, dearest: list[ClosureRow], stranding: list[ClosureRow], about: dict[str, object]
) -> None:
    """Print the rankings."""
    from isthmus.report.criticality import print_closures, ranking_to_json, row_to_json

    if form == "json":
        click.echo(json.dumps(ranking_to_json(world, dearest, stranding, about), indent=2))
        return
    if form == "csv":
        emit_csv([{k: v for k, v in row_to_json(r).items() if k not in ("by_economy", "by_class")} for r in dearest])
        return
    console = make_console()
    whose = f"trade of {about['economy']}" if about["economy"] else "all trade"
    console.print(
        f"[bold]What closing links would cost[/bold], {whose}, freight of {world.year} on the network of "
        f"{world.as_of} (modelled; demand and delays of the base, {about['route_draws']} taste draws)"
    )
    print_closures(dearest, f"Dearest closures, USD m a year ({world.year} freight)", console)
    print_closures(stranding, "Closures that leave most freight without a route", console, by="stranded")
    console.print(f"{about['screened']}.")


def batch_teller(label: str, quiet: bool) -> Callable[[int, int], None]:
    """Return what rewrites one line of progress on a terminal's standard error."""

    def tell(done: int, total: int) -> None:
        click.echo(f"\r  {label}: {done} of {total} batches", err=True, nl=done == total)

    return tell if sys.stderr.isatty() and not quiet else lambda _done, _total: None
