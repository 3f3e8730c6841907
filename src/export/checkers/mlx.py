"""
Whether this adapter does in mlx-lm what it did where it was trained: python check.py [BASE]

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Needs: pip install mlx-lm
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
    import mlx.core as mx
    from mlx_lm import load as load_model

    base = options.base or json.loads((HERE / "adapter_config.json").read_text(encoding="utf-8"))["model"]
    model, _ = load_model(base, adapter_path=None if options.without else str(HERE))
    # As where it was trained.
    model.set_dtype(mx.float32)

    def log_probabilities(ids, answer):
        rows = model(mx.array([ids + answer]))[0, len(ids) - 1 : -1].astype(mx.float32)
        logs = rows - mx.logsumexp(rows, axis=-1, keepdims=True)
        return [(logs[i, token].item(), -math.inf) for i, token in enumerate(answer)]

    return log_probabilities
