"""`isthmus scenarios` and `isthmus check`: the library, and what a file alters."""

from __future__ import annotations

import json

import click
from rich.table import Table

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, told, world_options


@click.command()
@click.argument("name", required=False)
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
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


@click.command()
@click.argument("file")
@world_options
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
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
        emit_csv(rows)
    else:
        table = Table("change", "kind", "what", "before", "after", title=scenario.title, title_justify="left")
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        console = make_console()
        console.print(table)
        for text in applied.warnings:
            console.print(f"[yellow]Warning:[/yellow] {text}")
