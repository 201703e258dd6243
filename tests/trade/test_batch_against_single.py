"""A batch gives what single solves give, scenario by scenario, whatever else is in it."""

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.errors import InputError, NotConverged
from isthmus.trade import (
    LONG,
    SHORT,
    SparseShock,
    TradeSettings,
    TradeShock,
    cut_trade,
    join,
    make_sparse,
    solve_trade,
    solve_trade_batch,
    trade_baseline,
)
from trade.trade_cases import random_baseline

CES = TradeSettings(eps=0.6, sM=0.4, sC=0.8)


def _scenarios(n, s, seed):
    """Return embargoes, partial bans, dearer trade, transfers, endowments, and cells that lose nearly all."""
    rng = np.random.default_rng(seed)
    shocks = [cut_trade([(i, j), (j, i)], s) for i in range(n) for j in range(i)]
    shocks += [cut_trade([(0, 1)], [0, 1], access=np.array([0.3, 0.9])), SparseShock(), cut_trade([(1, 0)], s)]
    at = np.argwhere(rng.random((n, n, s)) < 0.3)
    at = at[at[:, 0] != at[:, 1]]
    dear = SparseShock(*at.T, access=np.ones(len(at)), trade_cost_change=rng.uniform(0.9, 1.5, len(at)))
    sealed = replace(dear, trade_cost_change=np.where(rng.random(len(at)) < 0.1, np.inf, 1.2))
    shocks += [dear, sealed, join([dear, cut_trade([(0, 2)], s)])]
    shocks += [SparseShock(endowment=rng.uniform(0.9, 1.1, n)), SparseShock(remittances=np.zeros((n, n)))]
    everyone = [(i, 2) for i in range(n) if i != 2]
    shocks += [cut_trade(everyone[:-1], s), cut_trade([(j, i) for i, j in everyone], [0])]
    return shocks


@pytest.mark.parametrize(
    ("settings", "method"),
    [
        (LONG, "chord"),
        (LONG, "anderson"),
        (CES, "chord"),
        (SHORT, "auto"),
        (replace(SHORT, kap=3.0), "auto"),
        (replace(LONG, closure="held"), "chord"),
        (replace(LONG, closure="balanced"), "chord"),
        (replace(LONG, choke=None), "auto"),
    ],
)
def test_batch_equals_single_solves(settings, method):
    baseline = random_baseline(3, n=5, s=4)
    shocks = _scenarios(5, 4, seed=8)
    batch = solve_trade_batch(baseline, shocks, settings, method=method)
    assert batch.residual[batch.converged].max() <= 1e-10
    if settings.closure != "held" and settings.choke is not None:
        batch.require()
    assert batch.converged.sum() >= len(shocks) - 2
    for number in np.flatnonzero(batch.converged):
        alone = solve_trade(baseline, shocks[number].dense(5, 4), settings)
        np.testing.assert_allclose(batch.real_income_change[number], alone.real_income_change, rtol=2e-8)
        assert batch.backstop_share[number] == pytest.approx(alone.backstop_share.max(), abs=1e-7)


def test_no_shock_is_one():
    baseline = random_baseline(5, n=4, s=3)
    batch = solve_trade_batch(baseline, [SparseShock()] * 25, LONG)
    assert (batch.real_income_change == 1.0).all()
    assert (batch.iterations == 1).all()


def test_order_and_company_do_not_matter(toy):
    baseline = trade_baseline(toy)
    shocks = _scenarios(6, 8, seed=2)
    whole = solve_trade_batch(baseline, shocks, LONG, method="anderson")
    back = solve_trade_batch(baseline, shocks[::-1], LONG, method="anderson")
    np.testing.assert_allclose(back.real_income_change[::-1], whole.real_income_change, rtol=1e-9)


def test_cells_that_lose_all_sources_use_the_backstop(toy):
    baseline = trade_baseline(toy)
    gas = toy.sectors.codes.index("GAS")
    n = len(toy.economies)
    shock = cut_trade([(i, 1) for i in range(n) if i != 1], [gas])
    batch = solve_trade_batch(baseline, [shock] * 3, LONG).require()
    alone = solve_trade(baseline, shock.dense(n, len(baseline.theta)), LONG)
    assert alone.backstop_share[1, gas] > 0.99
    assert batch.backstop_share[0] == pytest.approx(alone.backstop_share.max())
    np.testing.assert_allclose(batch.real_income_change[0], alone.real_income_change, rtol=1e-9)


def test_tariffs_go_singly():
    baseline = random_baseline(3, n=4, s=3)
    tariff = TradeShock(tariff=np.full((4, 4, 3), 0.1) * ~np.eye(4, dtype=bool)[..., None])
    batch = solve_trade_batch(baseline, [tariff, cut_trade([(0, 1)], 3)], LONG).require()
    np.testing.assert_allclose(batch.real_income_change[0], solve_trade(baseline, tariff).real_income_change)
    assert batch.method == ("anderson", "anderson")


def test_what_has_no_answer_is_nan_and_told():
    baseline = random_baseline(3, n=4, s=3)
    alone = cut_trade([(i, j) for i in range(4) for j in range(4) if i != j], 3)
    held = replace(LONG, closure="held")
    batch = solve_trade_batch(baseline, [alone, SparseShock()], held)
    assert batch.converged.tolist() == [False, True]
    assert np.isnan(batch.real_income_change[0]).all()
    assert "cannot trade with anyone outside" in batch.failure[0]
    with pytest.raises(NotConverged, match="1 of 2 scenarios have no answer, first 0") as told:
        batch.require()
    assert told.value.partial is batch


def test_too_few_sweeps_are_no_answer():
    baseline = random_baseline(3, n=4, s=3)
    shock = TradeShock(tariff=np.full((4, 4, 3), 0.1) * ~np.eye(4, dtype=bool)[..., None])
    batch = solve_trade_batch(baseline, [shock], replace(LONG, max_iterations=2))
    assert not batch.converged[0]
    assert np.isnan(batch.real_income_change).all()


def test_dense_and_sparse_are_each_other():
    dear = join([cut_trade([(0, 1), (1, 0)], 3), cut_trade([(0, 1)], [2], access=0.5), cut_trade([(2, 0)], [1])])
    again = make_sparse(dear.dense(3, 3))
    for name in ("origin", "destination", "sector", "access"):
        assert (getattr(again, name) == getattr(dear, name)).all()
    assert make_sparse(TradeShock(tariff=np.zeros((3, 3, 3)))) is None


def test_bad_entries_are_told():
    baseline = random_baseline(3, n=4, s=3)
    for shock, words in (
        (cut_trade([(0, 9)], 3), "destination goes from 9 to 9, there are 4"),
        (cut_trade([(0, 1)], 3, access=1.5), "access is out of range in 3 of 3 cells"),
        (cut_trade([(0, 1)], [1, 1]), "a flow has two entries"),
    ):
        with pytest.raises(InputError, match=words):
            solve_trade_batch(baseline, [shock])
    with pytest.raises(InputError, match="needs mobile factors"):
        solve_trade_batch(baseline, [SparseShock()], SHORT, method="chord")


@pytest.mark.slow
@pytest.mark.parametrize("horizon", ["long", "short"])
def test_all_embargoes_of_one_coercer(eurasia: ist.World, horizon):
    baseline = trade_baseline(eurasia, horizon)
    settings = ist.TradeSettings() if horizon == "long" else SHORT
    russia, sectors = eurasia.economies.index("RUS"), len(baseline.theta)
    targets = [n for n in range(len(eurasia.economies)) if n != russia]
    shocks = [cut_trade([(russia, n), (n, russia)], sectors) for n in targets]
    batch = solve_trade_batch(baseline, shocks, settings).require()
    for number in (targets.index(eurasia.economies.index(code)) for code in ("ARM", "KAZ", "DEU")):
        alone = solve_trade(baseline, shocks[number].dense(len(eurasia.economies), sectors), settings)
        np.testing.assert_allclose(batch.real_income_change[number], alone.real_income_change, atol=1e-9)
