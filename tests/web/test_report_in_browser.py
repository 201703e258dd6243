"""The report from disk, without a network: map, tooltip, zoom, tables, keyboard, no request, no error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import isthmus as ist
from isthmus.report import write_report
from web.browser import Watched, page_from_disk, pixels, serious, skip_without_browser

FLOWS = ".flows canvas"


@pytest.fixture(scope="module")
def report(toy: ist.World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    skip_without_browser()
    folder = tmp_path_factory.mktemp("report")
    (folder / "line.toml").write_text(
        'title = "The new line"\n[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8"
    )
    scenario = ist.read_scenario(folder / "line.toml")
    return write_report(toy, scenario, ist.solve(toy, scenario), folder / "report.html")


@pytest.fixture(scope="module")
def seen(report: Path) -> Iterator[Watched]:
    with page_from_disk(report) as watched:
        yield watched


def test_headline_and_parts_are_there(seen: Watched) -> None:
    page = seen.page
    assert page.locator("h1").inner_text() == "The new line"
    assert page.locator("#headline p").count() == 4
    titles = page.locator("section > h2").all_inner_texts()
    assert titles[:3] == ["Where freight moves", "Who gains and who loses", "Transit revenue and emissions"]
    assert "isthmus run line.toml --world toy" in page.locator("#provenance code").inner_text()


def test_views_differ_and_zoom_moves_the_map(seen: Watched) -> None:
    page = seen.page
    looks = {}
    for value in ("before", "after", "difference"):
        page.locator(f".switch input[value={value}]").check(force=True)
        page.wait_for_timeout(120)
        looks[value] = pixels(page, FLOWS)
    assert len(set(looks.values())) == 3
    page.locator(".flows .zoom button").first.click()
    page.wait_for_timeout(400)
    assert pixels(page, FLOWS) != looks["difference"]
    page.get_by_role("button", name="Where it changes").click()
    page.wait_for_timeout(400)


def test_a_link_tells_its_numbers_under_the_pointer(seen: Watched) -> None:
    page = seen.page
    page.get_by_role("button", name="Next link").click()  # marks the link that changes most
    tip = page.locator(".flows .tip")
    told = tip.inner_text()
    assert "Mt a year" in told and "change +" in told
    page.keyboard.press("Escape")
    box = page.locator(FLOWS).bounding_box()
    found = False
    for step in range(4, 60):
        x = box["x"] + box["width"] * step / 64
        for share in (0.35, 0.5, 0.65):
            page.mouse.move(x, box["y"] + box["height"] * share)
            found = found or (tip.is_visible() and "Mt a year" in tip.inner_text())
        if found:
            break
    assert found


def test_tables_sort_both_ways(seen: Watched) -> None:
    table = seen.page.locator("#income table").first
    head = table.locator("thead th", has_text="USD million")

    def column() -> list[float]:
        cells: list[Any] = table.locator("tbody tr td:nth-child(3)").all_inner_texts()
        return [float(cell.replace("\N{MINUS SIGN}", "-").replace("+", "").replace(",", "")) for cell in cells]

    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column())


def test_tables_save_what_they_show(seen: Watched, tmp_path: Path) -> None:
    with seen.page.expect_download() as download:
        seen.page.locator("#income .tools button", has_text="Save CSV").first.click()
    download.value.save_as(tmp_path / "income.csv")
    lines = (tmp_path / "income.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('Economy,"Real income, %"')
    assert len(lines) == 1 + 6


def test_the_keyboard_reaches_and_moves_the_map(seen: Watched) -> None:
    page = seen.page
    page.locator("body").click(position={"x": 2, "y": 2})
    names = []
    for _ in range(25):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.tagName + (document.activeElement.ariaLabel ?? '')"))
        if names[-1].startswith("CANVAS"):
            break
    assert names[-1].startswith("CANVASMap of freight")
    before = pixels(page, FLOWS)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("+")
    page.wait_for_timeout(400)
    assert pixels(page, FLOWS) != before


def test_every_chart_has_a_text_alternative(seen: Watched) -> None:
    for chart in seen.page.locator("figure [role=img]").all():
        assert len(chart.get_attribute("aria-label") or "") > 40
    assert "links that change most" in seen.page.locator(".alternative").first.inner_text()


def test_axe_finds_no_serious_violation(seen: Watched) -> None:
    assert serious(seen.page) == []


def test_it_prints(seen: Watched, tmp_path: Path) -> None:
    pdf = seen.page.pdf(path=str(tmp_path / "report.pdf"), format="A4", print_background=True)
    assert pdf.startswith(b"%PDF") and len(pdf) > 20_000
