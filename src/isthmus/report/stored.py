"""A validation kept beside the world that it belongs to, and what a report shows of it.

`isthmus validate --store` writes `validation.json` into the world's folder, stamped with the world's sha256.
Reports show it only where the stamp is that of their world.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from isthmus.errors import QueryError
from isthmus.report.files import write_text
from isthmus.report.validation import flow_rows, validation_to_json
from isthmus.result import Result
from isthmus.routing import RoutingSettings
from isthmus.routing.graph import compile_graph
from isthmus.trust.targets import Places, Target
from isthmus.trust.validation import Validation
from isthmus.version import __version__
from isthmus.world import World

Json = dict[str, object]

FILE = "validation.json"

#: A flow is near a scenario if freight on one of its links moves by at least this, Mt a year.
_NEAR_MT = 0.01


def store_validation(world: World, found: Validation, settings: RoutingSettings) -> str:
    """Write a validation into the folder of its world and return the file's path.

    Raises
    ------
    QueryError
        The world has no folder.
    """
    if world.folder is None:
        raise QueryError("validate --store: this world has no folder. Load it from one.")
    links = _links_of(world, [comparison.target for comparison in found.flows])
    data: Json = {
        "world": world.name,
        "world_sha256": world.sha256,
        "version": __version__,
        "route_draws": settings.draws,
        "seed": settings.seed,
        "scores": validation_to_json(found)["scores"],
        "flows": [{**flow, "links": links[str(flow["id"])]} for flow in flow_rows(found)],
    }
    path = world.folder / FILE
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    return str(path)


def _links_of(world: World, targets: list[Target]) -> dict[str, list[str]]:
    """Return the links that each observed flow was counted on; none for what a mode carries in a whole territory."""
    graph = compile_graph(world.network)
    places = Places(world, graph)
    out: dict[str, list[str]] = {}
    for target in targets:
        found: set[int] = set()
        for place in target.places:
            if not place[0].startswith("carried:"):
                found |= set(graph.link[places.part(*place).weight > 0].tolist())
        out[target.flow] = [world.network.link_ids[i] for i in sorted(found) if i >= 0]
    return out


def stored_validation(world: World, result: Result | None = None) -> Json:
    """Return the stored validation of a world, each flow with the freight that a solved scenario moves there.

    Returns
    -------
    dict
        `reason` says why there is none, else it is null; `flows` and `scores` as in `schema/validate.json`, each
        flow with `moved_mt`, the largest change on its links, Mt a year, nearest first; `near` counts those that
        the scenario touches: none without a scenario.
    """
    path = None if world.folder is None else world.folder / FILE
    if path is None or not path.exists():
        return _none("No validation is stored with this world. `isthmus validate --store` makes one.")
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["world_sha256"] != world.sha256:
        return _none(
            f"The stored validation is of a world with other tables (sha256 {str(data['world_sha256'])[:12]}, this one "
            f"is {world.sha256[:12]}). `isthmus validate --store` makes one anew."
        )
    flows = [_moved(flow, result) for flow in data["flows"]]  # sorting is stable: as stored without a scenario
    flows.sort(key=lambda flow: -float(str(flow["moved_mt"])))
    near = sum(float(str(flow["moved_mt"])) >= _NEAR_MT for flow in flows)
    stamp = {key: data[key] for key in ("world_sha256", "version", "route_draws", "seed")}
    return {"reason": None, "made": stamp, "scores": data["scores"], "near": near, "flows": flows}


def _none(reason: str) -> Json:
    return {"reason": reason, "made": None, "scores": {}, "near": 0, "flows": []}


def _moved(flow: Mapping[str, object], result: Result | None) -> Json:
    """Return a flow with the largest change of freight on its links."""
    kept = {key: value for key, value in flow.items() if key != "links"}
    if result is None:
        return kept | {"moved_mt": 0.0}
    links = flow["links"]
    index = {name: i for i, name in enumerate(result.flows.link_ids)}
    at = [index[name] for name in links if name in index] if isinstance(links, list) else []
    change = (result.flows.after_t[:, at] - result.flows.before_t[:, at]).sum(axis=(0, 2)) / 1e6
    return kept | {"moved_mt": float(f"{np.abs(change).max(initial=0.0):.4g}")}
