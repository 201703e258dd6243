"""Parts of ln W add up to the exact ln W, and each is what its name says where one can tell by hand."""

from dataclasses import replace

import numpy as np
import pytest

import isthmus as ist
from isthmus.trade import (
    COMPONENTS,
    LONG,
    SHORT,
    TradeSettings,
    TradeShock,
    cut_trade,
    decompose,
    solve_trade,
    trade_baseline,
)
from trade.trade_cases import make_baseline, random_baseline

CES = TradeSettings(eps=0.6, sM=0.4, sC=0.8, kap=3.0)
AT = {name: at for at, name in enumerate(COMPONENTS)}


def _everything(baseline, seed):
    """Return a shock on every channel at once, with a cut and a flow that loses its route."""
    rng = np.random.default_rng(seed)
    n, s = baseline.output.shape
    off = ~np.eye(n, dtype=bool)[..., None]
    access = np.where(off, rng.uniform(0.4, 1.0, (n, n, s)), 1.0)
    access[0, 1] = 0
    cost = np.where(off, rng.uniform(0.8, 1.4, (n, n, s)), 1.0)
    cost[2, 1, 0] = np.inf
    rate = rng.uniform(0, 0.4, (n, n, s)) * off
    return TradeShock(
        trade_cost_change=cost,
        access=access,
        tariff=rate,
        export_tax=0.5 * rate[::-1, ::-1] * off,
        remittances=baseline.remittances * rng.uniform(0, 1.5, (n, n)),
        endowment=rng.uniform(0.9, 1.1, n),
    )


@pytest.mark.parametrize("settings", [LONG, CES, SHORT, replace(LONG, closure="held")])
@pytest.mark.parametrize("taxed", [False, True])
def test_parts_add_up(settings, taxed):
    baseline = random_baseline(4, taxed=taxed)
    shock = _everything(baseline, 9)
    told = decompose(baseline, shock, settings)
    exact = np.log(solve_trade(baseline, shock, settings).real_income_change)
    np.testing.assert_allclose(told.exact, exact, atol=1e-8)
    assert np.abs(told.missed).max() < 1e-4
    assert (np.abs(told.parts).max(axis=0) > 1e-5).all()  # every channel shows


def test_a_channel_alone_shows_in_its_own_part():
    baseline = random_baseline(4)
    n, s = baseline.output.shape
    dear = np.where(~np.eye(n, dtype=bool)[..., None], 1.2, 1.0) * np.ones((n, n, s))
    cases = {
        "trade_cost": TradeShock(trade_cost_change=dear),
        "access": TradeShock(access=1.0 / dear),
        "taxes": TradeShock(tariff=dear - 1.0),
        "transfers": TradeShock(remittances=np.zeros((n, n))),
        "endowment": TradeShock(endowment=np.linspace(0.9, 1.1, n)),
    }
    for name, shock in cases.items():
        parts = decompose(baseline, shock, replace(LONG, closure="held")).parts
        for other in cases:
            size = np.abs(parts[:, AT[other]]).max()
            assert size > 1e-4 if other == name else size < 1e-5, (name, other)


def test_own_endowment_of_one_world_is_the_endowment_part():
    """A world of one economy: ln W is ln L, by hand."""
    one = random_baseline(1, n=1, s=2, sparse=False, transfers=False)
    told = decompose(one, TradeShock(endowment=np.array([1.3])))
    assert told.parts[0, AT["endowment"]] == pytest.approx(np.log(1.3), abs=1e-9)
    assert told.exact[0] == pytest.approx(np.log(1.3), abs=1e-9)


def test_small_open_trade_cost_is_the_import_share():
    """To first order a uniform rise of import costs loses the import share (Hulten), exact for a small rise."""
    baseline = random_baseline(7, transfers=False)
    n, s = baseline.output.shape
    tiny = np.where(~np.eye(n, dtype=bool)[..., None], 1.0001, 1.0) * np.ones((n, n, s))
    told = decompose(baseline, TradeShock(trade_cost_change=tiny), replace(LONG, closure="held"))
    np.testing.assert_allclose(told.parts[:, AT["trade_cost"]], told.first_order, rtol=0.35)
    gain = told.parts[:, AT["own_prices"]] + told.parts[:, AT["import_prices"]]
    np.testing.assert_allclose(gain.sum(), 0, atol=1e-4)


def test_latent_trade_is_access():
    pi = np.array([[[0.7], [0.3]], [[0.3], [0.7]]])
    latent = np.zeros((2, 2, 1))
    latent[0, 1] = latent[1, 0] = 0.2
    one = np.ones((2, 1))
    baseline = make_baseline(pi, [4.0], one, np.zeros((2, 1, 1)), one, np.ones(2), latent=latent)
    told = decompose(baseline, TradeShock(latent_access=np.where(latent > 0, 0.5, 0.0)))
    assert (told.parts[:, AT["access"]] > 1e-3).all()
    np.testing.assert_allclose(told.parts.sum(axis=1), told.exact, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("horizon", ["long", "short"])
def test_an_embargo_of_the_shipped_world(eurasia: ist.World, horizon):
    baseline = trade_baseline(eurasia, horizon)
    n, s = baseline.output.shape
    russia, armenia = eurasia.economies.index("RUS"), eurasia.economies.index("ARM")
    shock = cut_trade([(russia, armenia), (armenia, russia)], s).dense(n, s)
    told = decompose(baseline, shock, SHORT if horizon == "short" else LONG)
    assert np.abs(told.missed).max() < 1e-4
    assert told.parts[armenia, AT["access"]] < -0.02
