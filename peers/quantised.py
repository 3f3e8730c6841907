"""Held-out perplexity of a model as the studio holds it in fewer bits, in PyTorch on the same rounded weights.

    npx tsx tools/quantised-folder.ts MODEL int8 OUT/int8        (and int4)
    python peers/quantised.py --base MODEL --rounded OUT/int8 OUT/int4 (--text FILE [--tokens N] | --pebble CORPUS [--documents N])

Blocks are unpacked here by the gguf package, and held against it in f32; beside them stands Q4_0 by that package, which rounds as llama.cpp
does, with the same matrices in Q8_0. --text: windows of 512 tokens of a text; --pebble: the documents that Pebble's training held out.
Prints a line for each, JSON.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

WINDOW = 512
TYPES = {"Q8_0": gguf.GGMLQuantizationType.Q8_0, "Q4_0": gguf.GGMLQuantizationType.Q4_0}


def read_folder(folder):
    """Matrices that lie in blocks, as f32, and their types."""
    with safe_open(Path(folder) / "model.safetensors", "pt") as file:
        types = json.loads((file.metadata() or {})["lapidary.blocks"])
        return {
            name: (type_, torch.from_numpy(dequantize(file.get_tensor(name).numpy(), TYPES[type_]).copy()))
            for name, type_ in types.items()
        }


def windows(tokenizer, text, count):
    ids = tokenizer.encode(text, add_special_tokens=False).ids[:count]
    step = WINDOW - 1
    return [([2, *ids[at : at + step]], [-100, *ids[at : at + step]]) for at in range(0, len(ids), step)]


def documents_of(args):
    tokenizer = Tokenizer.from_file(str(Path(args.base) / "tokenizer.json"))
    if args.pebble is None:
        return {"text": windows(tokenizer, Path(args.text).read_text(encoding="utf-8"), args.tokens)}
    sys.path.insert(0, str(Path(__file__).parent.parent / "tools" / "pebble"))
    from data import held_out_documents

    return {name: rows[: args.documents] for name, rows in held_out_documents(tokenizer, args.pebble).items()}


def perplexity(model, documents):
    total, count = 0.0, 0
    with torch.no_grad():
        for ids, labels in documents:
            logits = model(input_ids=torch.tensor([ids])).logits[0, :-1].float()
            target = torch.tensor(labels[1:])
            total += torch.nn.functional.cross_entropy(logits, target, ignore_index=-100, reduction="sum").item()
            count += int((target != -100).sum())
    return math.exp(total / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--rounded", nargs="+", required=True)
    parser.add_argument("--text")
    parser.add_argument("--tokens", type=int, default=8192)
    parser.add_argument("--pebble")
    parser.add_argument("--documents", type=int, default=300, help="of each kind")
    args = parser.parse_args()
    model = AutoModelForCausalLM.from_pretrained(args.base, dtype=torch.float32).eval()
    weights = dict(model.named_parameters())
    exact = {name: value.detach().clone() for name, value in weights.items()}
    documents = documents_of(args)

    def measure(called, change):
        squares = error = 0.0
        with torch.no_grad():
            for name, value in exact.items():
                weights[name].copy_(change.get(name, value))
                if name in change:
                    error += float(((change[name] - value).double() ** 2).sum())
                    squares += float((value.double() ** 2).sum())
        found = {name: round(perplexity(model, rows), 5) for name, rows in documents.items()}
        off = round(math.sqrt(error / squares), 5) if squares else 0
        print(json.dumps({"weights": called, "perplexity": found, "off": off}), flush=True)

    measure("as stored", {})
    for folder in args.rounded:
        blocks = read_folder(folder)
        measure(Path(folder).name, {name: value for name, (_, value) in blocks.items()})
        if all(type_ == "Q8_0" for type_, _ in blocks.values()):
            continue
        reference = {}
        for name, (type_, ours) in blocks.items():
            packed = quantize(np.ascontiguousarray(exact[name].numpy()), TYPES[type_])
            reference[name] = torch.from_numpy(dequantize(packed, TYPES[type_]).reshape(ours.shape).copy())
            if type_ == "Q4_0":
                own, theirs = (float(((v - exact[name]) ** 2).sum()) for v in (ours, reference[name]))
                if not own < theirs:
                    print(f"{name}: {own} is not below {theirs}", file=sys.stderr)
                    sys.exit(1)
        measure(f"{Path(folder).name}, rounded as llama.cpp does", reference)


if __name__ == "__main__":
    main()
