"""`isthmus coincide`: whether responses follow triggers more often than chance."""

from __future__ import annotations

import json
from pathlib import Path

import click

import isthmus as ist
from isthmus.cli.shared import FORMATS, emit_csv, make_console, told
from isthmus.errors import QueryError
from isthmus.events.coincidence import DIRECTIONS, Direction


@click.command()
@click.option("--trigger", default=None, help="Query for what comes first, for instance 'actor=KAZ instrument=away'.")
@click.option("--response", default=None, help="Query for what may follow.")
@click.option("--window", "windows", default="30d", show_default=True, help="Days; several: 30d,60d. The first leads.")
@click.option("--lag", default="0d", show_default=True, help="Days between a trigger and its window.")
@click.option("--from", "start", default=None, help="First day of the study period (YYYY, YYYY-MM or YYYY-MM-DD).")
@click.option("--to", "end", default=None, help="Last day of the study period.")
@click.option("--direction", type=click.Choice(DIRECTIONS), default="after", show_default=True, help="Of the window.")
@click.option("--merge", default="0d", show_default=True, help="Events of one series so near each other count once.")
@click.option("--analysis", default=None, help="A named analysis (see --list) or a file of one's own.")
@click.option("--list", "listed", is_flag=True, help="List the named analyses.")
@click.option("--file", type=click.Path(path_type=Path), default=None, help="A record of one's own, CSV.")
@click.option("--permutations", type=click.IntRange(99, 1_000_000), default=10_000, show_default=True, help="Per null.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the permutations.")
@click.option("--rows", is_flag=True, help="Print every trigger with the responses in its window.")
@click.option("--format", "form", type=FORMATS, default="table", show_default=True, help="What is printed.")
@told
def coincide(
    trigger: str | None,
    response: str | None,
    windows: str,
    lag: str,
    start: str | None,
    end: str | None,
    direction: Direction,
    merge: str,
    analysis: str | None,
    listed: bool,
    file: Path | None,
    permutations: int,
    seed: int,
    rows: bool,
    form: str,
) -> None:
    """Tell whether responses follow triggers more often than chance would have it."""
    from isthmus.report.coincidence import finding_to_json, finding_to_rows, print_finding

    if listed:
        _list(form)
        return
    record = ist.load_events(file)
    if analysis is not None:
        if trigger or response:
            raise QueryError("--analysis brings its own queries. Drop --trigger and --response.")
        _analyse(record, analysis, permutations, seed, form)
        return
    if not trigger or not response:
        raise QueryError("--trigger and --response are both needed, or --analysis NAME (see --list).")
    days = tuple(_days(part, "--window") for part in windows.split(","))
    question = ist.Question(
        trigger, response, days, _days(lag, "--lag"), direction, start, end, _days(merge, "--merge")
    )
    finding = ist.compute_coincidence(record, question, permutations=permutations, seed=seed)
    if form == "json":
        click.echo(json.dumps(finding_to_json(finding), indent=2))
    elif form == "csv":
        emit_csv(finding_to_rows(finding))
    else:
        print_finding(finding, make_console(), rows=rows)


def _days(text: str, option: str) -> int:
    number = text.strip().removesuffix("d")
    if not number.isdigit():
        raise QueryError(f"{option}: {text!r} is not a number of days. Write for instance 30d.")
    return int(number)


def _list(form: str) -> None:
    read = [ist.read_analysis(name) for name in ist.analyses()]
    entries: list[dict[str, object]] = [
        {"name": one.name, "title": one.title, "tests": len(one.tests), "about": one.about} for one in read
    ]
    if form == "json":
        click.echo(json.dumps(entries, indent=2))
    elif form == "csv":
        emit_csv(entries)
    else:
        for one in read:
            click.echo(f"{one.name}: {one.title} ({len(one.tests)} tests)")


def _analyse(record: ist.Record, name: str, permutations: int, seed: int, form: str) -> None:
    from isthmus.report.coincidence import finding_to_rows, findings_to_json, print_findings

    found = ist.compute_analysis(record, ist.read_analysis(name), permutations=permutations, seed=seed)
    if form == "json":
        click.echo(json.dumps(findings_to_json(found), indent=2))
    elif form == "csv":
        pairs = zip(found.analysis.tests, found.findings, strict=True)
        emit_csv([{"test": test.label, **row} for test, finding in pairs for row in finding_to_rows(finding)])
    else:
        print_findings(found, make_console())
