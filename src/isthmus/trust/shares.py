"""Modal splits and named checks: sums of places, or their shares, beside figures that others publish.

`data/shares.csv`: numerator and denominator are places joined by ` + `, each `place|classes|direction|ends`
in the words of `targets`; without a denominator the sum itself, in Mt a year, is compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.trust.targets import Target, read_data


@dataclass(frozen=True, slots=True)
class Share:
    """One published figure beside the model."""

    id: str
    group: str  # modal_split | named
    what: str
    year: int
    observed: float
    modelled: float
    unit: str  # Mt | percent
    remark: str
    source: str


def _places(text: str) -> tuple[tuple[str, str, str, str], ...]:
    out = []
    for part in text.split(" + "):
        place, classes, direction, ends = part.split("|")
        out.append((place, classes, direction, ends))
    return tuple(out)


def share_targets() -> tuple[Target, ...]:
    """Return the sums that the shares are made of, as targets that nothing is fitted to."""
    out = []
    for row in read_data("shares").to_dict("records"):
        for part in ("numerator", "denominator"):
            if row[part]:
                out.append(
                    Target(
                        flow=f"{part} of {row['id']}",
                        what=str(row["what"]),
                        year=int(str(row["year"])),
                        observed_mt=0.0,
                        corridor="",
                        used="shown",
                        treatment="doubtful",
                        conversion="",
                        reason="",
                        places=_places(str(row[part])),
                    )
                )
    return tuple(out)


def shares_left_out() -> tuple[tuple[str, str], ...]:
    """Return (row of the published modal splits, reason) of those that the model cannot be held against."""
    table = read_data("shares_left_out")
    return tuple(zip(table["id"].astype(str), table["reason"].astype(str), strict=True))


def make_shares(modelled: dict[str, float]) -> tuple[Share, ...]:
    """Return the shares from the modelled Mt of `share_targets` by their `flow`."""
    out = []
    for row in read_data("shares").to_dict("records"):
        value = modelled[f"numerator of {row['id']}"]
        if row["denominator"]:
            whole = modelled[f"denominator of {row['id']}"]
            value = 100.0 * value / whole if whole > 0 else 0.0
        out.append(
            Share(
                id=str(row["id"]),
                group=str(row["group"]),
                what=str(row["what"]),
                year=int(str(row["year"])),
                observed=float(str(row["observed"])),
                modelled=value,
                unit=str(row["unit"]),
                remark=str(row["remark"]),
                source=str(row["source"]),
            )
        )
    return tuple(out)
