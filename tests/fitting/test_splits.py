import numpy as np
import pytest

from makemore import Lines
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting import splits as parts_module
from makemore.fitting.splits import ListSplits
from makemore.inference import likelihood
from makemore.models.kneser_ney import KneserNey
from makemore.options.families import KneserNeyOptions
from makemore.options.verbs import FitOptions


@pytest.fixture
def names(us_names):
    return us_names.select(np.arange(0, 32_000, 20))


@pytest.fixture
def parts(names):
    return ListSplits(names, Vocabulary.of(names), FitOptions(test=0.2))


def test_the_splits_contain_all_lines(names, parts):
    assert parts.lines == len(names)
    assert [parts.sizes[part] for part in ("train", "dev", "test")] == pytest.approx(
        [1120, 160, 320], abs=60
    )
    both = parts.train_and_dev(None)
    assert len(both.line_weight) == parts.sizes["train"] + parts.sizes["dev"]


def test_a_table_is_built_only_once(parts):
    assert parts.contexts("dev", 3) is parts.contexts("dev", 3)
    assert parts.contexts("dev", 3) is not parts.contexts("dev", None)


def test_an_empty_split_has_no_table_and_no_loss():
    lines = Lines.from_strings(["anna"])
    empty = ListSplits(lines, Vocabulary.of(lines), FitOptions())
    assert empty.contexts("test", 3) is None
    model = KneserNey(KneserNeyOptions(), 3, 0).count(empty.train(5))
    found = empty.losses(model, whole_train=True)
    assert empty.sizes["test"] == 0
    assert found["test"] is None


def test_slow_losses_are_estimated_on_evenly_spaced_training_lines(parts, monkeypatch):
    model = KneserNey(KneserNeyOptions(), 27, 0).count(parts.train(5))
    whole, c = parts.losses(model, whole_train=True), parts.train(5)
    assert whole["train"] == pytest.approx(likelihood.loss(model, c))
    monkeypatch.setattr(parts_module, "EVALUATED_TRAIN_LINES", 100)
    few = parts.losses(model, whole_train=False)
    which = np.arange(100) * len(c.line_weight) // 100
    assert few["train"] == pytest.approx(likelihood.loss(model, c.lines(which)))
    assert few["train"] != whole["train"]
    assert few["dev"] == whole["dev"]
    assert isinstance(c, Contexts)
