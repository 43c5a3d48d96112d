"""Lines sampled per second, compared with makemore.py: benchmarks/run.py sampling --peer PATH.

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
    "lines are sampled at the target rates; constrained lines take at most three times the time of "
    "free ones if the model can be compiled, the first of twenty comes within a second, and ten "
    "million take the memory of one million"
)
RATE = "lines per second"
REPEATS = 5
# Family, options, steps, number of lines, target rate, and the corresponding model of makemore.py.
TRIALS = (
    ("kneser_ney", KneserNeyOptions(), 1, 1_000_000, "1,000,000", None),
    ("mlp", MLPOptions(window=3), 400, 500_000, "500,000", "mlp"),
    ("gru", GRUOptions(embedding=64, hidden=64), 400, 200_000, "150,000", "gru"),
    ("transformer", TransformerOptions(), 300, 50_000, "25,000", "transformer"),
)
CONSTRAINTS = {
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
    """Return a makemore.py model of default size; its speed does not depend on its weights."""
    config = peer.ModelConfig(vocab_size=data.get_vocab_size(), block_size=data.get_output_length())
    model = {
        "mlp": lambda: peer.MLP(config),
        "gru": lambda: peer.RNN(config, "gru"),
        "transformer": lambda: peer.Transformer(config),
    }[kind]()
    return model.eval()


def their_rate(peer, model, data, batch, batches):
    """Return lines per second of `generate` as called by `print_samples`, including decoding."""
    sampled = []
    with torch.inference_mode(), stopwatch() as clock:
        for _ in range(batches):
            start = torch.zeros(batch, 1, dtype=torch.long)
            steps = data.get_output_length() - 1
            drawn = peer.generate(model, start, steps, do_sample=True)[:, 1:].tolist()
            for row in drawn:
                sampled.append(data.decode(row[: row.index(0) if 0 in row else len(row)]))
        return len(sampled) / clock()


def our_rate(maker, count, seed, **constraints):
    """Return lines per second, sampled as a list of strings."""
    with stopwatch() as clock:
        sampled = maker.sample(count, seed=seed, **constraints)
        return len(sampled) / clock()


def first_line(maker, seed, constraints):
    """Return the seconds to the first of twenty lines."""
    with stopwatch() as clock:
        next(maker.stream(ahead=20, seed=seed, **constraints))
        return clock()


def run(recorder: Recorder, path: str) -> bytes:
    """Sample free and constrained lines with every model."""
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
        recorder.record(f"{name}, {count:,} lines at once", RATE, ours, goal)
        for batch in theirs if kind else ():
            recorder.record(f"makemore.py, {kind}, batches of {batch:,}", RATE, theirs[batch])
            ratios = [a / b for a, b in zip(ours, theirs[batch], strict=True)]
            recorder.record(f"{name}, times makemore.py's rate at {batch:,}", "", ratios)
    constrained_rates(recorder, makers)
    first_lines(recorder, makers, lines)
    memory_to_file(recorder, makers["kneser_ney"])
    return "\n".join(lines.to_list()).encode()


def constrained_rates(recorder, makers):
    """Record the time of constrained lines relative to free ones, for models that are compiled."""
    for name, count in (("kneser_ney", 1_000_000), ("kneser_ney", 100_000), ("mlp", 500_000)):
        for words, constraints in CONSTRAINTS.items():
            maker, ratios = makers[name], []
            for seed in range(REPEATS):
                free = our_rate(maker, count, seed)
                ratios.append(free / our_rate(maker, count, seed, **constraints))
            goal = "3" if count > 100_000 else ""
            title = f"{name}, {count:,} lines {words}, times the time of free ones"
            recorder.record(title, "", ratios, goal)


def first_lines(recorder, makers, lines):
    """Record the time to the first line, for the slowest of the constraints."""
    everyone = {**makers, "auto": MakeMore(random_state=1).fit(lines)}
    for name, maker in everyone.items():
        seconds = [
            max(first_line(maker, seed, constraints) for constraints in CONSTRAINTS.values())
            for seed in range(REPEATS)
        ]
        recorder.record(f"{name}, first of 20 constrained lines, slowest", "s", seconds, "1")
        how = {
            words: maker.stream(**constraints).method for words, constraints in CONSTRAINTS.items()
        }
        for words, strategy in how.items():
            recorder.say(f"  {name}, lines {words}: {strategy}")


def memory_to_file(recorder, maker):
    """Record time and memory of the command for a million and ten million lines to a file."""
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
            recorder.record(f"kneser_ney, {count:,} lines to a file", "s", [seconds])
            recorder.record(f"kneser_ney, {count:,} lines to a file, memory", "MiB", [most])
