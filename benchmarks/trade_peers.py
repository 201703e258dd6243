"""CPU seconds beside two published tools on the same problems, in the same run.

    OPENBLAS_NUM_THREADS=1 python benchmarks/trade_peers.py --peers VENV/bin/python

The peers live in an environment of their own, since they pin old packages:

    python3.11 -m venv VENV && VENV/bin/pip install sanction-simulator==0.1.4 gegravity==0.3

Without it the comparison is skipped with a reason. sanction-simulator: Russia and Kazakhstan stop trading on
the OECD table of 80 economies x 50 sectors (its model rations quantities, ours clears markets by price).
gegravity: a policy ends between two of 50 (100) economies, one sector, sigma 5, on trade that is structural gravity
exactly, so that both have the same baseline.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from isthmus.trade import LONG, TradeBaseline, TradeShock, cut_trade, solve_trade, solve_trade_batch
from trade import machine

_SANCTIONS = """
import json, sys, time
import sanction_simulator as s
sys.path.insert(0, s.__path__[0])
import power_trade_estimation as pte
bench = pte.Benchmark(s.data_dir(), cache=s.bench_cache())
names = list(bench.countries)
spec = [("RUS-KAZ", pte.bilateral_legs(names.index("RUS"), names.index("KAZ")))]
begun = time.process_time()
rows, loss, *_ = pte.run_scenarios(bench, spec, tau=0.3, rho=-1.0, delta=0.1, log=lambda *_: None)
seconds = time.process_time() - begun
print(json.dumps({"seconds": seconds, "cache": s.bench_cache(), "error": float(rows["fp_err"].iloc[0]),
                  "loss": {c: float(v) for c, v in zip(names, loss[0])}}))
"""

_GRAVITY = """
import json, sys, time, warnings
import numpy as np, pandas as pd
warnings.filterwarnings("ignore")
from gegravity import BaselineData, CostCoeffs, OneSectorGE
frame = pd.read_csv(sys.argv[1])
def model():
    data = BaselineData(frame.copy(), imp_var_name="importer", exp_var_name="exporter", year_var_name="year",
                        trade_var_name="trade", expend_var_name="expenditure", output_var_name="output")
    coeffs = CostCoeffs(estimates=pd.DataFrame({"var": ["distance", "policy"], "beta": [-1.0, 0.5], "se": [0.1, 0.1]}),
                        identifier_col="var", coeff_col="beta", stderr_col="se")
    return OneSectorGE(baseline=data, cost_coeff_values=coeffs, cost_variables=["distance", "policy"], year="2020",
                       reference_importer=str(frame["importer"].iloc[0]), sigma=5, quiet=True)
out = {"tried": []}
for rescale in (1, 10, 100, 1000):
    ge = model()
    begun = time.process_time()
    try:
        ge.build_baseline(omr_rescale=rescale)
        changed = ge.baseline_data.copy()
        pair = changed["exporter"].isin(["C001", "C002"]) & changed["importer"].isin(["C001", "C002"])
        changed.loc[pair & (changed["exporter"] != changed["importer"]), "policy"] = 0
        ge.define_experiment(changed)
        ge.simulate()
    except Exception as error:
        out["tried"].append({"rescale": rescale, "error": str(error)[:80]})
        continue
    seconds = time.process_time() - begun
    told = {k: bool(v.get("success", v) if isinstance(v, dict) else v) for k, v in ge.solver_diagnostics.items()
            if isinstance(v, dict) and "success" in v}
    income = (ge.country_results["GDP change (percent)"] if "GDP change (percent)" in ge.country_results
              else ge.country_results.iloc[:, 0])
    out["tried"].append({"rescale": rescale, "seconds": seconds, "success": told,
                         "income": {str(k): float(v) for k, v in income.items()}})
    if told and all(told.values()):
        trade = ge.baseline_trade_results if hasattr(ge, "baseline_trade_results") else ge.bilateral_trade_results
        out["columns"] = list(ge.bilateral_trade_results.columns)
        break
print(json.dumps(out))
"""


def run_peer(python: str, code: str, *words: str) -> dict[str, object]:
    """Return what a peer prints, run in its own environment with one BLAS thread."""
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    env.pop("PYTHONPATH", None)
    done = subprocess.run([python, "-c", code, *words], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no message"}
    told: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def icio_baseline(cache: Path) -> tuple[TradeBaseline, list[str]]:
    """Return the 80 x 50 table of the peer as a baseline: theta 4; final use goes where intermediates go."""
    with np.load(cache, allow_pickle=False) as raw:
        names, sectors = [str(v) for v in raw["countries"]], len(raw["sectors"])
        n = len(names)
        Z = (raw["A"] * (raw["omb"] * raw["s"])[None, :]).reshape(sectors, n, sectors, n)  # (k, i, j, n)
        final, output = raw["z"].reshape(sectors, n), raw["s"].reshape(sectors, n)
    sold = Z.sum(axis=2)  # (k, i, n)
    share = sold / np.maximum(sold.sum(axis=2, keepdims=True), 1e-300)
    home = sold.sum(axis=2) <= 0
    share[home] = np.broadcast_to(np.eye(n), (sectors, n, n))[home]
    flow = sold + final[:, :, None] * share
    inputs = Z.sum(axis=1).transpose(2, 0, 1)  # (n, k, j)
    bought = flow.sum(axis=1)  # (k, n)
    use = np.maximum(bought - inputs.sum(axis=2).T, 0.0)
    inside = np.maximum(inputs.sum(axis=1), 1e-300)
    spending = use.sum(axis=0)
    value_added = output.T - inputs.sum(axis=1)
    deficit = spending - value_added.sum(axis=1)
    return TradeBaseline(
        expenditure_share=(flow / np.maximum(bought[:, None], 1e-300)).transpose(1, 2, 0),
        theta=np.full(sectors, 4.0),
        value_added_share=np.where(output.T > 0, value_added / np.maximum(output.T, 1e-300), 1.0),
        input_share=inputs / inside[:, None, :] * (inputs.sum(axis=1) > 0)[:, None, :],
        final_share=(use / spending).T,
        output=output.T,
        expenditure=spending,
        deficit=deficit - deficit.mean(),
        remittances=np.zeros((n, n)),
    ), names


def cpu(run: object, repeats: int) -> float:
    """Return the least CPU seconds of some runs."""
    best = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        run()  # type: ignore[operator]
        best = min(best, time.process_time() - begun)
    return best


def against_sanctions(python: str) -> None:
    told = run_peer(python, _SANCTIONS)
    if "failed" in told:
        print(f"sanction-simulator: skipped, {told['failed']}")
        return
    baseline, names = icio_baseline(Path(str(told["cache"])))
    russia, kazakhstan = names.index("RUS"), names.index("KAZ")
    n, s = baseline.output.shape
    shock = cut_trade([(russia, kazakhstan), (kazakhstan, russia)], s)
    solution = solve_trade(baseline, shock.dense(n, s))
    single = cpu(lambda: solve_trade(baseline, shock.dense(n, s)), 3)
    pairs = [cut_trade([(russia, t), (t, russia)], s) for t in range(n) if t != russia]
    solve_trade_batch(baseline, pairs, LONG).require()  # forms the inverse once
    batch = cpu(lambda: solve_trade_batch(baseline, pairs, LONG), 1) / len(pairs)
    peer = float(str(told["seconds"]))
    print(
        f"RUS-KAZ embargo, 80 x 50: sanction-simulator {peer:.2f} s; ours {single:.3f} s alone "
        f"({peer / single:.0f} x), {batch:.3f} s in a batch of {len(pairs)} ({peer / batch:.0f} x), "
        f"residual {solution.residual:.0e}"
    )
    loss = 1 - solution.real_income_change
    print(f"  ours: real income KAZ {100 * loss[kazakhstan]:.2f} %, RUS {100 * loss[russia]:.2f} %")


def gravity_data(n: int, spread: float, seed: int = 5) -> dict[str, np.ndarray]:
    """Return a balanced one-sector world: distances, a policy in a third of pairs, trade by structural gravity.

    `spread` is the standard deviation of log sizes.
    """
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 1, (n, 2))
    distance = np.log(1 + 20 * np.linalg.norm(place[:, None] - place[None], axis=2))
    policy = np.triu(rng.random((n, n)) < 0.3, 1)
    policy = (policy | policy.T).astype(float)
    policy[1, 2] = policy[2, 1] = 1.0
    size = rng.lognormal(0, spread, n)
    cost = np.exp(-distance + 0.5 * policy)
    left, right = np.ones(n), np.ones(n)
    for _ in range(5000):  # structural gravity: sales and purchases of each economy equal its size
        left = size / (cost @ right)
        right = size / (cost.T @ left)
    return {"distance": distance, "policy": policy, "size": size, "trade": left[:, None] * cost * right[None]}


def against_gravity(python: str, n: int, spread: float) -> None:
    data = gravity_data(n, spread)
    names = [f"C{i:03d}" for i in range(n)]
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "world.csv"
        rows = ["exporter,importer,year,trade,output,expenditure,distance,policy"]
        rows += [
            f"{names[i]},{names[j]},2020,{data['trade'][i, j]!r},{data['size'][i]!r},{data['size'][j]!r},"
            f"{data['distance'][i, j]!r},{data['policy'][i, j]!r}"
            for i in range(n)
            for j in range(n)
        ]
        path.write_text("\n".join(rows).replace("np.float64(", "").replace(")", "") + "\n", encoding="utf-8")
        told = run_peer(python, _GRAVITY, str(path))
    if "failed" in told:
        print(f"gegravity: skipped, {told['failed']}")
        return
    one = np.ones((n, 1))
    spent = data["trade"].sum(axis=0)
    baseline = TradeBaseline(
        (data["trade"] / spent)[:, :, None], np.array([4.0]), one, np.zeros((n, 1, 1)), one,
        data["trade"].sum(axis=1)[:, None], spent, np.zeros(n), np.zeros((n, n)),
    )  # fmt: skip
    access = np.ones((n, n, 1))
    access[1, 2] = access[2, 1] = np.exp(-0.5)
    shock = TradeShock(access=access)
    solution = solve_trade(baseline, shock)
    ours = cpu(lambda: solve_trade(baseline, shock), 5)
    income = 100 * (solution.real_income_change[1] - 1)
    print(
        f"policy ends between two of {n} economies, one sector; ours {1000 * ours:.1f} ms CPU, "
        f"residual {solution.residual:.0e}, real income of C001 {income:+.4f} %"
    )
    for tried in told["tried"]:  # type: ignore[attr-defined]
        if "error" in tried:
            print(f"  gegravity, omr_rescale {tried['rescale']}: stopped, {tried['error']}")
            continue
        good = bool(tried["success"]) and all(tried["success"].values())
        seconds, theirs = tried["seconds"], tried["income"].get("C001", float("nan"))
        print(
            f"  gegravity, omr_rescale {tried['rescale']}: {seconds:.2f} s CPU ({seconds / ours:.0f} x), "
            f"{'converged' if good else 'not converged'} {tried['success']}, C001 {theirs:+.4f} %"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default=os.environ.get("ISTHMUS_PEERS"), help="Python of the peers' environment.")
    python = parser.parse_args().peers
    print(f"{machine()}; CPU seconds, BLAS threads: {os.environ.get('OPENBLAS_NUM_THREADS', 'all')}")
    if not python or not Path(python).is_file():
        print("skipped: no environment of the peers. Make one as the head of this file says and give --peers.")
        return
    against_sanctions(python)
    for economies in (50, 100):
        against_gravity(python, economies, spread=1.0)


if __name__ == "__main__":
    main()
