#!/usr/bin/env python3
"""Fuzz one entry point of makemore, guided by coverage: python fuzz/run.py TARGET [OPTIONS].

OPTIONS are those of libFuzzer. Failing inputs are written to fuzz/found/, and new inputs to
fuzz/new/TARGET/; fuzz/corpus/TARGET/ is only read.
"""

import importlib
import os
import pkgutil
import sys
import warnings
from pathlib import Path

import atheris

HERE = Path(__file__).parent

if __name__ == "__main__":
    given = sys.argv[1:]
    if not given:
        sys.exit("no target given: python fuzz/run.py TARGET; see the Makefile for the targets")
    if not given[0].startswith("-"):  # merging starts child processes with options only
        os.environ["FUZZ_TARGET"] = given.pop(0)
    name = os.environ["FUZZ_TARGET"]
    with atheris.instrument_imports(include=["makemore"]):
        import makemore

        for module in pkgutil.walk_packages(makemore.__path__, "makemore."):
            importlib.import_module(module.name)
    from targets import TARGETS

    if name not in TARGETS:
        sys.exit(f"{name} is not a target: give one of {', '.join(TARGETS)}")
    folders = [HERE / "new" / name, HERE / "corpus" / name]
    for folder in (*folders, HERE / "found"):
        folder.mkdir(parents=True, exist_ok=True)
    defaults = [f"-artifact_prefix={HERE / 'found'}/{name}-", "-timeout=60", "-rss_limit_mb=4096"]
    is_merging = any("merge" in option for option in given)
    corpus = [] if is_merging else [str(folder) for folder in folders]
    warnings.simplefilter("error")
    atheris.Setup([sys.argv[0], *defaults, *given, *corpus], TARGETS[name])
    atheris.Fuzz()
