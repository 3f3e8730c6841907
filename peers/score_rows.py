"""Loss of conversations with a base model and with an adapter on it, tokenised by Transformers and by TRL's rule for masks.

    python peers/score_rows.py --base DIR --adapter DIR --rows FILE --json FILE

--rows holds {"max_length", "completion_only_loss", "rows": [{"messages": [{"role", "content"}, ...]} or {"text"}, ...]}. Writes
{"tokens", "base": {"loss", "accuracy"}, "tuned": {...}}: over all supervised tokens, mean cross-entropy in nats and the share where
the most likely word is the right one. Nothing of the other program's tokens or masks comes in.
"""

import argparse
import json
from pathlib import Path

import torch

from reference import IGNORE, load_adapter, load_base, packed_loss, write_json


def common_prefix(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def tokenise(tokenizer, row, completion_only):
    """(ids, flags): a flag says whether the token itself is to be predicted."""
    if "text" in row:
        end = tokenizer.eos_token
        ids = tokenizer(row["text"] if row["text"].endswith(end) else row["text"] + end).input_ids
        return ids, [False, *[True] * (len(ids) - 1)]
    messages = row["messages"]

    def render(turns, prompt=False):
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=prompt)
        return tokenizer(text, add_special_tokens=False).input_ids

    ids = render(messages)
    flags = [not completion_only] * len(ids)
    for i, message in enumerate(messages):
        if message["role"] == "assistant":
            start = common_prefix(render(messages[:i], True), ids)
            end = len(ids) if i + 1 == len(messages) else common_prefix(render(messages[: i + 1]), ids)
            flags[start:end] = [True] * (end - start)
    flags[0] = False
    return ids, flags


def batch_of(ids, flags):
    """One segment; None where nothing is supervised."""
    labels = [ids[i] if flags[i] else IGNORE for i in range(1, len(ids))] + [IGNORE]
    return {"tokens": ids, "segmentStart": [0] * len(ids), "labels": labels} if any(flags) else None


@torch.inference_mode()
def score(model, batches):
    total, supervised, hits = 0.0, 0, 0
    for batch in batches:
        loss, rows, right = packed_loss(model, batch)
        total, supervised, hits = total + loss.item(), supervised + rows, hits + right
    return {"loss": total / supervised, "accuracy": hits / supervised}, supervised


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["base", "adapter", "rows", "json"]:
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.base)
    # A pre-trained base may bring none: the run then used the family's own, which lies beside its adapter.
    if tokenizer.chat_template is None:
        tokenizer.chat_template = (options.adapter / "chat_template.jinja").read_text(encoding="utf-8")
    request = json.loads(options.rows.read_text(encoding="utf-8"))
    most = request["max_length"]
    examples = [tokenise(tokenizer, row, request["completion_only_loss"]) for row in request["rows"]]
    batches = [batch for ids, flags in examples if (batch := batch_of(ids[:most], flags[:most]))]
    if not batches:
        raise SystemExit("score_rows: no token to predict")
    model = load_base(options.base)
    base, tokens = score(model, batches)
    tuned, _ = score(load_adapter(model, options.adapter), batches)
    write_json(options.json, {"tokens": tokens, "base": base, "tuned": tuned})
    print(f"{tokens} tokens of {len(batches)} rows: loss {base['loss']:.6f} without the adapter, {tuned['loss']:.6f} with it")


if __name__ == "__main__":
    main()
