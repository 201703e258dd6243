"""The documents that pages draw from: their schemas, what they add up to, and the page that holds them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import BuildError
from isthmus.report import is_built, make_report, network_document, result_document, write_run
from isthmus.report import page as pages
from isthmus.world.names import names_of

SCHEMAS = Path(ist.__file__).parent / "schema"


@pytest.fixture(scope="module")
def solved(toy: ist.World, tmp_path_factory: pytest.TempPathFactory) -> tuple[ist.Scenario, ist.Result]:
    file = tmp_path_factory.mktemp("scenario") / "line.toml"
    file.write_text('title = "The <new> line"\n[[change]]\nkind = "open_link"\nlinks = "new-line"\n', encoding="utf-8")
    scenario = ist.read_scenario(file)
    return scenario, ist.solve(toy, scenario)


def schema(name: str) -> dict[str, object]:
    data: dict[str, object] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return data


def test_documents_have_the_form_of_their_schemas(toy: ist.World, solved: tuple[ist.Scenario, ist.Result]) -> None:
    document = result_document(toy, *solved, settings={"seed": 0})
    jsonschema.validate(document, schema("result_document"))
    jsonschema.validate(document["summary"], schema("run"))
    jsonschema.validate(network_document(toy), schema("network"))


def test_link_arrays_match_the_network_and_the_flows(toy: ist.World, solved: tuple[ist.Scenario, ist.Result]) -> None:
    document, network = result_document(toy, *solved), network_document(toy)
    count = len(toy.network.link_ids)
    for column in network["links"].values():  # type: ignore[attr-defined]
        assert len(column) == count
    np.testing.assert_allclose(document["after_mt"], solved[1].flows.after_t.sum(axis=(0, 2)) / 1e6, rtol=1e-3)
    opened = [toy.network.link_ids[i] for i in document["opened"]]  # type: ignore[attr-defined]
    assert set(opened) == set(toy.network.corridors["new-line"])
    assert document["closed"] == []


def test_null_names_are_the_names_of_the_ends(eurasia: ist.World) -> None:
    network = network_document(eurasia)
    links, nodes, modes = network["links"], network["nodes"], network["modes"]
    for i, name in enumerate(names_of(eurasia).links):
        ends = [nodes["name"][links[end][i]] for end in ("from", "to")]  # type: ignore[index]
        assert (links["name"][i] or f"{ends[0]} - {ends[1]} ({modes[links['mode'][i]].replace('_', ' ')})") == name  # type: ignore[index]


def test_the_same_run_makes_the_same_page(toy: ist.World, solved: tuple[ist.Scenario, ist.Result]) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    assert make_report(toy, *solved) == make_report(toy, *solved)


def test_a_page_fetches_nothing_and_text_cannot_break_out(
    toy: ist.World, solved: tuple[ist.Scenario, ist.Result]
) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    page = make_report(toy, *solved)
    assert "default-src 'none'" in page
    assert "<title>The &lt;new&gt; line</title>" in page
    data = re.search(r'id="isthmus-document">(.*?)</script>', page, flags=re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["title"] == "The <new> line"
    shell = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r'(src|href)="(?!data:)', shell)


def test_a_page_of_the_shipped_world_is_small(eurasia: ist.World) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    empty = len(pages.report_page(network_document(eurasia), {"title": "", "headline": []}))
    result = 2 * 8 * len(eurasia.network.link_ids) + 200_000  # two numbers a link, tables
    assert empty + result < 2_000_000  # 3 MB are allowed


def test_the_packed_network_is_the_network(toy: ist.World) -> None:
    if not is_built():
        pytest.skip("the front end is not built")
    network = network_document(toy)
    page = pages.report_page(network, {"title": "", "headline": []})
    found = re.search(r'id="isthmus-network">(.*?)</script>', page)
    assert found is not None
    assert json.loads(gzip.decompress(base64.b64decode(found[1]))) == network


def test_a_checkout_that_was_never_built_says_so(
    toy: ist.World, solved: tuple[ist.Scenario, ist.Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "static_folder", lambda: tmp_path)
    assert not is_built()
    with pytest.raises(BuildError, match=r"the front end is not built: report\.js is missing.*pip install"):
        make_report(toy, *solved)


def test_a_run_folder_holds_the_report(solved: tuple[ist.Scenario, ist.Result], tmp_path: Path) -> None:
    folder = write_run(solved[1], tmp_path / "run", {}, "<p>page</p>")
    assert (folder / "report.html").read_text(encoding="utf-8") == "<p>page</p>"
