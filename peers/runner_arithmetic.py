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
    """llama.cpp looks GELU up in a table of f16 by f16 on a processor (`ggml_table_gelu_f16`)."""

    def forward(self, x):
        x = x.half().float()
        return (0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)))).half().float()


def as_llama_cpp(model):
    for layer in model.model.layers:
        layer.mlp.act_fn = TableGelu()
    return model


def with_bf16_products(model):
    """As llama.cpp is taken to round activations before a product with weights in bf16 (`vec_dot_type`); it explains little of a difference."""
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_pre_hook(lambda _, inputs: (inputs[0].bfloat16().float(),))
    return model


def as_mlx(model):
    """mlx-lm rounds the factor of embeddings to bf16, whatever it computes in."""
    words = model.get_input_embeddings()
    words.embed_scale = words.embed_scale.bfloat16().to(words.weight.dtype)
    return model
