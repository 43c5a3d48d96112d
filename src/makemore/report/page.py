"""Report page: one self-contained HTML page about a model, which opens from disk."""

from jinja2 import Environment, PackageLoader

from makemore import __version__
from makemore.corpus.control_characters import display_names
from makemore.estimator.base import Strings, parsed
from makemore.estimator.makemore import MakeMore
from makemore.probe.examination import Examination
from makemore.probe.recording import Recording
from makemore.report.network import network_section
from makemore.report.picture import COLORS, as_svg
from makemore.report.samples import Samples, draw_samples
from makemore.report.sections import bigram_section, members_section, missing, samples_section


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
    read = None if lines is None else parsed(lines)
    samples = draw_samples(maker, seed)
    along = samples.lines.to_list()[0] if line is None else line
    found = maker.probe(read, recording, along)
    names = display_names(maker.learned_.vocabulary)
    sections = [samples_section(maker, samples, read), bigram_section(maker, read)]
    sections.append(members_section(found))
    sections += [network_section(each, names) for each in found.networks]
    pages = Environment(
        loader=PackageLoader("makemore.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["svg"] = as_svg
    return pages.get_template("page.html").render(
        title=title,
        version=__version__,
        facts=_facts(maker, samples, found),
        samples=samples,
        networks=found.networks,
        sections=[each for each in sections if each.pictures or each.tables],
        missing=list(missing(found, read is not None, recording is not None)),
        colors=COLORS,
    )


def _facts(maker: MakeMore, samples: Samples, found: Examination) -> list[tuple[str, str]]:
    """Return the key facts as pairs of a name and a value."""
    learned, report = maker.learned_, maker.learned_.report
    facts = [
        ("family", learned.family),
        ("lines learned", f"{learned.cleaning.kept:,}"),
        ("characters", f"{len(learned.vocabulary) - 1:,}"),
        ("numbers inside", f"{sum(each.size for each in found.tensors.values()):,}"),
    ]
    facts += [
        (f"{part} loss, nats per character", f"{loss:z.4f}")
        for part, loss in (("dev", report.dev_loss), ("test", report.test_loss))
        if loss is not None
    ]
    facts.append(("distinct lines among those made", f"{samples.variety.distinct:.1%}"))
    new = samples.variety.new
    if new is not None:
        facts += [("new", f"{new:.1%}"), ("seen in the list", f"{1 - new:.1%}")]
    return facts
