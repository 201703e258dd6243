"""Compiled sweeps of the gated recursive logit, for one class and draw (DESIGN.md section 4, steps 1-5).

All arrays are in positions of `Arcs`. A pass towards destination d works on nodes with finite least
cost, in the order in which Dijkstra settles them; gates only let a trip go downhill in that cost, so
one sweep up gives values and one sweep down gives flows.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _gate(drop: float, cost: float, width: float) -> float:
    """S((pi_k - pi_l) / (width c)), S(x) = x^2 (3 - 2 x) between 0 and 1."""
    x = drop / (width * cost)
    if x >= 1.0:
        return 1.0
    return x * x * (3.0 - 2.0 * x)


@njit(cache=True, nogil=True)
def least_cost(dest, n_nodes, cost, bits, code, tail, in_start, in_arc, pi, order, heap_key, heap_node):
    """Fill `pi` with least costs to `dest` and `order` with nodes as settled; return how many were."""
    pi[:] = np.inf
    pi[dest] = 0.0
    heap_key[0] = 0.0
    heap_node[0] = dest
    size = 1
    settled = 0
    while size > 0:
        key = heap_key[0]
        node = heap_node[0]
        size -= 1
        # Sift the last leaf down from the root.
        last_key = heap_key[size]
        last_node = heap_node[size]
        i = 0
        while True:
            j = 4 * i + 1
            if j >= size:
                break
            end = min(j + 4, size)
            low = j
            for m in range(j + 1, end):
                if heap_key[m] < heap_key[low]:
                    low = m
            if heap_key[low] >= last_key:
                break
            heap_key[i] = heap_key[low]
            heap_node[i] = heap_node[low]
            i = low
        heap_key[i] = last_key
        heap_node[i] = last_node
        if key > pi[node]:
            continue
        order[settled] = node
        settled += 1
        if node >= n_nodes and node != dest:
            continue
        for position in range(in_start[node], in_start[node + 1]):
            e = in_arc[position]
            if code != 0 and (bits[e] & code) != 0:
                continue
            k = tail[e]
            reached = key + cost[e]
            if reached < pi[k]:
                pi[k] = reached
                i = size
                size += 1
                while i > 0:
                    parent = (i - 1) >> 2
                    if heap_key[parent] <= reached:
                        break
                    heap_key[i] = heap_key[parent]
                    heap_node[i] = heap_node[parent]
                    i = parent
                heap_key[i] = reached
                heap_node[i] = k
    return settled


@njit(cache=True, nogil=True)
def values(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V):
    """Fill `V`, the expected cost to `dest`, in increasing least cost (step 4)."""
    V[dest] = 0.0
    for position in range(1, settled):
        k = order[position]
        mu = scale[k]
        best = np.inf
        for e in range(out_start[k], out_start[k + 1]):
            l = head[e]
            if (l >= n_nodes and l != dest) or not pi[l] < pi[k]:
                continue
            if code != 0 and (bits[e] & code) != 0:
                continue
            u = cost[e] + V[l]
            if u < best:
                best = u
        total = 0.0
        for e in range(out_start[k], out_start[k + 1]):
            l = head[e]
            if (l >= n_nodes and l != dest) or not pi[l] < pi[k]:
                continue
            if code != 0 and (bits[e] & code) != 0:
                continue
            z = (cost[e] + V[l] - best) / mu
            if z < 40.0:
                total += _gate(pi[k] - pi[l], cost[e], width) * np.exp(-z)
        V[k] = best - mu * np.log(total) if total > 0.0 else best


@njit(cache=True, nogil=True)
def load(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, x, flow):
    """Send the demand in `x` (by node, used up) down to `dest`, adding to `flow` by arc (step 5)."""
    for position in range(settled - 1, 0, -1):
        k = order[position]
        amount = x[k]
        x[k] = 0.0
        if amount == 0.0:
            continue
        mu = scale[k]
        for e in range(out_start[k], out_start[k + 1]):
            l = head[e]
            if (l >= n_nodes and l != dest) or not pi[l] < pi[k]:
                continue
            if code != 0 and (bits[e] & code) != 0:
                continue
            z = (cost[e] + V[l] - V[k]) / mu
            if z < 40.0:
                p = _gate(pi[k] - pi[l], cost[e], width) * np.exp(-z)
                if p > 0.0:
                    flow[e] += amount * p
                    x[l] += amount * p
    x[dest] = 0.0


@njit(cache=True, nogil=True)
def expect(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, attribute, R):
    """Fill `R` (node, attribute) with expected sums of arc attributes along trips to `dest`."""
    m = attribute.shape[1]
    R[dest, :] = 0.0
    for position in range(1, settled):
        k = order[position]
        mu = scale[k]
        R[k, :] = 0.0
        for e in range(out_start[k], out_start[k + 1]):
            l = head[e]
            if (l >= n_nodes and l != dest) or not pi[l] < pi[k]:
                continue
            if code != 0 and (bits[e] & code) != 0:
                continue
            z = (cost[e] + V[l] - V[k]) / mu
            if z < 40.0:
                p = _gate(pi[k] - pi[l], cost[e], width) * np.exp(-z)
                if p > 1e-12:
                    for a in range(m):
                        R[k, a] += p * (attribute[e, a] + R[l, a])


@njit(cache=True, nogil=True)
def touches(n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, dest, member, mark):
    """Return whether any gated path from the zones in `member` uses an arc barred by `code`.

    If none does, barring those arcs changes nothing for these zones: their shortest paths are gated
    paths, so their least costs stay, gates on their paths stay, and other gates can only stay shut.
    """
    mark[:] = False
    for position in range(settled - 1, 0, -1):
        k = order[position]
        if k >= n_nodes:
            if not member[k - n_nodes]:
                continue
        elif not mark[k]:
            continue
        for e in range(out_start[k], out_start[k + 1]):
            l = head[e]
            if (l >= n_nodes and l != dest) or not pi[l] < pi[k]:
                continue
            if (bits[e] & code) != 0:
                return True
            mark[l] = True
    return False


@njit(cache=True, nogil=True)
def all_costs(dests, n_nodes, n_zones, cost, bits, codes, width, scale, head, tail, out_start, in_start, in_arc, out):
    """Fill `out` (zone, zone) with V from each origin zone to each of `dests`; inf without a route."""
    size = n_nodes + n_zones
    pi = np.empty(size)
    V = np.empty(size)
    order = np.empty(size, np.int32)
    heap_key = np.empty(cost.size + 1)
    heap_node = np.empty(cost.size + 1, np.int32)
    mark = np.empty(size, np.bool_)
    member = np.empty(n_zones, np.bool_)
    for d in dests:
        dest = n_nodes + d
        done = np.zeros(n_zones, np.bool_)
        settled = least_cost(dest, n_nodes, cost, bits, 0, tail, in_start, in_arc, pi, order, heap_key, heap_node)
        values(dest, n_nodes, cost, bits, 0, width, scale, head, out_start, pi, order, settled, V)
        for o in range(n_zones):
            out[o, d] = V[n_nodes + o] if pi[n_nodes + o] < np.inf else np.inf
            done[o] = codes[o, d] == 0
        fresh = True
        for first in range(n_zones):
            if done[first]:
                continue
            code = codes[first, d]
            for o in range(n_zones):
                member[o] = codes[o, d] == code
                if member[o]:
                    done[o] = True
            if not fresh:
                settled = least_cost(
                    dest, n_nodes, cost, bits, 0, tail, in_start, in_arc, pi, order, heap_key, heap_node
                )
                values(dest, n_nodes, cost, bits, 0, width, scale, head, out_start, pi, order, settled, V)
                fresh = True
            if not touches(
                n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, dest, member, mark
            ):
                continue
            settled = least_cost(
                dest, n_nodes, cost, bits, code, tail, in_start, in_arc, pi, order, heap_key, heap_node
            )
            values(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V)
            fresh = False
            for o in range(n_zones):
                if member[o]:
                    out[o, d] = V[n_nodes + o] if pi[n_nodes + o] < np.inf else np.inf


@njit(cache=True, nogil=True)
def all_flows(
    dests,
    n_nodes,
    n_zones,
    cost,
    bits,
    codes,
    width,
    scale,
    head,
    tail,
    out_start,
    in_start,
    in_arc,
    demand,
    attribute,
    flow,
    expected,
):
    """Add the flows of `demand` (zone, zone) to `flow` by arc; fill `expected` (zone, zone, attribute)."""
    size = n_nodes + n_zones
    pi = np.empty(size)
    V = np.empty(size)
    order = np.empty(size, np.int32)
    heap_key = np.empty(cost.size + 1)
    heap_node = np.empty(cost.size + 1, np.int32)
    mark = np.empty(size, np.bool_)
    member = np.empty(n_zones, np.bool_)
    x = np.zeros(size)
    m = attribute.shape[1]
    R = np.zeros((size, m))
    for d in dests:
        dest = n_nodes + d
        done = np.zeros(n_zones, np.bool_)
        for first in range(n_zones):
            if done[first] or (demand[first, d] == 0.0 and codes[first, d] != 0):
                continue
            code = codes[first, d]
            for o in range(n_zones):
                member[o] = codes[o, d] == code
                if member[o]:
                    done[o] = True
            settled = least_cost(dest, n_nodes, cost, bits, 0, tail, in_start, in_arc, pi, order, heap_key, heap_node)
            values(dest, n_nodes, cost, bits, 0, width, scale, head, out_start, pi, order, settled, V)
            if code != 0 and touches(
                n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, dest, member, mark
            ):
                settled = least_cost(
                    dest, n_nodes, cost, bits, code, tail, in_start, in_arc, pi, order, heap_key, heap_node
                )
                values(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V)
            else:
                code = 0
            for o in range(n_zones):
                if member[o] and o != d and pi[n_nodes + o] < np.inf:
                    x[n_nodes + o] = demand[o, d]
            load(dest, n_nodes, cost, bits, code, width, scale, head, out_start, pi, order, settled, V, x, flow)
            if m > 0:
                expect(
                    dest,
                    n_nodes,
                    cost,
                    bits,
                    code,
                    width,
                    scale,
                    head,
                    out_start,
                    pi,
                    order,
                    settled,
                    V,
                    attribute,
                    R,
                )
                for o in range(n_zones):
                    if member[o] and o != d and pi[n_nodes + o] < np.inf:
                        expected[o, d, :] = R[n_nodes + o, :]


@njit(cache=True, nogil=True)
def node_scales(out_start, low_cost, eta, cap):
    """Return mu_k = min(cap, root of sum_e exp(-(1 - eta) c_e / mu) = 1) (step 3)."""
    n = out_start.size - 1
    mu = np.full(n, cap)
    for k in range(n):
        start, end = out_start[k], out_start[k + 1]
        if end - start < 2:
            continue
        total = 0.0
        for e in range(start, end):
            total += np.exp(-(1.0 - eta) * low_cost[e] / cap)
        if total <= 1.0:
            continue
        low, high = 0.0, cap
        for _ in range(60):
            middle = 0.5 * (low + high)
            total = 0.0
            for e in range(start, end):
                total += np.exp(-(1.0 - eta) * low_cost[e] / middle)
            if total > 1.0:
                high = middle
            else:
                low = middle
        mu[k] = max(low, 1e-6)
    return mu
