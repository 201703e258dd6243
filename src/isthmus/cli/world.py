"""`isthmus world show|check|import`: what a world holds, and worlds of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, told, world_options


@click.group("world")
def world_group() -> None:
    """Show, check or import a world."""


@world_group.command("show")
@click.argument("economy", required=False)
@world_options
@click.option("--elasticities", is_flag=True, help="Trade elasticities of both horizons, with ranges and sources.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
def world_show(economy: str | None, world: str, as_of: str | None, elasticities: bool, form: str) -> None:
    """Show a world, or totals, partners and sectors of ECONOMY, or trade elasticities."""
    from isthmus.report import economy_profile, print_profile
    from isthmus.report.worlds import print_world, profile_rows

    loaded = ist.load_world(world, as_of=as_of)
    if elasticities:
        _show_elasticities(loaded, form)
        return
    if economy is None:
        if form == "json":
            click.echo(json.dumps({"world": loaded.name, "year": loaded.year, "economies": list(loaded.economies)}))
        elif form == "csv":
            names = zip(loaded.economies, loaded.economy_names, strict=True)
            emit_csv([{"economy": code, "name": name} for code, name in names])
        else:
            print_world(loaded, make_console())
        return
    profile = economy_profile(loaded, economy)
    if form == "json":
        about = {field: getattr(profile, field) for field in profile.__slots__}
        click.echo(json.dumps({"year": loaded.year, **about}, indent=2))
    elif form == "csv":
        emit_csv(profile_rows(profile))
    else:
        print_profile(loaded, profile, make_console())


def _show_elasticities(world: ist.World, form: str) -> None:
    from isthmus.report.elasticities import elasticity_rows, print_elasticities

    rows = elasticity_rows(world)
    if form == "json":
        click.echo(json.dumps({"world": world.name, "sectors": rows}, indent=2))
    elif form == "csv":
        emit_csv(rows)
    else:
        print_elasticities(world, make_console())


@world_group.command("check")
@world_options
@told
def world_check(world: str, as_of: str | None) -> None:
    """Run all checks of a world, one line each."""
    from isthmus.world import run_checks

    lines = run_checks(ist.load_world(world, as_of=as_of))
    for line in lines:
        click.echo(f"{'ok  ' if line.holds else 'FAIL'}  {line.name}: {line.detail}")
    if not all(line.holds for line in lines):
        sys.exit(2)


@world_group.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="World folder to write.")
@click.option("--year", type=int, required=True, help="Reference year of the trade.")
@click.option("--name", default=None, help="Name of the world; that of the folder by default.")
@click.option("--as-of", default=None, help="Day of the network (YYYY-MM-DD); the year's end by default.")
@click.option("--usd-million", type=float, default=1.0, show_default=True, help="USD million in one unit of SOURCE.")
@told
def world_import(source: Path, out: Path, year: int, name: str | None, as_of: str | None, usd_million: float) -> None:
    """Write a world folder from SOURCE: an ICIO file, a pymrio folder, or a folder of small CSV files."""
    from isthmus.world.intake import About, import_mrio, import_small, read_icio, read_pymrio

    about = About(name or out.name, year, as_of or f"{year}-12-31", source.name)
    notes: tuple[str, ...] = ()
    if (source / "trade.csv").is_file():
        import_small(source, out, about)
    else:
        table = read_icio(source, year=year) if source.is_file() else read_pymrio(source, year=year)
        _, notes = import_mrio(table.scale(usd_million), out, about)
    loaded = ist.load_world(out)
    click.echo(f"{out}: {len(loaded.economies)} economies, {len(loaded.sectors.codes)} sectors, trade of {year}")
    for note in notes:
        click.echo(f"  mended: {note}")


@world_group.command("export")
@world_options
@click.option("--format", "form", type=click.Choice(["gmns", "geoparquet"]), required=True,
              help="GMNS: node, link, zone, config CSV; GeoParquet: nodes, links, zones.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write.")
@told
def world_export(world: str, as_of: str | None, form: str, out: Path) -> None:
    """Write the network of a day for other tools."""
    from isthmus.report.export import write_geoparquet, write_gmns

    loaded = ist.load_world(world, as_of=as_of)
    for path in (write_gmns if form == "gmns" else write_geoparquet)(loaded, out):
        click.echo(f"wrote {path}")
