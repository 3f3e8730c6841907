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
        # The table's numbers are those of f32, whatever is computed in.
        near = x.half().to(torch.float32)
        near = (0.5 * near * (1 + torch.tanh(math.sqrt(2 / math.pi) * near * (1 + 0.044715 * near * near)))).half().to(x.dtype)
        return torch.where(x >= 10, x, torch.where(x <= -10, 0.0, near))


def as_q8_0(x):
    """Blocks of 32 along the last dimension as whole numbers of a scale in f16 (`quantize_row_q8_0`), and back."""
    blocks = x.reshape(*x.shape[:-1], -1, 32)
    most = blocks.abs().amax(-1, keepdim=True)
    whole = torch.round(blocks * torch.where(most > 0, 127 / most, 0.0))
    return (whole * (most / 127).half().to(x.dtype)).reshape(x.shape)


# What a product with weights of a type rounds activations to (`vec_dot_type`).
ACTIVATIONS = {
    "F32": lambda x: x,
    "F16": lambda x: x.half().to(x.dtype),
    "BF16": lambda x: x.bfloat16().to(x.dtype),
    "Q8_0": as_q8_0,
    "Q4_0": as_q8_0,
}


def as_llama_cpp(model, kind="F32"):
    """Transformers' model computing as llama.cpp does on a processor with weights of a type."""
    for module in model.modules():
        if hasattr(module, "act_fn"):
            module.act_fn = TableGelu()
    if kind != "F32":
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.register_forward_pre_hook(lambda _, inputs: (ACTIVATIONS[kind](inputs[0]),))
    return model


def after_single_words(llama, words, before=()):
    """
    For each word by itself, behind what is before all of them: the ids asked, and llama.cpp's log-probabilities of the 64 likeliest that follow. Where
    activations are rounded, a sum whose last digit is another now and then falls on the other side of a rounding, and all that comes behind is rounded
    anew; over one word there are so few sums that this is rare, and what is left is whether two models compute the same.
    """
    asked = []
    for word in words:
        request = {"prompt": [*before, word], "n_predict": 1, "temperature": 0, "logprobs": 64, "n_probs": 64, "cache_prompt": False}
        found = llama.handle_completions(request)["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        asked.append(([*before, word], {one["id"]: one["logprob"] for one in found}))
    return asked


def of_model(model, asked):
    """The same words' log-probabilities in PyTorch, in what the model computes in."""
    answered = []
    for ids, logs in asked:
        with torch.inference_mode():
            rows = torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0, -1], -1)
        answered.append((ids, {word: float(rows[word]) for word in logs}))
    return answered


def furthest(one, other):
    """For each word asked, how far the log-probabilities of the words behind it are from each other at most."""
    return np.array([max(abs(logs[word] - beside[word]) for word in logs) for (_, logs), (_, beside) in zip(one, other, strict=True)])


def behind_single_words(llama, model, words, before=()):
    """How far llama.cpp is from a model behind each of some words, see `after_single_words`."""
    asked = after_single_words(llama, words, before)
    return furthest(asked, of_model(model, asked))


def as_mlx(model):
    """mlx-lm rounds the factor of embeddings to bf16, whatever it computes in."""
    words = model.get_input_embeddings()
    words.embed_scale = words.embed_scale.bfloat16().to(words.weight.dtype)
    return model
