"""Report page: one self-contained HTML page about a model, which opens from disk."""

from jinja2 import Environment, PackageLoader

from makemore import __version__
from makemore.corpus.control_characters import display_names
from makemore.estimator.base import Strings, as_lines
from makemore.estimator.makemore import MakeMore
from makemore.probe.examination import Examination
from makemore.probe.recording import Recording
from makemore.report.network import network_section
from makemore.report.picture import COLORS, as_svg
from makemore.report.samples import Samples, draw_samples
from makemore.report.sections import (
    bigram_section,
    describe_omitted,
    members_section,
    samples_section,
)


def page(
    maker: MakeMore,
    lines: Strings | None = None,
    recording: Recording | None = None,
    *,
    title: str = "a model",
    line: str | None = None,
    seed: int = 0,
) -> str:
    """Return a report on a fitted model as an HTML page.

    Args:
        maker: the fitted model.
        lines: lines to examine the model on, such as its list; None to examine the model alone.
        recording: the `Recording` that `fit` was given as `on_step`, or None.
        title: title of the report.
        line: line for which to show the attention of a Transformer; None for the first sample.
        seed: seed of the samples.

    Returns:
        the HTML text. Equal arguments give equal text.

    Raises:
        DataError: no line has only known characters, or the recording is of another model.
        NotFittedError: the model is not fitted.

    Example:
        >>> maker = MakeMore("kneser_ney").fit(["anna", "hannah", "johanna"])
        >>> page(maker, title="names").splitlines()[0]
        '<!doctype html>'
    """
    parsed_lines = None if lines is None else as_lines(lines)
    samples = draw_samples(maker, seed)
    attention_line = samples.lines.to_list()[0] if line is None else line
    examination = maker.probe(parsed_lines, recording, attention_line)
    names = display_names(maker.learned_.vocabulary)
    sections = [samples_section(maker, samples, parsed_lines), bigram_section(maker, parsed_lines)]
    sections.append(members_section(examination))
    sections += [network_section(each, names) for each in examination.networks]
    environment = Environment(
        loader=PackageLoader("makemore.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = as_svg
    return environment.get_template("page.html").render(
        title=title,
        version=__version__,
        facts=_facts(maker, samples, examination),
        samples=samples,
        networks=examination.networks,
        sections=[each for each in sections if each.pictures or each.tables],
        omitted=list(
            describe_omitted(examination, parsed_lines is not None, recording is not None)
        ),
        colors=COLORS,
    )


def _facts(maker: MakeMore, samples: Samples, examination: Examination) -> list[tuple[str, str]]:
    """Return the key facts as pairs of a name and a value."""
    fitted, report = maker.learned_, maker.learned_.report
    facts = [
        ("family", fitted.family),
        ("lines fitted on", f"{fitted.cleaning.kept:,}"),
        ("distinct characters", f"{len(fitted.vocabulary) - 1:,}"),
        ("stored values", f"{sum(each.size for each in examination.tensors.values()):,}"),
    ]
    if report.starter_steps is not None:
        facts.append(("training", str(report.format_steps())))
    facts += [
        (f"{split} loss, nats per character", f"{loss:z.4f}")
        for split, loss in (("dev", report.dev_loss), ("test", report.test_loss))
        if loss is not None
    ]
    facts.append(("distinct samples", f"{samples.variety.distinct:.1%}"))
    new = samples.variety.new
    if new is not None:
        facts += [("new samples", f"{new:.1%}"), ("samples in the list", f"{1 - new:.1%}")]
    return facts
