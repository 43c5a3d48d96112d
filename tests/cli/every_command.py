"""Command lines that reach every command, with small inputs, shared by tests of environments."""

from makemore import MakeMore

NAMES = [a + b + c for a in ("an", "be", "ka", "lo") for b in ("n", "r", "tt") for c in ("a", "e")]
# Commands and the files that they write.
WRITING = {
    "fit names.txt -o out --model ngram": ["out"],
    "names.txt -o out -n 2": ["out"],
    "fit names.txt -o out --model mlp --steps 2 -O hidden=4": ["out"],
    "blend kn.model kn.model -o out": ["out"],
    "report kn.model -o out": ["out"],
    "rate-range names.txt --model linear --picture out.png": ["out.png"],
    "fit names.txt -o out --model linear --steps 2 --report pages": [
        *("out", "pages/report.html", "pages/history.jsonl"),
    ],
    "fit names.txt -o out --model linear --steps 2 --run run": ["out", "run/state.safetensors"],
}
PRINTING = [
    *("--help", "sample --help", "models", "models mlp", "data", "data us-names", "info kn.model"),
    *("names.txt -n 3", "sample kn.model -n 3", "sample kn.model -n 3 --json", "top kn.model"),
    *("score kn.model names.txt", "score kn.model names.txt --json", "rank kn.model names.txt"),
    *("odd names.txt", "probe kn.model", "probe kn.model --json", "evaluate kn.model names.txt"),
    *("classify labelled.model names.txt", "report kn.model -o -"),
    "rate-range names.txt --model linear",
]


def write_inputs(folder):
    """Write the files that the command lines read."""
    MakeMore("kneser_ney").fit(NAMES).save(folder / "kn.model")
    MakeMore("kneser_ney").fit(NAMES, ["F", "M"] * 12).save(folder / "labelled.model")
    (folder / "names.txt").write_text("\n".join(NAMES) + "\n")
