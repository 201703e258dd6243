"""Notebooks: the front end as a widget (extra `notebook`), and a report inside a frame where there is no anywidget."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from isthmus.errors import QueryError
from isthmus.report import network_document, result_document
from isthmus.report.page import OUTLINES, STYLE, report_page, static_text, to_json
from isthmus.result import Result
from isthmus.scenario import Scenario
from isthmus.world import World, at

if TYPE_CHECKING:
    from anywidget import AnyWidget


def make_map(world: World, scenario: Scenario, result: Result) -> AnyWidget:
    """Return a widget with map, charts and tables of a result; set its `document` to show another.

    Raises
    ------
    QueryError
        The extra `notebook` is not installed.
    BuildError
        The front end was never built.
    """
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise QueryError(f"map needs the extra notebook ({error}). Run: pip install 'isthmus[notebook]'.") from None

    class ResultMap(anywidget.AnyWidget):
        """Map, charts and tables of one result."""

        _esm = static_text("widget.js")
        _css = static_text(STYLE)
        outlines = traitlets.Unicode().tag(sync=True)
        network = traitlets.Unicode().tag(sync=True)
        document = traitlets.Unicode().tag(sync=True)

    return ResultMap(
        outlines=static_text(OUTLINES),
        network=to_json(network_document(at(world, result.as_of))),
        document=to_json(result_document(world, scenario, result)),
    )


def make_frame(world: World, scenario: Scenario, result: Result, *, height: int = 900) -> str:
    """Return HTML of a report in a frame without rights but to run its own script."""
    page = report_page(network_document(at(world, result.as_of)), result_document(world, scenario, result))
    return (
        f'<iframe title="{escape(result.title)}" sandbox="allow-scripts allow-downloads" '
        f'style="width: 100%; height: {height}px; border: 1px solid #ccc" srcdoc="{escape(page)}"></iframe>'
    )
