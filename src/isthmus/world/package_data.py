"""Tables of facts that parts of the package carry beside their code, as rows of text."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path


def package_rows(part: str, table: str) -> list[dict[str, str]]:
    """Return the rows of `isthmus/<part>/data/<table>.csv`, each cell as text by its column's name."""
    path = Path(str(resources.files("isthmus"))) / part / "data" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
