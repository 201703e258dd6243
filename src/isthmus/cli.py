"""The commands. They call the public functions and add no model.

Exit codes: 0 done, 1 the model has no answer (said why), 2 bad input (says where), 130 interrupted.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click
from rich.console import Console
from rich.table import Table

import isthmus as ist
from isthmus.errors import InputError, IsthmusError, NoRoute

P = ParamSpec("P")

_FORMATS = click.Choice(["table", "json", "csv"])


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn an error into one message on standard error and an exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except IsthmusError as error:
            click.echo(f"isthmus: {error}", err=True)
            sys.exit(2 if isinstance(error, InputError) else 1)
        except OSError as error:
            click.echo(f"isthmus: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("isthmus: interrupted; nothing was half-written", err=True)
            sys.exit(130)

    return run


def _world_options(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--as-of", default=None, help="State of the network on this day (YYYY-MM-DD).")(command)
    return click.option("--world", default="eurasia-2022", show_default=True, help="Shipped world or a folder.")(
        command
    )


def _progress(quiet: bool) -> Callable[[str], None]:
    """Return what tells progress: lines on a terminal's standard error, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda line: click.echo(f"  {line} ...", err=True)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 150)


def _emit_csv(rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    click.echo(text.getvalue(), nl=False)


@click.group()
@click.version_option(ist.__version__, prog_name="isthmus")
def main() -> None:
    """Tell what changes when a trade link opens or closes, and who holds leverage over whom."""


@main.command()
@click.argument("scenario")
@_world_options
@click.option("--horizon", type=click.Choice(["long"]), default=None, help="Wins over the scenario's own.")
@click.option("--format", "form", type=_FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for manifest, summary and tables.")
@click.option("--map", "map_file", type=click.Path(path_type=Path), default=None, help="SVG map of the freight.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the taste draws.")
@click.option("--route-draws", type=click.IntRange(1, 64), default=4, show_default=True, help="Taste draws of routing.")
@click.option("--openness", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Latent trade set free.")
@click.option("--quiet", is_flag=True, help="No progress.")
@_told
def run(
    scenario: str,
    world: str,
    as_of: str | None,
    horizon: str | None,
    form: str,
    out: Path | None,
    map_file: Path | None,
    seed: int,
    route_draws: int,
    openness: float,
    quiet: bool,
) -> None:
    """Solve SCENARIO, a name of the library or a TOML file."""
    from isthmus.report import draw_flow_map, print_result, result_to_json, write_run

    tell = _progress(quiet)
    tell("loading")
    loaded = ist.load_world(world)
    settings = ist.Settings(routing=ist.RoutingSettings(seed=seed, draws=route_draws), openness=openness)
    result = ist.solve(
        loaded, ist.read_scenario(scenario), settings=settings, horizon=horizon, as_of=as_of, progress=tell
    )
    if out is not None:
        about: dict[str, object] = {"seed": seed, "route_draws": route_draws, "openness": openness}
        about["world_sha256"] = loaded.sha256
        write_run(result, out, about)
    if map_file is not None:
        draw_flow_map(loaded, result, map_file)
    if form == "json":
        click.echo(json.dumps(result_to_json(result), indent=2))
    elif form == "csv":
        _emit_csv([{str(k): v for k, v in row.items()} for row in result.real_income.reset_index().to_dict("records")])
    else:
        print_result(result, _console())


@main.command()
@click.argument("name", required=False)
@click.option("--format", "form", type=_FORMATS, default="table", show_default=True, help="What is printed.")
@_told
def scenarios(name: str | None, form: str) -> None:
    """List the library of scenarios, or tell the story of one."""
    chosen = [ist.read_scenario(entry) for entry in ([name] if name else ist.library())]
    rows: list[dict[str, object]] = [
        {"name": s.name, "title": s.title, "changes": len(s.changes), "source": s.source, "story": s.story}
        for s in chosen
    ]
    if form == "json":
        click.echo(json.dumps(rows, indent=2))
    elif form == "csv":
        _emit_csv(rows)
    elif name:
        console = _console()
        console.print(f"[bold]{chosen[0].title}[/bold]\n{chosen[0].story}\nSource: {chosen[0].source}")
        for change in chosen[0].changes:
            console.print(f"  {change}")
    else:
        table = Table("name", "title", "changes", title="Scenarios", title_justify="left")
        for s in chosen:
            table.add_row(s.name, s.title, str(len(s.changes)))
        _console().print(table)


@main.command()
@click.argument("file")
@_world_options
@click.option("--format", "form", type=_FORMATS, default="table", show_default=True, help="What is printed.")
@_told
def check(file: str, world: str, as_of: str | None, form: str) -> None:
    """Check scenario FILE against a world and print what each change alters, before and after."""
    scenario = ist.read_scenario(file)
    applied = ist.apply_scenario(ist.load_world(world, as_of=as_of or scenario.as_of), scenario)
    rows: list[dict[str, object]] = [
        {"change": e.change, "kind": e.kind, "what": e.what, "before": e.before, "after": e.after}
        for e in applied.effects
    ]
    if form == "json":
        click.echo(
            json.dumps({"scenario": scenario.name, "effects": rows, "warnings": list(applied.warnings)}, indent=2)
        )
    elif form == "csv":
        _emit_csv(rows)
    else:
        table = Table("change", "kind", "what", "before", "after", title=scenario.title, title_justify="left")
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console = _console()
        console.print(table)
        for text in applied.warnings:
            console.print(f"[yellow]Warning:[/yellow] {text}")


@main.command()
@click.argument("origin")
@click.argument("destination")
@_world_options
@click.option("--class", "klass", default="general", show_default=True, help="Freight class.")
@click.option("--scenario", default=None, help="Routes after this scenario.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="What is printed.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 50), default=5, show_default=True, help="Alternatives shown.")
@_told
def routes(
    origin: str,
    destination: str,
    world: str,
    as_of: str | None,
    klass: str,
    scenario: str | None,
    form: str,
    most: int,
) -> None:
    """Show alternative routes from ORIGIN to DESTINATION: zones, places or economies."""
    from isthmus.report.routes import print_routes, routes_to_json
    from isthmus.routing import class_named, find_routes, find_zone, lay_routing

    day = as_of or (ist.read_scenario(scenario).as_of if scenario else None)
    loaded = ist.load_world(world, as_of=day)
    if scenario is not None:
        loaded = ist.apply_scenario(loaded, ist.read_scenario(scenario)).world
    ends = [find_zone(loaded.network, loaded.economies, word) for word in (origin, destination)]
    w = class_named(klass)
    routing = lay_routing(loaded, ist.RoutingSettings())
    try:
        found = find_routes(routing, ends[0], ends[1], w, most=most)
    except NoRoute as error:
        if form == "json":
            click.echo(json.dumps({"routes": [], "cut": list(error.cut), "why_not": str(error)}, indent=2))
            sys.exit(1)
        raise
    names = [loaded.network.zones.ids[z] for z in ends]
    if form == "json":
        click.echo(json.dumps(routes_to_json(found, names, klass, loaded.as_of), indent=2))
    else:
        print_routes(found, names, klass, loaded.as_of, _console())


@main.group("world")
def world_group() -> None:
    """Show or check a world."""


@world_group.command("show")
@click.argument("economy", required=False)
@_world_options
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
              help="What is printed.")  # fmt: skip
@_told
def world_show(economy: str | None, world: str, as_of: str | None, form: str) -> None:
    """Show a world, or totals, partners and sectors of ECONOMY."""
    from isthmus.report import economy_profile, print_profile
    from isthmus.report.worlds import print_world

    loaded = ist.load_world(world, as_of=as_of)
    if economy is None:
        if form == "json":
            click.echo(json.dumps({"world": loaded.name, "year": loaded.year, "economies": list(loaded.economies)}))
        else:
            print_world(loaded, _console())
        return
    profile = economy_profile(loaded, economy)
    if form == "json":
        about = {field: getattr(profile, field) for field in profile.__slots__}
        click.echo(json.dumps({"year": loaded.year, **about}, indent=2))
    else:
        print_profile(loaded, profile, _console())


@world_group.command("check")
@_world_options
@_told
def world_check(world: str, as_of: str | None) -> None:
    """Run all checks of a world, one line each."""
    from isthmus.world import run_checks

    lines = run_checks(ist.load_world(world, as_of=as_of))
    for line in lines:
        click.echo(f"{'ok  ' if line.holds else 'FAIL'}  {line.name}: {line.detail}")
    if not all(line.holds for line in lines):
        sys.exit(2)


@main.group("data")
def data_group() -> None:
    """Build the embedded world."""


@data_group.command("build")
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="World folder to write; the shipped eurasia-2022 by default.")  # fmt: skip
@click.option("--icio", type=click.Path(path_type=Path, exists=True), default=None,
              help="Official OECD ICIO CSV in place of the packaged extract.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@_told
def data_build(out: Path | None, icio: Path | None, quiet: bool) -> None:
    """Build eurasia-2022 from packages and our own tables (needs the extra `build`)."""
    from isthmus.build.main import build_world
    from isthmus.world.load import worlds_folder

    folder = out or worlds_folder() / "eurasia-2022"
    tell = (lambda _: None) if quiet else (lambda line: click.echo(line, err=True))
    for name, digest in build_world(folder, tell, icio=icio).items():
        click.echo(f"{digest}  {name}")


if __name__ == "__main__":
    main()
