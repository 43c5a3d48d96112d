"""`makemore sample`: print lines sampled from a model."""

from typing import Annotated

from cyclopts import Parameter

from makemore.cli.parameters import Count, File, Flag, Sampling
from makemore.cli.sampling import Files, print_samples
from makemore.options.verbs import SampleOptions


def sample(
    model: str,
    *,
    n: Count = 20,
    exclude: File | None = None,
    list_: Annotated[File | None, Parameter(name="--list")] = None,
    scores: Flag = False,
    json: Flag = False,
    sampling: Sampling = SampleOptions(),
) -> None:
    """Print new lines from a model.

    For example: makemore sample names.model -n 5 --suffix son --new --distinct

    Args:
        model: model file written by fit.
        n: number of lines to print.
        exclude: file with lines never to print.
        list_: the list that the model was fitted on, for --new-by; without it, the digests in the
            model are used, which is slower.
        scores: print the log-likelihood of each line before it, in nats.
        json: print JSON, one object per line.
    """
    from makemore.estimator.makemore import MakeMore

    print_samples(MakeMore.load(model), n, sampling, Files(exclude, list_), json, scores)
