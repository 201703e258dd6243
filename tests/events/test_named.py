"""Named analyses: how they are read, corrected for their number, and added up."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import isthmus as ist
from isthmus.errors import QueryError
from isthmus.events import Findings
from isthmus.events.nulls import NULLS
from isthmus.events.pool import pool_findings
from isthmus.events.significance import holm

RECORD = ist.load_events()
ONE = 'trigger = "actor=ARM instrument=away"\nresponse = "actor=RUS target=ARM"\n'


@pytest.fixture(scope="module")
def found() -> Findings:
    return ist.compute_analysis(RECORD, ist.read_analysis("neighbours-steps"), permutations=1999)


def test_the_pool_is_the_sum_of_its_tests(found: Findings) -> None:
    assert found.pooled is not None
    for i, rate in enumerate(found.pooled.rates):
        parts = [one.answer.windows[i].trigger for one in found.findings]
        assert rate.events == sum(part.events for part in parts)
        assert rate.hits == pytest.approx(sum(part.hits for part in parts))
        assert rate.base_rate == pytest.approx(sum(part.base_rate * part.events for part in parts) / rate.events)
        for null in NULLS:
            mean = sum(part.chance_rate[null] * part.events for part in parts) / rate.events
            assert rate.chance_rate[null] == pytest.approx(mean)


def test_the_poisson_p_of_the_pool_is_that_of_a_sum_of_binomials(found: Findings) -> None:
    assert found.pooled is not None
    rng = np.random.default_rng(0)
    rate = found.pooled.rates[0]
    total = np.zeros(200_000)
    for one in found.findings:
        answer = one.answer
        success = 1 - (1 - 31 / answer.period.days) ** len(answer.responses)
        total += stats.binom.rvs(len(answer.triggers), success, size=len(total), random_state=rng)
    exact = float((total >= np.floor(rate.hits)).mean())
    assert rate.p_poisson == pytest.approx(exact, abs=4 * np.sqrt(exact / len(total)))


def test_each_test_year_and_part_of_the_record_is_left_out_of_the_pool(found: Findings) -> None:
    assert found.pooled is not None
    variants = {variant.name: variant for variant in found.pooled.variants}
    whole = found.pooled.rates[0]
    for test, one in zip(found.analysis.tests, found.findings, strict=True):
        rate = variants[f"without {test.label}"].rate
        assert rate is not None
        assert rate.events == whole.events - len(one.answer.triggers)
    years = sorted({int(y) for one in found.findings for y in one.answer.period.years[one.answer.triggers.start]})
    assert [v.year for v in found.pooled.variants if v.year is not None] == years
    in_2022 = sum(int((f.answer.period.years[f.answer.triggers.start] == 2022).sum()) for f in found.findings)
    assert variants["without 2022"].triggers == whole.events - in_2022
    sourced = variants["rows with a checked source only"]
    assert sourced.triggers == sum(f.variants[0].triggers for f in found.findings if f.variants[0].rate is not None)


def test_a_finding_among_many_is_corrected_for_their_number(found: Findings) -> None:
    least = [min(window.trigger.p_holm for window in one.answer.windows) for one in found.findings]
    assert found.p_family == tuple(holm(least))
    for one, verdict, p in zip(found.findings, found.verdicts, found.p_family, strict=True):
        if one.verdict.startswith("More often") and p > 0.05:
            assert verdict.startswith("No more than chance among 5 tests")
        else:
            assert verdict == one.verdict


def test_an_analysis_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\n[names]\nwho = "ARM"\n[shared]\nwindows = [10]\n[[test]]\nlabel = "one"\n'
        'trigger = "actor=$who instrument=away"\nresponse = "actor=RUS target=$who"\nlag = 1\n',
        encoding="utf-8",
    )
    analysis = ist.read_analysis(path)
    assert (analysis.name, analysis.title, analysis.pool) == ("mine", "Mine", False)
    assert analysis.tests[0].question == ist.Question("actor=ARM instrument=away", "actor=RUS target=ARM", (10,), 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = ", "broken TOML"),
        ("titel = 'x'", "unknown key 'titel'. Nearest: 'title'"),
        ("title = 'x'", "no [[test]]"),
        (f"[[test]]\n{ONE}window = [3]", "test 1: unknown key 'window'. Nearest: 'windows'"),
        ('[[test]]\ntrigger = "actor=KAZ"', "response is None"),
        (f'[[test]]\n{ONE}windows = ["30d"]', "Write whole days"),
        ('[[test]]\ntrigger = "target=$west"\nresponse = "actor=RUS"', "[names] lacks"),
        (f"[[test]]\n{ONE}lag = -1", "lag: -1 days"),
        (f'[[test]]\n{ONE}lag = "1d"', "lag is '1d'. Write it like lag = 1."),
        (f"[[test]]\n{ONE}start = 2021-08-01", 'Write it like start = "2021-08"'),
        (f"names = 3\n[[test]]\n{ONE}", "Write [shared], [names], [[test]]"),
    ],
)
def test_a_broken_analysis_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QueryError, match=re.escape(told)):
        ist.read_analysis(path)


def test_tests_of_different_windows_are_not_added_up() -> None:
    ask = [ist.Question("actor=ARM instrument=away", "actor=RUS target=ARM", windows) for windows in ((30,), (60,))]
    two = [ist.compute_coincidence(RECORD, question, permutations=99) for question in ask]
    with pytest.raises(QueryError, match="different windows"):
        pool_findings(two, ["a", "b"])
