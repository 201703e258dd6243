"""Episodes: every word of a measure is mapped, shares come from the tables, the replay holds against the published."""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

import isthmus as ist
from isthmus.cli import main
from isthmus.errors import QueryError, ScenarioError
from isthmus.report.episodes import episode_rows, flat_rows, print_episodes
from isthmus.scenario import Scenario, all_episodes, read_episode, touches_network
from isthmus.scenario.changes import ExportBan, ImportBan, NotModelled, SetTariff, kind_of
from isthmus.scenario.episodes import comparisons, find_episode, measure_rows, outcomes
from isthmus.solve import replay
from isthmus.world import at


@pytest.mark.parametrize("name", [episode.id for episode in all_episodes()])
def test_every_episode_reads_and_applies(eurasia: ist.World, name: str) -> None:
    scenario = read_episode(name)
    assert len(scenario.changes) >= len(set(find_episode(name).words)) - 1  # fruit and vegetables are one product
    world = eurasia if scenario.as_of is None else at(eurasia, scenario.as_of)
    applied = ist.apply_scenario(world, scenario)
    assert {e.change for e in applied.effects} == set(range(1, len(scenario.changes) + 1))
    assert len(applied.not_modelled) == sum(isinstance(c, NotModelled) for c in scenario.changes)


def test_every_word_of_the_table_is_used_and_says_what_it_touches() -> None:
    used = {(act, what) for episode in all_episodes() for act, what in episode.words}
    own = {episode.id for episode in all_episodes()}
    for row in measure_rows():
        assert (row["measure"], row["detail"]) in used, row
        assert row["dependence"] and row["basis"], row
        assert not row["episode"] or row["episode"] in own


def test_acts_outside_trade_and_transport_are_told_with_the_dependence_they_touch() -> None:
    told = [change.description for change in read_episode("P22").changes if isinstance(change, NotModelled)]
    assert len(told) == 4
    assert any("raids and arrests" in text and "touches diaspora" in text for text in told)


def test_a_share_of_the_year_before_comes_before_a_later_one() -> None:
    """Flowers: 6.2 % of Armenian farm sales to Russia in 2022, 16.2 % in 2024, the year before the curb."""
    (flowers,) = read_episode("P31").changes
    assert isinstance(flowers, ImportBan)
    assert (flowers.product_share, flowers.sectors) == (pytest.approx(0.162), ("A01",))
    assert "2024" in flowers.source


def test_a_share_comes_before_a_value_and_a_value_before_nothing() -> None:
    """Georgian wine: 71.5 USD m in 2005, or 64.1 % in 2022; Kyrgyz dairy has a value alone; Polish meat nothing."""
    wine = read_episode("P01").changes[0]
    assert isinstance(wine, ImportBan)
    assert wine.product_share == pytest.approx(0.641)
    (dairy,) = read_episode("P33").changes
    assert isinstance(dairy, ImportBan)
    assert (dairy.trade_usd_m, dairy.year) == (19.9, 2022)
    assert all(isinstance(change, NotModelled) for change in read_episode("P16").changes)


def test_kinds_and_directions() -> None:
    (barley,) = read_episode("X01").changes
    assert isinstance(barley, SetTariff)
    assert (barley.by, barley.on, barley.rate) == (("CHN",), ("AUS",), 0.805)
    (oil,) = read_episode("P12", horizon="long").changes
    assert isinstance(oil, ExportBan)
    assert (oil.by, oil.on, oil.products) == (("RUS",), ("BLR",), ("crude_oil",))
    assert [kind_of(change) for change in read_episode("P36").changes] == ["export_ban", "export_ban", "deny_transit"]


def test_unknown_episodes_and_words_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueryError, match="unknown episode 'P99'"):
        read_episode("P99")
    from isthmus.scenario import episodes as module

    monkeypatch.setattr(module, "measure_rows", lambda: ())
    with pytest.raises(ScenarioError, match="measure 'import_ban:wine' is not in"):
        read_episode("P02")


def test_replay_equals_the_full_solve(toy: ist.World) -> None:
    ban = ImportBan(by=("AAA",), on=("CCC",), sectors=("FOOD",), products=("wine",), product_share=0.4)
    scenario = Scenario(name="s", title="s", changes=(ban,), horizon="short")
    quick = replay(toy, scenario, coercer="AAA", target="CCC")
    full = ist.solve(toy, scenario)
    c = toy.economies.index("CCC")
    assert not touches_network(scenario)
    assert quick.target_percent == pytest.approx(100 * (full.real_income_change[c] - 1), abs=1e-7)
    k = toy.sectors.codes.index("FOOD")
    assert quick.hit_usd_m == pytest.approx(0.4 * toy.accounts.flow[c, 0, k])
    lost = toy.accounts.flow[c, 0, k] * (1 - full.quantity_change[c, 0, k])
    other = [n for n in range(len(toy.economies)) if n not in (0, c)]
    won = (toy.accounts.flow[c, other, k] * (full.quantity_change[c, other, k] - 1)).sum()
    assert quick.redirected_percent == pytest.approx(100 * won / lost, rel=1e-6)


def test_months_redirect_what_the_record_says_in_its_order(eurasia: ist.World) -> None:
    """Of Australian wine a fifth was sold elsewhere, of its coal all: the model keeps order and rough size."""
    told = {one.episode: one for one in comparisons() if one.quantity == "redirected"}
    model = {}
    for name in ("X02", "X03"):
        episode = find_episode(name)
        found = replay(eurasia, read_episode(name), coercer=episode.coercer, target=episode.target)
        assert found.redirected_percent is not None
        model[name] = found.redirected_percent
    assert told["X02"].high < told["X03"].low
    assert model["X02"] < model["X03"]
    assert model["X02"] == pytest.approx(told["X02"].low, abs=15)
    assert model["X03"] > 60


def test_published_outcomes_belong_to_episodes_and_name_their_document() -> None:
    own = {episode.id for episode in all_episodes()}
    assert {one.episode for one in comparisons()} <= own
    assert all(one.source and one.basis and one.low <= one.high for one in comparisons())
    assert sum(bool(outcomes(name)) for name in own) > 25


def test_the_command_lists_and_checks_episodes() -> None:
    run = CliRunner()
    listed = run.invoke(main, ["scenarios", "--episodes", "X02", "--format", "json"])
    (row,) = json.loads(listed.stdout)
    assert row["published"][0]["model"] == row["redirected_percent"]
    assert row["target_percent"] < 0
    assert "import_ban" in run.invoke(main, ["check", "P28"]).output
    assert "barley" in run.invoke(main, ["scenarios", "X01"]).output
    assert run.invoke(main, ["scenarios", "--episodes", "P99"]).exit_code == 2


def test_the_table_tells_what_is_not_modelled_and_not_solved(eurasia: ist.World) -> None:
    def told(name: str) -> tuple[str, list[dict[str, object]]]:
        rows = episode_rows(eurasia, [find_episode(name)], horizon="short", routed=False, tell=lambda _: None)
        text = io.StringIO()
        print_episodes(rows, "short", Console(file=text, width=150))
        return text.getvalue(), flat_rows(rows)

    table, _ = told("P32")
    assert "ambassador recalled" in table and "Shoigu" in table
    _, (row,) = told("P25")
    assert "--routed" in str(row["why_not"])
    assert row["published"] == "redirected 100 %, model - %"
