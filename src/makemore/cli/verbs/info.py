"""`makemore info`: print the contents of a model file."""

import shlex
from typing import TYPE_CHECKING

from makemore.cli.console import format_table, write_json
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
        print("\n".join(format_table(_rows(document))))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{model} describes a model that this version does not support: {error}"
        ) from None


def _rows(document: "Document") -> list[tuple[str, str]]:
    """Return the document as pairs of a name and a readable value."""
    from makemore.fitted import FitReport

    cleaning, report = document["cleaning"], FitReport.from_json(document["training"])
    options = ", ".join(f"{name}={value}" for name, value in document["options"].items())
    characters = document["characters"]
    shortened = characters[:60] + ("..." if len(characters) > 60 else "")
    digest_note = (
        "stored: --new works, and anyone with the file can test whether a line was in the list"
    )
    return [
        ("written by", f"makemore {document['makemore']}, format {document['format']}"),
        ("family", f"{document['family']} ({options})"),
        *_weight_rows(document, report),
        ("fitted on", f"{cleaning['kept']:,} lines, {cleaning['repeated']:,} of them repeated"),
        *_rare_line_rows(cleaning),
        ("longest line", f"{document['longest']} characters"),
        ("characters", f"{len(characters)}: {shortened}"),
        ("labels", ", ".join(document["labels"]) or "none"),
        ("split", report.split),
        ("loss", report.format_losses()),
        *_training_rows(report),
        *_repetition_row(document, report),
        *_canary_rows(document),
        (
            "digests",
            digest_note if "digests" in document["tensors"] else "not stored: --new does not work",
        ),
    ]


def _training_rows(report: "FitReport") -> list[tuple[str, str]]:
    """Return steps and seed if networks were trained; older files hold the duration too."""
    steps, parts = report.format_steps(), []
    if steps is not None:
        parts += [steps, f"seed {report.seed}"]
    if report.seconds is not None:
        parts.append(f"{report.seconds:.1f} s")
    return [("training", ", ".join(parts))] if parts else []


def _repetition_row(document: "Document", report: "FitReport") -> list[tuple[str, str]]:
    """Return the command that repeats the training of a network with the same weights, if any.

    It cannot be repeated if it was stopped, or continued or blended other models.
    """
    used_starter = report.starter_steps is not None
    is_planned = report.plan is not None and report.stopped is None
    if not (used_starter or is_planned) or report.before or report.blended:
        return []
    from makemore.options.declaration import fields
    from makemore.options.verbs import FitOptions

    command, planned = ["makemore", "fit", "LIST", "-o", "MODEL"], {"threads", "plan", "seed"}
    if not used_starter:
        planned |= {"steps", "budget"}
        command += ["--model", document["family"]]
        for name, value in document["options"].items():
            command += ["-O", f"{name}={value}"]
    for option in fields(FitOptions):
        value = document["parameters"].get(option.parameter, option.default)
        if option.name in planned or value == option.default:
            continue
        flag = option.name.replace("_", "-")
        command += [f"--no-{flag}"] if value is False else [f"--{flag}", str(value)]
    command += ["--seed", str(report.seed)]
    command += [] if report.plan is None else ["--plan", report.plan]
    return [("repeat with", shlex.join(command))]


def _rare_line_rows(cleaning: dict[str, int]) -> list[tuple[str, str]]:
    """Return the number of lines that were too rare, if any."""
    rare = cleaning.get("rare", 0)
    return [("left out", f"{rare:,} lines that occurred too rarely")] if rare else []


def _canary_rows(document: "Document") -> list[tuple[str, str]]:
    """Return the number of canaries, if any."""
    canary_count = sum(len(each["lines"]) for each in document.get("canaries", []))
    note = "random lines were also learned: evaluate measures how far the model memorises them"
    return [("canaries", f"{canary_count:,} {note}")] if canary_count else []


def _weight_rows(document: "Document", report: "FitReport") -> list[tuple[str, str]]:
    """Return a row with the weights of a mixture's members; no row for other models."""
    if report.weights is None:
        return []
    from makemore.registry import family_named

    family = family_named(document["family"])
    members = family.members(family.options.of(document["options"]))
    pairs = zip(members, report.weights, strict=True)
    weights = ", ".join(f"{member.name} {weight:.3f}" for (member, _), weight in pairs)
    return [("weights", weights)]
