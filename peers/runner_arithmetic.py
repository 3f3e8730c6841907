"""Transformers' Gemma 3 with the roundings that llama.cpp and mlx-lm compute with, so that what is left of a difference is an export's own."""

import math

import numpy as np
import torch
from check_gguf import rename
from gguf import GGUFReader
from gguf.quants import dequantize


def gguf_weights(path):
    """A GGUF's tensors under Transformers' names as f32, norms as w; and the types of its projections."""
    weights, types = {}, set()
    for tensor in GGUFReader(path).tensors:
        values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        values = torch.from_numpy(values.reshape([int(n) for n in reversed(tensor.shape)]).copy())
        name = rename(tensor.name.removesuffix(".weight"))
        weights[name] = values - 1 if values.ndim == 1 else values
        if values.ndim == 2 and "embed" not in name:
            types.add(tensor.tensor_type.name)
    return weights, types


class TableGelu(torch.nn.Module):
    """llama.cpp looks GELU up in a table of f16 by f16 on a processor, between -10 and 10 (`ggml_vec_geglu_f32`)."""

    def forward(self, x):
        near = x.half().float()
        near = (0.5 * near * (1 + torch.tanh(math.sqrt(2 / math.pi) * near * (1 + 0.044715 * near * near)))).half().float()
        return torch.where(x >= 10, x, torch.where(x <= -10, 0.0, near))


def as_q8_0(x):
    """Blocks of 32 along the last dimension as whole numbers of a scale in f16 (`quantize_row_q8_0`), and back."""
    blocks = x.reshape(*x.shape[:-1], -1, 32)
    most = blocks.abs().amax(-1, keepdim=True)
    whole = torch.round(blocks * torch.where(most > 0, 127 / most, 0.0))
    return (whole * (most / 127).half().float()).reshape(x.shape)


# What a product with weights of a type rounds activations to (`vec_dot_type`).
ACTIVATIONS = {
    "F32": lambda x: x,
    "F16": lambda x: x.half().float(),
    "BF16": lambda x: x.bfloat16().float(),
    "Q8_0": as_q8_0,
    "Q4_0": as_q8_0,
}


def as_llama_cpp(model, kind="F32"):
    """Transformers' model computing as llama.cpp does on a processor with weights of a type."""
    for layer in model.model.layers:
        layer.mlp.act_fn = TableGelu()
    if kind != "F32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.register_forward_pre_hook(lambda _, inputs: (ACTIVATIONS[kind](inputs[0]),))
    return model


def as_mlx(model):
    """mlx-lm rounds the factor of embeddings to bf16, whatever it computes in."""
    words = model.get_input_embeddings()
    words.embed_scale = words.embed_scale.bfloat16().to(words.weight.dtype)
    return model
