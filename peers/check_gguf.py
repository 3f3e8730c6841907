"""Holds a folder that the studio made of a GGUF against the gguf package: python peers/check_gguf.py --gguf FILE --folder DIR

Every tensor must be there under Transformers' name, F32, F16 and BF16 as they are, Q8_0 and Q4_0 as `gguf.quants.dequantize` gives them, in f32,
others rounded to bf16 (nearest even), norms as w in f32, of which 1 + w is the file's own number; all bit for bit. Exit code 1 where one is not.
"""

import argparse
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from safetensors.torch import load_file

# Transformers' module of a block's tensor.
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def rename(name):
    parts = name.split(".")
    return f"{TOP[name] if len(parts) == 1 else f'model.layers.{parts[1]}.{BLOCK[parts[2]]}'}.weight"


def expected(tensor):
    """A tensor as the studio is to store it."""
    values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
    values = torch.from_numpy(values.reshape([int(n) for n in reversed(tensor.shape)]).copy())
    if tensor.name.endswith("norm.weight"):
        return values - 1
    exact = {name: torch.float32 for name in ("F32", "Q8_0", "Q4_0")} | {"F16": torch.float16}
    # Rows of an odd number of blocks are not kept as they are.
    odd = values.ndim < 2 or values.shape[-1] % 64 != 0
    name = "BF16" if odd and tensor.tensor_type.name != "F32" else tensor.tensor_type.name
    return values.to(exact.get(name, torch.bfloat16))


def check(path, folder):
    """What differs, a line each."""
    found, problems, names = load_file(Path(folder) / "model.safetensors"), [], set()
    for tensor in gguf.GGUFReader(path).tensors:
        name = rename(tensor.name.removesuffix(".weight"))
        names.add(name)
        want, got = expected(tensor), found.get(name)
        if got is None or got.dtype != want.dtype or got.shape != want.shape:
            problems.append(f"{name}: {None if got is None else (got.dtype, tuple(got.shape))}")
            continue
        bits = torch.int32 if want.dtype == torch.float32 else torch.int16
        differing = int((got.view(bits) != want.view(bits)).sum())
        if differing:
            problems.append(f"{name}: {differing} values differ")
    return problems + [f"{name}: not in the GGUF" for name in sorted(set(found) - names)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    problems = check(options.gguf, options.folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
