import numpy as np
import pytest
import torch

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.models.linear import Linear
from makemore.models.ngram import Ngram
from makemore.options.families import LinearOptions, NgramOptions
from makemore.training.loop import Training, TrainOptions


def trained(options, c, steps=300):
    model = Linear(options, c.vocabulary_size, c.label_count)
    for _ in Training(model, TrainOptions(steps=steps, rate=0.3)).run(c, None):
        pass
    return model


def test_the_neural_bigram_converges_to_the_counted_bigram(us_names):
    vocabulary = Vocabulary.of(us_names)
    c = Contexts.of(us_names, vocabulary, 1)
    counted = Ngram(NgramOptions(window=1, add=0), 27, 0).count(c)
    model = trained(LinearOptions(window=1), c)
    assert likelihood.loss(model, c) == pytest.approx(likelihood.loss(counted, c), abs=0.001)
    q, u = (vocabulary.characters.index(x) + 1 for x in "qu")
    assert model.W.detach()[q].softmax(dim=0)[u] == pytest.approx(206 / 272, abs=0.01)


def test_row_lookup_equals_multiplication_with_one_hot_vectors():
    options, rng = LinearOptions(window=2), torch.Generator().manual_seed(1)
    model = Linear(options, 5, 2)
    torch.nn.init.normal_(model.W, generator=rng)
    back = np.array([[5, 0, 0], [6, 0, 3], [5, 4, 1]], np.int32)  # a label, then two characters
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(back).long(), 7).float()
    logits = model(Contexts.of_windows(back, 5, 2))
    torch.testing.assert_close(logits, one_hot.flatten(1) @ model.W)


def test_a_window_of_two_characters_has_a_lower_loss_than_one(us_names):
    vocabulary = Vocabulary.of(us_names)
    one, two = (
        likelihood.loss(
            trained(LinearOptions(window=K), Contexts.of(us_names, vocabulary, K), 100),
            Contexts.of(us_names, vocabulary, K),
        )
        for K in (1, 2)
    )
    assert two < one - 0.1


def test_the_penalty_smooths_like_additive_smoothing():
    lines = Lines.from_strings(["ab", "ab", "ac"])
    c = Contexts.of(lines, Vocabulary.of(lines), 1)
    spread = [
        float(trained(LinearOptions(window=1, l2=l2), c, 200).log_probs(c).std())
        for l2 in (0.0, 1.0)
    ]
    assert spread[1] < 0.5 * spread[0]


def test_the_penalty_is_the_mean_squared_weight():
    model = Linear(LinearOptions(window=1, l2=0.01), 3, 0)
    torch.nn.init.constant_(model.W, -2.0)
    assert model.penalty().item() == pytest.approx(0.01 * 4.0)
    assert Linear(LinearOptions(window=1), 3, 0).penalty() is None
