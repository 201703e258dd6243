"""A real browser for tests: Debian's Chromium by Playwright, with every request outside the page's own logged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from isthmus.report import is_built

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@dataclass
class Watched:
    """A page and what it did that it should not."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def skip_without_browser() -> str:
    """Return Chromium's path, or skip with the reason."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on PATH")
    if not is_built():
        pytest.skip("the front end is not built")
    return path


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser, to be shared by the tests of one module."""
    path = skip_without_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(allowed: str, *, width: int = 1200, height: int = 900) -> Iterator[Watched]:
    """Yield a page of a browser of its own whose requests outside `allowed` are refused and noted."""
    with chromium() as browser, watched(browser, allowed, width=width, height=height) as seen:
        yield seen


@contextmanager
def page_from_disk(path: Path) -> Iterator[Watched]:
    """Yield a report with its map drawn, opened from a file; it asks nobody for anything and finds no fault."""
    with watched_page(f"file://{path}") as seen:
        seen.page.goto(f"file://{path}")
        wait_for_map(seen.page)
        yield seen
        assert seen.requests == []
        assert seen.errors == []


@contextmanager
def watched(browser: Any, allowed: str, *, width: int = 1200, height: int = 900) -> Iterator[Watched]:
    """Yield such a page in a context of its own: nothing is stored from one to the next."""
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    page = context.new_page()
    seen = Watched(page)

    def sort_out(route: Any) -> None:
        if route.request.url.startswith((allowed, "data:", "blob:")):
            route.continue_()
        else:
            seen.requests.append(route.request.url)
            route.abort()

    context.route("**/*", sort_out)
    page.on("console", lambda m: seen.errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: seen.errors.append(str(e)))
    try:
        yield seen
    finally:
        context.close()


def until(page: Any, true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is true; the pages' policy forbids the driver's own waiting, which evaluates text."""
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not happen in time")


def wait_for_map(page: Any) -> None:
    canvas = page.locator(".flows canvas")
    until(page, lambda: canvas.count() > 0 and int(canvas.get_attribute("data-drawn") or 0) > 0)
    page.wait_for_timeout(150)


def pixels(page: Any, selector: str) -> str:
    """Return the canvas as a data URL: equal if and only if it looks the same."""
    return str(page.eval_on_selector(selector, "canvas => canvas.toDataURL()"))


def serious(page: Any) -> list[tuple[str, str]]:
    """Return what axe-core calls serious or critical on a page, each with the first element; skip without axe-core."""
    axe = Path(__file__).parents[2] / "src/isthmus/web/frontend/node_modules/axe-core/axe.min.js"
    if not axe.is_file():
        pytest.skip("axe-core is not installed (npm ci in the front end's folder)")
    # The policy of the pages forbids foreign scripts: axe is evaluated by the driver.
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(v["id"], v["nodes"][0]["html"]) for v in found["violations"] if v["impact"] in ("serious", "critical")]
