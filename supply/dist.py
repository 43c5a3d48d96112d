"""Build a release twice and test it in a clean environment: `python supply/dist.py [TAG]`.

The source distribution and the wheel are written to dist/. Both builds must be identical bytes,
and so must the wheels built from the source distribution and from the tree. They must contain
every file of the package and only files tracked by git. Each is installed in a new environment
outside the tree, and must print its version and sample names.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "makemore"


def main() -> None:
    """Build, compare, check contents, install and run."""
    version = re.search(r'^__version__ = "(.+)"$', (PACKAGE / "__init__.py").read_text(), re.M)[1]
    check_tag(sys.argv[1:], version)
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        source, wheel = build(away)
        check_contents(source, wheel)
        run(sys.executable, "-m", "twine", "check", "--strict", source, wheel)
        for artifact in (wheel, source):
            with tempfile.TemporaryDirectory() as place:  # one at a time: torch is large
                try_out(artifact, Path(place), version)
        (ROOT / "dist").mkdir(exist_ok=True)
        for artifact in (source, wheel):
            (ROOT / "dist" / artifact.name).write_bytes(artifact.read_bytes())
            print(f"dist/{artifact.name}: {artifact.stat().st_size:,} bytes")


def check_tag(tags: list[str], version: str) -> None:
    """Exit with an error if a tag does not match the version of the package."""
    for tag in tags:
        if tag != f"v{version}":
            sys.exit(f"the tag is {tag}, the version {version}: tag v{version}, or change __init__")


def build(away: Path) -> tuple[Path, Path]:
    """Build source distribution and wheel; exit with an error if builds differ."""
    for name, what in {"one": [], "two": [], "tree": ["--wheel"]}.items():
        run(sys.executable, "-m", "build", *what, "--outdir", away / name, ROOT)
    source, wheel = sorted((away / "one").iterdir(), key=lambda path: path.suffix)
    for other in (
        away / "two" / source.name,
        away / "two" / wheel.name,
        away / "tree" / wheel.name,
    ):
        if other.read_bytes() != (away / "one" / other.name).read_bytes():
            sys.exit(f"{other.name}: another build ({other.parent.name}) gives different bytes")
    print("both builds, and the wheels from the tree and from the source, are identical")
    return source, wheel


def check_contents(source: Path, wheel: Path) -> None:
    """Exit with an error if an artifact lacks files of the package or has untracked files."""
    listed = run("git", "-C", ROOT, "ls-files", shown=False).split("\n")
    package = {name.removeprefix("src/") for name in listed if name.startswith("src/")}
    with zipfile.ZipFile(wheel) as archive:
        within = set(archive.namelist())
    own = {name for name in within if ".dist-info/" not in name}
    about = {name.split("/", 1)[1] for name in within - own}
    with tarfile.open(source) as archive:
        sent = {member.name.split("/", 1)[1] for member in archive if member.isfile()}
    wrong = {
        "missing in the wheel": package - own,
        "in the wheel, not tracked": own - package,
        "beside the package in the wheel": about
        ^ {
            "METADATA",
            "WHEEL",
            "RECORD",
            "entry_points.txt",
            "licenses/LICENSE",
            "licenses/NOTICE",
        },
        "missing in the source": {f"src/{name}" for name in package} - sent,
        "in the source, not tracked": sent - set(listed) - {"PKG-INFO"},
    }
    for what, names in wrong.items():
        if names:
            sys.exit(f"{what}: {', '.join(sorted(names))}")
    print(f"{len(own)} files in the wheel, {len(sent)} in the source, all of them tracked")


def try_out(artifact: Path, place: Path, version: str) -> None:
    """Install an artifact in an empty environment outside the tree, and sample names with it."""
    venv.create(place, with_pip=True)
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    constraints = ROOT / "constraints.txt"
    run(programs / "python", "-m", "pip", "install", "-q", "-c", constraints, artifact, cwd=place)
    printed = run(programs / "makemore", "--version", cwd=place, shown=False).strip()
    if printed.split()[-1] != version:
        sys.exit(f"{artifact.name} prints the version {printed}, not {version}")
    names = run(programs / "makemore", "demo", cwd=place, shown=False).splitlines()
    if len(names) != 40:  # twenty names, and twenty villages by the starter
        sys.exit(f"{artifact.name} sampled {len(names)} lines, not 40")
    print(f"{artifact.name}: version {printed}, sampled {', '.join(names[:5])}, ...")


def run(*command: object, cwd: Path = ROOT, shown: bool = True) -> str:
    """Run a command isolated from this environment and return its output."""
    own = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if shown else None,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        sys.exit(f"{' '.join(map(str, command))}: failed with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()
