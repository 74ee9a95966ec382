"""A saved table for reading: every number is in the csv beside it."""

import numpy as np
import pandas as pd
import pytest

from companion.report.files import markdown, save_table


def column(table, name):
    """The cells of one column of a Markdown table."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return [row[rows[0].index(name)] for row in rows[2:]]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"ours": [91.26, 50.0], "low": [90.633, 40.0], "high": [91.887, 55.0]}, ["91.3 ± 0.6", "50.0 (40.0 to 55.0)"]),
        ({"ours": [91.26], "low": [np.nan], "high": [np.nan]}, ["91.3"]),
        ({"ours": [91.26, np.nan], "ours low": [91.0, np.nan], "ours high": [91.52, np.nan]}, ["91.3 ± 0.3", "-"]),
        ({"gain": [1.55], "gain ±": [0.65]}, ["1.55 ± 0.65"]),
        ({"effect": [-1.14], "low": [-2.24], "high": [-0.04]}, ["-1.14 (-2.24 to -0.04)"]),
        ({"fid": [115.18, 0.98765, 12345.6, np.nan, np.inf]}, ["115.2", "0.9877", "12,346", "-", "never"]),
        ({"draws": [64_000]}, ["64,000"]),
        ({"BNA": [True, False]}, ["x", ""]),
        ({"HSM": ["x", None]}, ["x", ""]),
    ],
)
def test_a_mean_stands_with_its_interval_and_numbers_are_short(columns, expected):
    table = markdown(pd.DataFrame(columns))
    assert column(table, next(iter(columns))) == expected
    assert table.splitlines()[0].count("|") == 2


def test_empty_columns_are_left_out(tmp_path):
    frame = pd.DataFrame({"set": ["a"], "biased": [np.nan], "fid": [1.23456]})
    save_table(frame, tmp_path, "quality")
    assert (tmp_path / "tables" / "quality.md").read_text().splitlines()[0].split() == ["|", "set", "|", "fid", "|"]
    assert (tmp_path / "tables" / "quality.csv").read_text() == "set,biased,fid\na,,1.23456\n"
