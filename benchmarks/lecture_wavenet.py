"""The WaveNet loop of the lectures, literally, compared with `wavenet` and `kneser_ney`."""

import torch
import torch.nn.functional as F
from lectures import lecture_data, seconds_to
from recording import UNIT, Recorder, stopwatch

from makemore import KneserNeyOptions, MakeMore, WaveNetOptions

CLAIM = (
    "the dev loss that the lectures' WaveNet loop ends with (lecture split, 76,579 parameters, "
    "200,000 steps of batch 32, rate 0.1 then 0.01) is reached by makemore's wavenet of the same "
    "size in less than a tenth of the loop's time, and by counting in less than a hundredth"
)
SEEDS = (0, 1)
STEPS = 400


class Linear:
    """As in the lecture."""

    def __init__(self, fan_in, fan_out, bias=True):
        self.weight = torch.randn((fan_in, fan_out)) / fan_in**0.5
        self.bias = torch.zeros(fan_out) if bias else None

    def __call__(self, x):
        out = x @ self.weight
        return out if self.bias is None else out + self.bias

    def parameters(self):
        return [self.weight] + ([] if self.bias is None else [self.bias])


class BatchNorm1d:
    """As in the lecture: statistics over all dimensions but the last."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        self.eps, self.momentum, self.training = eps, momentum, True
        self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def __call__(self, x):
        if self.training:
            dim = tuple(range(x.ndim - 1))
            mean, var = x.mean(dim, keepdim=True), x.var(dim, keepdim=True)
        else:
            mean, var = self.running_mean, self.running_var
        out = self.gamma * ((x - mean) / torch.sqrt(var + self.eps)) + self.beta
        if self.training:
            with torch.no_grad():
                for running, now in ((self.running_mean, mean), (self.running_var, var)):
                    running.mul_(1 - self.momentum).add_(self.momentum * now.flatten())
        return out

    def parameters(self):
        return [self.gamma, self.beta]


class Tanh:
    """As in the lecture."""

    def __call__(self, x):
        return torch.tanh(x)

    def parameters(self):
        return []


class Embedding:
    """As in the lecture."""

    def __init__(self, count, dim):
        self.weight = torch.randn((count, dim))

    def __call__(self, ids):
        return self.weight[ids]

    def parameters(self):
        return [self.weight]


class FlattenConsecutive:
    """As in the lecture."""

    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        x = x.view(B, T // self.n, C * self.n)
        return x.squeeze(1) if x.shape[1] == 1 else x

    def parameters(self):
        return []


def lecture_network():
    """Return the layers of the lecture's network, with 76,579 parameters."""
    E, H = 24, 128
    layers = [Embedding(27, E)]
    for fan_in in (E, H, H):
        layers += [FlattenConsecutive(2), Linear(2 * fan_in, H, bias=False), BatchNorm1d(H), Tanh()]
    layers.append(Linear(H, 27))
    with torch.no_grad():
        layers[-1].weight *= 0.1
    return layers


def forward(layers, x):
    """Return the logits."""
    for layer in layers:
        x = layer(x)
    return x


def lecture_loop(X, Y, Xdev, Ydev, seed):
    """Run the loop of the lecture; return the seconds of its 200,000 steps, and the dev loss."""
    torch.manual_seed(seed)
    layers = lecture_network()
    parameters = [p for layer in layers for p in layer.parameters()]
    assert sum(p.nelement() for p in parameters) == 76_579
    for p in parameters:
        p.requires_grad = True
    with stopwatch() as clock:
        for i in range(200_000):
            ix = torch.randint(0, X.shape[0], (32,))
            loss = F.cross_entropy(forward(layers, X[ix]), Y[ix])
            for p in parameters:
                p.grad = None
            loss.backward()
            rate = 0.1 if i < 150_000 else 0.01
            for p in parameters:
                p.data += -rate * p.grad
        seconds = clock()
    for layer in layers:
        if isinstance(layer, BatchNorm1d):
            layer.training = False
    with torch.no_grad():
        return seconds, F.cross_entropy(forward(layers, Xdev), Ydev).item()


def counted(lines):
    """Return the seconds to fit Kneser-Ney to the list in memory, and its dev loss."""
    with stopwatch() as clock:
        report = MakeMore(KneserNeyOptions(), split="lecture").fit(lines).learned_.report
        return clock(), report.dev_loss


def run(recorder: Recorder) -> bytes:
    """Measure all three alternately, seed by seed."""
    data = lecture_data(window=8)
    recorder.say(f"lecture's own tables: {data.seconds:.2f} s, not counted against it")
    seconds_to(9.0, data.lines, WaveNetOptions(), 0, 8)  # the first steps of torch are slow
    rows = []
    for seed in SEEDS:
        seconds, loss = lecture_loop(*data.train, *data.dev, seed)
        reached, step = seconds_to(loss, data.lines, WaveNetOptions(), seed, STEPS)
        quickest, dev = counted(data.lines)
        assert dev <= loss, "counting does not reach the loop's loss"
        recorder.say(
            f"seed {seed}: lecture {seconds:.1f} s to dev {loss:.4f}; wavenet {reached:.2f} s, "
            f"{step} steps; kneser_ney {quickest:.2f} s, dev {dev:.4f}"
        )
        rows.append((seconds, loss, reached, quickest))
    theirs, losses, ours, counting = map(list, zip(*rows, strict=True))
    recorder.record("lecture WaveNet loop, 200,000 steps", "s", theirs)
    recorder.record("lecture WaveNet loop, final dev loss", UNIT, losses)
    recorder.record("wavenet, to the same dev loss", "s", ours)
    recorder.record("kneser_ney, to a lower dev loss", "s", counting)
    for name, mine, goal in (("wavenet", ours, "10"), ("kneser_ney", counting, "100")):
        ratios = [a / b for a, b in zip(theirs, mine, strict=True)]
        recorder.record(f"{name}, times faster than the WaveNet loop", "", ratios, goal)
    return "\n".join(data.words).encode()
