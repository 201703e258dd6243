"""Scenario files: what is accepted, and one clear error for what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

import isthmus as ist
from isthmus.errors import QueryError, ScenarioError
from isthmus.scenario.changes import KINDS, CloseLink, Embargo, OpenLink
from isthmus.scenario.parameters import PARAMETERS
from isthmus.world import at

PAIR = '[[change]]\nkind = "{}"\nby = "A"\non = "B"\n'
BAN = PAIR.format("import_ban")
PARAMETER = '[[change]]\nkind = "set_parameter"\nname = "{}"\nvalue = {}\n'


def write(folder: Path, text: str, name: str = "s.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_library_scenario_applies_without_a_warning(eurasia: ist.World) -> None:
    for name in ist.library():
        scenario = ist.read_scenario(name)
        applied = ist.apply_scenario(eurasia if scenario.as_of is None else at(eurasia, scenario.as_of), scenario)
        assert {e.change for e in applied.effects} == set(range(1, len(scenario.changes) + 1)), name
        assert not applied.warnings, name


def test_changes_keep_their_order_and_extends_comes_first(tmp_path: Path) -> None:
    write(tmp_path, '[[change]]\nkind = "close_link"\nlinks = ["a"]\n', "base.toml")
    path = write(tmp_path, 'extends = "base.toml"\n[[change]]\nkind = "open_link"\nlinks = "b"\n')
    scenario = ist.read_scenario(path)
    assert scenario.changes == (CloseLink(links=("a",)), OpenLink(links=("b",)))


def test_a_loop_of_extends_is_told(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "b.toml"\n', "a.toml")
    write(tmp_path, 'extends = "a.toml"\n', "b.toml")
    with pytest.raises(ScenarioError, match="extends itself"):
        ist.read_scenario(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "broken TOML"),
        ('titel = "x"\n[[change]]\nkind = "close_link"\nlinks = ["a"]\n', "unknown key 'titel'. Nearest: 'title'"),
        ('title = "x"\n', "no \\[\\[change\\]\\]"),
        ('horizon = "forever"\n[[change]]\nkind = "close_link"\nlinks = ["a"]\n', "horizon is 'forever'"),
        ('[[change]]\nkind = "close_links"\nlinks = ["a"]\n', "change 1: kind is 'close_links'. Nearest: 'close_link'"),
        ('[[change]]\nkind = "close_link"\nlink = ["a"]\n', "unknown key 'link'. Nearest: 'links'"),
        ('[[change]]\nkind = "close_link"\n', "key 'links' is missing"),
        ('[[change]]\nkind = "close_link"\nlinks = [3]\n', "links is \\[3\\]"),
        ('[[change]]\nkind = "change_link"\nlinks = ["a"]\nhours_factor = "fast"\n', "hours_factor is 'fast'"),
        ('[[change]]\nkind = "change_link"\nlinks = ["a"]\nhours_factor = -1\n', "hours_factor is -1.0"),
        ('[[change]]\nkind = "change_link"\nlinks = ["a"]\n', "changes nothing"),
        ('[[change]]\nkind = "change_link"\nlinks = ["a"]\nhours = 1\nhours_factor = 2\n', "both given"),
        ('[[change]]\nkind = "open_border"\nbetween = ["ARM"]\n', "Name two different territories"),
        ('[[change]]\nkind = "close_border"\nbetween = ["ARM", "TUR"]\nmodes = ["cart"]\n', "modes holds 'cart'"),
        ('[[change]]\nkind = "embargo"\nby = ["A"]\non = ["B"]\nseverity = 2\n', "severity is 2.0"),
        ("extends = 3\n", "extends is 3. Write names in quotes"),
        ('as_of = "May"\n[[change]]\nkind = "close_link"\nlinks = ["a"]\n', "as_of is 'May'. Write a date"),
        (BAN + "product_share = 0.2\n", "product_share is a part of one sector's flow"),
        (BAN + 'sectors = ["S"]\ntrade_usd_m = 2\n', "trade_usd_m needs its year and its document"),
        (BAN + 'sectors = ["S"]\ntrade_usd_m = 0\nyear = 2022\nsource = "x"\n', "trade_usd_m is 0.0"),
        (BAN + 'sectors = ["S"]\ntrade_usd_m = 2\nproduct_share = 0.1\n', "both given"),
        (BAN + "year = 2022\n", "year is 2022 without trade_usd_m"),
        (BAN + "year = 2022.5\n", "year is 2022.5. Write a whole number"),
        (PAIR.format("tariff"), "key 'rate' is missing"),
        (PAIR.format("tariff") + "rate = -1\n", "rate is -1.0"),
        (PAIR.format("energy_price") + "factor = 0\n", "factor is 0.0"),
        (PAIR.format("cut_transfers") + "share = 1.5\n", "share is 1.5"),
        (PAIR.format("expel_migrants") + "share = 0\n", "share is 0.0"),
        ('[[change]]\nkind = "set_demand"\neconomy = "A"\nfactor = -2\n', "factor is -2.0"),
        (PARAMETER.format("opennes", 1), "Nearest: 'openness'"),
        (PARAMETER.format("openness", 2), "openness is 2.0. Give a value from 0 to 1"),
        (PARAMETER.format("value_of_time.bulky", 2), "Nearest: 'bulk'"),
        ('[[change]]\nkind = "pipeline_outage"\nlinks = ["a"]\nshare = 0\n', "share is 0.0"),
        ('[[change]]\nkind = "not_modelled"\ndescription = " "\n', "description is empty"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        ist.read_scenario(write(tmp_path, text))
    assert "s.toml" in str(caught.value)


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = 'titel = "x"\n[[change]]\nkind = "shut"\n[[change]]\nkind = "close_link"\nlink = 1\n'
    with pytest.raises(ScenarioError, match="4 problems"):
        ist.read_scenario(write(tmp_path, text))


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(QueryError, match="Nearest: 'tripp'"):
        ist.read_scenario("trip")


def test_every_kind_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "scenarios.md").read_text(encoding="utf-8")
    for word in (*KINDS, *PARAMETERS):
        assert f"`{word}`" in page, word


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (OpenLink(links=("new-lin",)), "unknown link, project or corridor 'new-lin'. Nearest: 'new-line'"),
        (Embargo(by=("AAB",), on=("CCC",)), "unknown economy 'AAB'. Nearest: 'AAA'"),
        (Embargo(by=("AAA",), on=("CCC",), sectors=("FARMS",)), "unknown sector 'FARMS'. Nearest: 'FARM'"),
        (Embargo(by=("AAA",), on=("AAA",)), "same economy"),
    ],
)
def test_unknown_names_are_told_when_applied(toy: ist.World, change: object, said: str) -> None:
    scenario = ist.Scenario(name="s", title="s", changes=(change,))  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=said):
        ist.apply_scenario(toy, scenario)


def test_groups_stand_for_their_members(toy: ist.World) -> None:
    scenario = ist.Scenario(name="s", title="s", changes=(Embargo(by=("EAST",), on=("AAA",)),))
    access = ist.apply_scenario(toy, scenario).wedges.access
    assert access is not None
    d, e, a = (toy.economies.index(code) for code in ("DDD", "EEE", "AAA"))
    assert (access[[d, e], a] == 0).all() and (access[a, [d, e]] == 0).all()
    assert access[d, e].all()


def test_partial_bans_take_their_share(toy: ist.World) -> None:
    ban = Embargo(by=("AAA",), on=("CCC",), sectors=("FOOD",), products=("cheese",), product_share=0.25, severity=0.8)
    access = ist.apply_scenario(toy, ist.Scenario(name="s", title="s", changes=(ban,))).wedges.access
    assert access is not None
    k = toy.sectors.codes.index("FOOD")
    assert access[0, 2, k] == pytest.approx(0.8)
    assert access[0, 2, k - 1] == 1.0
