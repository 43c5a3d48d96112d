"""`makemore info`: print the contents of a model file."""

from typing import TYPE_CHECKING

from makemore.cli.console import table, write_json
from makemore.cli.parameters import Flag
from makemore.errors import CheckpointError

if TYPE_CHECKING:
    from makemore.checkpoint.model_file import Document
    from makemore.fitted import FitReport


def info(model: str, *, json: Flag = False) -> None:
    """Print what a model file contains.

    For example: makemore info names.model

    Args:
        model: model file written by fit.
        json: print the whole document as JSON.
    """
    from makemore.checkpoint.document import check_document
    from makemore.checkpoint.model_file import read_model_file

    document = read_model_file(model).document
    if json:
        write_json(document)
        return
    try:
        check_document(document)
        print("\n".join(table(_facts(document))))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(f"{model} describes no model this version knows: {error}") from None


def _facts(document: "Document") -> list[tuple[str, str]]:
    """Return the document as pairs of a name and a readable value."""
    from makemore.fitted import FitReport

    cleaning, report = document["cleaning"], FitReport.from_json(document["training"])
    options = ", ".join(f"{name}={value}" for name, value in document["options"].items())
    characters = document["characters"]
    shown = characters[:60] + ("..." if len(characters) > 60 else "")
    digests = "kept: --new works, and who has the file can test whether a line was in the list"
    return [
        ("made by", f"makemore {document['makemore']}, format {document['format']}"),
        ("family", f"{document['family']} ({options})"),
        *_weights(document, report),
        ("learned", f"{cleaning['kept']:,} lines, {cleaning['repeated']:,} of them repeated"),
        *_left_out(cleaning),
        ("longest line", f"{document['longest']} characters"),
        ("characters", f"{len(characters)}: {shown}"),
        ("labels", ", ".join(document["labels"]) or "none"),
        ("split", report.split),
        ("loss", report.format_losses()),
        *_training(report),
        *_canaries(document),
        ("digests", digests if "digests" in document["tensors"] else "left out: --new cannot work"),
    ]


def _training(report: "FitReport") -> list[tuple[str, str]]:
    """Return steps and seed if networks were trained; older files hold the duration too."""
    steps, found = report.format_steps(), []
    if steps is not None:
        found += [steps, f"seed {report.seed}"]
    if report.seconds is not None:
        found.append(f"{report.seconds:.1f} s")
    return [("training", ", ".join(found))] if found else []


def _left_out(cleaning: dict[str, int]) -> list[tuple[str, str]]:
    """Return the number of lines that were too rare, if any."""
    rare = cleaning.get("rare", 0)
    return [("left out", f"{rare:,} lines that stood too rarely")] if rare else []


def _canaries(document: "Document") -> list[tuple[str, str]]:
    """Return the number of canaries, if any."""
    planted = sum(len(each["lines"]) for each in document.get("canaries", []))
    what = "random lines were learned too: evaluate says what the model remembers of them"
    return [("canaries", f"{planted:,} {what}")] if planted else []


def _weights(document: "Document", report: "FitReport") -> list[tuple[str, str]]:
    """Return the weights of a mixture's members; nothing for other models."""
    if report.weights is None:
        return []
    from makemore.registry import family_named

    family = family_named(document["family"])
    members = family.members(family.options.of(document["options"]))
    pairs = zip(members, report.weights, strict=True)
    weights = ", ".join(f"{member.name} {weight:.3f}" for (member, _), weight in pairs)
    return [("weights", weights)]
