"""Building tables of a million variations of the bundled names: lines per second, peak memory."""

import random
import resource
import subprocess
import sys
from hashlib import sha256

from recording import Recorder, stopwatch

CLAIM = "tables of distinct contexts are built from a million lines within two seconds"
LINES = 1_000_000
KINDS = {"windows of 3": 3, "windows of 5": 5, "whole prefixes": None}


def varied_names() -> str:
    """Return a million lines, each the head of a name with the tail of another; deterministic."""
    from makemore.corpus.named.corpora import dataset_named

    names = dataset_named("us-names").load().to_list()
    rng = random.Random(0)
    lines = []
    for _ in range(LINES):
        a, b = rng.choice(names), rng.choice(names)
        lines.append(a[: rng.randint(1, len(a))] + b[rng.randint(1, len(b)) :])
    return "\n".join(lines)


def child(kind: str) -> None:
    """Build one kind of table in this process, and print seconds, memory and sizes."""
    from makemore.contexts.table import Contexts
    from makemore.corpus.lines import Lines
    from makemore.corpus.vocabulary import Vocabulary

    text = sys.stdin.read()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with stopwatch() as clock:
        lines = Lines.from_text(text)
        cleaned = clock()
    vocabulary = Vocabulary.of(lines)
    with stopwatch() as clock:
        c = Contexts.of(lines, vocabulary, KINDS[kind])
        built = clock()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(cleaned, built, before / 1024, peak / 1024, len(c), len(c.row), len(c.edge))


def run(recorder: Recorder) -> bytes:
    """Measure each kind three times, each in a separate process."""
    text = varied_names()
    recorder.say(f"{LINES:,} lines, {len(text):,} characters with line ends")
    for kind in KINDS:
        built, peaks = [], []
        for _ in range(3):
            command = [sys.executable, __file__, kind]
            done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
            figures = map(float, done.stdout.split())
            cleaned, seconds, before, peak, rows, edges, characters = figures
            built.append(LINES / seconds)
            peaks.append(peak - before)
        recorder.say(
            f"{kind}: {rows:,.0f} contexts, {edges:,.0f} edges of {characters:,.0f} characters; "
            f"cleaning {LINES / cleaned:,.0f} lines per second"
        )
        recorder.record(f"{kind}, built", "lines per second", built)
        recorder.record(f"{kind}, peak memory above the text", "MiB", peaks)
    return sha256(text.encode()).digest()


if __name__ == "__main__":
    child(sys.argv[1])
