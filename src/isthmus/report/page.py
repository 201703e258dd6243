"""One self-contained page: the front end, country outlines, the network and the result in one HTML file.

Nothing is fetched: the content security policy forbids every request, and scripts run only by their hash.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from pathlib import Path

from isthmus.errors import BuildError

#: Files that the front end's build leaves in `isthmus/web/static`.
OUTLINES = "world-50m.json"
STYLE = "isthmus.css"
REPORT = "report.js"

_MISSING = (
    "the front end is not built: {path} is missing. Install the package again where npm can reach its registry "
    "(`pip install .` or `pip install -e .`), or run `python hatch_build.py` in the checkout."
)


def static_folder() -> Path:
    """Return the folder of the built front end."""
    return Path(str(resources.files("isthmus"))) / "web" / "static"


def static_text(name: str) -> str:
    """Return a built file of the front end.

    Raises
    ------
    BuildError
        The front end was never built.
    """
    path = static_folder() / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BuildError(_MISSING.format(path=path.name)) from None


def is_built() -> bool:
    """Return whether the front end's files are there."""
    return all((static_folder() / name).is_file() for name in (OUTLINES, STYLE, REPORT))


def report_page(network: Mapping[str, object], document: Mapping[str, object]) -> str:
    """Return the HTML of a report.

    Parameters
    ----------
    network : mapping
        From `network_document`.
    document : mapping
        From `result_document` or `comparison_document`.

    Returns
    -------
    str
        A page that needs no other file and no network.

    Raises
    ------
    BuildError
        The front end was never built.
    """
    script, style = static_text(REPORT), static_text(STYLE)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    title = escape(str(document["title"]))
    words = "".join(f"<p>{escape(str(sentence))}</p>" for sentence in _sentences(document))
    scripts = (
        f'<script type="application/gzip" id="isthmus-outlines">{_packed(static_text(OUTLINES))}</script>\n'
        f'<script type="application/gzip" id="isthmus-network">{_packed(to_json(network))}</script>\n'
        f'<script type="application/json" id="isthmus-document">{_inert(to_json(document))}</script>\n'
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<div id="isthmus"><main><h1>{title}</h1>{words}'
        "<noscript><p>Map, charts and tables need JavaScript; nothing is fetched.</p></noscript></main></div>\n"
        f"{scripts}<script>{script}</script>\n</body>\n</html>\n"
    )


def to_json(value: object) -> str:
    """Return compact JSON; a number that is not finite is an error, not `NaN`."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _sentences(document: Mapping[str, object]) -> list[object]:
    headline = document.get("headline")
    return list(headline) if isinstance(headline, list) else []


def _packed(text: str) -> str:
    """Return text as base64 of gzip, the same each time: what only maps read would else be most of the page."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _inert(text: str) -> str:
    """Return JSON that cannot end its script element."""
    return text.replace("<", "\\u003c")
