"""The pages on the record and on the named analyses show what the record and the commands say.

Redraw a block by deleting what stands between its markers and running this file once.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import isthmus as ist
from isthmus.events.coincidence import Rate
from isthmus.events.record import COLUMNS, INSTRUMENTS, KINDS

DOCS = Path(__file__).parents[2] / "docs"


def hold_block(page: Path, name: str, lines: list[str]) -> None:
    """Compare a block of a page with what it should hold; fill it if it is empty."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, flags=re.DOTALL)
    assert found is not None, name
    fresh = "\n".join(lines) + "\n"
    if not found.group(1):
        page.write_text(text[: found.start(1)] + fresh + text[found.end(1) :], encoding="utf-8")
    else:
        assert found.group(1) == fresh


def counts() -> list[str]:
    frame = ist.load_events().frame
    frame["bare"] = frame["sourced"] == "no"
    out = ["| kind | rows | without a checked source | known by month or year only | high, medium, low confidence |"]
    out.append("| --- | --- | --- | --- | --- |")
    for kind, rows in [*frame.groupby("kind"), ("all", frame)]:
        levels = ", ".join(str(int((rows["confidence"] == level).sum())) for level in ("high", "medium", "low"))
        vague = int((rows["precision"] != "day").sum())
        out.append(f"| {kind} | {len(rows)} | {int(rows['bare'].sum())} | {vague} | {levels} |")
    return out


def test_the_page_counts_the_unsourced_rows() -> None:
    hold_block(DOCS / "reference" / "events.md", "counts", counts())


def test_the_page_names_columns_and_words() -> None:
    text = (DOCS / "reference" / "events.md").read_text(encoding="utf-8")
    assert all(f"`{column}`" in text for column in COLUMNS)
    assert ", ".join(KINDS) in text
    assert ", ".join(INSTRUMENTS) in text


def table_line(label: str, rates: list[Rate], days: int, p: float | None) -> str:
    first = rates[0]
    cells = [label, f"{first.events}, {first.others}", f"{days} d", f"{first.hits:.3g}", f"{first.rate:.0%}"]
    cells += [f"{first.base_rate:.0%}", f"{first.p_strict:.3f}", f"{min(rate.p_holm for rate in rates):.3f}"]
    return f"| {' | '.join(cells)} | {'' if p is None else f'{p:.3f}'} |"


def analysis_lines(name: str) -> list[str]:
    found = ist.compute_analysis(ist.load_events(), ist.read_analysis(name))
    out = [f"## {found.analysis.title}", "", found.analysis.about, ""]
    out.append(
        "| test | triggers, responses | first window | hits | rate | base rate | largest p | p windows | p tests |"
    )
    out.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for test, one, p in zip(found.analysis.tests, found.findings, found.p_family, strict=True):
        out.append(
            table_line(test.label, [window.trigger for window in one.answer.windows], one.answer.windows[0].days, p)
        )
    if found.pooled is not None:
        out.append(table_line("all together", list(found.pooled.rates), found.pooled.windows[0], None))
    out.append("")
    for test, one, verdict in zip(found.analysis.tests, found.findings, found.verdicts, strict=True):
        note = f" *{test.note}*" if test.note else ""
        out.append(f"- **{test.label}.** {verdict} {one.power.removeprefix('Power: ').capitalize()}{note}")
    if found.pooled is not None:
        out.append(f"- **all together.** {found.pooled.verdict}")
    return out


@pytest.mark.parametrize("name", ist.analyses())
def test_the_page_shows_what_the_named_analysis_says(name: str) -> None:
    hold_block(DOCS / "reference" / "analyses.md", name, analysis_lines(name))
