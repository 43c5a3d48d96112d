"""`makemore info`: what a model file holds."""

from typing import Any

from makemore.cli.console import losses_in_words, steps_in_words, table, write_json
from makemore.cli.parameters import Flag
from makemore.errors import CheckpointError


def info(model: str, *, json: Flag = False) -> None:
    """Say what a model file holds.

    Args:
        model: a file that fit wrote.
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


def _facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The document for a person."""
    cleaning, training = document["cleaning"], document["training"]
    options = ", ".join(f"{name}={value}" for name, value in document["options"].items())
    characters = document["characters"]
    shown = characters[:60] + ("..." if len(characters) > 60 else "")
    digests = "kept: --new works, and who has the file can test whether a line was in the list"
    return [
        ("made by", f"makemore {document['makemore']}, format {document['format']}"),
        ("family", f"{document['family']} ({options})"),
        *_members(document),
        ("learned", f"{cleaning['kept']:,} lines, {cleaning['repeated']:,} of them repeated"),
        *_left_out(cleaning),
        ("longest line", f"{document['longest']} characters"),
        ("characters", f"{len(characters)}: {shown}"),
        ("labels", ", ".join(document["labels"]) or "none"),
        ("split", training["split"]),
        ("loss", losses_in_words(training)),
        *_training(training),
        *_canaries(document),
        ("digests", digests if "digests" in document["tensors"] else "left out: --new cannot work"),
    ]


def _training(training: dict[str, Any]) -> list[tuple[str, str]]:
    """Steps and seed, where there were any; older files say how long it took, too."""
    found = []
    if "steps" in training:
        found += [steps_in_words(training), f"seed {training['seed']}"]
    if "seconds" in training:
        found.append(f"{training['seconds']:.1f} s")
    return [("training", ", ".join(found))] if found else []


def _left_out(cleaning: dict[str, int]) -> list[tuple[str, str]]:
    """How many lines stood too rarely, if any did."""
    rare = cleaning.get("rare", 0)
    return [("left out", f"{rare:,} lines that stood too rarely")] if rare else []


def _canaries(document: dict[str, Any]) -> list[tuple[str, str]]:
    """How many random lines were learned too, if any were."""
    planted = sum(len(each["lines"]) for each in document.get("canaries", []))
    what = "random lines were learned too: evaluate says what the model remembers of them"
    return [("canaries", f"{planted:,} {what}")] if planted else []


def _members(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The weights of a mixture's members, for a mixture."""
    if "weights" not in document["training"]:
        return []
    from makemore.registry import members_of

    names = [family.name for family, _ in members_of(document["options"]["members"])]
    weights = zip(names, document["training"]["weights"], strict=True)
    return [("weights", ", ".join(f"{name} {weight:.3f}" for name, weight in weights))]
