"""Every corridor is predicted without itself: the folds part corridors, and no row moves its own prediction."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus as ist
from isthmus.cli import main
from isthmus.trust.flow_model import Errors, Specs
from isthmus.trust.folds import FOLDS, Folds, deal_folds, predict
from isthmus.trust.targets import Target, read_targets
from isthmus.trust.validation import Comparison, score


def _target(name: str, treatment: str = "full") -> Target:
    return Target(name, name, 2022, 1.0, name, "shown", treatment, "", "", ((name, "*", "both", ""),))


def _specs(kind: str) -> Specs:
    table = pd.DataFrame({"constant": ["c"], "kind": [kind]})
    return Specs(table, np.ones((1, 1)), usd=np.array([True]), sd=np.array([1.0]), bound=np.array([60.0]))


def test_corridors_are_dealt_whole_into_folds_of_like_size() -> None:
    corridors = tuple(target.corridor for target in read_targets())
    dealt = deal_folds(corridors)
    assert set(dealt) == set(corridors)
    sizes = np.bincount(list(dealt.values()), minlength=FOLDS)
    assert sizes.max() - sizes.min() <= 1


def test_an_error_that_all_corridors_share_is_learnt_from_the_others() -> None:
    targets = tuple(_target(f"corridor {i}") for i in range(20))
    error = np.full(20, 0.8)
    out, fold = predict(Errors(targets, error, np.ones((20, 1))), _specs("mode"))
    assert (np.abs(out) < 0.1).all()
    assert set(fold) == set(range(FOLDS))


@settings(max_examples=20, deadline=None)
@given(st.floats(-3.0, 3.0))
def test_a_rows_own_error_has_no_part_in_its_prediction(own: float) -> None:
    targets = tuple(_target(f"corridor {i}") for i in range(10))
    error = np.linspace(-1.0, 1.0, 10)
    before, _ = predict(Errors(targets, error, np.ones((10, 1))), _specs("crossing"))
    moved = error.copy()
    moved[3] = own
    after, _ = predict(Errors(targets, moved, np.ones((10, 1))), _specs("crossing"))
    assert after[3] - own == pytest.approx(before[3] - error[3])


def test_partial_years_are_predicted_but_never_teach() -> None:
    targets = tuple(_target(f"corridor {i}", "partial" if i else "full") for i in range(10))
    error = np.array([0.5] + [2.0] * 9)
    out, fold = predict(Errors(targets, error, np.ones((10, 1))), _specs("mode"))
    taught = fold != fold[0]
    assert out[~taught] == pytest.approx(error[~taught])
    assert (out[taught] < error[taught]).all()
    assert (out[taught] > error[taught] - 0.5).all()


def test_the_command_prints_predictions_and_their_score(monkeypatch: pytest.MonkeyPatch) -> None:
    flows = tuple(Comparison(replace(_target(name), used="out-of-fold"), 1.2, 2.0, 1.4) for name in ("a", "b"))
    found = Folds(flows, (0, 1), score(flows, "out-of-fold"))
    monkeypatch.setattr("isthmus.trust.folds.cross_validate", lambda *_: found)
    run = CliRunner().invoke
    told = run(main, ["validate", "--folds", "--world", "toy", "--quiet"])
    assert told.exit_code == 0, told.stderr
    assert "out of fold: 2 flows" in told.stdout
    row = json.loads(run(main, ["validate", "--folds", "--world", "toy", "--quiet", "--format", "json"]).stdout)
    schema = Path(ist.__file__).parent / "schema" / "validate_folds.json"
    jsonschema.validate(row, json.loads(schema.read_text(encoding="utf-8")))
    assert [each["fold"] for each in row["folds"]] == [1, 2]
    assert row["score"]["reduction"] == pytest.approx(1 - np.log(1.2) / np.log(2.0))
