"""`isthmus events`: the dated record."""

from __future__ import annotations

import json
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, told
from isthmus.events.query import bound
from isthmus.events.record import INSTRUMENTS, KINDS, event_row


@click.command()
@click.argument("query", default="")
@click.option("--actor", default=None, help="Who acted: ISO3 codes, EUU, or XXX for nobody in particular.")
@click.option("--target", default=None, help="On whom, or toward whom.")
@click.option("--kind", default=None, help=f"{', '.join(KINDS)}.")
@click.option("--instrument", default=None, help=f"{', '.join(INSTRUMENTS)}.")
@click.option("--sector", default=None, help="For instance oil_cpc, wine, gas.")
@click.option("--from", "start", default=None, help="Not before (YYYY, YYYY-MM or YYYY-MM-DD).")
@click.option("--to", "end", default=None, help="Not after.")
@click.option("--file", type=click.Path(path_type=Path), default=None, help="A record of one's own, CSV.")
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
    if form == "json":
        click.echo(json.dumps(events_to_json(record, whole, found), indent=2, ensure_ascii=False))
    elif form == "csv":
        emit_csv([event_row(event) for event in found])
    else:
        print_events(found, make_console())
