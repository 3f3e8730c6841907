"""A run of the practice model by `npm run train`, what `npm run export` makes of it, and the same run with an adapter of zeros."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from run import ROOT
from safetensors import safe_open
from safetensors.torch import save_file

BASE = ROOT / "public" / "models" / "pebble"
# A scale that is not 1, every projection, and enough steps that answers are others.
TRAIN = [
    *("--model", "pebble", "--data", str(ROOT / "public" / "datasets" / "pirate.csv"), "--engine", "portable"),
    *("--max-steps", "120", "--batch-size", "4", "--learning-rate", "0.001"),
    *("--lora-r", "8", "--lora-alpha", "4", "--use-rslora", "true", "--target-modules", "all-linear"),
]
ALL = ["gguf", "gguf-f16", "gguf-f32", "gguf-lora", "gguf-q4_0", "gguf-q8_0", "merged", "merged-f16", "merged-f32", "mlx", "pt", "pt-merged"]
SCRATCH = tempfile.TemporaryDirectory(prefix="lapidary-exports-")


def command(name, *options):
    ran = subprocess.run(
        ["node", ROOT / "cli" / "bootstrap.mjs", name, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if ran.returncode != 0:
        raise AssertionError(f"npm run {name} ended with {ran.returncode}: {ran.stdout[-2000:]}")
    return ran.stdout


@functools.cache
def trained():
    """Folder of the run, adapter/ and every other format in it. LAPIDARY_EXPORTS_RUN names one that was trained before."""
    run, given = Path(SCRATCH.name) / "run", os.environ.get("LAPIDARY_EXPORTS_RUN")
    if given:
        shutil.copytree(given, run)
    else:
        command("train", *TRAIN, "--out", run)
    # One that was trained before may be of before there were proofs.
    shutil.rmtree(run / "adapter", ignore_errors=True)
    command("export", "--run", run, "--format", ",".join(["peft", *ALL]))
    return run


@functools.cache
def zeroed():
    """The same where every B is zero: exported, loaded, and without effect. Merged, it is the base in that format."""
    dead, said = scaled("zeroed", 0)
    if "changes nothing" not in said:
        raise AssertionError(f"an adapter of zeros is not told as one: {said}")
    return dead


@functools.cache
def doubled():
    """The same where every B is twice as large, as with twice the alpha: it loads, and does something else."""
    return scaled("doubled", 2)[0]


def scaled(name, factor):
    """A run's folder with every B times a factor, in every format; and what that said."""
    run, other = trained(), Path(SCRATCH.name) / name
    (other / "checkpoint").mkdir(parents=True)
    for path in [*run.glob("*.json*"), *(run / "checkpoint").iterdir()]:
        shutil.copy(path, other / path.relative_to(run))
    described = other / "checkpoint" / "checkpoint.json"
    meta = json.loads(described.read_text())
    tensors = other / "checkpoint" / meta["tensors"]
    with safe_open(tensors, "pt") as file:
        values, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()
    for key, value in values.items():
        if key.endswith("lora_B.weight") and not key.startswith("adam."):
            values[key] = value * factor
    save_file(values, tensors, metadata)
    # Hashes of the tensors as they were.
    meta.pop("contents", None)
    described.write_text(json.dumps(meta))
    return other, command("export", "--run", other, "--format", ",".join(["peft", *ALL]))
