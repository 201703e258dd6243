"""The record: what is shipped, and what is said about a user's bad file."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

import isthmus as ist
from events.event_cases import write_record
from isthmus.errors import RecordError
from isthmus.events.record import COLUMNS, event_row


def test_the_shipped_record_holds_together() -> None:
    record = ist.load_events()
    assert len(record.events) == 475
    assert record.unsourced == sum("no document checked" in e.source for e in record.events) == 217
    assert [e.date for e in record.events] == sorted(e.date for e in record.events)
    assert all(e.last == e.date for e in record.events if e.precision == "day")
    month = next(e for e in record.events if e.id == "E0264")
    assert (month.date, month.last) == (datetime.date(2022, 9, 1), datetime.date(2022, 9, 30))
    (year,) = [e for e in record.events if e.precision == "year"]
    assert (year.last - year.date).days == 364
    assert record.frame.loc["E0001", "sourced"] == "no"
    assert repr(record) == "<Record isthmus: 475 events, 217 without a checked source>"


def test_what_is_printed_can_be_loaded_again(tmp_path: Path) -> None:
    record = ist.load_events()
    rows = []
    for event in record.events:
        row = {key: str(value) for key, value in event_row(event).items() if key != "sourced"}
        row["date_precision"] = row.pop("precision")
        row |= {"actor_iso3": row.pop("actor"), "target_iso3": row.pop("target")}
        rows.append(row)
    again = ist.load_events(write_record(tmp_path / "again.csv", rows))
    assert again.events == record.events


@pytest.mark.parametrize(
    ("cells", "where", "what"),
    [
        ({"date": "2020-13-01"}, "row 2, column date", "'2020-13-01' is not a date"),
        ({"date": "20200101"}, "row 2, column date", "Write YYYY-MM-DD, YYYY-MM or YYYY"),
        ({"date": "2020-05", "date_precision": "day"}, "column date_precision", "names no day"),
        ({"date": "2020-05-01", "end_date": "2020-04-01"}, "column end_date", "before the date 2020-05-01"),
        ({"date": "2020-05-01", "end_date": "May"}, "column end_date", "'May' is not a date"),
        ({"actor_iso3": "Kazakhstan"}, "row 2, column actor_iso3", "three capital letters"),
        ({"target_iso3": ""}, "row 2, column target_iso3", "three capital letters"),
        ({"kind": "coersion"}, "row 2, column kind", "Nearest: 'coercion'"),
        ({"instrument": "importban"}, "row 2, column instrument", "Nearest: 'import_ban'"),
        ({"severity": "4"}, "row 2, column severity", "not one of 1, 2, 3"),
        ({"confidence": "sure"}, "row 2, column confidence", "high, medium, low"),
        ({"date_precision": "week"}, "row 2, column date_precision", "day, month, year"),
        ({"description": ""}, "row 2, column description", "empty"),
    ],
)
def test_a_bad_cell_is_told_by_row_and_column(tmp_path: Path, cells: dict[str, str], where: str, what: str) -> None:
    path = write_record(tmp_path / "mine.csv", [{"date": "2020-05-01", **cells}])
    with pytest.raises(RecordError) as error:
        ist.load_events(path)
    assert where in str(error.value)
    assert what in str(error.value)
    assert str(error.value).startswith("mine.csv: 1 problem:")


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    bad = {"date": "yesterday", "kind": "war"}
    path = write_record(tmp_path / "mine.csv", [bad, {"date": "2020"}, {**bad, "id": "E0"}])
    with pytest.raises(RecordError, match="5 problems") as error:
        ist.load_events(path)
    assert "row 4, column id: 'E0' is already the id of row 2" in str(error.value)
    many = write_record(tmp_path / "many.csv", [bad] * 15)
    with pytest.raises(RecordError, match=r"30 problems(.|\n)*and 10 more"):
        ist.load_events(many)


def test_columns_are_checked_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("id,date,actor\nE1,2020,KAZ\n", encoding="utf-8")
    with pytest.raises(RecordError) as error:
        ist.load_events(path)
    assert "columns missing: end_date, date_precision, actor_iso3, target_iso3" in str(error.value)
    assert "column 'actor' is unknown. Nearest: 'sector', 'actor_iso3'." in str(error.value)
    path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(RecordError, match="no rows below the header"):
        ist.load_events(path)
    path.write_text(",".join(COLUMNS) + "\n" + "x" * 200_000, encoding="utf-8")
    with pytest.raises(RecordError, match="not a CSV file"):
        ist.load_events(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecordError, match="not UTF-8"):
        ist.load_events(path)
    with pytest.raises(RecordError, match="no such file"):
        ist.load_events(tmp_path / "nowhere.csv")


def test_a_comma_without_quotes_is_told(tmp_path: Path) -> None:
    path = write_record(tmp_path / "mine.csv", [{"date": "2020-05-01"}])
    path.write_text(path.read_text(encoding="utf-8").rstrip() + ",and more\n", encoding="utf-8")
    with pytest.raises(RecordError, match="more cells than columns"):
        ist.load_events(path)


def test_precision_follows_from_the_date(tmp_path: Path) -> None:
    rows = [
        {"date": "2020-02"},
        {"date": "2020"},
        {"date": "2020-02-29"},
        {"date": "2020-02-10", "date_precision": "month"},
    ]
    record = ist.load_events(write_record(tmp_path / "mine.csv", rows))
    spans = {e.id: ((e.last - e.date).days + 1, e.precision) for e in record.events}
    assert spans == {"E0": (29, "month"), "E1": (366, "year"), "E2": (1, "day"), "E3": (29, "month")}


def test_rows_without_a_document_count_as_unsourced(tmp_path: Path) -> None:
    rows = [
        {"date": "2020", "source": ""},
        {"date": "2020", "source": "Said; No document checked (year)"},
        {"date": "2020"},
    ]
    assert ist.load_events(write_record(tmp_path / "mine.csv", rows)).unsourced == 2
