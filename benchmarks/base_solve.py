"""The base without congestion, all classes and 8 draws, and one pass beside others' shortest-path trees.

    OPENBLAS_NUM_THREADS=1 python benchmarks/base_solve.py [--peers VENV/bin/python]

Bound: 10 s of wall time on two quiet cores. A pass of ours (least costs, gates, expected costs and choice
probabilities towards a destination) is set beside least costs alone of SciPy, igraph and rustworkx on the same arcs
and weights. AequilibraE lives in an environment of its own (`pip install aequilibrae`) and is asked for the user
equilibrium of Anaheim, which ours reaches as the scale goes to 0; both are skipped with a reason where the package or
the reference network is absent.
"""

from __future__ import annotations

import argparse
import json
import runpy
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import igraph
import numpy as np
import rustworkx

import isthmus as ist
from isthmus.routing import Routing, RoutingSettings, kernels, solve_routing
from routing import Pass, ScipyPass, _cpu

BOUND = 10.0
REPEATS = 5
#: Relative gap of Anaheim's equilibrium that both sides are asked for.
GAP = 1e-6

_AEQUILIBRAE = """
import json, sys, time
from pathlib import Path
import numpy as np, pandas as pd
from aequilibrae.matrix import AequilibraeMatrix
from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass
folder = Path(sys.argv[1])
links, trips, expected = (pd.read_csv(folder / f"{part}.csv") for part in ("links", "demand", "expected_flow"))
zones = int(trips[["o", "d"]].to_numpy().max())
table = np.zeros((zones, zones))
table[trips["o"] - 1, trips["d"] - 1] = trips["q"]
np.fill_diagonal(table, 0.0)
matrix = AequilibraeMatrix()
matrix.create_empty(zones=zones, matrix_names=["trips"], memory_only=True)
matrix.index = np.arange(1, zones + 1)
matrix.matrix["trips"][:, :] = table
matrix.computational_view(["trips"])
frame = links.rename(columns={"i": "a_node", "j": "b_node", "fft": "time"})
frame = frame.assign(link_id=np.arange(1, len(links) + 1), direction=1)
graph = Graph()
graph.network = frame
graph.prepare_graph(np.arange(1, zones + 1))
graph.set_graph("time")
graph.set_blocked_centroid_flows(json.loads((folder / "meta.json").read_text())["first_thru_node"] > 1)
run = TrafficAssignment()
run.set_classes([TrafficClass("car", graph, matrix)])
run.set_vdf("BPR")
run.set_vdf_parameters({"alpha": "b", "beta": "power"})
run.set_capacity_field("capacity")
run.set_time_field("time")
run.set_algorithm("bfw")
run.max_iter, run.rgap_target = 2000, float(sys.argv[2])
run.set_cores(1)
begun = time.process_time()
run.execute()
seconds = time.process_time() - begun
flow = run.results()["PCE_AB"].reindex(frame["link_id"]).to_numpy()
published = links.merge(expected, on=["i", "j"])["flow"].to_numpy()
print(json.dumps({"seconds": seconds, "gap": float(run.assignment.rgap), "iterations": int(run.assignment.iter),
                  "error": float(np.abs(flow - published).max() / published.max())}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", type=Path, help="python of the environment with aequilibrae")
    world = ist.load_world("eurasia-2022")
    print(repr(world.network))
    routing = solve_routing(world.network, world.economies, RoutingSettings(draws=1))  # compiles, too
    time_base(world)
    time_pass(routing)
    time_anaheim(parser.parse_args().peers)


def time_base(world: ist.World) -> None:
    """Print the time of all costs."""
    wall, cpu = time.perf_counter(), time.process_time()
    solve_routing(world.network, world.economies, RoutingSettings(draws=8))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    kept = "kept" if wall <= BOUND else "not kept (look at the CPU seconds if the machine is busy)"
    print(f"all classes, 8 draws, all cores: {wall:.1f} s wall, {cpu:.1f} s CPU; bound {BOUND:g} s wall: {kept}")


def time_pass(routing: Routing) -> None:
    """Print CPU time of one pass of ours and of others' least costs, one thread, median of runs, by destination."""
    web, scipys, zones = Pass(routing).web, ScipyPass(routing), routing.graph.n_zones
    desk, goals = kernels.make_desk(web), scipys.goals
    arcs = scipys.matrix.tocoo()  # from head to tail; parallel arcs are a handful and do not matter for a timing
    ends, weights = list(zip(arcs.row.tolist(), arcs.col.tolist(), strict=True)), arcs.data.tolist()
    peer = igraph.Graph(n=arcs.shape[0], edges=ends, directed=True)
    rust = rustworkx.PyDiGraph()
    rust.add_nodes_from(range(arcs.shape[0]))
    rust.add_edges_from([(*pair, weight) for pair, weight in zip(ends, weights, strict=True)])
    runs: dict[str, Callable[[], object]] = {
        "ours, a pass": lambda: [kernels.solve_pass(web, desk, d, 0) for d in range(zones)],
        "ours, least costs": lambda: [kernels.least_cost(web, desk, int(goal), 0) for goal in goals],
        "SciPy dijkstra": scipys,
        "igraph distances": lambda: peer.distances(source=goals.tolist(), weights=weights),
        "rustworkx dijkstra": lambda: [rustworkx.dijkstra_shortest_path_lengths(rust, int(g), float) for g in goals],
    }
    for run in runs.values():
        run()
    taken = {name: np.median([_cpu(run) for _ in range(REPEATS)]) / goals.size for name, run in runs.items()}
    own = taken["ours, a pass"]
    print(f"one thread, {goals.size} destinations, {arcs.nnz} arcs, CPU by destination:")
    for name, seconds in taken.items():
        print(f"  {name:20} {1e3 * seconds:7.3f} ms   a pass of ours takes {own / seconds:5.2f} times as long")


def time_anaheim(python: Path | None) -> None:
    """Print CPU time of Anaheim's user equilibrium, ours and AequilibraE's."""
    test = runpy.run_path(str(Path(__file__).parents[1] / "tests/routing/test_capacity_against_tntp.py"))
    folder = test["FOLDER"] / "tntp_anaheim"
    if not folder.is_dir():
        print("Anaheim: skipped, the reference network is not beside the repository")
        return
    begun = time.process_time()
    found = test["solve_as_scale_falls"]("anaheim", (1e-2, 1e-3, 1e-4, 1e-5, 3e-6, 1e-6), enough=GAP)
    own = time.process_time() - begun
    error = np.abs(found.traffic - found.published).max() / found.published.max()
    print(
        f"Anaheim, ours at scale {found.scale:g}: {own:.1f} s CPU, gap {found.relative_gap:.1e}, error {error:.1e} of "
        "the largest flow",
        flush=True,
    )
    if python is None or not python.exists():
        print("AequilibraE: skipped, name the python of an environment that has it with --peers")
        return
    command = [str(python), "-c", _AEQUILIBRAE, str(folder), str(GAP)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    if ran.returncode:
        print(f"AequilibraE: skipped, {ran.stderr.strip().splitlines()[-1]}")
        return
    peer = json.loads(ran.stdout.strip().splitlines()[-1])
    print(
        f"Anaheim, AequilibraE's biconjugate Frank-Wolfe, {peer['iterations']} iterations: {peer['seconds']:.1f} s CPU,"
        f" gap {peer['gap']:.1e}, error {peer['error']:.1e}; ours takes {own / peer['seconds']:.1f} times as long"
    )


if __name__ == "__main__":
    main()
