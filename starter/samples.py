"""Show what the starter changes: python starter/samples.py --page docs/small-lists.md.

For fifty lines of each of five kinds, twenty new lines are sampled from a model without the starter
and from one with it. Two kinds come from the packages stcgal and disposable-email-domains.
"""

import argparse
import random
from collections.abc import Callable
from pathlib import Path

from gather import update
from packages import corpus

from makemore import MakeMore

LINES, SAMPLES = 50, 20
BEGIN = "<!-- generated: starter/samples.py -->"


def microcontrollers() -> list[str]:
    """Return the names of microcontrollers in the package stcgal."""
    from stcgal.models import MCUModelDatabase

    return [model.name for model in MCUModelDatabase.models]


def mail_domains() -> list[str]:
    """Return the domains in the package disposable-email-domains."""
    from disposable_email_domains import blocklist

    return list(blocklist)


KINDS: dict[str, Callable[[], list[str]]] = {
    "Villages": lambda: corpus("villages"),
    "Given names (the starter has read such lists)": lambda: corpus("us-names"),
    "Companies": lambda: corpus("companies"),
    "Mail domains": mail_domains,
    "Microcontrollers": microcontrollers,
}


def samples_of(lines: list[str], starter: bool) -> str:
    """Fit a list and return new lines as text."""
    maker = MakeMore(starter=starter).fit(lines)
    return ", ".join(f"`{line}`" for line in maker.sample(SAMPLES, new=True, seed=0))


def main() -> None:
    """Write the samples to the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--page", type=Path, required=True)
    page, rows = parser.parse_args().page, list[str]()
    for title, read in KINDS.items():
        lines = sorted(set(read()))
        chosen = random.Random(0).sample(lines, min(LINES, len(lines)))
        some = ", ".join(f"`{line}`" for line in chosen[:10])
        rows += ["", f"**{title}**, {len(chosen)} lines such as {some}", ""]
        rows += [f"- Without the starter: {samples_of(chosen, False)}"]
        rows += [f"- With the starter: {samples_of(chosen, True)}"]
        print(*rows[-3:], sep="\n", flush=True)
    update(page, BEGIN, [*rows, ""])


if __name__ == "__main__":
    main()
