"""Paper B's evaluation: counts that add up whatever the chunk, tables that are sklearn's, and the same images as elsewhere."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from sklearn.metrics import classification_report

from paperlib import compare, figures, findings, profiles, report
from paperlib.config import ConfigError
from paperlib.experiment import _outcome, evaluation, plans
from paperlib.experiment.conditioning import Drawn
from paperlib.records import Record

SMOKE = profiles.SMOKE
CLASSES = 10


@pytest.mark.parametrize("labels", report.EVALUATIONS)
def test_every_draw_is_counted_in_the_row_of_its_attribute(results, labels):
    config = SMOKE.evaluation_run(0, labels=labels)
    metrics = _outcome(config, False).metrics
    for who in ("teacher", "judge"):
        counts = np.array(metrics[f"{who}_confusion"])
        assert counts.sum(1).tolist() == [config.draws // CLASSES] * CLASSES


def test_chunks_do_not_matter():
    config = SMOKE.evaluation_run(0, labels=None)
    generator, source = evaluation.source_of(config, SMOKE, lambda other: pytest.fail("no conditioning is asked for"))
    networks = {"teacher": SMOKE.parts.paper_b.teacher("mnist"), "judge": SMOKE.parts.judge()}
    counts = [evaluation.readings(generator, source(95), networks, SMOKE.parts, chunk=chunk) for chunk in (7, 30, 95, 1000)]
    for who in networks:
        assert all(torch.equal(c[who], counts[0][who]) for c in counts)


def test_confusion():
    counts = evaluation.confusion(torch.tensor([0, 0, 2, 1]), torch.tensor([0, 2, 2, 2]), 3)
    assert counts.tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 1]]


def test_latents_split_whole():
    told = torch.arange(5)
    for latents in (Drawn(torch.randn(5, 2), told, told), Drawn(torch.randn(5, 2), told, None)):
        parts = latents.split(2)
        assert [len(p.z) for p in parts] == [2, 2, 1]
        assert torch.equal(torch.cat([p.z for p in parts]), latents.z)
        assert all((p.told is None) == (latents.told is None) for p in parts)


@pytest.mark.parametrize(("labels", "image_set"), [("unconditional", "conditioned"), (None, "prior")])
def test_quality_is_that_of_the_same_set_elsewhere(results, labels, image_set):
    here = _outcome(SMOKE.evaluation_run(0, labels=labels), False).metrics
    there = _outcome(SMOKE.image_quality_run(0, image_set), False).metrics
    assert {name: here[name] for name in there} == there


def test_classification_is_sklearns():
    counts = np.random.default_rng(0).integers(0, 9, (4, 4))
    counts[:, 2] = 0
    asked, read = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    expected = classification_report(asked, read, output_dict=True, zero_division=0.0)
    table = report.classification(counts)
    for a, row in table.iterrows():
        assert row.tolist() == pytest.approx([expected[str(a)][m] for m in ("precision", "recall", "f1-score", "support")])
    assert table["recall"].tolist() == pytest.approx((np.diag(counts) / counts.sum(1)).tolist())


def made_up(labels, seed, correct, fid):
    """Ten draws a class, of which `correct` are read as asked and the others as the next class; real variance 0.2, made 0.1."""
    counts = correct * np.eye(CLASSES, dtype=int) + (10 - correct) * np.roll(np.eye(CLASSES, dtype=int), 1, axis=1)
    metrics = {"teacher_confusion": (10 * np.eye(CLASSES, dtype=int)).tolist(), "judge_confusion": counts.tolist()}
    metrics |= {"samples": 50, "feature_space": "digit", "fid": fid, "kid": fid / 2, "inception_score": 8.0}
    metrics |= {"pixel_variance_by_class": [0.1] * CLASSES, "real_pixel_variance_by_class": [0.2] * CLASSES}
    return Record("evaluation", asdict(replace(SMOKE.evaluation_run(seed, labels=labels), draws=100)), seed, metrics)


@pytest.fixture
def records():
    return [
        made_up("unconditional", 0, 7, 9.0),
        made_up("unconditional", 1, 9, 11.0),
        made_up("given", 0, 10, 3.0),
        made_up(None, 0, 10, 2.0),
    ]


def test_tables(records):
    summary = report.evaluation(records).set_index("setting")
    own, trained = summary.loc[report.EVALUATIONS["unconditional"]], summary.loc[report.EVALUATIONS[None]]
    assert own[["draws", "n", "teacher's accuracy", "judge's accuracy", "judge's worst", "FID", "variance % of real"]].tolist() == [
        100, 2, 100, 80, 80, 10, 50,
    ]  # fmt: skip
    assert trained[["n", "judge's accuracy", "FID"]].tolist() == [1, 100, 2]
    table = report.evaluation_report(records, SMOKE.parts.class_names())
    assert len(table) == 2 * 3 * (CLASSES + 1)
    judged = table[(table["read by"] == "judge") & (table["setting"] == own.name)]
    assert judged["recall"].tolist() == pytest.approx([0.8] * (CLASSES + 1))
    assert judged["support"].tolist() == [20] * CLASSES + [200]
    wide = report.side_by_side(table)
    assert wide.loc[("judge", "3"), (own.name, "precision")] == 80
    assert wide.index.tolist() == [(who, a) for who in ("teacher", "judge") for a in (*SMOKE.parts.class_names(), "mean")]


def test_findings_and_items(records):
    lines = "\n".join(findings.evaluation(records))
    assert "digit-FID 10.0 against 2.0, 5.0 times" in lines
    assert "FID comparable with training on labels, within a factor of 1.5: does not hold" in lines
    assert "IS comparable with training on labels, within a factor of 1.5: holds" in lines
    assert "within a factor of 1.5: does not" not in "\n".join(
        findings.evaluation([made_up("unconditional", 0, 9, 2.9), made_up(None, 0, 9, 2)])
    )
    assert findings.evaluation([]) == []
    items = {item.name: item for item in compare.items(records, records)}
    assert items["B, digit-FID: unconditional G (paper B)"].ours == {0: 9.0, 1: 11.0}
    assert items["B, all draws: unconditional G (paper B), judge"].ours == pytest.approx({0: 70, 1: 90})
    assert items["B, all draws: unconditional G (paper B), teacher"].paper == "100"


def test_figure(records):
    titles = [ax.get_title() for ax in figures.evaluation_figure(records, SMOKE.parts.class_names()).axes]
    assert titles[:2] == ["recall by attribute (%): teacher", "recall by attribute (%): judge"]


def test_plan():
    runs = plans.evaluation(SMOKE, 4)
    assert [(c.conditioning and c.conditioning.labels, c.seed) for c in runs] == [
        (labels, s) for labels in report.EVALUATIONS for s in (0, 1)
    ]
    assert {c.conditioning for c in runs} - {None} <= set(plans.conditioning(SMOKE, 4))
    with pytest.raises(ConfigError, match="use 'digits'"):
        profiles.IMAGENET10.evaluation_run(0, labels="unconditional")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": 0}, "draws = 0: use an integer of at least 1"),
        ({"draws": 1.5}, "draws = 1.5"),
        ({"quality_samples": 19}, "quality_samples = 19: use an integer of at least 20"),
        ({"seed": 1}, r"conditioning.seed = 0: use the run's own, 1"),
        ({"profile": "digits"}, r"conditioning.profile = 'smoke': use the run's own, 'digits'"),
    ],
)
def test_out_of_range(change, message):
    with pytest.raises(ConfigError, match=message):
        replace(SMOKE.evaluation_run(0, labels="unconditional"), **change)
