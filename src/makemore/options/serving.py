"""Options of `makemore serve`, and the parts of its requests that the verbs do not share."""

import sys
from typing import Annotated

from attrs import frozen

from makemore.options.declaration import Options, Setting, describe


@frozen(kw_only=True)
class Limits(Options):
    """What a request to the server may take."""

    max_lines: Annotated[
        int, Setting("maximum number of lines that a request may ask for or send", minimum=1)
    ] = 100_000
    max_length: Annotated[
        int, Setting("maximum length of a line that a request may ask for or send", minimum=1)
    ] = 1000
    max_body: Annotated[
        int, Setting("maximum size of a request, in bytes, such as an uploaded list", minimum=1000)
    ] = 32_000_000
    max_seconds: Annotated[
        float, Setting("maximum time of a request, in seconds", minimum=0.1, maximum=86_400)
    ] = 60.0
    max_models: Annotated[
        int, Setting("maximum number of models, given at the start or added later", minimum=1)
    ] = 100
    max_jobs: Annotated[
        int, Setting("maximum number of jobs that train or wait for it", minimum=1)
    ] = 20
    max_training: Annotated[
        float, Setting("maximum training time of a job, in seconds", minimum=1, maximum=10**6)
    ] = 600.0
    training_jobs: Annotated[
        int, Setting("number of jobs that train at the same time", minimum=1, maximum=64)
    ] = 1


@frozen(kw_only=True)
class Sampling(Options):
    """What to return of the sampled lines."""

    n: Annotated[int, Setting("number of lines", minimum=1)] = 20
    exclude: Annotated[tuple[str, ...], Setting("lines that are never returned")] = ()
    log_likelihoods: Annotated[
        bool, Setting("also return the log-likelihood of each line, in nats")
    ] = False
    reproducible: Annotated[
        bool,
        Setting(
            "draw the lines without those of other requests, so that the last digits of a "
            "network's probabilities do not depend on them"
        ),
    ] = False


@frozen(kw_only=True)
class Listing(Options):
    """How many of the most probable lines to return."""

    n: Annotated[int, Setting("number of lines", minimum=1)] = 20
    label: Annotated[str | None, Setting("label of every line, for a model with labels")] = None
    nodes: Annotated[
        int, Setting("maximum number of prefixes that the search expands", minimum=1)
    ] = 100_000


@frozen(kw_only=True)
class Scoring(Options):
    """Which lines to score, and how."""

    lines: Annotated[tuple[str, ...], Setting("the lines, at least one")] = ()
    labels: Annotated[
        tuple[str, ...],
        Setting("one label for each line; by default the sum over all labels is returned"),
    ] = ()
    characters: Annotated[
        bool, Setting("also return the log-likelihood of each character, in nats")
    ] = False
    by_label: Annotated[
        bool, Setting("also return the log-likelihood given each label, in nats")
    ] = False


@frozen(kw_only=True)
class Ranking(Options):
    """Which lines to rank, and how."""

    lines: Annotated[tuple[str, ...], Setting("the lines, at least one")] = ()
    draws: Annotated[
        int, Setting("number of lines to sample; four times as many halve the error", minimum=1)
    ] = 20_000
    label: Annotated[
        str | None, Setting("rank among the lines of this label; by default of all labels")
    ] = None
    seed: Annotated[int, Setting("random seed of the sampling", minimum=0, maximum=2**63 - 1)] = 0


@frozen(kw_only=True)
class Classifying(Options):
    """Which lines to classify."""

    lines: Annotated[tuple[str, ...], Setting("the lines, at least one")] = ()


@frozen(kw_only=True)
class Learning(Options):
    """The family of a model to learn."""

    model: Annotated[str, Setting("family of the model, or auto")] = "auto"
    title: Annotated[str, Setting("a text by which people recognise the model")] = ""


describe(sys.modules[__name__])
