"""Count the files that a command enters, and the calls that pass from one file to another.

`python tests/house/hops.py fit names.txt --model kneser_ney -o m` runs the command in this process
and at its end prints, on standard error, the number of files of the package whose functions were
called, and the number of calls into another file than the previous call. Module bodies and
functions outside the package are not counted, nor are generators that are resumed.
"""

import sys
import threading
from inspect import CO_GENERATOR
from pathlib import Path
from types import FrameType

PACKAGE = str(Path(__file__).parents[2] / "src" / "makemore")


class Hops:
    """Profiler callback for `sys.setprofile` that counts files and changes of file.

    Attributes:
        files: number of calls in each file, in the order of the first call.
        changes: number of calls into another file than the previous call.
    """

    def __init__(self) -> None:
        """Start with empty counts."""
        self.files: dict[str, int] = {}
        self.changes = 0
        self._last = ""
        self._generators: dict[int, FrameType] = {}  # holds the frames, so that no id is used again

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Count a call of a function of the package."""
        code = frame.f_code
        if event != "call" or code.co_name == "<module>":
            return
        if not code.co_filename.startswith(PACKAGE):
            return
        if code.co_flags & CO_GENERATOR:
            if id(frame) in self._generators:
                return
            self._generators[id(frame)] = frame
        self.files[code.co_filename] = self.files.get(code.co_filename, 0) + 1
        self.changes += code.co_filename != self._last
        self._last = code.co_filename


def main() -> None:
    """Run a command line under the profiler and print the counts."""
    hops = Hops()
    sys.argv[0] = "makemore"
    threading.setprofile(hops)
    sys.setprofile(hops)
    try:
        from makemore.cli.main import main as command

        command()
    finally:
        sys.setprofile(None)
        print(f"{len(hops.files)} files, {hops.changes} changes", file=sys.stderr)


if __name__ == "__main__":
    main()
