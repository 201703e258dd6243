"""The pages of `isthmus serve` in a real browser: measures, answers, files, addresses, keyboard, no outside request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from web.browser import Watched, chromium, serious, skip_without_browser, until, wait_for_map, watched
from web.serving import served

LINE = '{"title":"Line","horizon":"long","change":[{"kind":"open_link","links":["new-line"]}]}'


@pytest.fixture(scope="module")
def address(toy: ist.World) -> Iterator[str]:
    skip_without_browser()
    with served(toy) as where:
        yield where


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with chromium() as one:
        yield one


@pytest.fixture
def seen(chrome: Any, address: str) -> Iterator[Watched]:
    with watched(chrome, address) as page:
        yield page
        assert page.requests == []
        assert [error for error in page.errors if "status of 4" not in error] == []


def solved(page: Any) -> str:
    page.wait_for_selector(".panel .status")
    status = page.locator(".panel .status")
    until(page, lambda: status.inner_text().startswith(("Solved", "No answer")))
    return str(page.locator(".panel .status").inner_text())


def add_by_name(page: Any, kind: str, **fields: str) -> None:
    page.locator("summary", has_text="Add a measure").click()
    page.get_by_label("Kind of measure").select_option(kind)
    for name, text in fields.items():
        page.locator(f".measure input[name={name}]").fill(text)
    page.get_by_role("button", name="Add measure").click()
    page.locator("summary", has_text="Add a measure").click()


def test_measures_files_and_the_command_line_agree(seen: Watched, address: str, tmp_path: Path) -> None:
    page = seen.page
    page.goto(address)
    assert "Solved" in solved(page)  # freight as it is
    add_by_name(page, "open_link", links="new-line")
    assert "Solved in" in solved(page)
    wait_for_map(page)
    first = page.locator("#headline").inner_text()
    assert "real income" in first
    add_by_name(page, "embargo", by="AAA", on="DDD")
    until(page, lambda: page.locator("#headline").inner_text() != first)
    assert page.locator(".measures li").count() == 2
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as TOML").click()
    file = tmp_path / "saved.toml"
    download.value.save_as(file)
    done = CliRunner().invoke(main, ["run", str(file), "--world", "toy", "--format", "json"])
    told = json.loads(done.stdout)["real_income"]
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    download.value.save_as(tmp_path / "income.csv")
    lines = (tmp_path / "income.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert {line.split(",")[0]: float(line.split(",")[1]) for line in lines} == {
        economy: pytest.approx(row["percent"], rel=1e-9) for economy, row in told.items()
    }
    # Loading the file again, and opening the address elsewhere, give the same scenario.
    shared = page.url
    page.get_by_role("button", name="Clear").click()
    page.set_input_files("#load-toml", str(file))
    until(page, lambda: page.locator(".measures li strong").count() == 2)
    solved(page)
    assert page.url == shared


def test_a_first_answer_holds_queues_and_a_final_one_follows(chrome: Any, toy: ist.World) -> None:
    skip_without_browser()
    settings = ist.Settings(routing=ist.RoutingSettings(congestion=True))
    with served(toy, settings) as where, watched(chrome, where) as seen:
        page = seen.page
        steps: list[str] = []

        def note(text: str) -> None:
            steps.append(text)

        page.expose_function("note", note)
        page.goto(where)
        solved(page)
        page.evaluate(
            "new MutationObserver(() => note(document.querySelector('.step').textContent))"
            ".observe(document.querySelector('.step'), {childList: true})"
        )
        add_by_name(page, "open_link", links="new-line")
        status = page.locator(".panel .status")
        until(page, lambda: "the first answer, with queues held" in status.inner_text())
        assert steps[0].startswith("First answer, in ") and "queues held as they are today" in steps[0]
        assert page.locator(".step").is_hidden()
        assert page.locator(".view").get_attribute("data-answer") == "final"
        assert "in the first months" in page.locator("#headline").inner_text()
        assert seen.errors == []


def test_a_link_is_closed_by_clicking_it(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(address)
    solved(page)
    wait_for_map(page)
    page.get_by_role("button", name="World").click()
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Next link").click()  # brings the busiest link under a known place
    tip = page.locator(".flows .tip strong").inner_text()
    canvas = page.locator(".flows canvas")
    canvas.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.locator("h2").inner_text() == tip
    dialog.get_by_role("button", name="Close this link").click()
    until(page, lambda: page.locator(".measures li strong").count() == 1)
    assert "close link" in page.locator(".measures").inner_text()
    solved(page)


@pytest.mark.slow
def test_a_click_of_the_mouse_picks_the_link_under_it(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(f"{address}/")
    solved(page)
    wait_for_map(page)
    page.get_by_role("button", name="World").click()
    page.wait_for_timeout(400)
    box = page.locator(".flows canvas").bounding_box()
    tip = page.locator(".flows .tip")
    for y in range(20, int(box["height"]) - 20, 6):
        for x in range(20, int(box["width"]) - 60, 40):
            page.mouse.move(box["x"] + x, box["y"] + y)
            if tip.is_visible() and "Mt a year" in tip.inner_text():
                name = tip.locator("strong").inner_text()
                page.mouse.click(box["x"] + x, box["y"] + y)
                assert page.get_by_role("dialog").locator("h2").inner_text() == name
                page.get_by_role("button", name="Leave it").click()
                return
    raise AssertionError("no link under the pointer anywhere")


def test_bad_input_shows_the_message_of_the_command_line(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(address)
    solved(page)
    add_by_name(page, "close_link", links="nowhere")
    solved(page)
    assert "unknown link, project or corridor 'nowhere'" in page.locator(".problem").inner_text()
    page.get_by_role("button", name="Remove measure 1").click()
    solved(page)
    assert page.locator(".problem").is_hidden()


@pytest.mark.slow
def test_a_newer_question_drops_the_older(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(address)
    solved(page)
    page.evaluate(
        """async () => {
          const hold = window.fetch;
          let n = 0;
          window.fetch = async (...a) => { const late = n++ === 0; const r = await hold(...a);
            if (late) await new Promise(done => setTimeout(done, 1500)); return r; };
        }"""
    )
    add_by_name(page, "open_link", links="new-line")
    page.get_by_text("Months (short)").click()
    assert "Solved" in solved(page)
    page.wait_for_timeout(2000)
    assert "Horizon: short" in page.locator(".facts").inner_text()


@pytest.mark.slow
def test_the_other_pages_answer(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(f"{address}/leverage?coercer=AAA&target=DDD")
    page.wait_for_selector(".headline", timeout=30_000)
    assert "Aria can take" in page.locator(".headline").first.inner_text()
    page.get_by_role("button", name="Compute").nth(1).click()
    page.wait_for_selector("figure svg[aria-label*='Embargo matrix']", timeout=30_000)
    page.goto(f"{address}/critical")
    page.get_by_role("button", name="Compute").click()
    page.wait_for_selector("table caption:has-text('Dearest closures')", timeout=30_000)
    page.goto(f"{address}/events?query=target%3DARM")
    page.wait_for_selector("table caption:has-text('events')", timeout=30_000)
    assert page.locator("figure svg").count() >= 1


@pytest.mark.parametrize(
    "path",
    [
        "/",
        *(
            pytest.param(path, marks=pytest.mark.slow)
            for path in (
                "/leverage?coercer=AAA&target=DDD",
                "/critical",
                "/events?query=target%3DARM",
                "/dependence?economy=AAA",
                "/validation",
            )
        ),
    ],
)
def test_axe_finds_no_serious_violation(seen: Watched, address: str, path: str) -> None:
    page = seen.page
    page.goto(f"{address}{path}#s={shared()}" if path == "/" else f"{address}{path}")
    if path == "/":
        solved(page)
        wait_for_map(page)
    elif path != "/validation":
        if path == "/critical":
            page.get_by_role("button", name="Compute").click()
        until(page, lambda: page.locator(".status").first.inner_text().startswith("Answered"))
    page.wait_for_timeout(800)
    assert serious(page) == []


def shared() -> str:
    import base64

    return base64.urlsafe_b64encode(LINE.encode()).decode().rstrip("=")


def test_the_keyboard_alone_goes_from_library_to_answer(seen: Watched, address: str) -> None:
    page = seen.page
    page.goto(address)
    solved(page)
    wanted = ["Add a measure by name", "Kind of measure", "links", "Add measure"]
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "(e => ['SUMMARY', 'BUTTON'].includes(e.tagName) ? e.textContent"
            " : e.name || e.labels?.[0]?.textContent || '')(document.activeElement)"
        )
        if at == wanted[0]:
            page.keyboard.press("Enter")
        elif at == wanted[1]:
            page.keyboard.type("open l")
        elif at == wanted[2]:
            page.keyboard.type("new-line")
        elif at == wanted[3]:
            page.keyboard.press("Enter")
        if at in wanted:
            reached.append(at)
        if reached == wanted:
            break
    assert reached == wanted
    assert "Solved in" in solved(page)
    page.wait_for_selector("#headline")
