import numpy as np
import pytest

from makemore import Lines
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.starter.adapting import RECIPES, build_learners, evaluation_steps
from makemore.starter.stored import Starter

LINES = Lines.from_strings(["qa-0x", "ws-1x", "ed-2x", "rf-3x", "tg-4x", "zh-5x"])


def copy(recipe=RECIPES[1], lines=LINES, seed=0):
    vocabulary = Vocabulary.of(LINES)
    (learner,) = build_learners(Starter.load(), vocabulary, lines, [recipe], seed)
    return learner


def loss(model):
    return likelihood.loss(model, Contexts.of(LINES, Vocabulary.of(LINES), None))


@pytest.mark.parametrize("recipe", RECIPES)
def test_training_lowers_the_loss_of_the_list(recipe):
    trained = copy(recipe)
    before = loss(trained.averaged)
    trained.train_to(20)
    assert loss(trained.averaged) < before - 0.3


def test_training_in_parts_equals_training_at_once():
    at_once, in_parts = copy(), copy()
    at_once.train_to(6)
    for step in (2, 2, 5, 6):
        in_parts.train_to(step)
    for name, value in at_once.averaged.tensors().items():
        np.testing.assert_array_equal(value, in_parts.averaged.tensors()[name])


def test_another_seed_gives_other_weights():
    one, other = copy(seed=0), copy(seed=1)
    one.train_to(2)
    other.train_to(2)
    assert (one.averaged.tensors()["U"] != other.averaged.tensors()["U"]).any()


def test_heavy_lines_are_learned_more():
    heavy, light = (
        Lines.from_strings(LINES.to_list(), weights=weights)
        for weights in ([50, 1, 1, 1, 1, 1], [1, 50, 50, 50, 50, 50])
    )
    c = Contexts.of(LINES.select(np.array([0])), Vocabulary.of(LINES), None)
    losses = []
    for lines in (heavy, light):
        trained = copy(lines=lines)
        trained.train_to(12)
        losses.append(likelihood.loss(trained.averaged, c))
    assert losses[0] < losses[1] - 0.1


def test_the_compared_steps_ascend_and_end_at_the_last():
    for last in (0, 1, 4, 5, 64, 1000):
        steps = evaluation_steps(last)
        assert steps[0] == 0
        assert steps[-1] == last
        assert steps == sorted(set(steps))
