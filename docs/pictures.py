"""Draw the pictures of the README: python docs/pictures.py. One of them needs chromium."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from matplotlib.figure import Figure

from makemore import DeepMLPOptions, MakeMore, MLPOptions
from makemore.contexts.bigrams import bigrams
from makemore.contexts.table import Contexts
from makemore.corpus.control_characters import display_names
from makemore.corpus.named.corpora import dataset_named
from makemore.plots.embedding import embedding
from makemore.plots.tables import bigram_table
from makemore.probe.projection import project_to_plane
from makemore.probe.recording import Recording
from makemore.report.page import page

FOLDER = Path(__file__).parent / "pictures"
VOWELS = "aeiou"


def main() -> None:
    """Draw all three pictures."""
    lines = dataset_named("us-names").load()
    maker = MakeMore(MLPOptions(embedding=2), steps=3000).fit(lines)
    vocabulary, vectors = maker.learned_.vocabulary, maker.learned_.model.tensors()["C"]
    names = display_names(vocabulary)
    save(bigram_table(bigrams(Contexts.of(lines, vocabulary, 1)), names), "bigrams.png")
    marked = [i for i, name in enumerate(names) if name in VOWELS]
    save(embedding(project_to_plane(vectors), names, marked), "embedding.png")
    recording = Recording()
    deep = MakeMore(DeepMLPOptions(), steps=1000).fit(lines, on_step=recording)
    screenshot(page(deep, lines, recording, title="first names"), "report.png")


def save(figure: Figure, name: str) -> None:
    """Write a figure."""
    figure.savefig(FOLDER / name, dpi=110)


def screenshot(text: str, name: str) -> None:
    """Write a screenshot of the top of a page."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    assert browser, "chromium is required"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(text, encoding="utf-8")
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--screenshot={FOLDER / name}", "--window-size=1100,1080", path.as_uri()),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
