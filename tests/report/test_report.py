"""Tables from records made up here, with known answers; README against the committed records."""

import math

import pytest

from paperlib import compare, figures, findings, printed_numbers, records, report
from paperlib.records import Record


def run(seed, accuracy, bna, **config):
    base = {"profile": "x", "seed": seed, "real": False, "hsm": False, "r": 0.0, "epochs": 20, "images": 100}
    return Record(
        "classifier", base | config, seed, {"accuracy": accuracy, "accuracy_bna": bna, "test_images": 10}, provenance={"seconds": 2.0}
    )


@pytest.fixture
def made_up():
    found = []
    for seed in (0, 1, 2):
        noise = 0.01 * (seed - 1)
        found += [
            run(seed, 0.70 + noise, 0.75 + noise),
            run(seed, 0.72 + noise, 0.78 + noise, hsm=True),
            run(seed, 0.80 + noise, 0.84 + noise, r=0.5),
        ]
        found += [
            run(seed, 0.83 + noise, 0.86 + noise, r=0.5, hsm=True),
            run(seed, 0.86, 0.89 + noise, r=0.5, epochs=200),
            run(seed, 0.90 + noise, 0.9, real=True),
        ]
        found += [run(seed, 0.82, 0.85, r=1.0), run(seed, 0.1, 0.1, r=0.5, hsm=True, epochs=4, images=20)]
    return found


def test_table1(made_up):
    table = report.table1(made_up).set_index("column")
    assert table["ours"].to_dict() == pytest.approx(
        {
            "baseline": 70,
            "hsm": 72,
            "bna": 75,
            "hsm+bna": 78,
            "ds": 80,
            "ds+hsm": 83,
            "ds+bna": 84,
            "ds+hsm+bna": 86,
            "long (ds+bna)": 89,
            "real images": 90,
        }
    )
    assert (table["n"] == 3).all()
    assert table.loc["baseline", "± 95 %"] == pytest.approx(4.303 * 1 / math.sqrt(3), abs=0.01)
    assert report.gap_closed(table["ours"].to_dict()) == pytest.approx(95)


def test_gains_are_paired_over_seeds(made_up):
    table = report.gains(made_up).set_index(["method", "added to"])
    assert len(table) == 12
    assert table.loc[("HSM", "baseline"), "ours"] == pytest.approx(2)
    assert table.loc[("HSM", "baseline"), "± 95 %"] == pytest.approx(0, abs=1e-6)
    assert table.loc[("BNA", "baseline"), "paper"] == pytest.approx(5.8)
    assert table.loc[("DS", "baseline"), "paper"] == pytest.approx(8.0)


def test_sweep(made_up):
    table = report.sweep(made_up)
    assert table["r"].tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert table["ours"].tolist() == pytest.approx([70, 75, 80, 84, 82, 85])


def test_papers_own_gains_are_those_it_quotes():
    table = report.gains([])
    ranges = {m: (part["paper"].min(), part["paper"].max()) for m, part in table.groupby("method")}
    assert ranges == {"HSM": (1.4, 3.2), "DS": (7.4, 8.2), "BNA": (3.8, 5.8)}


SPREAD = {seed: 90 + 0.5 * ((-1) ** seed) for seed in range(10)}


@pytest.mark.parametrize(
    ("ours", "reference", "expected"),
    [
        ({0: 90.5, 1: 89.5}, SPREAD, "identical"),
        ({0: 90.4, 1: 89.0}, SPREAD, "agrees"),
        ({0: 95.0, 1: 94.0}, SPREAD, "DIFFERS"),
        ({0: 92.0}, SPREAD, "agrees"),
        ({0: 95.0}, SPREAD, "DIFFERS"),
        ({20: 91.0, 21: 90.0}, SPREAD, "agrees"),
        ({0: 90.4}, {0: 90.0, 1: 90.0}, "agrees"),
        ({0: 91.0}, {0: 90.0, 1: 90.0}, "DIFFERS"),
        ({}, SPREAD, "no record"),
        ({0: 90.0}, {}, "no reference"),
    ],
)
def test_verdict(ours, reference, expected):
    assert compare.verdict(ours, reference) == expected


def test_comparison_says_what_is_missing(made_up):
    verdicts = compare.table(made_up, made_up).set_index("item")["verdict"]
    assert verdicts["Table 1: ds+hsm"] == "identical"
    assert verdicts["Fig. 4: r = 0.2"] == "no record"
    assert (compare.table(made_up, []).set_index("item")["verdict"][["Table 1: ds"]] == "no reference").all()


def test_tables_and_figures_are_saved(made_up, tmp_path):
    report.save_table(report.table1(made_up), tmp_path, "table1")
    figures.save(figures.table1_figure(made_up), tmp_path, "table1")
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")) == [
        "figures/table1.png",
        "figures/table1.svg",
        "tables/table1.csv",
        "tables/table1.md",
    ]


def test_findings_name_what_holds(made_up):
    lines = findings.table1(made_up)
    assert any(line.startswith("baseline 70.0") and "holds" in line for line in lines)
    assert any("95 %" in line for line in findings.sweep(made_up) + lines)


def test_reference_has_ten_seeds_for_every_column():
    found = records.find("digits", folder=records.REFERENCE / "digits")
    for column in printed_numbers.TABLE1:
        assert len(report.column_values(found, column)) >= 10
