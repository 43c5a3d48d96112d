"""The MLP loop of the lectures, literally, compared with `mlp` of the same 11,897 parameters."""

import statistics

import torch
import torch.nn.functional as F
from lectures import lecture_data, seconds_to
from recording import UNIT, Recorder, stopwatch

from makemore import MakeMore, MLPOptions

CLAIM = (
    "makemore's mlp reaches the lecture loop's own final dev loss (lecture split, 11,897 "
    "parameters, 200,000 steps of batch 32, rate 0.1 then 0.01) in a small part of the loop's time"
)
SEEDS = (0, 1, 2, 3, 4)
BEST_PUBLISHED = 2.1027  # of this network, after the lecture's initialisation fixes


def lecture_loop(X, Y, Xdev, Ydev, seed):
    """Run the loop of the lecture; return the seconds of its 200,000 steps, and the dev loss."""
    g = torch.Generator().manual_seed(seed)
    C = torch.randn((27, 10), generator=g)
    W1 = torch.randn((30, 200), generator=g)
    b1 = torch.randn(200, generator=g)
    W2 = torch.randn((200, 27), generator=g)
    b2 = torch.randn(27, generator=g)
    parameters = [C, W1, b1, W2, b2]
    for p in parameters:
        p.requires_grad = True
    with stopwatch() as clock:
        for i in range(200_000):
            ix = torch.randint(0, X.shape[0], (32,), generator=g)
            h = torch.tanh(C[X[ix]].view(-1, 30) @ W1 + b1)
            loss = F.cross_entropy(h @ W2 + b2, Y[ix])
            for p in parameters:
                p.grad = None
            loss.backward()
            rate = 0.1 if i < 100_000 else 0.01
            for p in parameters:
                p.data += -rate * p.grad
        seconds = clock()
    with torch.no_grad():
        h = torch.tanh(C[Xdev].view(-1, 30) @ W1 + b1)
        return seconds, F.cross_entropy(h @ W2 + b2, Ydev).item()


def run(recorder: Recorder) -> bytes:
    """Measure both alternately, seed by seed."""
    data = lecture_data(window=3)
    lines = data.lines
    recorder.say(f"lecture's own tables: {data.seconds:.2f} s, not counted against it")
    seconds_to(9.0, lines, MLPOptions(), 0, 8)  # the first steps of torch are slow
    theirs, losses, ours = [], [], []
    for seed in SEEDS:
        seconds, loss = lecture_loop(*data.train, *data.dev, seed)
        reached, step = seconds_to(loss, lines, MLPOptions(), seed, 160)
        recorder.say(
            f"seed {seed}: lecture {seconds:.1f} s to dev {loss:.4f}; "
            f"mlp {reached:.3f} s, {step} steps: {seconds / reached:.0f} times faster"
        )
        theirs.append(seconds)
        losses.append(loss)
        ours.append(reached)
    recorder.record("lecture loop, 200,000 steps", "s", theirs)
    recorder.record("lecture loop, final dev loss", UNIT, losses)
    recorder.record("mlp, to the same dev loss", "s", ours)
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    recorder.record("mlp, times faster than the MLP loop", "", ratios, "50, aim for 100")
    recorder.say(f"median ratio {statistics.median(ratios):.0f}")
    best = [seconds_to(BEST_PUBLISHED, lines, MLPOptions(), seed, 700)[0] for seed in SEEDS]
    recorder.record(f"mlp, to dev loss {BEST_PUBLISHED}", "s", best, "5")
    reports = [
        MakeMore(MLPOptions(), split="lecture", budget="4s", random_state=seed)
        .fit(lines)
        .learned_.report
        for seed in SEEDS
    ]
    for name, unit in (("seconds", "s"), ("dev_loss", UNIT), ("test_loss", UNIT)):
        title = f"mlp on a budget of 4 s, {name.replace('_', ' ')}"
        recorder.record(title, unit, [getattr(report, name) for report in reports])
    return "\n".join(data.words).encode()
