import numpy as np
import pytest

from makemore import MakeMore, MixtureOptions, MLPOptions
from makemore.probe.recording import Recording

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"] * 5


def test_it_has_the_losses_and_the_size_of_updates():
    weights = []

    def keep(step):
        recording(step)
        weights.append(step.network.W1.detach().clone().numpy())
        if step.dev_loss is not None:
            looked.append((step.number, step.dev_loss))

    recording, looked = Recording(samples=10), []
    MakeMore(MLPOptions(hidden=16), steps=40).fit(LINES, on_step=keep)
    (curve,) = recording.curves
    assert [number for number, _ in curve.loss] == list(range(1, 41))
    assert curve.dev == looked
    assert [number for number, _ in curve.updates["W1"]] == list(range(4, 41, 4))
    for number, size in curve.updates["W1"]:
        before, after = weights[number - 2], weights[number - 1]
        expected = np.log10((after - before).std() / before.std())
        assert size == pytest.approx(expected, abs=0.01)
    assert set(curve.updates) == {"C", "W1", "W2"}


def test_every_network_of_a_mixture_has_a_curve_of_its_own():
    recording = Recording()
    members = "kneser_ney, mlp(hidden=8), gru(hidden=8)"
    MakeMore(MixtureOptions(members=members), steps=12).fit(LINES, on_step=recording)
    assert [len(curve.loss) for curve in recording.curves] == [12, 12]
    assert [number for number, _ in recording.curves[1].loss] == list(range(1, 13))
    assert set(recording.curves[1].updates) >= {"U", "U_h"}


def test_a_recorded_training_is_the_same_training():
    one, other = (
        MakeMore(MLPOptions(hidden=16), steps=15).fit(LINES, on_step=on_step)
        for on_step in (None, Recording())
    )
    for name, value in one.learned_.model.tensors().items():
        np.testing.assert_array_equal(other.learned_.model.tensors()[name], value)
