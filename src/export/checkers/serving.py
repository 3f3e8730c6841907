"""
Whether the model of this folder does what it did where it was trained: python check.py

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. It loads what app.py answers with, on the processor.
Needs: pip install -r requirements.txt
"""

import argparse
import json
import math
import os
import runpy
import sys
from pathlib import Path

# There it computes in float32.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

HERE = Path(__file__).resolve().parent


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--without", action="store_true", help="leave the adapter out, which the check must notice")
    return options


def load(options, proof):
    model = runpy.run_path(str(HERE / "model.py"))["model"]
    return words_of(model.unload() if options.without else model)
