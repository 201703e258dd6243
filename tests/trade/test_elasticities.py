"""Shipped elasticities: the short one of energy is what its episode says; the table is shown with its sources."""

import csv
import io

import pytest
from click.testing import CliRunner

import isthmus as ist
from isthmus.cli import main
from isthmus.errors import QueryError
from isthmus.trust.energy_stop import ENERGY, PUBLISHED_LOSS, energy_stop_loss, fit_energy_theta


def test_short_energy_theta_and_its_range_give_the_published_losses(eurasia: ist.World) -> None:
    """Bachmann et al. 2022: 0.5 to 3 %; the middle fixes the value, the ends its range."""
    at = [eurasia.sectors.codes.index(code) for code in ENERGY]
    shipped = {float(v) for v in eurasia.sectors.theta_short[at]}
    low, high = eurasia.sectors.theta_short_range[at[0]]
    assert len(shipped) == 1
    assert energy_stop_loss(eurasia) == pytest.approx(PUBLISHED_LOSS[1], rel=0.05)
    assert energy_stop_loss(eurasia, low) == pytest.approx(PUBLISHED_LOSS[2], rel=0.05)
    assert energy_stop_loss(eurasia, high) == pytest.approx(PUBLISHED_LOSS[0], rel=0.05)


@pytest.mark.slow
def test_the_fit_finds_the_shipped_value(eurasia: ist.World) -> None:
    assert fit_energy_theta(eurasia) == pytest.approx(0.72, abs=0.02)


def test_a_world_without_germany_is_told(toy: ist.World) -> None:
    with pytest.raises(QueryError, match="has no DEU, RUS, B05"):
        energy_stop_loss(toy)


def test_the_table_names_ranges_and_sources(toy: ist.World) -> None:
    table = CliRunner().invoke(main, ["world", "show", "--elasticities", "--world", "toy"])
    assert table.exit_code == 0
    rows = list(
        csv.DictReader(
            io.StringIO(CliRunner().invoke(main, "world show --elasticities --world toy --format csv".split()).stdout)
        )
    )
    assert [row["sector"] for row in rows] == list(toy.sectors.codes)
    for row in rows:
        assert float(row["theta_short_low"]) <= float(row["theta_short"]) <= float(row["theta_short_high"])
        assert float(row["theta_short"]) <= float(row["theta_long"])
        assert row["source"]
