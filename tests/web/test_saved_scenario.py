"""What the page solves and what `isthmus run` makes of the file that it saves are the same, number for number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from web.serving import served


@pytest.mark.slow
def test_the_saved_file_of_tripp_without_lars_gives_the_numbers_of_the_page(eurasia: ist.World, tmp_path: Path) -> None:
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")
    with served(eurasia, seconds=3000.0) as address, httpx.Client(base_url=address, timeout=3000.0) as client:
        scenario = client.get("/api/scenarios/tripp").json()["scenario"]
        scenario["change"].append({"kind": "close_link", "links": ["upper-lars"]})
        file = tmp_path / "saved.toml"
        file.write_text(client.post("/api/translate", json={"scenario": scenario}).json()["toml"], encoding="utf-8")
        page = client.post("/api/run", json={"scenario": scenario}).json()
    done = CliRunner().invoke(main, ["run", str(file), "--format", "json"])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert page.pop("seconds") > 0 and told.pop("seconds") > 0
    print(f"Armenia {page['real_income']['ARM']}, Georgia {page['real_income']['GEO']}")
    assert page["real_income"]["ARM"]["percent"] != 0
    assert (page.pop("scenario"), told.pop("scenario")) == ("scenario", "saved")  # a file is called by its name
    assert page == told  # to the last digit
