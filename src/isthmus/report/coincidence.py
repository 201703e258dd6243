"""Answers of event coincidence analysis, as tables, JSON and CSV rows."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isthmus.events import Finding, Findings
from isthmus.events.coincidence import Question, Rate
from isthmus.events.matching import Match, match_rows
from isthmus.events.nulls import NULLS, Null
from isthmus.events.record import Event
from isthmus.events.sensitivity import Variant
from isthmus.events.verdict import CAUTION

Json = dict[str, object]

#: Heads of the columns of permutation p-values: dates even over the period, shifted together, in their year, in season.
_HEADS: dict[Null, str] = {
    "uniform": "p even",
    "circular_shift": "p shift",
    "within_year": "p year",
    "seasonal": "p season",
}


def finding_to_json(finding: Finding) -> Json:
    """Return an answer in the form of `schema/coincide.json`."""
    found = finding.answer
    return {
        "question": question_to_json(found.question),
        "period": {"from": str(found.period.first), "to": str(found.period.last), "days": found.period.days},
        "n_trigger": len(found.triggers),
        "n_response": len(found.responses),
        "permutations": found.permutations,
        "seed": found.seed,
        "windows": [
            {"days": window.days, **rate_to_json(window.trigger), "precursor": rate_to_json(window.precursor)}
            for window in found.windows
        ],
        "variants": [variant_to_json(variant) for variant in finding.variants],
        "years": [variant_to_json(variant) for variant in finding.years],
        "influential_year": finding.influential.year if finding.influential else None,
        "matches": [_match_to_json(match) for match in match_rows(found, found.question.windows[0])],
        "unsourced": sorted(event.id for event in _rows(finding) if not event.sourced),
        "verdict": finding.verdict,
        "power": finding.power,
        "warnings": list(finding.warnings),
        "caution": CAUTION,
    }


def findings_to_json(all_found: Findings) -> Json:
    """Return the answers of a named analysis in the form of `schema/coincide_analysis.json`."""
    analysis, pooled = all_found.analysis, all_found.pooled
    return {
        "analysis": analysis.name,
        "title": analysis.title,
        "about": analysis.about,
        "tests": [
            {"label": test.label, "note": test.note, "p_family": p, **finding_to_json(finding), "verdict": verdict}
            for test, finding, p, verdict in zip(
                analysis.tests, all_found.findings, all_found.p_family, all_found.verdicts, strict=True
            )
        ],
        "pooled": None
        if pooled is None
        else {
            "windows": [
                {"days": days, **rate_to_json(rate)} for days, rate in zip(pooled.windows, pooled.rates, strict=True)
            ],
            "variants": [variant_to_json(variant) for variant in pooled.variants],
            "verdict": pooled.verdict,
        },
        "caution": CAUTION,
    }


def question_to_json(question: Question) -> Json:
    """Return a question with the names of the command's options."""
    return {
        "trigger": question.trigger,
        "response": question.response,
        "window": list(question.windows),
        "lag": question.lag,
        "direction": question.direction,
        "from": question.start,
        "to": question.end,
        "merge": question.merge_days,
    }


def rate_to_json(rate: Rate) -> Json:
    """Return a rate; a null that does not apply to the period is null."""
    return {
        "events": rate.events,
        "others": rate.others,
        "hits": {"value": rate.hits, "low": rate.hits_certain, "high": rate.hits_possible},
        "rate": rate.rate,
        "interval": {"low": rate.low, "high": rate.high},
        "base_rate": rate.base_rate,
        "chance_rate": {null: rate.chance_rate.get(null) for null in NULLS},
        "p_poisson": rate.p_poisson,
        "p_permutation": {null: rate.p_permutation.get(null) for null in NULLS},
        "p_holm": rate.p_holm,
        "power_to_see_doubling": rate.power_to_see_doubling,
        "events_needed": rate.events_needed,
    }


def variant_to_json(variant: Variant) -> Json:
    """Return the first window's answer on part of the record."""
    rate = variant.rate
    return {
        "name": variant.name,
        "n_trigger": variant.triggers,
        "n_response": variant.responses,
        "hits": rate.hits if rate else None,
        "rate": rate.rate if rate else None,
        "base_rate": rate.base_rate if rate else None,
        "p": rate.p_strict if rate else None,
    }


def finding_to_rows(finding: Finding) -> list[dict[str, object]]:
    """Return one flat row per window."""
    out: list[dict[str, object]] = []
    for window in finding.answer.windows:
        rate = window.trigger
        row: dict[str, object] = {"days": window.days, "events": rate.events, "hits": rate.hits, "rate": rate.rate}
        row |= {"low": rate.low, "high": rate.high, "base_rate": rate.base_rate, "p_poisson": rate.p_poisson}
        row |= {f"p_{null}": rate.p_permutation.get(null, "") for null in NULLS}
        row |= {"p_holm": rate.p_holm, "precursor_rate": window.precursor.rate, "verdict": finding.verdict}
        out.append(row)
    return out


def print_finding(finding: Finding, console: Console, *, rows: bool = False) -> None:
    """Print an answer: verdict first, then what it rests on; with `rows`, every trigger and its responses."""
    found = finding.answer
    console.print(f"[bold]{escape(finding.verdict)}[/bold]")
    console.print(
        f"Triggers: {escape(found.question.trigger)} ({len(found.triggers)} after merging equal dates)\n"
        f"Responses: {escape(found.question.response)} ({len(found.responses)})\n"
        f"Period: {found.period.first} to {found.period.last}, {found.period.days:,} days; lag {found.question.lag} d; "
        f"direction {found.question.direction}; {found.permutations:,} permutations under each null, seed {found.seed}."
    )
    table = _rate_table("Share of triggers with a response in the window")
    for window in found.windows:
        _add_rate(table, f"{window.days} d", window.trigger)
    console.print(table)
    table = _rate_table("Share of responses with a trigger whose window holds them")
    for window in found.windows:
        _add_rate(table, f"{window.days} d", window.precursor)
    console.print(table)
    console.print(_variant_table(finding, found.question.windows[0]))
    if rows:
        console.print(_match_table(match_rows(found, found.question.windows[0]), found.question.windows[0]))
    console.print(finding.power)
    for text in finding.warnings:
        console.print(f"[yellow]Warning:[/yellow] {escape(text)}")
    console.print(f"[yellow]Caution:[/yellow] {CAUTION}")


def print_findings(all_found: Findings, console: Console) -> None:
    """Print the answers of a named analysis: one line of figures and one verdict per test."""
    analysis, pooled = all_found.analysis, all_found.pooled
    console.print(f"[bold]{escape(analysis.title)}[/bold]\n{escape(analysis.about)}")
    table = _rate_table("First window of each test", "p family")
    for test, finding, p in zip(analysis.tests, all_found.findings, all_found.p_family, strict=True):
        window = finding.answer.windows[0]
        _add_rate(table, f"{test.label}, {window.days} d", window.trigger, f"{p:.3f}")
    if pooled is not None:
        for days, rate in zip(pooled.windows, pooled.rates, strict=True):
            _add_rate(table, f"together, {days} d", rate, "")
    console.print(table)
    for test, finding, verdict in zip(analysis.tests, all_found.findings, all_found.verdicts, strict=True):
        console.print(f"[bold]{escape(test.label)}[/bold]: {escape(verdict)}")
        for text in filter(None, (test.note, finding.power, *finding.warnings)):
            console.print(f"  {escape(text)}")
    if pooled is not None:
        console.print(f"[bold]all together[/bold]: {escape(pooled.verdict)}")
    console.print(f"[yellow]Caution:[/yellow] {CAUTION}")


def _rate_table(title: str, *more: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("window", no_wrap=not more)
    heads = ["hits", "rate", "95 % interval", "base", "p Poisson", *(_HEADS[null] for null in NULLS), "p Holm", *more]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _add_rate(table: Table, label: str, rate: Rate, *more: str) -> None:
    hits = f"{rate.hits:.4g} of {rate.events}"
    if rate.hits_certain != rate.hits_possible:
        hits += f" ({rate.hits_certain} to {rate.hits_possible})"
    nulls = [f"{rate.p_permutation[null]:.4f}" if null in rate.p_permutation else "-" for null in NULLS]
    table.add_row(
        label, hits, f"{rate.rate:.1%}", f"{rate.low:.1%} to {rate.high:.1%}", f"{rate.base_rate:.1%}",
        f"{rate.p_poisson:.2g}", *nulls, f"{rate.p_holm:.3f}", *more,
    )  # fmt: skip


def _variant_table(finding: Finding, days: int) -> Table:
    table = Table(title=f"What the answer rests on ({days} d)", title_justify="left", header_style="bold")
    table.add_column("record")
    for head in ("triggers", "responses", "hits", "rate", "base rate", "largest p"):
        table.add_column(head, justify="right")
    base = finding.answer.windows[0].trigger
    whole = Variant("as asked", None, len(finding.answer.triggers), len(finding.answer.responses), base, None)
    influential = [] if finding.influential is None else [finding.influential]
    for variant in (whole, *finding.variants, *influential):
        name = variant.name + (" (the most influential year)" if variant.year else "")
        rate = variant.rate
        cells = ["-"] * 4
        if rate is not None:
            cells = [f"{rate.hits:.4g}", f"{rate.rate:.1%}", f"{rate.base_rate:.1%}", f"{rate.p_strict:.4f}"]
        table.add_row(name, str(variant.triggers), str(variant.responses), *cells)
    return table


def _match_table(matches: tuple[Match, ...], days: int) -> Table:
    table = Table(
        "date", "trigger", "chance", "responses in the window", title=f"Triggers and responses ({days} d)",
        title_justify="left", header_style="bold", show_lines=True, caption="? no checked source",
    )  # fmt: skip
    for match in matches:
        table.add_row(
            str(match.trigger[0].date),
            "\n".join(_told(event) for event in match.trigger),
            f"{match.chance:.2f}",
            "\n".join(f"{event.date} {_told(event)}" for event in match.responses),
        )
    return table


def _told(event: Event) -> str:
    return escape(f"{event.id}{'' if event.sourced else '?'} {event.description}")


def _rows(finding: Finding) -> list[Event]:
    sides = (finding.answer.triggers, finding.answer.responses)
    return list({event.id: event for side in sides for group in side.rows for event in group}.values())


def _match_to_json(match: Match) -> Json:
    return {
        "trigger": [event.id for event in match.trigger],
        "date": str(match.trigger[0].date),
        "chance": match.chance,
        "responses": [event.id for event in match.responses],
    }
