"""The first case, whole: TRIPP opened in a browser, Upper Lars closed, saved, and run by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from web.browser import skip_without_browser, until, wait_for_map, watched_page
from web.serving import served


@pytest.mark.slow
def test_open_tripp_close_lars_and_get_the_same_numbers(eurasia: ist.World, tmp_path: Path) -> None:
    skip_without_browser()
    with served(eurasia, seconds=3000.0) as address, watched_page(address, width=1440) as seen:
        page = seen.page
        status = page.locator(".panel .status")

        def solved() -> None:
            page.wait_for_selector(".panel .status")
            until(page, lambda: status.inner_text().startswith(("Solved", "No answer")), 1800.0)
            assert status.inner_text().startswith("Solved in")

        page.goto(f"{address}/?scenario=tripp")
        solved()
        wait_for_map(page)
        first = page.locator("#headline").inner_text()
        assert "TRIPP" in first
        # The map brings the crossing into view from the table of links; a click on its middle picks it.
        page.get_by_role("button", name="South Caucasus").first.click()
        page.get_by_role("button", name="Show all").nth(1).click()
        page.locator("#freight button.link", has_text="Upper Lars").first.click()
        name = page.locator(".flows .tip strong").inner_text()
        page.locator(".flows canvas").focus()
        page.keyboard.press("Enter")
        assert page.get_by_role("dialog").locator("h2").inner_text() == name
        page.get_by_role("button", name="Close this link").click()
        until(page, lambda: "close link" in page.locator(".measures").inner_text())
        solved()
        until(page, lambda: page.locator("#headline").inner_text() != first)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as TOML").click()
        download.value.save_as(tmp_path / "saved.toml")
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV", exact=True).click()
        download.value.save_as(tmp_path / "income.csv")
        assert seen.requests == []
    done = CliRunner().invoke(main, ["run", str(tmp_path / "saved.toml"), "--format", "json"])
    told = json.loads(done.stdout)["real_income"]
    rows = [line.split(",") for line in (tmp_path / "income.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert {row[0]: float(row[1]) for row in rows} == {
        economy: pytest.approx(row["percent"], rel=1e-9, abs=1e-12) for economy, row in told.items()
    }
