"""The report of two scenarios from disk, without a network: wide, narrow and printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from isthmus.cli import main
from web.browser import Watched, page_from_disk, serious, skip_without_browser

SCENARIOS = {
    "line": 'title = "The new line"\n[[change]]\nkind = "open_link"\nlinks = "new-line"\n',
    "ban": 'title = "The ban"\n[[change]]\nkind = "embargo"\nby = "AAA"\non = "DDD"\n',
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skip_without_browser()
    folder = tmp_path_factory.mktemp("comparison")
    for name, text in SCENARIOS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    files = [str(folder / f"{name}.toml") for name in SCENARIOS]
    done = CliRunner().invoke(main, ["compare", *files, "--world", "toy", "--out", str(folder / "both")])
    assert done.exit_code == 0, done.output
    return folder / "both" / "report.html"


@pytest.fixture(scope="module")
def seen(report: Path) -> Iterator[Watched]:
    with page_from_disk(report) as watched:
        yield watched


def test_it_tells_which_is_a_and_which_is_b(seen: Watched) -> None:
    page = seen.page
    assert page.locator(".sides dd strong").all_inner_texts() == ["The new line", "The ban"]
    first = page.locator("#headline p").first.inner_text()
    assert "under A" in first and "under B" in first
    heads = page.locator("#transit thead th").all_inner_texts()
    assert heads == ["Territory", "Without either, USD m", "A, USD m", "B, USD m", "B less A, USD m"]
    assert page.locator("#provenance code").all_inner_texts()[0].startswith("isthmus run")


def test_axe_finds_no_serious_violation(seen: Watched) -> None:
    assert serious(seen.page) == []


def test_nothing_hangs_over_a_narrow_screen(seen: Watched) -> None:
    page = seen.page
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_it_prints(seen: Watched, tmp_path: Path) -> None:
    pdf = seen.page.pdf(path=str(tmp_path / "report.pdf"), format="A4", print_background=True)
    assert pdf.startswith(b"%PDF") and len(pdf) > 20_000
