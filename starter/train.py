"""Train the starter: python starter/train.py LISTS STARTER [--steps N] [--leave-out KIND].

LISTS is the lists.jsonl that gather.py writes; STARTER becomes an ordinary model file. The network
reads one line of a list after the other, with the state carried on from line to line, so it learns
to write lines like those that it has read. With --from the training goes on from the weights of an
earlier starter, whose lists or characters may have been others.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lists import Draws, List, choose_characters, read_lists
from numpy.typing import NDArray
from torch import Tensor, nn

from makemore import LSTMOptions
from makemore.checkpoint.document import save_fitted
from makemore.corpus.cleaning import Summary
from makemore.corpus.lengths import usual_length
from makemore.corpus.vocabulary import BOUNDARY, Vocabulary
from makemore.fitted import FitReport, FittedModel
from makemore.models.array_lstm import ArrayLSTM
from makemore.models.lstm import LSTM
from makemore.starter.stored import Starter

OPTIONS = LSTMOptions(embedding=64, hidden=384)
STEPS, BATCH, SPAN = 26_000, 64, 64  # optimizer steps; lists and characters of each in a step
RATE, WARM_UP, DECAY = 6e-3, 200, 0.01  # maximum learning rate, steps of its rise, weight decay
DEV_EVERY, DEV_READ = 40, 20  # every 40th list is held out; its first 20 lines are read, not scored
DEV_LINES = 60  # of a held-out list


class Streams:
    """Endless ids of `BATCH` lists side by side: lines separated by boundaries, list after list."""

    def __init__(self, draws: Draws, vocabulary: Vocabulary) -> None:
        """Start with empty streams, so that the first span starts new lists."""
        self._draws, self._vocabulary = draws, vocabulary
        self._ids = [np.zeros(0, np.int32) for _ in range(BATCH)]

    def next(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return (SPAN + 1, BATCH) ids, and (BATCH,) whether each stream continues its list."""
        continues = np.array([len(ids) > SPAN for ids in self._ids])
        for number in np.flatnonzero(~continues).tolist():
            ids = encode(self._draws.draw(), self._vocabulary)
            while len(ids) <= SPAN:
                ids = np.concatenate([ids, encode(self._draws.draw(), self._vocabulary)[1:]])
            self._ids[number] = ids
        spans = np.stack([ids[: SPAN + 1] for ids in self._ids], axis=1)
        self._ids = [ids[SPAN:] for ids in self._ids]
        return spans.astype(np.int64), continues


def encode(lines: list[str], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Return the ids of the lines, each between two boundaries, without unknown characters."""
    codes = np.array([ord(c) for c in "\n".join(["", *lines, ""])], np.uint32)
    ids = vocabulary.encode(codes)
    ids[codes == ord("\n")] = BOUNDARY
    return ids[ids >= 0]


def first_network(
    vocabulary: Vocabulary, earlier: Path | None, seed: int
) -> tuple[LSTMOptions, LSTM]:
    """Return options and a network with random weights, or with those of an earlier starter."""
    if earlier is None:
        network = LSTM(OPTIONS, len(vocabulary), 0)
        return OPTIONS, network.initialise(torch.Generator().manual_seed(seed))
    starter = Starter.read(earlier)
    options, tensors = starter.options.replace(learned_state=False), starter.tensors_for(vocabulary)
    network = LSTM(options, len(vocabulary), 0)
    network.load({name: tensors[name] for name in network.state_dict()})
    return options, network.train()


def train(network: LSTM, streams: Streams, steps: int, rate: float, bfloat16: bool) -> float:
    """Train a network on lists; return the mean loss of the last 500 steps, in nats.

    Args:
        network: the network.
        streams: what it reads.
        steps: number of optimizer steps.
        rate: maximum learning rate; it falls to zero.
        bfloat16: multiply in bfloat16, twice as fast on a processor that has it (AVX-512 BF16).
    """
    clock, losses, state = time.perf_counter(), [], network.first_state(BATCH)
    parameters = list(network.parameters())
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.99), weight_decay=DECAY)
    for step in range(steps):
        spans, continues = streams.next()
        ids, keep = torch.from_numpy(spans), torch.from_numpy(continues)[:, None]
        with torch.autocast("cpu", torch.bfloat16, bfloat16):
            hidden, state = network.read_lines(ids[:-1], state.detach() * keep)
            logits = hidden @ network.V + network.d
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), ids[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.param_groups[0]["lr"] = rate * min(1, (step + 1) / WARM_UP) * (1 - step / steps)
        optimizer.step()
        losses.append(loss.item())
        if (step + 1) % 500 == 0 or step + 1 == steps:
            seconds, mean = time.perf_counter() - clock, np.mean(losses[-500:])
            print(f"{seconds:.0f} s, step {step + 1:,} of {steps:,}: {mean:.4f}", flush=True)
    return float(np.mean(losses[-500:]))


def dev_loss(network: LSTM, lists: list[List], vocabulary: Vocabulary) -> tuple[int, float]:
    """Return the lines that are scored, and the mean over lists of their loss in nats."""
    rng, losses, lines = np.random.default_rng(0), [], 0
    characters = set(vocabulary.characters)
    for each in lists:
        known = [line for line in each.lines if characters.issuperset(line)]
        if len(known) > 2 * DEV_READ:
            chosen = [known[i] for i in rng.permutation(len(known))[:DEV_LINES].tolist()]
            read, scored = encode(chosen[:DEV_READ], vocabulary), encode(chosen, vocabulary)
            losses.append(_loss(network, torch.from_numpy(scored.astype(np.int64)), len(read)))
            lines += len(chosen) - DEV_READ
    return lines, float(np.mean(losses))


def _loss(network: LSTM, ids: Tensor, read: int) -> float:
    """Return the mean loss of the ids after the first `read` ones, which are only read."""
    with torch.inference_mode():
        hidden, _ = network.read_lines(ids[:-1, None], network.first_state(1))
        logits = hidden[read - 1 :, 0] @ network.V + network.d
        return nn.functional.cross_entropy(logits, ids[read:]).item()


def describe(
    network: LSTM,
    options: LSTMOptions,
    lists: list[List],
    dev: list[List],
    vocabulary: Vocabulary,
    training: FitReport,
) -> FittedModel:
    """Return the network as a fitted model, with facts about the lists that it learned.

    Its weights are rounded to 16 bits, which halves the file.

    Args:
        network: the trained network.
        options: its options.
        lists: the lists that it learned.
        dev: the lists that were held out.
        vocabulary: the vocabulary of the network.
        training: seed, steps, learning rate and train loss of the training.
    """
    lengths = np.array([len(line) for each in lists for line in each.lines])
    rounded = {name: each.astype(np.float16) for name, each in network.tensors().items()}
    network.load({name: each.astype(np.float32) for name, each in rounded.items()})
    dev_lines, loss = dev_loss(network, dev, vocabulary)
    report = replace(
        training,
        train_lines=len(lengths),
        dev_lines=dev_lines,
        dev_loss=loss,
        weight_decay=DECAY,
        batch=BATCH * SPAN,
    )
    return FittedModel(
        model=ArrayLSTM(rounded),
        family="lstm",
        options=options,
        report=report,
        vocabulary=vocabulary,
        weight=float(len(lengths)),
        label_weights=np.zeros(0),
        longest=int(lengths.max()),
        usual_length=usual_length(np.bincount(lengths)),
        cleaning=Summary(len(lengths), 0, 0, len(lengths), int(lengths.sum())),
        digests=None,
        folded_digests=None,
    )


def main() -> None:
    """Train the starter and save it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("lists", type=Path)
    parser.add_argument("starter", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--leave-out", action="append", default=[], metavar="KIND")
    parser.add_argument("--from", dest="earlier", type=Path, metavar="STARTER")
    parser.add_argument("--rate", type=float, default=RATE, help="maximum learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bfloat16", action="store_true")
    arguments = parser.parse_args()
    lists = read_lists(arguments.lists, arguments.leave_out)
    dev = lists[::DEV_EVERY]
    train_lists = [each for number, each in enumerate(lists) if number % DEV_EVERY]
    vocabulary = Vocabulary(choose_characters(train_lists))
    options, network = first_network(vocabulary, arguments.earlier, arguments.seed)
    streams = Streams(Draws(train_lists, vocabulary.characters, arguments.seed), vocabulary)
    steps, rate = arguments.steps, arguments.rate
    loss = train(network, streams, steps, rate, arguments.bfloat16)
    training = FitReport(
        split="digest", test=0.0, seed=arguments.seed, steps=steps, rate=rate, train_loss=loss
    )
    fitted = describe(network, options, train_lists, dev, vocabulary, training)
    save_fitted(arguments.starter, fitted, {"model": "lstm"})
    print(f"dev loss {fitted.report.dev_loss:.4f} nats per character", flush=True)


if __name__ == "__main__":
    main()
