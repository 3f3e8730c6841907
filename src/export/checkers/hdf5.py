"""
Whether this HDF5 file does what it did where it was trained: python check.py BASE

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Needs: pip install torch transformers h5py;
for a whole model that KerasHub loads keras keras-hub instead of transformers, and no BASE.
"""

import argparse
import json
import math
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", nargs="?", help="folder or Hub name of the base model")
    options.add_argument("--without", action="store_true", help="leave the file out, which the check must notice")
    return options


def load(options, proof):
    if (HERE / "model.weights.h5").exists():
        return words_in_keras()
    if not options.base:
        raise ValueError("name the folder or Hub name of the base model")
    import h5py
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(options.base, dtype=torch.float32).eval()
    if options.without:
        return words_of(model)
    path = next(path for path in (HERE / "adapter.h5", HERE / "model.h5") if path.exists())
    tensors = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, found: tensors.update({name: torch.from_numpy(found[()])} if isinstance(found, h5py.Dataset) else {}))
    if path.name == "model.h5":
        left = model.load_state_dict(tensors, strict=False)
        if left.unexpected_keys:
            raise ValueError(f"model.h5 has tensors that the base has not: {left.unexpected_keys[:3]}")
    for name, a in tensors.items():
        if name.endswith(".lora_A.weight"):
            weight = model.get_submodule(name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")).weight
            weight.data += proof["scaling"] * tensors[name.replace(".lora_A.", ".lora_B.")] @ a
    return words_of(model)


def words_in_keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras_hub
    import numpy as np
    import torch

    model = keras_hub.models.Backbone.from_preset(str(HERE), dtype="float32")

    def log_probabilities(ids, answer):
        tokens = np.array([ids + answer])
        hidden = model({"token_ids": tokens, "padding_mask": np.ones_like(tokens)})
        rows = model.token_embedding(hidden, reverse=True)[0, len(ids) - 1 : -1]
        logs = torch.log_softmax(torch.as_tensor(rows).detach().float(), -1)
        return [(logs[i, token].item(), -math.inf) for i, token in enumerate(answer)]

    return log_probabilities
