"""
Whether what train.py has made does what the run's own adapter did: python check.py [ADAPTER]

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Needs: pip install -r requirements.txt
"""

import argparse
import json
import math
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("adapter", nargs="?", type=Path, default=HERE / "adapter", help="what train.py --out named, by default adapter")
    options.add_argument("--base", help="folder or Hub name of the base model; by default what adapter_config.json names")
    options.add_argument("--without", action="store_true", help="leave the adapter out, which the check must notice")
    return options


def load(options, proof):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    described = options.adapter / "adapter_config.json"
    if not described.exists():
        raise FileNotFoundError(f"{described} is not there: run train.py first")
    base = options.base or json.loads(described.read_text(encoding="utf-8"))["base_model_name_or_path"]
    # It is named with its folder, which may have been moved or renamed since.
    beside = HERE / Path(base).name
    base = beside if not Path(base).is_dir() and beside.is_dir() else base
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return words_of((model if options.without else PeftModel.from_pretrained(model, options.adapter)).eval())
