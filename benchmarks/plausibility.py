"""Base-year freight of the model beside observed flows, uncalibrated: the table of docs/explanation/plausibility.md.

Usage: python benchmarks/plausibility.py. Conversions are marked assumptions: 12 t/TEU, 18 t a lorry, 0.73 Mt/bcm.
"""

from __future__ import annotations

import csv
from pathlib import Path

import isthmus as ist
from isthmus.routing import find_base

#: Row of observed_flows -> links of the model, and Mt a year for one unit of the row.
TARGETS: dict[str, tuple[tuple[str, ...], float]] = {
    "cpc-2022": (("cpc~4",), 1.0),
    "btc-8m2022": (("btc~2",), 12 / 8),
    "kcp-total-2022": (("kcp-atasu-alashankou",), 1.0),
    "atyrau-samara-10m2024": (("atyrau-samara~2",), 12 / 10),
    "scp-2023": (("scp",), 0.73),
    "az-gas-europe-2025": (("tap",), 0.73),
    "ca-china-h1-2019": (("central-asia-china-abc~3",), 2 * 0.73),
    "arm-rus-gas": (("nc-tc-gas~2",), 0.73),
    "titr-total-2023": (("corridor:middle-corridor",), 1.0),
    "titr-total-2024": (("corridor:middle-corridor",), 1.0),
    "baku-port-2023": (("port-baku-alat", "port-baku-alat~road"), 1.0),
    "aktau-2022": (("port-aktau", "port-aktau~road"), 1.0),
    "kaz-china-rail-2024": (("alashankou-dostyk-rail", "khorgos-altynkol-rail"), 1.0),
    "scr-arm-2021": (("sadakhlo-ayrum-rail",), 1.0),
    "larsi-trucks-normal": (("upper-lars-kazbegi",), 18 * 365 / 1e6),
    "sarp-dec2024": (("sarpi-sarp",), 12 * 18 / 1e6),
    "batumi-cargo-2025": (("port-batumi", "port-batumi~road"), 12 / 11),
    "poti-cargo-11m2019": (("port-poti", "port-poti~road"), 12 / 11),
    "aze-irn-rail-2025": (("astara-rail",), 1.0),
}


def main() -> None:
    """Print the table."""
    world = ist.load_world("eurasia-2022")
    base = find_base(world, ist.RoutingSettings(), lambda _: None)
    by_link = dict(zip(world.network.link_ids, base.freight.flow.sum(axis=(0, 2)) / 1e6, strict=True))
    facts = Path(ist.__file__).parent / "build" / "facts" / "observed_flows.csv"
    with facts.open(encoding="utf-8", newline="") as handle:
        rows = {row["id"]: row for row in csv.DictReader(handle)}
    print("| observed flow | year | observed, Mt a year | modelled, Mt a year | modelled / observed |")
    print("| --- | --- | --- | --- | --- |")
    for name, (links, factor) in TARGETS.items():
        row = rows[name]
        seen = float(row["value"]) * factor
        names = [n for link in links for n in world.network.corridors.get(link.removeprefix("corridor:"), (link,))]
        got = sum(by_link.get(link, 0.0) for link in names)
        what = f"{row['what']}, {row['link_or_corridor']} (`{name}`)"
        print(f"| {what} | {row['year']} | {seen:.2f} | {got:.2f} | {got / seen:.2f} |")


if __name__ == "__main__":
    main()
