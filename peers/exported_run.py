"""A run of the practice model by `npm run train`, what `npm run export` makes of it, and the same run with an adapter of zeros."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import torch
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
ALL = ["gguf", "gguf-f16", "gguf-f32", "gguf-lora", "gguf-q4_0", "gguf-q8_0", "h5", "h5-merged", "merged", "merged-f16", "merged-f32", "mlx", "pt", "pt-merged"]
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


def scaled(name, factor, run=None):
    """A run's folder with every B times a factor, in every format; and what that said."""
    run, other = run or trained(), Path(SCRATCH.name) / name
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


@functools.cache
def shaped_like(family):
    """
    Folder of a run of a few steps on a Gemma of random weights with the pattern of layers of a Gemma 2 or 3 ("gemma2", "gemma3"), which the
    practice model has not; KerasHub knows no other.
    """
    import transformers

    base, run = Path(SCRATCH.name) / family, Path(SCRATCH.name) / f"{family}-run"
    shape = {
        "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 7, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 64, "query_pre_attn_scalar": 64, "sliding_window": 16, "max_position_embeddings": 512, "vocab_size": 2048,
    }  # fmt: skip
    if family == "gemma3":
        model = transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig(**shape))
    else:
        caps = {"attn_logit_softcapping": 4.0, "final_logit_softcapping": 6.0}
        model = transformers.Gemma2ForCausalLM(transformers.Gemma2Config(**shape, **caps))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            spread = 0.3 if "norm" in name else 0.05 if "embed" in name else weights.shape[-1] ** -0.5
            weights.copy_(spread * torch.randn(weights.shape, generator=generator))
    model.save_pretrained(base)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(BASE / name, base)
    few = ["--max-steps", "6", "--batch-size", "4", "--learning-rate", "0.01", "--lora-r", "4", "--target-modules", "all-linear"]
    data = ["--data", ROOT / "public" / "datasets" / "pirate.csv", "--engine", "portable"]
    command("train", "--model", base, *data, *few, "--out", run)
    command("export", "--run", run, "--format", "h5-merged,merged-f32")
    return base, run
