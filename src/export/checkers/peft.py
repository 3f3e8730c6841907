"""
Whether this adapter does in PEFT what it did where it was trained: python check.py

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Needs: pip install torch transformers peft
"""

import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("base", nargs="?", help="folder or Hub name of the base model; by default what adapter_config.json names")
    options.add_argument("--without", action="store_true", help="leave the adapter out, which the check must notice")
    return options


def load(options, proof):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = options.base or json.loads((HERE / "adapter_config.json").read_text(encoding="utf-8"))["base_model_name_or_path"]
    beside = HERE / base
    model = AutoModelForCausalLM.from_pretrained(beside if beside.is_dir() else base, dtype=torch.float32)
    return words_of((model if options.without else PeftModel.from_pretrained(model, HERE)).eval())
