"""`isthmus dependence`: what an economy needs of whom, and where critical minerals can go."""

from __future__ import annotations

import json

import click

import isthmus as ist
from isthmus.cli.scenarios import find_scenario
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, told, world_options


@click.command()
@click.argument("economy", required=False)
@click.option("--on", default=None, help="Partner or group; all if left out.")
@click.option("--minerals", is_flag=True, help="Critical minerals: who mines, how they leave, what can reach a buyer.")
@click.option("--buyer", default="EUU", show_default=True, help="With --minerals: economy or group that buys.")
@click.option("--avoid", default="RUS", show_default=True, help="With --minerals: territories, separated by commas.")
@click.option("--mineral", multiple=True, help="With --minerals: only this one (repeatable).")
@click.option("--scenario", default=None, help="With --minerals: what can reach the buyer after it, too.")
@click.option("--free-room", is_flag=True, help="With --minerals: count the room that today's freight leaves.")
@world_options
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def dependence(
    economy: str | None,
    on: str | None,
    minerals: bool,
    buyer: str,
    avoid: str,
    mineral: tuple[str, ...],
    scenario: str | None,
    free_room: bool,
    world: str,
    as_of: str | None,
    form: str,
    quiet: bool,
) -> None:
    """Show what ECONOMY depends on: reported figures with their documents, the model's own beside them."""
    if minerals == (economy is not None):
        raise click.UsageError("Name an ECONOMY, for instance ARM, or give --minerals: one of the two.")
    if economy is not None:
        _show_profile(ist.load_world(world, as_of=as_of), economy, on, form)
        return
    from isthmus.leverage.minerals import mineral_access
    from isthmus.report.dependence import minerals_to_rows, print_minerals
    from isthmus.routing import find_base

    change = None if scenario is None else find_scenario(scenario)
    loaded = ist.load_world(world, as_of=as_of or (change.as_of if change else None))
    avoided = tuple(name.strip() for name in avoid.split(",") if name.strip())
    used = None
    if free_room:
        base = find_base(loaded, ist.RoutingSettings(), progress_teller(quiet))
        used = base.freight.flow.sum(axis=(0, 2)) / 1e6
    after = None if change is None else ist.apply_scenario(loaded, change).world
    rows = mineral_access(loaded, buyer=buyer, avoid=avoided, minerals=mineral, after=after, used_mt=used)
    if form == "json":
        about = {
            "buyer": buyer,
            "avoid": list(avoided),
            "scenario": scenario,
            "world": loaded.name,
            "as_of": loaded.as_of,
            "free_room": free_room,
        }
        click.echo(json.dumps({**about, "minerals": minerals_to_rows(rows)}, indent=2))
    elif form == "csv":
        emit_csv([_flat(row) for row in minerals_to_rows(rows)])
    else:
        print_minerals(rows, buyer, ", ".join(avoided) or "nothing", scenario, make_console())


def _flat(row: dict[str, object]) -> dict[str, object]:
    return {key: "-".join(value) if isinstance(value, list) else value for key, value in row.items()}


def _show_profile(world: ist.World, economy: str, on: str | None, form: str) -> None:
    from isthmus.leverage.dependence import dependence_profile
    from isthmus.report.dependence import dependence_to_rows, print_dependence, profile_to_json

    profile = dependence_profile(world, economy, on)
    if form == "json":
        click.echo(json.dumps(profile_to_json(world, economy, on, profile), indent=2))
    elif form == "csv":
        emit_csv(dependence_to_rows(profile))
    else:
        print_dependence(profile, economy, make_console())
