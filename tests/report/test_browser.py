"""The report page in a browser, wide and narrow, light and dark."""

import json
import shutil
import subprocess
from html import escape

import pytest

from makemore import MakeMore, MixtureOptions
from makemore.corpus.named.corpora import dataset_named
from makemore.probe.recording import Recording
from makemore.report.page import page

pytestmark = pytest.mark.browser

LINES = [*dataset_named("us-names").load().to_list()[:60], "maximiliane"]
MEMBERS = "kneser_ney, deep_mlp(hidden=8, layers=3), transformer(layers=2, embedding=8, heads=2)"

# Inspects a page in a frame: overflow, texts that are clipped, too small or of too little
# contrast (except on heat maps, which have their own background), and unrendered formulas.
LOOK = r"""
<iframe id=frame width=WIDTH height=900 srcdoc="PAGE"></iframe>
<pre id=found></pre>
<script>
onload = () => {
  const page = document.getElementById("frame").contentDocument;
  const box = (each) => each.getBoundingClientRect();
  const found = {overflow: page.documentElement.scrollWidth - WIDTH,
                 cut: [], small: [], faint: [], code: [], words: 0};
  const light = (color) => {
    const [r, g, b] = color.match(/[\d.]+/g).map((x) => x / 255)
      .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const ground = light(getComputedStyle(page.body).backgroundColor);
  for (const svg of page.querySelectorAll("figure svg")) {
    const frame = box(svg);
    for (const text of svg.querySelectorAll("text")) {
      const own = box(text);
      if (!own.width) continue;
      found.words += 1;
      if (own.left < frame.left - 1 || own.right > frame.right + 1 ||
          own.top < frame.top - 2 || own.bottom > frame.bottom + 2)
        found.cut.push(text.textContent);
      const size = parseFloat(getComputedStyle(text).fontSize) * frame.width /
        svg.viewBox.baseVal.width;
      const ratio = light(getComputedStyle(text).fill) / ground;
      if (Math.max(ratio, 1 / ratio) < 3 && getComputedStyle(text).fill != "rgb(255, 255, 255)")
        found.faint.push(text.textContent + " " + ratio.toFixed(1));
      if (text.textContent.includes("$")) found.code.push(text.textContent);
      if (size < 7) found.small.push(text.textContent + " " + size.toFixed(1));
    }
  }
  found.ink = getComputedStyle(page.body).color;
  found.ground = getComputedStyle(page.body).backgroundColor;
  document.getElementById("found").textContent = JSON.stringify(found);
};
</script>
"""


@pytest.fixture(scope="module")
def text():
    recording = Recording()
    maker = MakeMore(MixtureOptions(members=MEMBERS), steps=150).fit(LINES, on_step=recording)
    return page(maker, LINES, recording, line="maximiliane")


def inspect_page(text, width, scheme, folder):
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    assert browser, "chromium is required: install it, as .ci/run does"
    (folder / "look.html").write_text(
        LOOK.replace("WIDTH", str(width)).replace("PAGE", escape(text)), encoding="utf-8"
    )
    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000"),
            f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
            (folder / "look.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.split('<pre id="found">')[1].split("</pre>")[0])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_is_clipped_too_small_or_too_faint(text, width, scheme, tmp_path):
    found = inspect_page(text, width, scheme, tmp_path)
    assert found["words"] > 500
    assert found["overflow"] <= 0
    assert found["cut"] == []
    assert found["small"] == []
    assert found["faint"] == []
    assert found["code"] == []
    light, dark = "rgb(255, 255, 255)", "rgb(15, 20, 26)"
    assert found["ground"] == (dark if scheme == "dark" else light)
    assert found["ink"] == ("rgb(232, 237, 242)" if scheme == "dark" else "rgb(27, 31, 36)")
