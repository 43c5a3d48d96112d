"""The answers of the server, as types for its OpenAPI page.

Losses and log-likelihoods are in nats. JSON has no infinity: the log-likelihood of an impossible
line is null.
"""

from pydantic import BaseModel, ConfigDict, Field

from makemore.checkpoint.model_file import Document


class Answer(BaseModel):
    """Base class of answers."""

    model_config = ConfigDict(extra="forbid")


class ErrorFacts(Answer):
    """What went wrong."""

    kind: str = Field(description="kind of the error, for programs")
    message: str = Field(description="what was found, what is needed and what to do")


class Problem(Answer):
    """An error."""

    error: ErrorFacts


class ModelFacts(Answer):
    """A model."""

    name: str = Field(description="name in addresses")
    title: str = Field(description="a text by which people recognise it")
    origin: str = Field(description="start, learned or imported")
    created: float = Field(description="when it was added, in seconds since 1970")
    family: str
    lines: int = Field(description="lines of its list, without blank ones")
    longest: int = Field(description="characters of the longest line of its list")
    characters: str = Field(description="the characters of its list")
    labels: list[str] = Field(description="the labels of its list; empty without labels")
    train_loss: float | None
    dev_loss: float | None
    has_digests: bool = Field(description="whether the option new can be used")


class ModelList(Answer):
    """All models."""

    models: list[ModelFacts]


class Samples(Answer):
    """Sampled lines."""

    lines: list[str]
    log_likelihoods: list[float | None] | None = Field(None, description="of each line, if asked")
    seed: int = Field(description="the seed that gives these lines again")
    strategy: str = Field(description="how the lines were sampled")
    exact: bool = Field(description="whether they follow the model's distribution exactly")


class LineScore(Answer):
    """The log-likelihood of a line."""

    line: str
    log_likelihood: float | None
    per_character: float | None = Field(description="the same per character, with the end")
    characters: list[float | None] | None = Field(
        None, description="of each character and of the end, if asked; null after an unknown one"
    )
    labels: dict[str, float | None] | None = Field(None, description="given each label, if asked")


class Scores(Answer):
    """The log-likelihoods of lines."""

    lines: list[LineScore]


class TopLine(Answer):
    """One of the most probable lines."""

    line: str
    log_likelihood: float


class Top(Answer):
    """The most probable lines, the most probable first."""

    lines: list[TopLine]


class Rank(Answer):
    """The estimated number of lines that are more probable than a line."""

    line: str
    more_probable: float | None = Field(description="null if it is beyond all numbers")
    standard_error: float | None
    log_likelihood: float | None
    reliable: bool = Field(description="whether the standard error is below a fifth")


class Rankings(Answer):
    """The ranks of lines."""

    lines: list[Rank]


class Classification(Answer):
    """The probability of each label of a line."""

    line: str
    label: str = Field(description="the most probable one")
    probabilities: dict[str, float]


class Classifications(Answer):
    """The labels of lines."""

    lines: list[Classification]


class JobFacts(Answer):
    """A list that is or was learned."""

    name: str
    title: str
    status: str = Field(description="waiting, running, done, stopped, cancelled or failed")
    message: str = Field(description="why it failed; empty otherwise")
    created: float = Field(description="when it was sent, in seconds since 1970")
    model: str | None = Field(description="name of the model, once there is one")
    progress: Document | None = Field(description="step, steps, loss, dev_loss, seconds")


class JobList(Answer):
    """All jobs."""

    jobs: list[JobFacts]


class Health(Answer):
    """The server answers."""

    status: str
