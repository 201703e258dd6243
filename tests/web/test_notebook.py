"""Notebooks: the widget's front end in a real browser, the frame, and what shows without either."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import isthmus as ist
from isthmus.errors import QueryError
from isthmus.report import is_built
from isthmus.scenario import parse_scenario
from web.browser import page_from_disk, skip_without_browser, watched_page

LINE = '[[change]]\nkind = "open_link"\nlinks = "new-line"\n'


@pytest.fixture(scope="module")
def result(toy: ist.World) -> ist.Result:
    return ist.solve(toy, parse_scenario(f'title = "Line <b>"\n{LINE}'))


def test_rich_reprs_tell_units_and_years(toy: ist.World, result: ist.Result) -> None:
    text = result._repr_html_()
    assert "Line &lt;b&gt;" in text and "trade of 2000" in text and "USD million a year" in text
    assert "5" in toy._repr_html_() and "World toy" in toy._repr_html_()


def test_a_result_without_its_world_cannot_be_drawn(result: ist.Result) -> None:
    with pytest.raises(QueryError, match="does not carry its world"):
        replace(result, asked=None).map()


def test_the_widget_draws_and_updates_in_a_browser(toy: ist.World, result: ist.Result, tmp_path: Path) -> None:
    pytest.importorskip("anywidget", reason="the extra notebook is not installed")
    skip_without_browser()
    widget: Any = result.map()
    other: Any = ist.solve(toy, parse_scenario(f'title = "Other"\nhorizon = "short"\n{LINE}')).map()
    state = {name: getattr(widget, name) for name in ("outlines", "network", "document")}
    inert = json.dumps(state).replace("<", "\\u003c")
    page = f"""<!doctype html><meta charset="utf-8"><style>{widget._css}</style><div id="cell"></div>
    <script type="module">
    import widget from "data:text/javascript;base64,{_base64(widget._esm)}";
    const state = {inert};
    const acts = [];
    const model = {{ get: name => state[name], on: (event, act) => acts.push(act) }};
    widget.render({{ model, el: document.getElementById("cell") }});
    window.update = text => {{ state.document = text; acts.forEach(act => act()); }};
    </script>"""
    (tmp_path / "cell.html").write_text(page, encoding="utf-8")
    with page_from_disk(tmp_path / "cell.html") as seen:
        assert seen.page.locator("h1").inner_text() == "Line <b>"
        seen.page.evaluate("text => window.update(text)", other.document)
        assert "Horizon: short" in seen.page.locator(".facts").inner_text()


def _base64(text: object) -> str:
    import base64

    return base64.b64encode(str(text).encode()).decode()


def test_the_frame_holds_the_whole_report(toy: ist.World, result: ist.Result, tmp_path: Path) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    skip_without_browser()
    from isthmus.web.notebook import make_frame

    assert result.asked is not None
    (tmp_path / "cell.html").write_text(make_frame(*result.asked, result), encoding="utf-8")
    with watched_page(f"file://{tmp_path}/cell.html") as seen:
        seen.page.goto(f"file://{tmp_path}/cell.html")
        frame = seen.page.frame_locator("iframe")
        frame.locator(".flows canvas[data-drawn]").wait_for(timeout=20_000)
        assert frame.locator("h1").inner_text() == "Line <b>"
        assert seen.requests == []
