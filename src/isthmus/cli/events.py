"""`isthmus events`: the dated record."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, progress_teller, told
from isthmus.errors import QueryError
from isthmus.events import Event
from isthmus.events.query import bound
from isthmus.events.record import INSTRUMENTS, KINDS, NOBODY, event_row


@click.command()
@click.argument("query", default="")
@click.option("--actor", default=None, help=f"Who acted: ISO3 codes, EUU, or {NOBODY} for nobody in particular.")
@click.option("--target", default=None, help="On whom, or toward whom.")
@click.option("--kind", default=None, help=f"{', '.join(KINDS)}.")
@click.option("--instrument", default=None, help=f"{', '.join(INSTRUMENTS)}.")
@click.option("--sector", default=None, help="For instance oil_cpc, wine, gas.")
@click.option("--from", "start", default=None, help="Not before (YYYY, YYYY-MM or YYYY-MM-DD).")
@click.option("--to", "end", default=None, help="Not after.")
@click.option("--file", type=click.Path(path_type=Path), default=None, help="A record of one's own, CSV.")
@click.option("--impact", is_flag=True, help="The modelled loss of the target of each import ban and outage.")
@click.option("--horizon", type=click.Choice(["long", "short"]), default="short", show_default=True,
              help="Of --impact.")  # fmt: skip
@click.option("--world", default="eurasia-2022", show_default=True, help="World of --impact.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--chart", type=click.Path(path_type=Path), default=None, help="SVG timeline of the events.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
def events(
    query: str,
    actor: str | None,
    target: str | None,
    kind: str | None,
    instrument: str | None,
    sector: str | None,
    start: str | None,
    end: str | None,
    file: Path | None,
    impact: bool,
    horizon: str,
    world: str,
    quiet: bool,
    chart: Path | None,
    form: str,
) -> None:
    """Print the dated record with sources and confidence, all of it or what QUERY and the options ask for."""
    from isthmus.report.events import events_to_json, print_events
    from isthmus.report.timeline import draw_timeline

    options = {"actor": actor, "target": target, "kind": kind, "instrument": instrument, "sector": sector}
    clauses = [f'{field}="{value}"' for field, value in options.items() if value]
    for field, value in (("from", start), ("to", end)):
        if value:
            bound(value, f"--{field}")
            clauses.append(f"{field}={value}")
    # Options hold for every alternative of the query.
    whole = " | ".join(" ".join([part.strip(), *clauses]).strip() for part in query.split("|"))
    record = ist.load_events(file)
    found = ist.select_events(record, whole)
    if chart is not None:
        draw_timeline(found, chart, title=whole or "All events of the record")
    if impact:
        if file is not None:
            raise QueryError("--impact: weights are known for events of the shipped record only. Drop --file.")
        _weigh(found, world, horizon, form, progress_teller(quiet))
    elif form == "json":
        click.echo(json.dumps(events_to_json(record, whole, found), indent=2, ensure_ascii=False))
    elif form == "csv":
        emit_csv([event_row(event) for event in found])
    else:
        print_events(found, make_console())


def _weigh(found: Sequence[Event], world: str, horizon: str, form: str, tell: Callable[[str], None]) -> None:
    from isthmus.report.impacts import impacts_to_json, impacts_to_rows, print_impacts

    loaded = ist.load_world(world)
    impacts = ist.compute_impacts(loaded, found, horizon=horizon, progress=tell)
    if form == "json":
        click.echo(json.dumps(impacts_to_json(impacts, loaded, horizon), indent=2, ensure_ascii=False))
    elif form == "csv":
        emit_csv(impacts_to_rows(impacts))
    else:
        print_impacts(impacts, loaded, horizon, make_console())
