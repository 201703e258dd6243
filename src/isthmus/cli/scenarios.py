"""`isthmus scenarios` and `isthmus check`: the library, the episodes, and what a file alters."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.table import Table

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, told, world_options
from isthmus.scenario import Scenario, all_episodes, read_episode
from isthmus.scenario.episodes import find_episode


def find_scenario(name: str) -> Scenario:
    """Return a scenario by its name in the library, its file, or the id of an episode."""
    return read_episode(name) if name in {episode.id for episode in all_episodes()} else ist.read_scenario(name)


@click.command()
@click.argument("name", required=False)
@click.option("--episodes", "show_episodes", is_flag=True, help="Replay episodes of coercion (NAME: one, by its id).")
@click.option("--routed", is_flag=True, help="With --episodes: solve those that touch the network too.")
@click.option("--horizon", type=click.Choice(["long", "short"]), default="short", show_default=True,
              help="Of the replayed episodes.")  # fmt: skip
@click.option("--world", default="eurasia-2022", show_default=True, help="World of the replayed episodes.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@click.option("--quiet", is_flag=True, help="No progress.")
@told
def scenarios(
    name: str | None, show_episodes: bool, routed: bool, horizon: str, world: str, form: str, quiet: bool
) -> None:
    """List the library of scenarios, or tell the story of one; or replay episodes of coercion."""
    if show_episodes:
        _show_episodes(name, world=world, horizon=horizon, routed=routed, form=form, quiet=quiet)
        return
    chosen = [find_scenario(entry) for entry in ([name] if name else ist.library())]
    rows: list[dict[str, object]] = [
        {"name": s.name, "title": s.title, "changes": len(s.changes), "source": s.source, "story": s.story}
        for s in chosen
    ]
    if form == "json":
        click.echo(json.dumps(rows, indent=2))
    elif form == "csv":
        emit_csv(rows)
    elif name:
        console = make_console()
        console.print(f"[bold]{chosen[0].title}[/bold]\n{chosen[0].story}\nSource: {chosen[0].source}")
        for change in chosen[0].changes:
            console.print(f"  {change}")
    else:
        table = Table("name", "title", "changes", title="Scenarios", title_justify="left")
        for s in chosen:
            table.add_row(s.name, s.title, str(len(s.changes)))
        make_console().print(table)


def _show_episodes(name: str | None, *, world: str, horizon: str, routed: bool, form: str, quiet: bool) -> None:
    from isthmus.report.episodes import episode_rows, flat_rows, print_episodes

    chosen = [find_episode(name)] if name else list(all_episodes())
    rows = episode_rows(ist.load_world(world), chosen, horizon=horizon, routed=routed, tell=progress_teller(quiet))
    if form == "json":
        click.echo(json.dumps(rows, indent=2))
    elif form == "csv":
        emit_csv(flat_rows(rows))
    else:
        print_episodes(rows, horizon, make_console())


@click.command()
@click.argument("file")
@world_options
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
def check(file: str, world: str, as_of: str | None, form: str) -> None:
    """Check scenario FILE against a world and print what each change alters, before and after, in order."""
    from isthmus.report.check import check_to_json

    scenario = find_scenario(file)
    loaded = ist.load_world(world, as_of=as_of or scenario.as_of)
    applied = ist.apply_scenario(loaded, scenario)
    rows: list[dict[str, object]] = [dict(asdict(effect)) for effect in applied.effects]
    if form == "json":
        click.echo(json.dumps(check_to_json(scenario, loaded, applied), indent=2))
    elif form == "csv":
        emit_csv(rows)
    else:
        title = f"{scenario.title} (horizon {scenario.horizon}, network of {loaded.as_of}; changes in order)"
        table = Table("change", "kind", "what", "before", "after", title=title, title_justify="left")
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console = make_console()
        console.print(table)
        for text in applied.warnings:
            console.print(f"[yellow]Warning:[/yellow] {text}")
