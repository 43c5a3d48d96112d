"""Comparison with the Transformer of makemore.py: python benchmarks/run.py peer --peer PATH.

PATH is a copy of https://github.com/karpathy/makemore, which this project does not contain.
"""

import importlib.util
import sys
import tempfile
import types
from argparse import Namespace
from pathlib import Path

import torch
from recording import UNIT, Recorder, stopwatch

from makemore import MakeMore, MixtureOptions, TransformerOptions
from makemore.corpus.named.corpora import dataset_named

CLAIM = (
    "the best test loss of makemore.py's default Transformer (204,544 parameters, 25,000 steps; "
    "its own lines, its own choice of the best step by test loss) is reached by our transformer in "
    "less than a fifth of its time to that step, and by the quickest family in less than a fiftieth"
)
STEPS, EVERY = 25_000, 500
SEEDS = (3407,)
OURS = (0, 1, 2, 3, 4)
QUICKEST = MixtureOptions(members="kneser_ney(window=3), kneser_ney(window=5), gru(hidden=128)")


def load_peer(path):
    """Import makemore.py, with a stub for the TensorBoard logger that it imports."""
    if importlib.util.find_spec("tensorboard") is None:
        stand_in = types.ModuleType("torch.utils.tensorboard")
        stand_in.SummaryWriter = object
        sys.modules["torch.utils.tensorboard"] = stand_in
    spec = importlib.util.spec_from_file_location("peer_makemore", Path(path) / "makemore.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.args = Namespace(device="cpu")
    return module


def their_data(peer, words):
    """Return the train and test data sets that makemore.py creates from some words."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "names.txt"
        file.write_text("\n".join(words), encoding="utf-8")
        torch.manual_seed(SEEDS[0])
        return peer.create_datasets(file)


def their_loop(peer, train, test, seed):
    """Run the original loop, timing only its steps; return the best test loss with its seconds."""
    torch.manual_seed(seed)
    config = peer.ModelConfig(
        vocab_size=train.get_vocab_size(), block_size=train.get_output_length()
    )
    model = peer.Transformer(config)
    assert sum(p.numel() for p in model.parameters()) == 204_544
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=5e-4, weight_decay=0.01, betas=(0.9, 0.99), eps=1e-8
    )
    loader = peer.InfiniteDataLoader(train, batch_size=32, pin_memory=False, num_workers=4)
    best, spent = (float("inf"), 0.0, 0), 0.0
    for step in range(1, STEPS + 1):
        with stopwatch() as clock:
            X, Y = loader.next()
            _, loss = model(X, Y)
            model.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            spent += clock()
        if step % EVERY == 0:
            found = peer.evaluate(model, test, batch_size=100, max_batches=10)
            best = min(best, (found, spent, step))
    return best, spent


def our_fit(model, train, test, seed, **how):
    """Return the seconds to fit a model to the list in memory, and its loss on their test lines."""
    with stopwatch() as clock:
        maker = MakeMore(model, random_state=seed, **how).fit(train)
        seconds = clock()
    return seconds, maker.evaluate(test).all.nats


def run(recorder: Recorder, path: str) -> bytes:
    """Measure makemore.py once per seed, and ours with every seed on the same lines."""
    peer = load_peer(path)
    words = dataset_named("us-names").load().to_list()
    train, test = their_data(peer, words)
    MakeMore("transformer", steps=3).fit(words[:300])  # warm up both sides
    (target, seconds, step), whole = their_loop(peer, train, test, SEEDS[0])
    recorder.say(f"makemore.py: best test loss {target:.4f} at step {step}, {whole:.0f} s for all")
    recorder.record("makemore.py, best test loss", UNIT, [target])
    recorder.record("makemore.py, seconds to its best step", "s", [seconds])
    for name, model, goal, how in (
        ("transformer", TransformerOptions(), "5", {"steps": 450}),
        ("quickest family", QUICKEST, "50", {"steps": 80}),
    ):
        found = [our_fit(model, train.words, test.words, seed, **how) for seed in OURS]
        recorder.record(f"{name}, test loss on the same lines", UNIT, [loss for _, loss in found])
        recorder.record(f"{name}, seconds", "s", [taken for taken, _ in found])
        ratios = [seconds / taken for taken, _ in found]
        recorder.record(f"{name}, times faster than makemore.py", "", ratios, goal)
        assert all(loss <= target for _, loss in found), f"{name} misses {target:.4f}: {found}"
    return "\n".join(words).encode()
