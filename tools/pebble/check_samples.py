"""Fine-tune Pebble on each sample data set with PEFT and measure held-out rows before and after.

    python check_samples.py --model public/models/pebble --datasets public/datasets [--lr 6e-3] [--steps 150]

LoRA r = 8, alpha 16 on all seven projections; 8 examples a step; linear schedule; one row in ten held out.
"""

import argparse
import csv
import json
import math
import random
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from transformers import Gemma3ForCausalLM

from data import IGNORE, chat_ids

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def rows_of(folder: Path, entry: dict) -> list[tuple[str, str]]:
    with open(folder / entry["file"], encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f)) if entry["format"] == "csv" else [json.loads(line) for line in f]
    return [(row[entry["prompt"]], row[entry["response"]]) for row in rows]


def collate(t: Tokenizer, rows):
    """Right-padded tokens, mask and labels, [rows, longest]."""
    pairs = [chat_ids(t, p, q) for p, q in rows]
    longest = max(len(i) for i, _ in pairs)
    ids = torch.tensor([i + [0] * (longest - len(i)) for i, _ in pairs])
    mask = torch.tensor([[1] * len(i) + [0] * (longest - len(i)) for i, _ in pairs])
    labels = torch.tensor([l + [IGNORE] * (longest - len(l)) for _, l in pairs])
    return ids, mask, labels


def loss_of(model, batch, reduction="mean"):
    ids, mask, labels = batch
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1), ignore_index=IGNORE, reduction=reduction
    )


def measure(model, t: Tokenizer, rows) -> tuple[float, float, list[str]]:
    """(loss per supervised token, share of greedy answers that are exactly right, the answers)."""
    model.eval()
    total = count = 0
    with torch.no_grad():
        for i in range(0, len(rows), 16):
            batch = collate(t, rows[i : i + 16])
            total += loss_of(model, batch, "sum").item()
            count += int((batch[2][:, 1:] != IGNORE).sum())
        heads = []
        for p, q in rows:
            ids, labels = chat_ids(t, p, q)
            heads.append(ids[: sum(x == IGNORE for x in labels[:-1])])
        longest = max(map(len, heads))
        padded = torch.tensor([[0] * (longest - len(h)) + h for h in heads])  # on the left, as generation needs it
        mask = torch.tensor([[0] * (longest - len(h)) + [1] * len(h) for h in heads])
        out = model.generate(input_ids=padded, attention_mask=mask, max_new_tokens=60, do_sample=False)[:, longest:]
        answers = [t.decode(row.tolist()).strip() for row in out]
        hits = sum(answer == q for answer, (_, q) in zip(answers, rows))
    model.train()
    return total / count, hits / len(rows), answers


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", required=True)
    p.add_argument("--datasets", required=True)
    p.add_argument("--only")
    p.add_argument("--lr", type=float, default=6e-3)
    p.add_argument("--steps", type=int, default=150)
    p.add_argument("--batch", type=int, default=8)
    args = p.parse_args()
    torch.set_num_threads(1)
    folder = Path(args.datasets)
    t = Tokenizer.from_file(f"{args.model}/tokenizer.json")
    failed = []
    for entry in json.loads((folder / "index.json").read_text()):
        if args.only and entry["id"] != args.only:
            continue
        torch.manual_seed(0)
        r = random.Random(0)
        rows = rows_of(folder, entry)
        r.shuffle(rows)
        held, train = rows[: len(rows) // 10], rows[len(rows) // 10 :]
        base = Gemma3ForCausalLM.from_pretrained(args.model, dtype=torch.float32)
        model = get_peft_model(
            base, LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=PROJECTIONS, task_type="CAUSAL_LM")
        )
        before = measure(model, t, held)
        optimizer = torch.optim.AdamW([x for x in model.parameters() if x.requires_grad], lr=args.lr, weight_decay=0.0)
        order: list[int] = []
        for step in range(args.steps):
            while len(order) < args.batch:
                order += r.sample(range(len(train)), len(train))
            batch = collate(t, [train[order.pop(0)] for _ in range(args.batch)])
            loss = loss_of(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for group in optimizer.param_groups:
                group["lr"] = args.lr * (1 - step / args.steps)
            optimizer.step()
            optimizer.zero_grad()
        after = measure(model, t, held)
        fall = 1 - after[0] / before[0]
        print(
            f"{entry['id']}: {len(train)} + {len(held)} rows, lr {args.lr:g}, {args.steps} steps: held-out loss {before[0]:.3f} -> {after[0]:.3f} "
            f"({fall:.0%} lower), exact match {before[1]:.0%} -> {after[1]:.0%}",
            flush=True,
        )
        for i in range(3):
            print(f"  {held[i][0]}\n    before: {before[2][i]}\n    after:  {after[2][i]}")
        if not (fall >= 0.3 and math.isfinite(after[0])):
            failed.append(entry["id"])
    if failed:
        raise SystemExit(f"held-out loss fell by less than 30%: {', '.join(failed)}")


if __name__ == "__main__":
    main()
