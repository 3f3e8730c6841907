"""Writes tests/golden/: python peers/golden.py [--out DIR] [--only NAME ...]"""

import argparse
import importlib.metadata
import platform
import sys
from pathlib import Path

import torch

from reference import write_json
from tiny import FIXTURES, write_fixture

ROOT = Path(__file__).resolve().parent.parent


def versions():
    packages = ["torch", "transformers", "peft", "trl", "tokenizers", "safetensors", "numpy"]
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "golden")
    parser.add_argument("--only", nargs="*", default=list(FIXTURES))
    options = parser.parse_args()
    # One thread: the order of sums, and so every bit, does not depend on the machine's cores.
    torch.set_num_threads(1)
    for name in options.only:
        entry = write_fixture(name, options.out / name)
        write_json(
            options.out / name / "manifest.json",
            {"command": f"python peers/golden.py --only {name}", "versions": versions(), **entry},
        )
        print(name, entry, file=sys.stderr)


if __name__ == "__main__":
    main()
