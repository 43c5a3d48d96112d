import copy
import inspect
import pickle
from dataclasses import replace
from typing import get_type_hints

import numpy as np
import pytest
from sklearn.base import clone

from makemore import Lines, MakeMore, MLPOptions, NotFittedError, OptionError
from makemore.corpus.split import split_lines
from makemore.errors import CheckpointError, ConstraintError, DataError
from makemore.estimator.base import FitParameters
from makemore.options.declaration import fields
from makemore.options.verbs import FitOptions

LINES = ["anna", "hannah", "johanna", "ben", "benno", "anna", "susanna", "otto", "bob", "ann"]
LABELS = ["F", "F", "F", "M", "M", "F", "F", "M", "M", "F"]
SMALL = MLPOptions(embedding=4, hidden=16)


@pytest.fixture(scope="module", params=["kneser_ney", "ngram", "linear", "mlp"])
def maker(request):
    model = SMALL if request.param == "mlp" else request.param
    return MakeMore(model, steps=20).fit(LINES)


@pytest.fixture(scope="module")
def labelled():
    return MakeMore().fit(LINES, labels=LABELS)


def test_the_constructor_only_stores_its_parameters():
    odd = MakeMore("no such family", budget="soon", steps=-1)
    assert odd.get_params()["steps"] == -1
    assert not [name for name in vars(odd) if name.endswith("_")]
    with pytest.raises(OptionError):
        odd.fit(LINES)


def test_the_estimator_supports_clone_and_set_params():
    maker = MakeMore("mlp", random_state=3)
    twin = clone(maker)
    assert twin.get_params() == maker.get_params()
    assert maker.set_params(steps=5).steps == 5
    with pytest.raises(
        OptionError, match="parameter 'stepps' is unknown: the parameters are model"
    ):
        maker.set_params(stepps=5)


def test_fit_returns_self_and_forgets_the_previous_fit():
    maker = MakeMore()
    assert maker.fit(["aaa"]) is maker
    maker.fit(["bbb", "bb"])
    assert set("".join(maker.sample(20))) == {"b"}


def test_methods_before_fit_raise_not_fitted_error(tmp_path):
    for ask in (
        lambda m: m.sample(1),
        lambda m: m.score(["a"]),
        lambda m: m.score_samples(["a"]),
        lambda m: m.evaluate(["a"]),
        lambda m: m.save(tmp_path / "m"),
    ):
        with pytest.raises(NotFittedError, match="not fitted yet: call fit"):
            ask(MakeMore())


@pytest.mark.parametrize("lines", [[], ["", "  "]])
def test_a_list_without_lines_is_rejected(lines):
    with pytest.raises(DataError, match="no line to learn"):
        MakeMore().fit(lines)


def test_sample_returns_the_requested_number_of_lines(maker):
    lines = maker.sample(30)
    assert len(lines) == 30
    assert set("".join(lines)) <= set("".join(LINES))
    assert maker.sample(0) == []


def test_invalid_requests_are_rejected(maker):
    with pytest.raises(OptionError, match="n is -1"):
        maker.sample(-1)
    with pytest.raises(OptionError, match="option 'prefx' is unknown: choose one of prefix"):
        maker.sample(1, prefx="a")
    with pytest.raises(ConstraintError, match="none of 2,000 lines drawn"):
        maker.sample(3, max_length=1, exclude=list(set("".join(LINES))), patience=2000)


def test_score_samples_returns_one_score_for_each_given_line(maker):
    scores = maker.score_samples(["anna", " anna ", "", "xyz", "an\u0303na"])
    assert scores.shape == (5,)
    assert scores[0] == scores[1]
    assert np.isfinite(scores[2])
    assert scores[3] == scores[4] == -np.inf


def test_score_is_the_mean_log_likelihood_per_character(maker):
    scores = maker.score_samples(["anna", "ben"])
    assert maker.score(["anna", "ben"]) == pytest.approx(scores.sum() / (5 + 4))


def test_the_probabilities_of_all_short_lines_sum_to_less_than_one(maker):
    characters = sorted(set("".join(LINES)))
    every = ["", *characters, *(a + b for a in characters for b in characters)]
    total = np.exp(maker.score_samples(every)).sum()
    assert 0 < total < 1


def test_a_loaded_model_gives_the_same_results(maker, tmp_path):
    path = tmp_path / "names.safetensors"
    maker.save(path)
    loaded = MakeMore.load(path)
    assert loaded.sample(20, new=True) == maker.sample(20, new=True)
    np.testing.assert_allclose(loaded.score_samples(LINES), maker.score_samples(LINES), atol=1e-5)
    assert maker.learned_.report.seconds > 0  # reported, but not stored
    assert loaded.learned_.report == replace(maker.learned_.report, seconds=None)
    assert loaded.learned_.cleaning == maker.learned_.cleaning
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_copies_give_the_same_results(maker):
    for twin in (copy.deepcopy(maker), pickle.loads(pickle.dumps(maker))):
        assert twin.sample(10, new=True) == maker.sample(10, new=True)


def test_the_same_seed_fits_the_same_model(tmp_path):
    for name in "ab":
        MakeMore(SMALL, steps=15, batch=4, random_state=5).fit(LINES).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_continued_and_blended_models_store_no_time(tmp_path):
    for name in "ab":
        more = MakeMore("kneser_ney").fit(LINES).partial_fit(["zoe"])
        MakeMore.blend([more, MakeMore("ngram").fit(LINES)]).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert b"seconds" not in (tmp_path / "a").read_bytes()


def test_labels_and_weights_affect_the_fit(labelled):
    women = labelled.score_samples(["anna", "bob"], labels=["F", "F"])
    men = labelled.score_samples(["anna", "bob"], labels=["M", "M"])
    assert women[0] > men[0]
    assert men[1] > women[1]
    shares = np.array([0.6, 0.4])
    mean = np.log(shares[0] * np.exp(women) + shares[1] * np.exp(men))
    np.testing.assert_allclose(labelled.score_samples(["anna", "bob"]), mean, atol=1e-9)
    heavy = MakeMore().fit(["aa", "bb"], weights=[99, 1])
    assert heavy.score(["aa"]) > heavy.score(["bb"]) + 0.3


def test_labels_are_required_by_a_labelled_model(labelled):
    with pytest.raises(DataError, match="fitted with labels: give one for each line"):
        labelled.evaluate(["anna"])
    assert labelled.evaluate(Lines.from_strings(["anna"], ["F"])).all.lines == 1
    with pytest.raises(DataError, match="line 1: 'X' is not one of this model's labels"):
        labelled.oddness(Lines.from_strings(["anna"], ["X"]))


def test_a_labelled_model_can_be_saved_and_loaded(labelled, tmp_path):
    labelled.save(tmp_path / "m")
    loaded = MakeMore.load(tmp_path / "m")
    assert loaded.sample(20, label="M") == labelled.sample(20, label="M")
    assert loaded.sample(20) == labelled.sample(20)


def test_without_digests_new_is_rejected_with_the_reason(tmp_path):
    maker = MakeMore(keep_digests=False).fit(LINES)
    maker.save(tmp_path / "m")
    for each in (maker, MakeMore.load(tmp_path / "m")):
        with pytest.raises(OptionError, match="new and new_by need the digests of the list"):
            each.sample(1, new=True)
        assert len(each.sample(3)) == 3


def test_steps_are_reported_during_training():
    seen = []
    MakeMore(SMALL, steps=12).fit(LINES, on_step=lambda step: seen.append(step.number))
    assert seen == list(range(1, 13))


def test_the_steps_of_a_budget_reproduce_the_run():
    lines = LINES * 5
    once = MakeMore(SMALL, budget=0.3).fit(lines)
    again = MakeMore(SMALL, steps=once.learned_.report.steps).fit(lines)
    assert once.sample(20) == again.sample(20)


def test_count_models_are_refitted_on_train_and_dev():
    lines = [f"name{i}" for i in range(200)]
    maker = MakeMore("kneser_ney").fit(lines)
    report = maker.learned_.report
    assert report.train_lines + report.dev_lines == 200
    assert report.dev_lines > 0
    assert -maker.score(lines) < report.train_loss + 0.2


def test_the_test_split_is_never_fitted(us_names):
    maker = MakeMore("kneser_ney", test=0.2).fit(us_names)
    report = maker.learned_.report
    assert report.test_lines == pytest.approx(0.2 * len(us_names), rel=0.1)
    assert report.test_loss == pytest.approx(report.dev_loss, abs=0.05)
    held_out = us_names.select(split_lines(us_names, test=0.2).test)
    assert maker.evaluate(held_out).all.nats == pytest.approx(report.test_loss, abs=0.02)


def test_auto_reports_its_choice_and_the_reason():
    report = MakeMore().fit(LINES).learned_.report
    assert report.chosen.startswith("kneser_ney: ")
    assert MakeMore("kneser_ney").fit(LINES).learned_.report.chosen is None


def test_a_file_with_an_invalid_document_is_rejected(tmp_path, maker):
    from makemore.checkpoint.model_file import read_model_file, write_model_file

    maker.save(tmp_path / "m")
    file = read_model_file(tmp_path / "m")
    tensors = {name: file.tensor(name) for name in file.document["tensors"]}
    for change in ({"family": "gpt9"}, {"options": {"window": -1}}, {"longest": "x"}):
        document = {k: v for k, v in file.document.items() if k not in ("format", "tensors")}
        write_model_file(tmp_path / "odd", {**document, **change}, tensors)
        with pytest.raises(CheckpointError, match="holds no model that this version can load"):
            MakeMore.load(tmp_path / "odd")


def test_labels_of_dropped_lines_are_not_labels():
    lines = Lines.from_strings(["anna", " ", "ben"], labels=["F", "X", "M"])
    assert lines.label_names == ("F", "M")
    with pytest.raises(DataError, match="line 2: the label is missing"):
        Lines.from_strings(["anna", "ben"], labels=["F", None])


def test_lines_may_come_from_any_iterable():
    assert Lines.from_strings(name for name in ("anna", "ben")).to_list() == ["anna", "ben"]


def test_saving_to_a_symbolic_link_keeps_the_link(tmp_path, maker):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    maker.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert MakeMore.load(tmp_path / "real").sample(3) == maker.sample(3)


def test_scikit_learn_can_cross_validate_the_estimator():
    from sklearn.model_selection import cross_val_score

    scores = cross_val_score(MakeMore(), np.array(LINES * 3), cv=3)
    assert np.isfinite(scores).all()


def test_repr_shows_non_default_parameters():
    assert repr(MakeMore()) == "MakeMore()"
    assert repr(MakeMore("mlp", steps=5)) == "MakeMore(model='mlp', steps=5)"


def test_numpy_integers_are_accepted_as_parameters(tmp_path):
    maker = MakeMore(SMALL, steps=np.int64(3), random_state=np.int64(1)).fit(LINES)
    maker.save(tmp_path / "m")
    assert MakeMore.load(tmp_path / "m").random_state == 1


@pytest.mark.parametrize(
    "params, sentence",
    [
        ({"steps": 3, "budget": "1s"}, "steps and budget both set"),
        ({"split": "lecture", "test": 0.1}, "test applies to the digest split only"),
        ({"budget": "soon"}, "give a time such as 30s"),
        ({"model": MLPOptions}, r"model is the class MLPOptions: give an instance, MLPOptions\(\)"),
    ],
)
def test_contradictory_parameters_are_rejected(params, sentence):
    with pytest.raises(OptionError, match=sentence):
        MakeMore(**params).fit(LINES)


def test_arguments_that_are_not_lists_of_strings_are_rejected(maker):
    with pytest.raises(DataError, match="got one string, but a list"):
        maker.sample(1, exclude="anna")
    with pytest.raises(DataError, match="got a NoneType, but a list"):
        MakeMore().fit(None)
    with pytest.raises(DataError, match="give no labels or weights beside"):
        MakeMore().fit(Lines.from_strings(LINES), labels=LABELS)
    with pytest.raises(DataError, match="the weights have 2 dimensions"):
        Lines.from_strings(["a"], weights=np.ones((1, 1)))
    with pytest.raises(DataError, match="no line to score"):
        maker.score([])
    with pytest.raises(DataError, match="no line to measure"):
        maker.variety([])
    with pytest.raises(OptionError, match=r"n is 2\.0: give a whole number"):
        maker.sample(2.0)


def test_unsatisfiable_requests_are_rejected_before_the_first_line(maker):
    with pytest.raises(ConstraintError, match="the prefix contains"):
        maker.stream(prefix="\u00df")


def test_a_decomposed_prefix_equals_the_composed_one():
    maker = MakeMore().fit(["\u00e9lise", "\u00e9mile", "\u00e9mma"])
    assert maker.sample(5, prefix="e\u0301m") == maker.sample(5, prefix="\u00e9m")


def test_variety_is_computed_on_cleaned_lines(maker):
    found = maker.variety(["anna", "anna "])
    assert (found.distinct, found.longest, found.new) == (0.5, 4, 0.0)


def test_a_loaded_model_is_refitted_with_the_same_options(tmp_path):
    MakeMore(SMALL, steps=3).fit(LINES).save(tmp_path / "m")
    again = MakeMore.load(tmp_path / "m").fit(LINES)
    assert again.learned_.options == SMALL


def test_type_checkers_see_the_parameters_of_the_declaration():
    hints = get_type_hints(FitParameters)
    declared = get_type_hints(FitOptions)  # types without the metadata of the annotations
    declared["seed"] = int | None  # without a random state, `fit` chooses a seed
    assert hints == {field.parameter: declared[field.name] for field in fields(FitOptions)}


def test_an_unknown_parameter_is_rejected_by_the_constructor():
    with pytest.raises(TypeError, match=r"MakeMore\(\) has no parameter 'budge'"):
        MakeMore(budge="3s")


class Quick(MakeMore):
    """A subclass with its own constructor."""

    def __init__(self, model="ngram", *, budget="1s", extra=1):
        super().__init__(model, budget=budget)
        self.extra = extra


def test_a_subclass_may_have_other_parameters():
    again = clone(Quick("kneser_ney", extra=5))
    assert again.get_params() == {"model": "kneser_ney", "budget": "1s", "extra": 5}
    assert again.set_params(extra=6).extra == 6
    assert again.fit(LINES).learned_.family == "kneser_ney"
    assert repr(again) == "Quick(model='kneser_ney', extra=6)"
    with pytest.raises(
        OptionError, match="parameter 'steps' is unknown: the parameters are model, budget"
    ):
        again.set_params(steps=3)


def test_the_signature_shows_names_types_and_defaults():
    shown = inspect.signature(MakeMore).parameters
    assert list(shown) == ["model", *FitParameters.__annotations__]
    assert shown["random_state"].default == 0
    assert shown["random_state"].annotation == int | None


@pytest.mark.parametrize(
    "ask, answer",
    [
        (lambda report: report["dev_lines"], 0),
        (lambda report: report["chosen"], None),
        (lambda report: "dev_loss" in report, True),
        (lambda report: "stopped" in report, False),
        (lambda report: report.get("stopped", "no"), "no"),
        (lambda report: dict(report)["split"], "digest"),
    ],
)
def test_a_report_still_supports_dictionary_access_with_a_warning(ask, answer):
    report = MakeMore("ngram").fit(["anna"]).learned_.report
    with pytest.warns(DeprecationWarning, match="a report has attributes now"):
        assert ask(report) == answer


@pytest.mark.filterwarnings("ignore:a report has attributes now")
def test_a_missing_key_of_a_report_raises_key_error():
    with pytest.raises(KeyError):
        MakeMore("ngram").fit(["anna"]).learned_.report["weights"]
