"""Lines drawn per second, beside makemore.py: python benchmarks/run.py sampling --peer PATH.

PATH is a copy of https://github.com/karpathy/makemore, which this project does not contain.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peer import load_peer, their_data
from recording import Recorder, stopwatch

from makemore import GRUOptions, KneserNeyOptions, MakeMore, MLPOptions, TransformerOptions
from makemore.corpus.named.corpora import dataset_named

CLAIM = (
    "lines come at the rate they are needed at, constrained ones within three times the time of "
    "free ones where a model can be written out, the first of twenty within a second, and ten "
    "million of them in the memory that a million take"
)
RATE = "lines per second"
REPEATS = 5
# Family, options, steps, lines drawn, the rate to reach, and makemore.py's model of that kind.
TRIALS = (
    ("kneser_ney", KneserNeyOptions(), 1, 1_000_000, "1,000,000", None),
    ("mlp", MLPOptions(window=3), 400, 500_000, "500,000", "mlp"),
    ("gru", GRUOptions(embedding=64, hidden=64), 400, 200_000, "150,000", "gru"),
    ("transformer", TransformerOptions(), 300, 50_000, "25,000", "transformer"),
)
ASKED = {
    "ending in son": {"suffix": "son"},
    "with ee in them": {"contains": "ee"},
    "like [mk].*(el|ah)": {"pattern": "[mk].*(el|ah)"},
    "of five characters or more, without q and x": {"min_length": 5, "forbid": ("q", "x")},
    "with zz in them that end in a": {"contains": "zz", "suffix": "a"},
}
# What a process held at most since it began: what `resource` says includes its parent's share.
PROGRAM = """
import sys
from makemore.cli.main import main
main()
held = [row for row in open("/proc/self/status") if row.startswith("VmHWM")]
print(held[0].split()[1], file=sys.stderr)
"""


def their_model(peer, kind, data):
    """makemore.py's model at its default size; how long it draws does not depend on weights."""
    config = peer.ModelConfig(vocab_size=data.get_vocab_size(), block_size=data.get_output_length())
    made = {
        "mlp": lambda: peer.MLP(config),
        "gru": lambda: peer.RNN(config, "gru"),
        "transformer": lambda: peer.Transformer(config),
    }[kind]()
    return made.eval()


def their_rate(peer, model, data, batch, batches):
    """Its `generate` as its `print_samples` calls it, and its decoding: lines per second."""
    made = []
    with torch.inference_mode(), stopwatch() as clock:
        for _ in range(batches):
            start = torch.zeros(batch, 1, dtype=torch.long)
            steps = data.get_output_length() - 1
            drawn = peer.generate(model, start, steps, do_sample=True)[:, 1:].tolist()
            for row in drawn:
                made.append(data.decode(row[: row.index(0) if 0 in row else len(row)]))
        return len(made) / clock()


def our_rate(maker, count, seed, **asked):
    """Lines as strings, all in one list: lines per second."""
    with stopwatch() as clock:
        made = maker.sample(count, seed=seed, **asked)
        return len(made) / clock()


def first_line(maker, seed, asked):
    """Seconds to the first of twenty lines."""
    with stopwatch() as clock:
        next(maker.stream(ahead=20, seed=seed, **asked))
        return clock()


def run(recorder: Recorder, path: str) -> bytes:
    """Draws, free and constrained, with every model."""
    lines = dataset_named("us-names").load()
    peer = load_peer(path)
    data, _ = their_data(peer, lines.to_list())
    makers = {name: MakeMore(own, steps=steps).fit(lines) for name, own, steps, *_ in TRIALS}
    for name, _, _, count, goal, kind in TRIALS:
        ours, theirs = [], {10: [], 1000: []}
        their = their_model(peer, kind, data) if kind else None
        for seed in range(REPEATS):
            ours.append(our_rate(makers[name], count, seed))
            for batch in theirs if kind else ():
                batches = 20 if batch == 10 else 2
                theirs[batch].append(their_rate(peer, their, data, batch, batches))
        recorder.measured(f"{name}, {count:,} lines at once", RATE, ours, goal)
        for batch in theirs if kind else ():
            recorder.measured(f"makemore.py, {kind}, batches of {batch:,}", RATE, theirs[batch])
            ratios = [a / b for a, b in zip(ours, theirs[batch], strict=True)]
            recorder.measured(f"{name}, times makemore.py's rate at {batch:,}", "", ratios)
    constrained(recorder, makers)
    waiting(recorder, makers, lines)
    in_memory(recorder, makers["kneser_ney"])
    return "\n".join(lines.to_list()).encode()


def constrained(recorder, makers):
    """How much longer allowed lines take than free ones, for models that can be written out."""
    for name, count in (("kneser_ney", 1_000_000), ("kneser_ney", 100_000), ("mlp", 500_000)):
        for words, asked in ASKED.items():
            maker, ratios = makers[name], []
            for seed in range(REPEATS):
                free = our_rate(maker, count, seed)
                ratios.append(free / our_rate(maker, count, seed, **asked))
            goal = "3" if count > 100_000 else ""
            title = f"{name}, {count:,} lines {words}, times the time of free ones"
            recorder.measured(title, "", ratios, goal)


def waiting(recorder, makers, lines):
    """How long the first line takes, the slowest of all that is asked."""
    everyone = {**makers, "auto": MakeMore(random_state=1).fit(lines)}
    for name, maker in everyone.items():
        seconds = [
            max(first_line(maker, seed, asked) for asked in ASKED.values())
            for seed in range(REPEATS)
        ]
        recorder.measured(f"{name}, first of 20 constrained lines, slowest", "s", seconds, "1")
        how = {words: maker.stream(**asked).method for words, asked in ASKED.items()}
        for words, way in how.items():
            recorder.say(f"  {name}, lines {words}: {way}")


def in_memory(recorder, maker):
    """The command writing a million and ten million lines to a file, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        model, out = str(Path(folder) / "names.safetensors"), Path(folder) / "out.txt"
        maker.save(model)
        for count in (1_000_000, 10_000_000):
            command = [sys.executable, "-c", PROGRAM, "sample", model, "-n", str(count)]
            with out.open("wb") as file, stopwatch() as clock:
                done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=True)
                seconds = clock()
            with out.open("rb") as file:
                assert sum(1 for _ in file) == count
            most = int(done.stderr) / 1024
            recorder.measured(f"kneser_ney, {count:,} lines to a file", "s", [seconds])
            recorder.measured(f"kneser_ney, {count:,} lines to a file, memory", "MiB", [most])
