"""LoRA steps in Transformers + PEFT, f32, on the batches that another program trained on.

    python peers/train_reference.py --base DIR --adapter DIR --batches FILE --out FILE [--save DIR] [--compare FILE]

--adapter is the initial adapter. --batches holds {"scalars": {...}, "steps": [[batch, ...], ...]}: TRL's names as in
tests/golden (README there), one list of micro-batches a step, each in the flat form of `Batch`; a step may also be an object
with `batches`. Writes {"losses", "steps": [{step, learning_rate, loss, mean_token_accuracy, grad_norm, supervised}]}.
--save writes the final adapter in PEFT's format. --compare reads {"losses": [...]} and exits with 1 where a loss is further off
than --tolerance.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch

from reference import load_adapter, load_base, train, write_json


def check_batch(batch, where):
    rows = len(batch["tokens"])
    for name in ["positions", "segmentStart", "labels"]:
        if len(batch[name]) != rows:
            raise SystemExit(f"{where}: {name} has {len(batch[name])} entries, tokens {rows}")
    for i, (position, start) in enumerate(zip(batch["positions"], batch["segmentStart"])):
        if position != i - start:
            raise SystemExit(f"{where}: row {i} has position {position} in a segment that starts at {start}")
    for i, label in enumerate(batch["labels"]):
        follows = i + 1 < rows and batch["segmentStart"][i + 1] == batch["segmentStart"][i]
        if label != -100 and not (follows and batch["tokens"][i + 1] == label):
            raise SystemExit(f"{where}: the label of row {i} is not the next token of its segment")


def compare(found, expected, tolerance):
    """Lines for every step whose loss is further off than the tolerance."""
    if len(found) != len(expected):
        return [f"{len(expected)} losses to compare with, {len(found)} computed"]
    pairs = enumerate(zip(found, expected), 1)
    return [f"step {n}: {b:.6f}, expected {a:.6f}" for n, (a, b) in pairs if not abs(a - b) <= tolerance]


def run(base, adapter, request, save=None):
    """Records of all steps."""
    model = load_adapter(load_base(base), adapter, trainable=True)
    steps = [step["batches"] if isinstance(step, dict) else step for step in request["steps"]]
    for i, batches in enumerate(steps, 1):
        for j, batch in enumerate(batches, 1):
            check_batch(batch, f"step {i}, micro-batch {j}")
    records, began = [], time.perf_counter()
    for record in train(model, steps, request["scalars"]):
        seconds = time.perf_counter() - began
        print(f"step {record['step']}: loss {record['loss']:.6f}, {seconds:.1f} s", file=sys.stderr)
        records.append(record)
    if save:
        model.save_pretrained(save)
    return records


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["base", "adapter", "batches", "out"]:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    records = run(options.base, options.adapter, json.loads(options.batches.read_text()), options.save)
    losses = [record["loss"] for record in records]
    write_json(options.out, {"losses": losses, "steps": records})
    if not all(math.isfinite(loss) for loss in losses):
        sys.exit("train_reference: a loss is not finite")
    if options.compare:
        found = compare(losses, json.loads(options.compare.read_text())["losses"], options.tolerance)
        for line in found:
            print(f"train_reference: {line}", file=sys.stderr)
        print("failed" if found else "ok")
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
