"""Training the starter: the streams of lines, and a short training of a small network."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "starter"))

import lists
import train

from makemore import LSTMOptions, MakeMore
from makemore.checkpoint.document import save_fitted
from makemore.checkpoint.model_file import read_model_file
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitted import FitReport

SOME = [
    lists.List("words", f"{i}", [f"{a}{b}{c}" for a in "bdk" for b in "aeiou" for c in "nrt"])
    for i in range(4)
]


def test_lines_are_encoded_between_boundaries():
    assert train.encode(["ab", "b"], Vocabulary("ab")).tolist() == [0, 1, 2, 0, 2, 0]
    assert train.encode(["a\u00e9b"], Vocabulary("ab")).tolist() == [0, 1, 2, 0]


def test_streams_go_on_where_they_stopped():
    vocabulary = Vocabulary("abdeiknortu")
    streams = train.Streams(lists.Draws(SOME, vocabulary.characters, 0), vocabulary)
    before, continues = streams.next()
    assert before.shape == (train.SPAN + 1, train.BATCH)
    assert not continues.any()
    after, continues = streams.next()
    assert continues.any()
    np.testing.assert_array_equal(after[0, continues], before[-1, continues])


def test_a_training_lowers_the_loss_and_makes_an_ordinary_model_file(monkeypatch, tmp_path):
    monkeypatch.setattr(train, "OPTIONS", LSTMOptions(embedding=8, hidden=16))
    monkeypatch.setattr(train, "DEV_READ", 5)
    monkeypatch.setattr(train, "WARM_UP", 1)
    vocabulary = Vocabulary(lists.choose_characters(SOME))
    options, network = train.first_network(vocabulary, None, 0)
    _, before = train.dev_loss(network, SOME[:1], vocabulary)
    streams = train.Streams(lists.Draws(SOME, vocabulary.characters, 0), vocabulary)
    loss = train.train(network, streams, steps=40, rate=6e-3, bfloat16=False)
    training = FitReport(split="digest", test=0.0, seed=0, steps=40, train_loss=loss)
    fitted = train.describe(network, options, SOME, SOME[:1], vocabulary, training)
    assert fitted.report.dev_loss < before - 0.3
    assert 0 < fitted.report.train_loss < 4.6
    save_fitted(tmp_path / "s.model", fitted, {"model": "lstm"})
    again = MakeMore.load(tmp_path / "s.model")
    assert again.learned_.report.steps == 40
    assert again.learned_.model.tensors()["U"].dtype == np.float32
    np.testing.assert_array_equal(again.learned_.model.tensors()["U"], network.tensors()["U"])
    assert read_model_file(tmp_path / "s.model").types["model.U"] == ("F16", 2)
    # A later training goes on from these weights, and may have other characters.
    more = Vocabulary("".join(sorted({*vocabulary.characters, "λ"})))
    options, network = train.first_network(more, tmp_path / "s.model", 1)
    assert options == train.OPTIONS
    _, later = train.dev_loss(network, SOME[:1], more)
    assert later < before - 0.2
