"""
Whether adapter.pt or model.pt does in PyTorch what it did where it was trained: python check.py BASE

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Needs: pip install torch transformers
"""

import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", help="folder or Hub name of the base model")
    options.add_argument("--without", action="store_true", help="leave the file out, which the check must notice")
    return options


def load(options, proof):
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(options.base, dtype=torch.float32)
    if options.without:
        return words_of(model.eval())
    if (HERE / "model.pt").exists():
        left = model.load_state_dict(torch.load(HERE / "model.pt", weights_only=True), strict=False)
        if left.unexpected_keys:
            raise ValueError(f"model.pt has tensors that the base has not: {left.unexpected_keys[:3]}")
    else:
        adapter = torch.load(HERE / "adapter.pt", weights_only=True)
        for name, a in adapter.items():
            if name.endswith(".lora_A.weight"):
                weight = model.get_submodule(name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")).weight
                weight.data += proof["scaling"] * adapter[name.replace(".lora_A.", ".lora_B.")] @ a
    return words_of(model.eval())
