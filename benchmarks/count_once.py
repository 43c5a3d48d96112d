"""Savings of counting once: characters per distinct context, and speed-up of a gradient."""

import numpy as np
import torch
import torch.nn.functional as F
from recording import Recorder, stopwatch

from makemore import GRUOptions, MLPOptions
from makemore.contexts.table import Contexts
from makemore.corpus.named.corpora import dataset_named
from makemore.corpus.split import split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.layers.loss import negative_log_likelihood
from makemore.models.gru import GRU
from makemore.models.mlp import MLP

CLAIM = (
    "distinct contexts with counts give the gradient of all characters for less work: less the "
    "shorter the window and the larger the batch"
)
WINDOWS = (3, 4, 5, 8, None)
BATCHES = (None, 8192, 2048, 1024, 256)
REPEATS = 7


def named(window) -> str:
    """Return the name of a window."""
    return "whole prefixes" if window is None else f"windows of {window}"


def batches(c, size, rng):
    """Return five random batches of the given number of lines, or the whole list."""
    if size is None:
        return [c]
    lines = len(c.line_weight)
    return [c.lines(rng.permutation(lines)[:size]) for _ in range(5)]


def seconds_of(work) -> float:
    """Return the median time of a gradient, in seconds."""
    taken = []
    for _ in range(REPEATS + 2):
        with stopwatch() as clock:
            work()
            taken.append(clock())
    return float(np.median(taken[2:]))


def by_windows(c):
    """Return functions for the gradient of an MLP from distinct windows and from all windows."""
    model = MLP(MLPOptions(), c.vocabulary_size, 0).initialise(torch.Generator().manual_seed(0))
    row = c.row[c.edge]
    plain = Contexts.of_windows(c.back[row], c.vocabulary_size, 0)
    target = torch.from_numpy(c.next[c.edge].astype(np.int64))

    def once():
        model.zero_grad()
        (negative_log_likelihood(model(c), c) / c.total).backward()

    def always():
        model.zero_grad()
        F.cross_entropy(model(plain), target).backward()

    return once, always, model


def by_prefixes(c):
    """Return functions for the gradient of a GRU from the prefix tree and from padded lines."""
    model = GRU(GRUOptions(hidden=64), c.vocabulary_size, 0)
    model.initialise(torch.Generator().manual_seed(0))
    lengths = np.diff(c.start)
    inside = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    ids, target = np.zeros(inside.shape, np.int64), np.full(inside.shape, -1)
    ids[inside], target[inside] = c.last[c.row[c.edge]], c.next[c.edge]
    ids, target = torch.from_numpy(ids), torch.from_numpy(target)

    def once():
        model.zero_grad()
        (negative_log_likelihood(model(c), c) / c.total).backward()

    def always():
        model.zero_grad()
        inputs = F.embedding(ids, model.inputs()).unbind(1)  # T of (B, 3 H)
        state = torch.zeros(len(ids), 64)
        states = []
        for x in inputs:
            state = model.cell(x, state)
            states.append(state)
        logits = model.read_out(torch.stack(states, dim=1).flatten(0, 1))
        F.cross_entropy(logits, target.flatten(), ignore_index=-1).backward()

    return once, always, model


def run(recorder: Recorder) -> bytes:
    """Count contexts, then time both methods alternately on the same batches."""
    lines = dataset_named("us-names").load()
    train = lines.select(split_lines(lines, "lecture").train)
    vocabulary, rng = Vocabulary.of(lines), np.random.default_rng(0)
    for window in WINDOWS:
        c = Contexts.of(train, vocabulary, window)
        for size in BATCHES:
            factors = [len(part.edge) / len(part) for part in batches(c, size, rng)]
            of = "the whole list" if size is None else f"batches of {size:,} lines"
            recorder.record(f"{named(window)}, {of}: characters a context", "", factors)
    for title, window, make in (("mlp", 3, by_windows), ("gru of 64", None, by_prefixes)):
        c = Contexts.of(train, vocabulary, window)
        for size in (None, 1024):
            part = batches(c, size, rng)[0]
            once, always, model = make(part)
            once()
            gradients = [p.grad.clone() for p in model.parameters()]
            always()
            apart = max(
                (p.grad - g).abs().max().item()
                for p, g in zip(model.parameters(), gradients, strict=True)
            )
            ratios = [seconds_of(always) / seconds_of(once) for _ in range(5)]
            of = "the whole list" if size is None else f"{size:,} lines"
            recorder.say(f"{title}, {of}: gradients differ by at most {apart:.1e}")
            recorder.record(f"a gradient of {title} on {of}: times faster", "", ratios)
    return "\n".join(lines.to_list()).encode()
