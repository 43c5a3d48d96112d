"""`makemore top`: print the most probable lines."""

from makemore.cli.console import print_message, write_json, write_lines
from makemore.cli.parameters import Constraining, Count, Flag, Natural
from makemore.options.verbs import ConstraintOptions


def top(
    model: str,
    *,
    n: Count = 20,
    label: str | None = None,
    nodes: Natural = 1_000_000,
    json: Flag = False,
    constraint: Constraining = ConstraintOptions(),
) -> None:
    """Print the most probable lines: log-likelihood in nats, and the line.

    For example: makemore top names.model -n 10 --contains ee

    Args:
        model: model file written by fit.
        n: number of lines to print.
        label: label of every line, for a list with labels.
        nodes: maximum number of prefixes to expand.
        json: print JSON, one object per line.
    """
    from makemore.estimator.makemore import MakeMore

    best_lines = MakeMore.load(model).top(n, label=label, nodes=nodes, options=constraint)
    if json:
        for line, nats in best_lines:
            write_json({"line": line, "log_likelihood": nats})
    else:
        write_lines(f"{nats:.4f}\t{line}" for line, nats in best_lines)
    if len(best_lines) < n:
        print_message(
            f"only {len(best_lines):,} of {n:,} lines were found by expanding at most {nodes:,} "
            "prefixes"
        )
