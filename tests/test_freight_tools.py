"""`isthmus routes`, `skims`, `assign`, `world export` as a user meets them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import isthmus as ist
from isthmus.cli import main
from isthmus.report.export import _line, _wkb, _wkt
from isthmus.world import World
from test_schema import SCHEMAS, hold


def call(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--world", "toy"])


def test_routes_tell_waits_what_is_not_used_and_the_way_over_a_link() -> None:
    done = call("routes", "AAA", "EEE", "--via", "doria-elia-road")
    assert done.exit_code == 0, done.output
    for text in ("waits: ", "Not used", "closed link", "Cheapest over doria-elia-road"):
        assert text in done.output
    data = json.loads(call("routes", "AAA", "EEE", "--via", "doria-elia-road", "--format", "json").stdout)
    hold(data, json.loads((SCHEMAS / "routes.json").read_text(encoding="utf-8")), "routes")
    assert data["via"]["legs"] and data["not_used"]


def test_routes_avoid_a_territory_and_keep_to_a_mode() -> None:
    free = json.loads(call("routes", "AAA", "EEE", "--format", "json").stdout)["routes"]
    assert any("DDD" in route["territories"] for route in free)
    around = call("routes", "AAA", "EEE", "--avoid", "BBB", "--format", "json")
    assert all("BBB" not in route["territories"] for route in json.loads(around.stdout)["routes"])
    road = json.loads(call("routes", "AAA", "BBB", "--mode", "road", "--format", "json").stdout)["routes"]
    assert {leg["mode"] for route in road for leg in route["legs"]} <= {"road", "transfer"}
    wrong = call("routes", "AAA", "EEE", "--avoid", "BBX")
    assert wrong.exit_code == 2 and "--avoid: 'BBX' is no territory or link" in wrong.output


def test_skims_agree_in_every_format_and_with_routes(tmp_path: Path) -> None:
    frames = []
    for suffix in ("csv", "parquet"):
        done = call("skims", "--class", "general,gas", "--out", str(tmp_path / f"skims.{suffix}"))
        assert done.exit_code == 0, done.output
        assert "general: 90 of 90 pairs have a route" in done.output
        read = pd.read_csv if suffix == "csv" else pd.read_parquet
        frames.append(read(tmp_path / f"skims.{suffix}"))
    pd.testing.assert_frame_equal(*frames, check_dtype=False)
    assert set(frames[0]["class"]) == {"general", "gas"}
    assert frames[0].loc[frames[0]["class"] == "gas", "cost_usd_per_t"].isna().any()
    about = json.loads(call("skims", "--class", "general", "--out", str(tmp_path / "s.npz"), "--format", "json").stdout)
    hold(about, json.loads((SCHEMAS / "skims.json").read_text(encoding="utf-8")), "skims")
    with np.load(tmp_path / "s.npz") as matrices:
        zones = matrices["zones"].tolist()
        for row in frames[0][frames[0]["class"] == "general"].sample(5, random_state=0).itertuples():
            at = zones.index(row.origin), zones.index(row.destination)
            assert matrices["general_hours"][at] == pytest.approx(row.hours)
    wrong = call("skims", "--out", str(tmp_path / "skims.omx"))
    assert wrong.exit_code == 2 and "'skims.omx' is neither .csv, .parquet nor .npz" in wrong.output


def test_assign_conserves_tonnes_and_tells_what_is_stranded(tmp_path: Path) -> None:
    od = tmp_path / "od.csv"
    od.write_text(
        "origin,destination,class,tonnes\nAAA,EEE,general,1000\nexclave,celia-city,gas,50\nAAA,AAA,bulk,5\n",
        encoding="utf-8",
    )
    data = json.loads(call("assign", str(od), "--out", str(tmp_path / "out"), "--format", "json").stdout)
    hold(data, json.loads((SCHEMAS / "assign.json").read_text(encoding="utf-8")), "assign")
    assert data["tonnes"] == {"assigned": 1000, "inside": 5, "stranded": 50}
    assert data["stranded"][0]["line"] == 3 and "no link of the network" in data["stranded"][0]["why"]
    links = pd.read_csv(tmp_path / "out" / "links.csv")
    assert links["general_t"].max() <= 1000 and links["gas_t"].sum() == 0
    trips = pd.read_csv(tmp_path / "out" / "trips.csv")
    assert trips["status"].tolist() == ["assigned", "stranded", "inside"]
    # Tonne-kilometres of the links are those of the trips.
    net = ist.load_world("toy").network
    km = dict(zip(net.link_ids, net.length_km, strict=True))
    by_link = sum(km[row.link] * row.total_t for row in links.itertuples())
    assert by_link == pytest.approx(float((trips["km"] * trips["tonnes"]).sum()))
    table = call("assign", str(od))
    assert "Stranded: line 3, 50 t" in table.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "origin,destination,klass,tonnes\nAAA,EEE,general,1\n",
            "column 'class' is missing; column 'klass' is not known",
        ),
        ("origin,destination,class,tonnes\nAAA,EEX,general,1\nAAA,EEE,coal,-1\n", "2 rows are wrong"),
        ("origin,destination,class,tonnes\nAAA,EEE,general,nan\n", "line 2: tonnes is 'nan'"),
        ("origin,destination,class,tonnes\n", "no rows"),
        ("", "not a CSV table"),
    ],
)
def test_a_wrong_demand_is_told_whole(text: str, message: str, tmp_path: Path) -> None:
    od = tmp_path / "od.csv"
    od.write_text(text, encoding="utf-8")
    done = call("assign", str(od))
    assert done.exit_code == 2 and message in done.output and "Traceback" not in done.output


def test_gmns_has_the_fields_of_the_specification(tmp_path: Path, toy: World) -> None:
    assert call("world", "export", "--format", "gmns", "--out", str(tmp_path)).exit_code == 0
    node, link, zone, config = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("node", "link", "zone", "config"))
    assert {"node_id", "name", "x_coord", "y_coord", "node_type", "zone_id"} <= set(node)
    required = {"link_id", "from_node_id", "to_node_id", "directed", "geometry", "length", "facility_type"}
    assert required | {"free_speed", "allowed_uses"} <= set(link)
    assert {"zone_id", "name", "boundary", "super_zone"} <= set(zone)
    assert config["crs"].tolist() == ["EPSG:4326"] and config["id_type"].tolist() == ["string"]
    assert node["node_id"].is_unique and link["link_id"].is_unique
    assert set(link["from_node_id"]) | set(link["to_node_id"]) <= set(node["node_id"])
    assert set(node["zone_id"].dropna()) == set(zone["zone_id"])
    assert len(link) == len(toy.network.link_ids) + len(toy.network.zones.connector_zone)


def test_geoparquet_carries_its_metadata_and_lines(tmp_path: Path, toy: World) -> None:
    assert call("world", "export", "--format", "geoparquet", "--out", str(tmp_path)).exit_code == 0
    table = pq.read_table(tmp_path / "links.parquet")
    about = json.loads(table.schema.metadata[b"geo"])
    assert about["version"] == "1.1.0" and about["primary_column"] == "geometry"
    column = about["columns"]["geometry"]
    assert column["encoding"] == "WKB" and column["geometry_types"] == ["LineString"]
    net = toy.network
    for row in (0, 5):
        order, kind, count, *ends = struct.unpack("<BII4d", table["geometry"][row].as_py())
        a, b = net.from_node[row], net.to_node[row]
        assert (order, kind, count) == (1, 2, 2)
        assert ends == [net.node_lon[a], net.node_lat[a], net.node_lon[b], net.node_lat[b]]
    assert json.loads(pq.read_table(tmp_path / "nodes.parquet").schema.metadata[b"geo"])["columns"]["geometry"][
        "geometry_types"
    ] == ["Point"]


def test_a_line_over_the_antimeridian_is_cut_there() -> None:
    shape = _line([(170.0, 10.0), (-170.0, 20.0)])
    assert shape == (((170.0, 10.0), (180.0, 15.0)), ((-180.0, 15.0), (-170.0, 20.0)))
    assert struct.unpack_from("<BII", _wkb(shape)) == (1, 5, 2)
    assert _wkt(shape) == "MULTILINESTRING ((170 10, 180 15), (-180 15, -170 20))"
