"""
Whether this model does in Transformers what it did where it was trained: python check.py

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
    options.add_argument("model", nargs="?", default=HERE, help="another folder to be checked, such as the base's, which the check must notice")
    return options


def load(options, proof):
    import torch
    from transformers import AutoModelForCausalLM

    # In float32 from the beginning: in another type the scale of embeddings would be rounded to it.
    return words_of(AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval())
