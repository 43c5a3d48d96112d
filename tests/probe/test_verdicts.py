"""Every verdict, on a network broken on purpose; a healthy network gets none."""

import numpy as np
import pytest
import torch

from makemore import MakeMore
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.options.families import (
    DeepMLPOptions,
    GRUOptions,
    LinearOptions,
    MLPOptions,
    PlainMLPOptions,
    ResNetOptions,
)
from makemore.probe.layers import Activations, Layers, layers_of
from makemore.probe.norms import Norm, norms_of, random_batch_losses
from makemore.probe.recording import Curve, Recording
from makemore.probe.verdicts import verdicts_on_curve, verdicts_on_layers, verdicts_on_norms
from makemore.registry import FAMILIES
from makemore.training.loop import Training, TrainOptions


@pytest.fixture(scope="module")
def lines(us_names):
    return us_names.select(np.arange(0, len(us_names), 40))


@pytest.fixture(scope="module")
def vocabulary(us_names):
    return Vocabulary.of(us_names)


def fresh(options, vocabulary):
    name = next(name for name, family in FAMILIES.items() if family.options is type(options))
    network = FAMILIES[name].build(options, len(vocabulary), 0)
    return network.initialise(torch.Generator().manual_seed(0))


def messages_of(network, lines, vocabulary):
    c = Contexts.of(lines, vocabulary, network.window)
    found = [*verdicts_on_layers(layers_of(network, c)), *verdicts_on_norms(norms_of(network, c))]
    return [verdict.what for verdict in found]


def trained(network, lines, vocabulary, rate, steps=60, dev=None):
    """Return the curve of a short training."""
    recording = Recording()
    train = Contexts.of(lines, vocabulary, network.window)
    held = None if dev is None else Contexts.of(dev, vocabulary, network.window)
    for step in Training(network, TrainOptions(steps, rate)).run(train, held):
        recording(step)
    return recording.curves[0]


SLOWEST = {"transformer"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in SLOWEST else [])
        for name, family in FAMILIES.items()
        if family.fit_method == "training"
    ],
)
def test_a_healthy_network_gets_no_verdicts(name, us_names):
    recording = Recording()
    options = FAMILIES[name].options()
    if hasattr(options, "hidden"):
        options = options.replace(hidden=64)
    many = us_names.select(np.arange(0, len(us_names), 4))
    maker = MakeMore(options, steps=60).fit(many, on_step=recording)
    found = maker.probe(many, recording)
    assert found.networks[0].verdicts == []


def test_the_expected_first_loss_does_not_count_labels():
    recording = Recording()
    maker = MakeMore(MLPOptions(hidden=4), steps=2)
    maker.fit(["anna", "otto"], ["F", "M"], on_step=recording)
    recording.curves[0].loss[0] = (1, 9.0)
    verdict, *_ = maker.probe(None, recording).networks[0].verdicts
    assert verdict.what == f"first loss 9.00, expected {np.log(5):.2f}"


def test_a_continued_network_may_start_saturated(us_names):
    lines, recording = us_names.to_list(), Recording()
    maker = MakeMore(GRUOptions(hidden=64), steps=100).fit(lines[::4])
    maker.set_params(steps=5).partial_fit(lines[1::16], on_step=recording)
    assert recording.curves[0].flat["candidate"][0][1] > 0.25
    assert maker.probe(None, recording).networks[0].verdicts == []


def points(*sizes):
    return list(enumerate(sizes, 2))


@pytest.mark.parametrize(
    "within, beyond, message",
    [
        ({"loss": [(1, 3.75)]}, {"loss": [(1, 3.85)]}, "first loss 3.85, expected 3.30"),
        ({"dev": points(2.0, 2.02)}, {"dev": points(2.0, 2.04)}, "dev loss 2.0000 at step 2, "),
        ({"dev": points(2.1, 2.0)}, {"dev": points(2.1, 2.0, 2.5)}, "dev loss 2.0000 at step 3, "),
        (
            {"dev": points(3.29)},
            {"dev": points(3.31)},
            "best dev loss 3.3100, uniform distribution 3.2958",
        ),
        (
            {"flat": {"h": points(0.24, 0.9)}, "kinds": {"h": "sigmoid"}},
            {"flat": {"h": points(0.26, 0.1)}, "kinds": {"h": "sigmoid"}},
            "h (sigmoid): 26% saturated at step 2",
        ),
        (
            {"loss": [(1, 2.75)], "flat": {"h": points(0.9)}, "kinds": {"h": "tanh"}},
            {"loss": [(1, 2.85)], "flat": {"h": points(0.9)}, "kinds": {"h": "tanh"}},
            "h (tanh): 90% saturated at step 2",
        ),
        (
            {"flat": {"h": points(0.9)}, "kinds": {"h": "gelu"}},
            {"flat": {"h": points(0.9)}, "kinds": {"h": "tanh"}},
            "h (tanh): 90% saturated at step 2",
        ),
        (
            {"updates": {"W": points(-5, -3.9, -2)}},
            {"updates": {"W": points(-1, -4.1, -5)}},
            "update-to-weight ratio of W is 10^-4.1, 13 times smaller than 10^-3",
        ),
        (
            {"updates": {"V": points(-1.1), "W": points(-0.9), "X": points(-3), "Y": points(-3)}},
            {"updates": {"V": points(-3), "W": points(-0.9), "X": points(-3), "Y": points(-0.9)}},
            "update-to-weight ratio of W is 10^-0.9, 126 times larger than 10^-3",
        ),
    ],
)
def test_verdicts_on_training_appear_beyond_their_limits(within, beyond, message):
    healthy, broken = (Curve(**{"loss": [(1, 3.3)], **fields}) for fields in (within, beyond))
    assert list(verdicts_on_curve(healthy, 27)) == []
    assert next(verdicts_on_curve(broken, 27)).what.startswith(message)


def layer(name, kind, share, gradient=1.0):
    """Return a layer of four units that are saturated on a given share of a thousand rows."""
    flat, ends = np.arange(1000) < round(1000 * share), {"tanh": 1.0, "sigmoid": 0.0, "relu": 0.0}
    values = np.where(flat, ends[kind], 0.5).astype(np.float32)
    gradients = np.where(np.arange(1000) % 2, gradient, -gradient).astype(np.float32)
    return Activations(name, kind, *(np.repeat(x[:, None], 4, 1) for x in (values, gradients)))


@pytest.mark.parametrize(
    "within, beyond, message",
    [
        ([layer("h", "tanh", 0.94)], [layer("h", "tanh", 0.96)], "h (tanh): 96% saturated"),
        ([layer("h", "sigmoid", 0.94)], [layer("h", "sigmoid", 0.96)], "h (sigmoid): 96% satu"),
        ([layer("h", "relu", 0.89)], [layer("h", "relu", 0.91)], "h (relu): 91% zero or below"),
        (
            [layer("a", "tanh", 0.5, 0.011), layer("b", "tanh", 0.5)],
            [layer("a", "tanh", 0.5, 0.009), layer("b", "tanh", 0.5)],
            "gradients at a are 111 times smaller than at b",
        ),
        (
            [layer("a", "tanh", 0.5)],
            [layer("a", "tanh", 0.5), layer("b", "tanh", 0.5, 0.0)],
            "gradients at b are infinitely many times smaller than at a",
        ),
    ],
)
def test_verdicts_on_layers_appear_beyond_their_limits(within, beyond, message):
    assert list(verdicts_on_layers(Layers(2.0, within, []))) == []
    (verdict,) = verdicts_on_layers(Layers(2.0, beyond, []))
    assert verdict.what.startswith(message)


@pytest.mark.parametrize("distance, is_reported", [(0.45, False), (0.58, True)])
def test_the_verdict_on_norms_appears_beyond_its_limit(distance, is_reported):
    one = np.ones(3, np.float32)
    norm = Norm("norms.0", 2 * distance * one, one, 0 * one, 4 * one)
    message = [verdict.what for verdict in verdicts_on_norms([norm])]
    assert (
        message
        == [
            "norms.0: running means are 0.6 standard deviations from the calibrated means of "
            "these lines"
        ]
        * is_reported
    )


def test_a_confident_last_layer_is_detected(lines, vocabulary):
    network = fresh(MLPOptions(hidden=64), vocabulary)
    with torch.no_grad():
        network.W2 *= 100
    curve = trained(network, lines, vocabulary, 0.01, steps=5)
    (verdict,) = [v for v in verdicts_on_curve(curve, len(vocabulary)) if "first loss" in v.what]
    first = curve.loss[0][1]
    assert verdict.what == f"first loss {first:.2f}, expected 3.30"
    assert first > 5
    assert "near zero" in verdict.cure


def test_initial_saturation_is_detected(lines, vocabulary):
    network = fresh(PlainMLPOptions(layers=4, hidden=64), vocabulary)
    with torch.no_grad():
        network.W[1] *= 3
    curve = trained(network, lines, vocabulary, 1e-4, steps=5)
    (message,) = [v for v in verdicts_on_curve(curve, len(vocabulary)) if "at step 2" in v.what]
    share = curve.flat["h.1"][0][1]
    assert message.what == f"h.1 (tanh): {share:.0%} saturated at step 2"
    assert 0.25 < share < 0.8


@pytest.mark.parametrize(
    "options, name", [(MLPOptions(hidden=64), "h"), (GRUOptions(hidden=32), "candidate")]
)
def test_saturation_is_detected(options, name, lines, vocabulary):
    network = fresh(options, vocabulary)
    with torch.no_grad():
        (network.W1 if name == "h" else network.W).mul_(200)
    message = messages_of(network, lines, vocabulary)
    assert any(what.startswith(f"{name} (tanh): ") and "saturated" in what for what in message)


def test_dead_units_are_detected(lines, vocabulary):
    network = fresh(MLPOptions(hidden=64), vocabulary)
    with torch.no_grad():
        network.b1[[3, 7]] = 1000.0
    assert "h (tanh): 2 of 64 units are dead (units 3, 7)" in messages_of(
        network, lines, vocabulary
    )
    network = fresh(ResNetOptions(hidden=32, blocks=1), vocabulary)
    with torch.no_grad():
        network.norm.beta -= 1000.0
    message = messages_of(network, lines, vocabulary)
    assert "h (relu): 100% zero or below" in message
    assert any(
        what.startswith("h (relu): 32 of 32 units are dead (units 0, 1, 2, 3, 4, ...)")
        for what in message
    )


def test_vanishing_gradients_are_detected(lines, vocabulary):
    network = fresh(PlainMLPOptions(layers=6, hidden=64), vocabulary)
    with torch.no_grad():
        for W in network.W[1:-1]:
            W *= 0.1
    message = messages_of(network, lines, vocabulary)
    assert any(
        what.startswith("gradients at h.0 are ") and "than at h.4" in what for what in message
    )


def test_updates_too_small_or_too_large_are_detected(lines, vocabulary):
    for rate, steps, message in ((1e-6, 60, "times smaller than"), (3.0, 8, "times larger than")):
        curve = trained(fresh(MLPOptions(hidden=64), vocabulary), lines, vocabulary, rate, steps)
        found = [v.what for v in verdicts_on_curve(curve, len(vocabulary))]
        assert any(
            what.startswith("update-to-weight ratio of W1 is 10^") and message in what
            for what in found
        )


@pytest.mark.parametrize("options", [LinearOptions(), MLPOptions(hidden=64), DeepMLPOptions()])
def test_large_updates_of_a_last_layer_near_zero_are_not_reported(options, lines, vocabulary):
    curve = trained(fresh(options, vocabulary), lines, vocabulary, 0.01, steps=8)
    assert max(size for _, size in [*curve.updates.values()][-1]) > -1
    message = [verdict.what for verdict in verdicts_on_curve(curve, len(vocabulary))]
    assert not [what for what in message if "update-to-weight" in what]


def test_a_gelu_below_zero_is_not_dead():
    below = np.full((4, 3), -0.1, np.float32)
    assert len(Activations("h", "gelu", below, below).dead) == 0
    assert len(Activations("h", "relu", 0 * below, below).dead) == 3


def test_gradients_are_compared_after_scaling_by_the_number_of_rows():
    rng = np.random.default_rng(0)
    few, many = (rng.normal(size=(n, 5)).astype(np.float32) for n in (40, 8000))
    layers = [
        Activations("x.0", "tanh", few / 9, few / 40),
        Activations("x.1", "tanh", many / 9, many / 8000),
    ]
    assert list(verdicts_on_layers(Layers(2.0, layers, []))) == []


def test_overfitting_is_detected(lines, vocabulary):
    few, others = lines.select(np.arange(60)), lines.select(np.arange(200, 500))
    network = fresh(MLPOptions(hidden=200), vocabulary)
    curve = trained(network, few, vocabulary, 0.05, steps=300, dev=others)
    *_, verdict = verdicts_on_curve(curve, len(vocabulary))
    step, best = min(curve.dev, key=lambda point: point[1])
    assert verdict.what.startswith(f"dev loss {best:.4f} at step {step:,}, ")


def test_lines_without_common_structure_are_detected():
    drawn = np.random.default_rng(0).integers(0x4E00, 0x4E00 + 2000, (300, 3))
    recording, lines = Recording(), ["".join(map(chr, line)) for line in drawn.tolist()]
    maker = MakeMore(MLPOptions(hidden=32), steps=40).fit(lines, on_step=recording)
    message = " ".join(v.what for v in maker.probe(None, recording).networks[0].verdicts)
    expected = np.log(len(maker.learned_.vocabulary))
    assert f"uniform distribution {expected:.4f}" in message


@pytest.mark.parametrize("name", ["bow", "lstm", "resnet"])
def test_units_active_on_few_lines_are_not_reported_as_dead(name, us_names):
    options = FAMILIES[name].options(hidden=128)
    many = us_names.to_list()[::8]
    maker = MakeMore(options, steps=30).fit(many)
    lines = [many[place::size] for size in (4000, 2000, 40) for place in range(4)]
    probes = [maker.probe(few).networks[0] for few in lines]
    assert [probe.verdicts for probe in probes] == [[]] * 12
    assert [probe.has_too_few_lines for probe in probes] == [True] * 8 + [False] * 4
    assert any(len(layer.dead) for probe in probes[:8] for layer in probe.layers.activations)


def test_lagging_running_averages_are_detected(lines, vocabulary):
    network = fresh(DeepMLPOptions(layers=3, hidden=32), vocabulary)
    trained(network, lines, vocabulary, 0.01, steps=60)
    assert messages_of(network, lines, vocabulary) == []
    network.norms[1].mean += 3 * network.norms[1].variance.sqrt()
    (message,) = [what for what in messages_of(network, lines, vocabulary) if "running" in what]
    assert message.startswith("norms.1: running means are ")


def test_batch_mates_affect_only_networks_with_batch_norm(lines, vocabulary):
    for options, matters in ((DeepMLPOptions(hidden=32), True), (MLPOptions(hidden=32), False)):
        network = fresh(options, vocabulary)
        trained(network, lines, vocabulary, 0.01, steps=30)
        c = Contexts.of(lines, vocabulary, network.window)
        before = {name: value.copy() for name, value in network.tensors().items()}
        spread = random_batch_losses(network, c).std()
        assert spread > 0.01 if matters else spread < 1e-6
        for name, value in network.tensors().items():
            np.testing.assert_array_equal(value, before[name])
