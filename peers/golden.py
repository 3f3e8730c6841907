"""Writes tests/golden/: python peers/golden.py [--out DIR] [--only NAME ...] [--tokenizer DIR]

NAME is a fixture of tiny.py, `pebble`, `functions`, `trl` or `chat`. `chat` and TRL's masks need --tokenizer: a folder with Gemma 3's
tokenizer.json and tokenizer_config.json, as fetch_gemma.py fetches it; without it they are left as they are.
"""

import argparse
import importlib.metadata
import platform
import sys
from pathlib import Path

import torch

import golden_text
from reference import write_json
from tiny import FIXTURES, write_fixture

ROOT = Path(__file__).resolve().parent.parent
PEBBLE = ROOT / "public" / "models" / "pebble"
FUNCTIONS = ROOT / "src" / "tokens" / "function-template.ts"


def versions():
    packages = ["torch", "transformers", "peft", "trl", "tokenizers", "safetensors", "numpy"]
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}


def write_text(out, names, tokenizer):
    made = {}
    if "trl" in names:
        made |= {f"trl/{name}.json": make for name, make in golden_text.BOOKKEEPING.items()}
    if "pebble" in names:
        made["chat/pebble.json"] = lambda: golden_text.chat(PEBBLE)
    if "functions" in names:
        made["chat/functiongemma.json"] = lambda: golden_text.functions(FUNCTIONS, PEBBLE)
    if tokenizer and "trl" in names:
        made["trl/sft.json"] = lambda: golden_text.sft(tokenizer)
    if tokenizer and "chat" in names:
        made["chat/gemma3.json"] = lambda: golden_text.chat(tokenizer)
    for path, make in made.items():
        write_json(out / path, {"command": "python peers/golden.py", "versions": versions(), **make()})
        print(path, file=sys.stderr)


def main():
    names = [*FIXTURES, "pebble", "functions", "trl", "chat"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "golden")
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    parser.add_argument("--tokenizer", type=Path)
    options = parser.parse_args()
    # One thread: the order of sums, and so every bit, does not depend on the machine's cores.
    torch.set_num_threads(1)
    for name in FIXTURES:
        if name not in options.only:
            continue
        entry = write_fixture(name, options.out / name)
        command = f"python peers/golden.py --only {name}"
        write_json(options.out / name / "manifest.json", {"command": command, "versions": versions(), **entry})
        print(name, entry, file=sys.stderr)
    write_text(options.out, options.only, options.tokenizer)


if __name__ == "__main__":
    main()
