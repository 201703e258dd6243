"""The network's state of a day comes from facts/openings: every row that names links holds in their timelines."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
import pytest

import isthmus as ist
from isthmus.world.timeline import read_timeline, status_on

PACKAGE = Path(ist.__file__).parent
WORLD = PACKAGE / "worlds" / "eurasia-2022"


@pytest.fixture(scope="module")
def openings() -> pd.DataFrame:
    coverage = pd.read_parquet(WORLD / "coverage.parquet")
    rows = coverage[coverage["table"] == "openings"].set_index("row")
    facts = pd.read_csv(PACKAGE / "build" / "facts" / "openings.csv").set_index("id")
    assert set(rows.index) == set(facts.index)
    return facts.join(rows[["treatment", "target", "reason"]])


def test_every_opening_is_used_or_its_absence_explained(openings: pd.DataFrame) -> None:
    assert (openings["treatment"] == "overlay").sum() == 58
    left = openings[openings["treatment"] != "overlay"]
    assert (left["reason"].str.len() > 5).all()


def test_links_have_the_status_of_the_opening_on_its_day(openings: pd.DataFrame) -> None:
    links = pd.read_parquet(WORLD / "links.parquet").set_index("link")
    used = openings[openings["treatment"] == "overlay"]
    checked = 0
    for name, row in used.iterrows():
        day = str(row["date"])
        for link in str(row["target"]).split(";"):
            at = links.loc[link]
            timeline = read_timeline(at["timeline"], at["status"], project=at["kind"] == "project")
            assert status_on(timeline, day) == row["new_status"], (name, link, timeline)
            checked += 1
    assert checked > 100


def test_the_world_of_a_day_is_open_and_shut_as_the_openings_say(eurasia: ist.World) -> None:
    def open_on(link: str, day: str) -> bool:
        from isthmus.world.timeline import open_on

        at = eurasia.network.link_ids.index(link)
        return bool(open_on(eurasia.network, day)[at])

    eve = (datetime.date(2026, 5, 1) - datetime.timedelta(days=1)).isoformat()
    assert open_on("druzhba-kaz-germany", eve)  # O089: halted on 1 May 2026
    assert not open_on("druzhba-kaz-germany", "2026-05-01")
    assert not open_on("btc", "2008-08-10")  # O025, O029
    assert open_on("btc", "2008-08-25")
