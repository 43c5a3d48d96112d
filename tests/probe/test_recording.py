import json

import numpy as np
import pytest
import torch

from makemore import DataError, GRUOptions, Lines, MakeMore, MixtureOptions, MLPOptions
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.network import look_up
from makemore.models.mlp import MLP
from makemore.probe import recording as module
from makemore.probe.recording import Recording
from makemore.training.loop import Training, TrainOptions

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 5


def test_a_recording_has_losses_and_update_sizes():
    weights = []

    def keep(step):
        recording(step)
        weights.append(step.network.W1.detach().clone().numpy())
        if step.dev_loss is not None:
            evaluated.append((step.number, step.dev_loss))

    recording, evaluated = Recording(samples=10), []
    MakeMore(MLPOptions(hidden=16), steps=40).fit(LINES, on_step=keep)
    (curve,) = recording.curves
    assert [number for number, _ in curve.loss] == list(range(1, 41))
    assert curve.dev == evaluated
    recorded_steps = [2, *range(4, 41, 4)]
    assert [number for number, _ in curve.updates["W1"]] == recorded_steps
    for number, size in curve.updates["W1"]:
        before, after = weights[number - 2], weights[number - 1]
        expected = np.log10((after - before).std() / before.std())
        assert size == pytest.approx(expected, abs=0.01)
    assert set(curve.updates) == set(curve.gradients) == {"C", "W1", "W2"}
    assert [number for number, _ in curve.flat["h"]] == recorded_steps
    assert curve.kinds == {"h": "tanh"}


def test_every_network_of_a_mixture_has_its_own_curve():
    recording = Recording()
    members = "kneser_ney, mlp(hidden=8), gru(hidden=8)"
    MakeMore(MixtureOptions(members=members), steps=12).fit(LINES, on_step=recording)
    assert [len(curve.loss) for curve in recording.curves] == [12, 12]
    assert [number for number, _ in recording.curves[1].loss] == list(range(1, 13))
    first, second = recording.curves
    assert set(first.updates) == {"C", "W1", "W2"}
    assert set(second.updates) >= {"U", "U_h"}
    assert set(second.flat) == {"gates", "candidate"}
    assert not set(second.gradients) & {"W1", "W2"}


def test_recording_does_not_change_training():
    one, other = (
        MakeMore(MLPOptions(hidden=16), steps=15).fit(LINES, on_step=on_step)
        for on_step in (None, Recording())
    )
    for name, value in one.learned_.model.tensors().items():
        np.testing.assert_array_equal(other.learned_.model.tensors()[name], value)


def test_recorded_saturation_is_that_of_the_training_batch():
    network = MLP(MLPOptions(hidden=16), 4, 0).initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        network.b1[:4] = 50.0  # a quarter of the units
    recording = Recording()
    lines = Lines.from_strings(["anna", "ann", "nana"])
    c = Contexts.of(lines, Vocabulary("anx"), window=3)
    dev = Contexts.of(Lines.from_strings(["xxaxx"]), Vocabulary("anx"), window=3)
    for step in Training(network, TrainOptions(steps=5, rate=1e-6, every=1)).run(c, dev):
        recording(step)
    (curve,) = recording.curves
    assert [number for number, _ in curve.flat["h"]] == [2, 3, 4, 5]
    h = network.h(network.b1 + look_up(network.C, c.back).flatten(1) @ network.W1)
    share = float((h.abs() > 0.97).float().mean())
    assert share >= 0.25
    assert curve.flat["h"][0][1] == pytest.approx(share, abs=1e-6)
    assert not network.h._forward_hooks


def test_recorded_saturation_of_a_subsample_represents_all_positions(us_names, monkeypatch):
    shares = {}

    def keep(step):
        recording(step)
        values = torch.cat(seen) if seen else torch.zeros(0)
        shares[step.number] = float(((2 * values - 1).abs() > 0.97).float().mean())
        seen.clear()
        if not watched:
            watched.append(step.network.gates.register_forward_hook(see))

    def see(gates, args, values):
        if gates.training:
            seen.append(values.detach().clone())

    seen, watched, recording = [], [], Recording()
    lines = us_names.select(np.arange(0, len(us_names), 8))
    monkeypatch.setattr(module, "_SAMPLE_SIZE", 2**10)
    MakeMore(GRUOptions(hidden=64), steps=30, rate=0.05).fit(lines, on_step=keep)
    recorded = dict(recording.curves[0].flat["gates"])
    assert recorded[30] > 0.05
    for number in range(10, 31):
        assert recorded[number] == pytest.approx(shares[number], rel=0.12)


def test_one_by_one_matrices_have_no_update_ratio():
    recording = Recording()
    options = GRUOptions(embedding=1, hidden=1)
    MakeMore(options, steps=4).fit(LINES, on_step=recording)
    (curve,) = recording.curves
    assert "U_h" not in curve.updates
    assert "C" in curve.updates


def test_the_recorded_gradient_is_that_of_the_step():
    found = {}

    def keep(step):
        recording(step)
        W = step.network.W1
        found[step.number] = float(W.grad.std()), before.get("W1")
        before["W1"] = float(W.detach().std())

    recording, before = Recording(), {}
    MakeMore(MLPOptions(hidden=16), steps=6).fit(LINES, on_step=keep)
    for number, size in recording.curves[0].gradients["W1"]:
        gradient, weights = found[number]
        assert size == pytest.approx(np.log10(gradient / weights), abs=1e-4)


def test_a_recording_can_be_saved_and_loaded(tmp_path):
    recording = Recording()
    members = "kneser_ney, mlp(hidden=8), gru(hidden=8)"
    MakeMore(MixtureOptions(members=members), steps=12).fit(LINES, on_step=recording)
    recording.save(tmp_path / "history.jsonl")
    assert Recording.load(tmp_path / "history.jsonl").curves == recording.curves


@pytest.mark.parametrize(
    "change",
    [
        {"loss": []},
        {"loss": "abc"},
        {"loss": [[1]]},
        {"dev": None},
        {"updates": [1]},
        {"updates": {"W1": []}},
        {"kinds": {}},
        {"shapes": {"W1": "ab"}},
        {"loss": [[1, float("nan")]]},
        {"dev": [[1, float("inf")]]},
        None,
    ],
)
def test_an_invalid_recording_is_rejected(tmp_path, change):
    recording = Recording()
    MakeMore(MLPOptions(hidden=8), steps=4).fit(LINES, on_step=recording)
    recording.save(tmp_path / "a.jsonl")
    row = json.loads((tmp_path / "a.jsonl").read_text())
    (tmp_path / "a.jsonl").write_text("anna" if change is None else json.dumps(row | change))
    with pytest.raises(DataError, match="is not a recording of a training"):
        Recording.load(tmp_path / "a.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        Recording.load(tmp_path / "b.jsonl")
    with pytest.raises(DataError, match="cannot be written"):
        Recording().save(tmp_path / "no" / "b.jsonl")


def test_going_back_discards_later_points(tmp_path):
    recording = Recording()
    MakeMore(MLPOptions(hidden=8), steps=30).fit(LINES, on_step=recording)
    whole = recording.curves[0]
    first = min(number for points in whole.updates.values() for number, _ in points)
    assert first > 1
    whole.dev = [(1, 2.0), (10, 1.5)]
    recording.rewind(0, 1)
    (curve,) = recording.curves
    assert len(curve.loss) == 1
    assert curve.dev == [(1, 2.0)]
    assert curve.updates == curve.gradients == curve.flat == {}
    recording.save(tmp_path / "history.jsonl")
    assert Recording.load(tmp_path / "history.jsonl").curves == [curve]
