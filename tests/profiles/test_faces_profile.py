"""Paper B's own system at tiny counts: checkpoints in the true layouts with random weights, real photographs under UTKFace's names."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from conftest import arrange_utkface, check_executed, outcome, published_biggan, reproduced

from companion import profiles
from companion.commands import doctor
from companion.experiment import engine, plans
from companion.profiles import faces
from companion.quantities import frames_of, measured
from companion.runs.paper_b import call_of
from companion.runs.quality import reference_and_rest
from companion.runs.sampling import real_features
from companion.settings import Setting
from companion.support.paths import Paths
from paperlib.checks import ConfigError
from paperlib.networks.vgg_face import attribute_classifier, judge_classifier, save_attribute_classifier, small_classifier
from paperlib.support.weights import CheckpointError
from recipes.face_parts import halves

pytestmark = pytest.mark.slow

PROFILE = profiles.FACES_SMOKE
RACES = ("White", "Black", "Asian", "Indian", "Others")


@pytest.fixture(scope="module")
def files(tmp_path_factory, outside_files):
    """What the profile is given, by its environment variable."""
    folder = tmp_path_factory.mktemp("faces")
    torch.save(published_biggan(ch=16, shared=16, dim_z=16), folder / "G_ema.pth")
    save_attribute_classifier(attribute_classifier(5, backbone=None), folder / "race.safetensors", attribute="race", class_names=RACES)
    save_attribute_classifier(judge_classifier(5), folder / "judge.safetensors", attribute="race", class_names=RACES)
    names = [f"{20 + i}_{i % 2}_{i % 5}_2017010{i:07d}.jpg.chip.jpg" for i in range(60)]
    return {
        "PAPERLIB_FACES_GENERATOR": str(folder / "G_ema.pth"),
        "PAPERLIB_FACES_CLASSIFIER": str(folder / "race.safetensors"),
        "PAPERLIB_FACES_JUDGE": str(folder / "judge.safetensors"),
        "PAPERLIB_UTKFACE": str(arrange_utkface(folder / "UTKFace", names)),
        "PAPERLIB_INCEPTION": outside_files["PAPERLIB_INCEPTION"],
        "PAPERLIB_CACHE": str(folder / "cache"),
    }


@pytest.fixture
def parts_with(files):
    """The profile's parts with some of the files changed."""
    return lambda **changed: profiles.load(PROFILE.name, replace(Paths.from_environment(files), **changed)).parts


@pytest.fixture(scope="module")
def executed(tmp_path_factory, files):
    """`make reproduce PROFILE=faces_smoke`; small networks of 32x32 pixels as teacher and judge, for VGG-Face takes a second an image."""
    folder = tmp_path_factory.mktemp("classifiers")
    for network in ("plain", "wide"):
        small = small_classifier(network, "race", RACES, width=4)
        save_attribute_classifier(small, folder / f"{network}.safetensors", attribute="race", class_names=RACES)
    own = {"PAPERLIB_FACES_CLASSIFIER": str(folder / "plain.safetensors"), "PAPERLIB_FACES_JUDGE": str(folder / "wide.safetensors")}
    given = files | own
    with reproduced(PROFILE.name, tmp_path_factory, given) as folder:
        yield profiles.load(PROFILE.name, Paths.from_environment(given | {"PAPERLIB_RESULTS": str(folder.parent)}))


def test_the_authors_sizes():
    run = call_of(Setting("withheld", "vgg-face"), profiles.FACES, 0).arguments
    assert (run.epochs, run.labels_per_epoch, run.validation_labels, run.batch_size) == (10, 20_000, 5_000, 64)
    assert (run.learning_rate, run.momentum) == (1e-3, 0.9)
    assert {call.arguments.draws for call in plans.evaluations(profiles.FACES, 1)} == {64_000}


def test_the_notebook_shows_the_three_label_settings(executed):
    check_executed(executed.folder / "notebooks" / "04_conditioning.ipynb")
    found = engine.found(executed)
    trained = [r for r in found if r.run == "conditioning"]
    settings = {(r.arguments["labels"], r.arguments["teacher"]) for r in trained}
    assert settings == {("withheld", "plain"), ("given", "plain"), ("shuffled", "plain")}
    assert len(found) == len(plans.everything(executed, 1)) == 3 + 4 + 1
    assert all(set(r.parts) == {"generator", "teacher plain", "judge"} for r in trained)
    assert all(r.pictures["samples"].shape == (5 * 32, 2 * 32, 3) for r in trained)
    variances = [r.metrics[name] for r in trained for name in ("variance", "prior_variance")]
    assert all(0 <= variance <= 1 for variance in variances)
    claimed = measured(frames_of(found)).groupby("quantity")["paper"].first()
    assert claimed["B: class-conditional G, label withheld (paper B), teacher"] == 100
    assert pd.isna(claimed["B: class-conditional G, label shuffled, teacher"])
    page = (executed.folder / "report.html").read_text()
    assert "label withheld" in page
    assert "not facts about people" in page


def test_nothing_frozen_moves(parts_with):
    parts = parts_with()
    networks = (parts.generator(), parts.paper_b.teacher("vgg-face"), parts.judge())
    before = [{name: value.clone() for name, value in network.state_dict().items()} for network in networks]
    outcome(call_of(Setting("withheld", "vgg-face"), replace(PROFILE, parts=parts), 0).but(labels_per_epoch=4, validation_labels=5))
    for network, state in zip(networks, before, strict=True):
        assert not any(m.training for m in network.modules())
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_the_judge_must_know_the_same_classes(parts_with, tmp_path):
    save_attribute_classifier(judge_classifier(2), tmp_path / "judge.safetensors", attribute="gender", class_names=("male", "female"))
    with pytest.raises(CheckpointError, match="knows male, female; the classifier knows White"):
        parts_with(faces_judge=tmp_path / "judge.safetensors").judge()


def test_another_attribute_takes_its_place_by_its_file(parts_with, tmp_path):
    path, generator = tmp_path / "gender.safetensors", tmp_path / "G_ema.pth"
    save_attribute_classifier(judge_classifier(2), path, attribute="gender", class_names=("male", "female"))
    torch.save(published_biggan(ch=16, shared=16, dim_z=16, classes=2), generator)
    with pytest.raises(CheckpointError, match=r"has 5 classes; .* knows male, female"):
        parts_with(faces_classifier=path).generator()
    parts = parts_with(faces_classifier=path, faces_generator=generator)
    assert parts.class_names() == ("male", "female")
    train, test = parts.real_images()
    assert set(train.labels.tolist()) == {0, 1}
    assert len(train) + len(test) == 60


def test_classes_in_another_order_are_refused(parts_with, tmp_path):
    path = tmp_path / "race.safetensors"
    save_attribute_classifier(judge_classifier(5), path, attribute="race", class_names=RACES[::-1])
    with pytest.raises(ConfigError, match=r"calls its classes Others, Indian.*in this order, White, Black"):
        parts_with(faces_classifier=path, faces_judge=path).real_images()


def test_a_larger_generator_does_not_mix_with_ours(parts_with, tmp_path):
    torch.save(published_biggan(resolution=64, ch=4, shared=16, dim_z=20), tmp_path / "G_ema.pth")
    assert parts_with(faces_generator=tmp_path / "G_ema.pth").generator().image_shape == (3, 64, 64)
    ours = tmp_path / "cache" / "pretraining" / "faces" / "generator"
    ours.mkdir(parents=True)
    (ours / "G_ema.pth").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"images of 64 pixels; .*of 32.*PAPERLIB_CACHE"):
        parts_with(faces_generator=tmp_path / "G_ema.pth", cache=tmp_path / "cache").generator()


def test_the_judge_of_another_attribute_is_the_one_that_was_trained_here_for_it(tmp_path):
    path = tmp_path / "gender.safetensors"
    save_attribute_classifier(
        small_classifier("plain", "gender", ("male", "female"), width=4), path, attribute="gender", class_names=("male", "female")
    )
    trained = tmp_path / "pretraining" / "faces" / "gender_wide" / "gender_wide.safetensors"
    judge = small_classifier("wide", "gender", ("male", "female"), width=4)
    save_attribute_classifier(judge, trained, attribute="gender", class_names=("male", "female"))
    parts = profiles.load("faces", Paths(cache=tmp_path, faces_classifier=path)).parts
    assert parts.judge().class_names == ("male", "female")
    assert parts.feature_space == "face"


def test_a_judge_of_race_in_the_data_folder_is_not_taken_for_another_attribute(tmp_path, monkeypatch):
    lying = {}
    for attribute, names in (("race", RACES), ("gender", ("male", "female"))):
        lying[attribute] = tmp_path / "data" / "faces" / f"{attribute}-resnet18-half.safetensors"
        save_attribute_classifier(judge_classifier(len(names)), lying[attribute], attribute=attribute, class_names=names)
    monkeypatch.setattr(faces, "ROOT", tmp_path)
    assert faces.Files.of(Paths(cache=tmp_path)).judge == lying["race"]
    assert faces.Files.of(Paths(cache=tmp_path, faces_classifier=lying["gender"])).judge == lying["gender"]
    lying["gender"].rename(tmp_path / "gender.safetensors")
    ours = faces.Files.of(Paths(cache=tmp_path, faces_classifier=tmp_path / "gender.safetensors")).judge
    assert ours.name == "gender_wide.safetensors"


def test_the_doctor_asks_only_for_what_is_used(parts_with, tmp_path):
    """With three files of one's own, and with nothing at all."""
    assert all(requirement.found for requirement in parts_with().requirements())
    nothing = {requirement.name: requirement.found for requirement in profiles.load("faces", Paths(cache=tmp_path)).parts.requirements()}
    assert len(nothing) == 9 and nothing["features (FID): the judge's"] is None


def test_of_another_attribute_our_generator_with_groups_of_race_is_no_yardstick(tmp_path):
    path = tmp_path / "gender.safetensors"
    save_attribute_classifier(small_classifier("plain", "gender", ("male", "female"), width=4), path, attribute="gender", class_names="ab")
    profile = profiles.load("faces", Paths(cache=tmp_path, faces_classifier=path))
    assert [setting.labels for setting in profile.settings] == ["unconditional", "unconditional"]
    assert all(call.arguments.conditioning for call in plans.evaluations(profile, 5))


@pytest.mark.parametrize("network", ["plain", "linear"])
def test_records_call_the_callers_teacher_by_its_network(tmp_path, network):
    path = tmp_path / "race.safetensors"
    save_attribute_classifier(small_classifier(network, "race", RACES, width=4), path, attribute="race", class_names=RACES)
    profile = profiles.load("faces", Paths(cache=tmp_path, faces_classifier=path))
    assert {setting.teacher for setting in profile.settings} == {network, *(["linear"] if network == "plain" else [])}
    assert type(profile.parts.paper_b.teacher(network).network) is type(small_classifier(network, "race", RACES).network)


def test_without_paper_a_generators_of_a_fifth_and_of_a_longer_training_are_measured_beside_their_twin(tmp_path):
    profile = profiles.load("faces", Paths(cache=tmp_path))
    assert profile.image_sets == ("real test", "unconditional prior", "fifth prior", "long prior")
    wanted = {call.arguments.image_set: call.seed for call in plans.paper_b(profile, 5) if call.run.name == "image_quality"}
    side, verdict = profile.side_seeds - 1, plans.VERDICT_SEEDS - 1
    assert wanted == {"real test": side, "unconditional prior": verdict, "fifth prior": verdict, "long prior": side}
    for image_set, folder in (("fifth prior", "generator_fifth"), ("long prior", "generator_long")):
        with pytest.raises(CheckpointError, match=f"{folder}.*make pretrained"):
            profile.parts.paper_b.twins[image_set]()


def test_generated_images_are_held_against_real_ones_that_the_judge_has_not_seen(parts_with, files):
    parts = parts_with()
    profile = replace(PROFILE, parts=parts)
    judges = {image.numpy().tobytes() for image in halves(parts.real_images()[0])[1].images}
    reference, _ = reference_and_rest(profile)
    assert len(reference) == 24
    assert not judges & {image.numpy().tobytes() for image in reference.images}
    features, labels = real_features(replace(profile, paths=Paths(results=Path(files["PAPERLIB_CACHE"]) / "results")))
    assert len(features) == len(labels) == 24


def test_parts_that_were_trained_on_other_images_are_refused(parts_with, monkeypatch):
    monkeypatch.setattr("companion.profiles.faces.stale", lambda *_: ["race_wide", "generator"])
    with pytest.raises(
        CheckpointError, match=r"race_wide, generator in .*: trained on other images .* Remove these folders and call `make pretrained"
    ):
        parts_with().real_images()


def test_an_attribute_that_utkface_lacks_is_refused(parts_with, tmp_path):
    path = tmp_path / "smile.safetensors"
    save_attribute_classifier(judge_classifier(2), path, attribute="smile", class_names=("no", "yes"))
    with pytest.raises(ConfigError, match="'smile': UTKFace has labels for race, gender, age band"):
        parts_with(faces_classifier=path).real_images()


def test_paper_a_and_the_missing_generator_are_refused(parts_with):
    with pytest.raises(ConfigError, match="no classifier to train"):
        plans.table1(PROFILE, 1)
    with pytest.raises(ConfigError, match="withhold the label"):
        parts_with().paper_b.generator()


def test_the_judge_trained_here_stands_in_for_a_missing_inception(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    trained = tmp_path / "pretraining" / "faces"
    for name, network in (("race_plain", "plain"), ("race_wide", "wide")):
        model = small_classifier(network, "race", RACES, width=4, seed=0)
        save_attribute_classifier(model, trained / name / f"{name}.safetensors", attribute="race", class_names=RACES)
    parts = profiles.load("faces", Paths(cache=tmp_path)).parts
    assert parts.feature_space == "face"
    assert parts.features() is parts.judge()
    assert parts.features().features(torch.zeros(2, 3, 32, 32)).shape[0] == 2
    given = profiles.load("faces", Paths(cache=tmp_path, inception=tmp_path / "inception.pth")).parts
    assert given.feature_space == "Inception"


def test_the_doctor_names_what_is_missing_and_promises_no_time(results, tmp_path, monkeypatch, capsys):
    for name in ("GENERATOR", "CLASSIFIER", "JUDGE"):
        monkeypatch.setenv(f"PAPERLIB_FACES_{name}", str(tmp_path / name))
    monkeypatch.setenv("PAPERLIB_UTKFACE", str(tmp_path / "nowhere"))
    assert doctor.main(["--profile", "faces"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("LACKS") >= 4
    assert "Missing: UTKFace, class-conditional GAN of faces" in printed
    assert "in all" not in printed
    assert not list(results.rglob("*.json"))
