"""Compiled sweeps over the part of a pass that bottlenecks can alter.

At fixed gates a delay at some links moves the value of the nodes upstream of them and of no others. `thin_all`
keeps of a pass only those of these nodes that gated paths from the zones reach, and their arcs that lead to such
a node or pass a bottleneck. Values are kept as changes U = V - V0 from the pass as it was thinned (step 4 of
DESIGN.md section 4, divided by itself at the delays of then):

    U_k = -mu_k ln(r_k + sum_e p_e exp(-(s_e + U_l) / mu_k)),   r_k = 1 - sum_e p_e

with s_e the change of delay and p_e the choice probability then. Scales at cheap nodes are a few US cents, and
delays move by tens of USD: p_e is far below what a number can hold where a way is used after the move. Hence
logarithms of p_e and r_k are kept, of every arc with an open gate.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from isthmus.routing.heap import Int32Array, _compiled
from isthmus.routing.kernels import Desk, Web, deal, read_costs, solve_pass
from isthmus.world.accounts import FloatArray, IntArray

#: Tonnes a year that are not followed further: exp() of large numbers would end in denormal ones, which are slow.
_NONE = 1e-60
#: Tonnes a year that the derivative of flows by delays does not ask for: it steers steps, and what is flows is exact.
_FAINT = 1e-3
Number = TypeVar("Number", np.int32, np.int64, np.float64)
#: Arrays that `keep` appends to: node, mu, ln rest, end of its arcs; head, facility, ln p; origin.
Kept = tuple[Int32Array, FloatArray, FloatArray, IntArray, Int32Array, Int32Array, FloatArray, Int32Array]


class Thin(NamedTuple):
    """What bottlenecks can alter of the passes of one class, draw and set of destinations."""

    size: int  # nodes and zones; position `size` stands for all nodes with U = 0
    dest: Int32Array  # (pass,) zone
    first_node: IntArray  # (pass + 1,)
    first_origin: IntArray  # (pass + 1,)
    node: Int32Array  # (kept node,) by increasing least cost within a pass
    mu: FloatArray  # (kept node,)
    rest: FloatArray  # (kept node,) ln r
    first_arc: IntArray  # (kept node + 1,)
    head: Int32Array  # (kept arc,)
    facility: Int32Array  # (kept arc,) -1: none
    p: FloatArray  # (kept arc,) ln p
    origin: Int32Array  # (kept origin,) zone


@_compiled
def grown(array: NDArray[Number], used: int | np.int64, more: int | np.int64) -> NDArray[Number]:
    """Return an array with room for `more` entries after the `used` ones; the same one if it has it."""
    if used + more <= array.size:
        return array
    out = np.empty(2 * (used + more), array.dtype)
    out[:used] = array[:used]
    return out


@_compiled
def reach(web: Web, desk: Desk, turn: IntArray, group: int, settled: int) -> None:
    """Fill `x` with 1 where gated paths from the zones whose `turn` it is lead, 0 elsewhere."""
    x = desk.x
    x[:] = 0.0
    for position in range(settled - 1, 0, -1):
        k = desk.order[position]
        if k >= web.n_nodes:
            x[k] = 1.0 if turn[k - web.n_nodes] == group else 0.0
        if x[k] == 0.0:
            continue
        for m in range(desk.start[position], desk.start[position + 1]):
            x[web.out_head[desk.live[m]]] = 1.0


@_compiled
def log_share(web: Web, desk: Desk, k: int, e: int) -> float:
    """Return ln p of the arc `e` out of `k`: ln s + (V_k - c - V_l) / mu_k."""
    h = web.out_head[e]
    share = min((desk.pi[k] - desk.pi[h]) * web.out_gate[e], 1.0)
    gate = share * share * (3.0 - 2.0 * share)
    return float(np.log(gate) + (desk.V[k] - web.out_cost[e] - desk.V[h]) / web.scale[k])


@_compiled
def keep(web: Web, desk: Desk, facility: Int32Array, settled: int, arrays: Kept, at: IntArray) -> None:
    """Append the nodes and arcs of a pass that bottlenecks can alter; `at` counts nodes, arcs and origins kept.

    `x` of the desk is from `reach` and is emptied; `facility` is by arc of the web.
    """
    node, mu, rest, end, head, by, share, origin = arrays
    x, core = desk.x, desk.mark
    core[:] = False
    for position in range(1, settled):
        k = desk.order[position]
        if x[k] == 0.0:
            continue
        top, left, arcs = -np.inf, 0.0, at[1]
        for m in range(desk.start[position], desk.start[position + 1]):
            e = desk.live[m]
            h = web.out_head[e]
            log_p = log_share(web, desk, k, e)
            if facility[e] >= 0 or core[h]:
                head[arcs] = h if core[h] else web.n_nodes + web.n_zones
                by[arcs] = facility[e]
                share[arcs] = log_p
                arcs += 1
            elif log_p > top:
                left = left * np.exp(top - log_p) + 1.0
                top = log_p
            else:
                left += np.exp(log_p - top)
        if arcs > at[1]:
            core[k] = True
            node[at[0]], mu[at[0]], end[at[0]] = k, web.scale[k], arcs
            rest[at[0]] = top + np.log(left) if left > 0.0 else -np.inf
            at[0] += 1
            at[1] = arcs
            if k >= web.n_nodes:
                origin[at[2]] = k - web.n_nodes
                at[2] += 1
    x[:] = 0.0


@_compiled
def thin_all(web: Web, desk: Desk, dests: IntArray, codes: IntArray, facility: Int32Array, out: FloatArray) -> Thin:
    """Return what bottlenecks can alter of the passes to `dests`; fill `out` (zone, destination) with costs."""
    turn, group_code = np.zeros(web.n_zones, np.int64), np.zeros(web.n_zones + 1, np.int64)
    at = np.zeros(3, np.int64)
    node, mu, rest, end = np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.int64)
    head, by, share, origin = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32)
    dest, marks, passes = np.empty(0, np.int32), np.empty(0, np.int64), 0
    for column in range(dests.size):
        d = dests[column]
        turn[:] = 0
        settled, groups = deal(web, desk, codes, d, turn, group_code)
        for group in range(groups + 1):
            if group > 0:
                settled = solve_pass(web, desk, d, group_code[group])
            read_costs(web, desk, turn, group, out[:, column])
            reach(web, desk, turn, group, settled)
            live = np.int64(desk.start[settled])
            node, mu = grown(node, at[0], settled), grown(mu, at[0], settled)
            rest, end = grown(rest, at[0], settled), grown(end, at[0], settled)
            head, by, share = grown(head, at[1], live), grown(by, at[1], live), grown(share, at[1], live)
            origin = grown(origin, at[2], web.n_zones)
            keep(web, desk, facility, settled, (node, mu, rest, end, head, by, share, origin), at)
            dest, marks = grown(dest, passes, 1), grown(marks, 2 * passes, 2)
            dest[passes] = d
            marks[2 * passes], marks[2 * passes + 1] = at[0], at[2]
            passes += 1
    zero, n, a, o = np.zeros(1, np.int64), at[0], at[1], at[2]
    return Thin(
        web.n_nodes + web.n_zones, dest[:passes].copy(), np.concatenate((zero, marks[: 2 * passes : 2])),
        np.concatenate((zero, marks[1 : 2 * passes : 2])), node[:n].copy(), mu[:n].copy(), rest[:n].copy(),
        np.concatenate((zero, end[:n])), head[:a].copy(), by[:a].copy(), share[:a].copy(), origin[:o].copy(),
    )  # fmt: skip


@_compiled
def shift_values(thin: Thin, i: int, step: FloatArray, soft: float, U: FloatArray, p: FloatArray) -> None:
    """Fill `U` by node and `p` by arc for pass `i` at delays changed by `step` (facility,)."""
    U[thin.size] = 0.0
    base = thin.first_arc[thin.first_node[i]]
    for n in range(thin.first_node[i], thin.first_node[i + 1]):
        first, end = thin.first_arc[n], thin.first_arc[n + 1]
        low, high = 0.0, 0.0
        for a in range(first, end):
            z = U[thin.head[a]]
            if thin.facility[a] >= 0:
                z += step[thin.facility[a]]
            p[a - base] = z
            low, high = min(low, z) if a > first else z, max(high, z) if a > first else z
        k = thin.node[n]
        if low == 0.0 and high == 0.0:
            U[k] = 0.0
            for a in range(first, end):
                p[a - base] = np.exp(thin.p[a])
            continue
        inverse = 1.0 / (soft * thin.mu[n])
        top = thin.rest[n]
        for a in range(first, end):
            p[a - base] = thin.p[a] - p[a - base] * inverse
            top = max(top, p[a - base])
        total = np.exp(thin.rest[n] - top)
        for a in range(first, end):
            p[a - base] = np.exp(p[a - base] - top)
            total += p[a - base]
        for a in range(first, end):
            p[a - base] /= total
        U[k] = -(top + np.log(total)) / inverse


@_compiled
def load_pass(thin: Thin, i: int, x: FloatArray, p: FloatArray, seen: FloatArray, flow: FloatArray) -> None:
    """Send what is in `x` down pass `i`, adding to `flow` by facility; `seen` by kept node gets what passed."""
    first = thin.first_node[i]
    base = thin.first_arc[first]
    for n in range(thin.first_node[i + 1] - 1, first - 1, -1):
        k = thin.node[n]
        amount = x[k]
        x[k] = 0.0
        seen[n - first] = amount
        if amount < _NONE:
            continue
        for a in range(thin.first_arc[n], thin.first_arc[n + 1]):
            part = amount * p[a - base]
            if thin.facility[a] >= 0:
                flow[thin.facility[a]] += part
            x[thin.head[a]] += part
    x[thin.size] = 0.0


class Demand(NamedTuple):
    """What is sent: q exp(-pull (U - start)) tonnes."""

    q: FloatArray  # (zone, zone) t a year
    pull: FloatArray  # (zone, zone) share lost per USD/t
    start: FloatArray  # (kept origin,) U at which demand is q


class Bench(NamedTuple):
    """Work space of one thread."""

    U: FloatArray  # (size + 1,)
    x: FloatArray  # (size + 1,)
    p: FloatArray  # (most arcs of a pass,)
    seen: FloatArray  # (most nodes of a pass,)
    R: FloatArray  # (size + 1, facility)


def make_bench(thin: Thin, facilities: int) -> Bench:
    """Return empty work space."""
    nodes = int(np.diff(thin.first_node).max(initial=1))
    arcs = int(np.diff(thin.first_arc[thin.first_node]).max(initial=1))
    return Bench(
        np.zeros(thin.size + 1), np.zeros(thin.size + 1), np.empty(arcs), np.empty(nodes),
        np.zeros((thin.size + 1, facilities)),
    )  # fmt: skip


@_compiled
def respond(
    thin: Thin,
    bench: Bench,
    step: FloatArray,
    soft: float,
    trade: Demand,
    flow: FloatArray,
    shift: FloatArray,
    hessian: FloatArray,
) -> float:
    """Return the demand's term of the dual at delays changed by `step` (facility,).

    Adds flows to `flow` (facility,), writes changes of
    cost to `shift` (kept origin,), and, if `hessian` (facility, facility) has room, adds the derivative of
    flows by delays.
    """
    value, n_zones = 0.0, trade.q.shape[0]
    for i in range(thin.dest.size):
        d = thin.dest[i]
        shift_values(thin, i, step, soft, bench.U, bench.p)
        for j in range(thin.first_origin[i], thin.first_origin[i + 1]):
            o = thin.origin[j]
            k = thin.size - n_zones + o
            shift[j] = bench.U[k]
            change, q, pull = bench.U[k] - trade.start[j], trade.q[o, d], trade.pull[o, d]
            if o == d or q == 0.0:
                continue
            if pull > 0.0:
                bench.x[k] = q * np.exp(-pull * change)
                value += (q - bench.x[k]) / pull
            else:
                bench.x[k] = q
                value += q * change
        load_pass(thin, i, bench.x, bench.p, bench.seen, flow)
        if hessian.size > 0:
            bend(thin, i, bench, soft, trade, hessian)
    return value


@_compiled
def bend(thin: Thin, i: int, bench: Bench, soft: float, trade: Demand, hessian: FloatArray) -> None:
    """Add the derivative of pass `i`'s flows by delays to `hessian`: minus a covariance, hence negative.

    With R_k the expected passages from k and D_e = [e's facility] + R_head - R_k,
    dv/dt = -sum_k x_k / mu_k sum_e p_e D_e D_e^T - sum_o pull_o q_o R_o R_o^T.
    """
    used, column = list_facilities(thin, i, bench, hessian.shape[0])
    if used.size == 0:
        return
    first = thin.first_node[i]
    base = thin.first_arc[first]
    for n in range(first, thin.first_node[i + 1]):
        seen = bench.seen[n - first]
        pass_on(thin, n, base, bench, seen, column, used.size)
        if seen > _FAINT:
            spread_out(thin, n, base, bench, seen / (soft * thin.mu[n]), column, used, hessian)
    n_zones, d = trade.q.shape[0], thin.dest[i]
    for j in range(thin.first_origin[i], thin.first_origin[i + 1]):
        o = thin.origin[j]
        k = thin.size - n_zones + o
        pull, q = trade.pull[o, d], trade.q[o, d]
        if pull > 0.0 and q > 0.0 and o != d:
            amount = q * np.exp(-pull * (bench.U[k] - trade.start[j]))
            add_outer(hessian, used, bench.R[k, : used.size], pull * amount)


@_compiled
def pass_on(thin: Thin, n: int, base: int, bench: Bench, seen: float, column: IntArray, m: int) -> None:
    """Fill `R` of the kept node `n` with expected passages of the m facilities that the pass loads."""
    R, k = bench.R, thin.node[n]
    R[thin.size, :m] = 0.0
    R[k, :m] = 0.0
    if seen <= _FAINT:
        return
    for a in range(thin.first_arc[n], thin.first_arc[n + 1]):
        share, h, f = bench.p[a - base], thin.head[a], thin.facility[a]
        for c in range(m):
            R[k, c] += share * R[h, c]
        if f >= 0 and column[f] >= 0:
            R[k, column[f]] += share


@_compiled
def spread_out(
    thin: Thin, n: int, base: int, bench: Bench, weight: float, column: IntArray, used: IntArray, hessian: FloatArray
) -> None:
    """Take weight x the covariance of passages over the arcs out of the kept node `n` from `hessian`."""
    R, k, m, left = bench.R, thin.node[n], used.size, 1.0
    D = np.zeros(m)
    for a in range(thin.first_arc[n], thin.first_arc[n + 1]):
        share, h, f = bench.p[a - base], thin.head[a], thin.facility[a]
        left -= share
        if 1e-15 < share < 1.0 - 1e-12:
            for c in range(m):
                D[c] = R[h, c] - R[k, c]
            if f >= 0 and column[f] >= 0:
                D[column[f]] += 1.0
            add_outer(hessian, used, D, weight * share)
    if left > 1e-15:
        add_outer(hessian, used, R[k, :m], weight * left)


@_compiled
def list_facilities(thin: Thin, i: int, bench: Bench, m: int) -> tuple[IntArray, IntArray]:
    """Return the facilities that pass `i` loads, and the position of each among them."""
    column = np.full(m, -1, np.int64)
    first = thin.first_node[i]
    base, count = thin.first_arc[first], 0
    for n in range(first, thin.first_node[i + 1]):
        if bench.seen[n - first] <= _FAINT:
            continue
        for a in range(thin.first_arc[n], thin.first_arc[n + 1]):
            f = thin.facility[a]
            if f >= 0 and column[f] < 0 and bench.seen[n - first] * bench.p[a - base] > _FAINT:
                column[f] = count
                count += 1
    used = np.empty(count, np.int64)
    for f in range(m):
        if column[f] >= 0:
            used[column[f]] = f
    return used, column


@_compiled
def add_outer(hessian: FloatArray, used: IntArray, D: FloatArray, weight: float) -> None:
    """Take weight x D D^T from the rows and columns `used` of the lower triangle by position."""
    for r in range(used.size):
        if abs(D[r]) < 1e-14:
            continue
        part = weight * D[r]
        row = used[r]
        for c in range(r + 1):
            hessian[row, used[c]] -= part * D[c]
