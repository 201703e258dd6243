"""Which railways are of the broad gauge, 1,520 mm: where trains or boxes change at a border."""

from __future__ import annotations

#: Territories whose main lines are of 1,520 mm.
BROAD_GAUGE = frozenset(
    {
        "RUS", "BLR", "UKR", "MDA", "KAZ", "KGZ", "UZB", "TKM", "TJK",
        "GEO", "ARM", "AZE", "MNG", "LTU", "LVA", "EST", "FIN", "AFG",
    }
)  # fmt: skip


def breaks_gauge(first: str, second: str) -> bool:
    """Return whether a rail crossing between two territories changes gauge."""
    return (first in BROAD_GAUGE) != (second in BROAD_GAUGE)
