"""Log-likelihood of each of many choices after each of some questions, by Transformers and PEFT in f32.

    python peers/choices_reference.py --base DIR --adapter DIR --data FILE --out FILE [--count 50]

DIR of the adapter is made where it is not there: all projections, B not zero. FILE of the data is a CSV with `text` and `category`; all
its categories are the choices, ended by <end_of_turn>, and `count` of its rows, evenly spread, the questions. Writes {"choices": [ids],
"questions": [{"ids", "base", "tuned"}]}, the last two [choice][token]; anew after each question, so that what there is can be used.
The prompt is read once; choices follow as one padded batch over its cache. Only questions shorter than the window are asked.
"""

import argparse
import csv
from itertools import islice
from pathlib import Path

import torch

from real_reference import make_adapter
from reference import load_adapter, load_base, write_json


HEAD_ROWS = 64


def batched(values, size):
    values = iter(values)
    while part := list(islice(values, size)):
        yield part


@torch.inference_mode()
def score(model, prompt, choices):
    """[choice][token] natural log of each token's probability."""
    causal = model.get_base_model()
    width = max(map(len, choices)) - 1
    # Padding comes last, and no row that counts sees it.
    rest = torch.tensor([choice[:-1] + [0] * (width + 1 - len(choice)) for choice in choices])
    first = causal.model(input_ids=torch.tensor([prompt]), use_cache=True)
    cache = first.past_key_values
    cache.batch_repeat_interleave(len(choices))
    later = causal.model(input_ids=rest, past_key_values=cache, use_cache=True).last_hidden_state
    # The same beginning gives the same row; the head reads its table once for many rows.
    rows = {}
    for c, choice in enumerate(choices):
        for i in range(len(choice)):
            rows.setdefault(tuple(choice[:i]), first.last_hidden_state[0, -1] if i == 0 else later[c, i - 1])
    wanted = {beginning: set() for beginning in rows}
    for choice in choices:
        for i, token in enumerate(choice):
            wanted[tuple(choice[:i])].add(token)
    known = {}
    for part in batched(rows, HEAD_ROWS):
        logs = causal.lm_head(torch.stack([rows[beginning] for beginning in part])).log_softmax(-1)
        for beginning, row in zip(part, logs):
            known.update({(beginning, token): row[token].item() for token in wanted[beginning]})
    found = [[known[tuple(choice[:i]), token] for i, token in enumerate(choice)] for choice in choices]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["base", "adapter", "data", "out"]:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--count", type=int, default=50)
    options = parser.parse_args()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.base)
    with options.data.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ids = lambda text: tokenizer(text, add_special_tokens=False).input_ids
    choices = [ids(label + "<end_of_turn>") for label in sorted({row["category"] for row in rows})]
    if not options.adapter.exists():
        make_adapter(options.base, options.adapter, 8)
    model = load_adapter(load_base(options.base), options.adapter)
    questions = []
    for n in range(options.count):
        text = rows[n * len(rows) // options.count]["text"]
        prompt = ids(f"<bos><start_of_turn>user\n{text}<end_of_turn>\n<start_of_turn>model\n")
        tuned = score(model, prompt, choices)
        with model.disable_adapter():
            base = score(model, prompt, choices)
        questions.append({"ids": prompt, "base": base, "tuned": tuned})
        write_json(options.out, {"choices": choices, "questions": questions})
        print(f"{n + 1} of {options.count}", flush=True)


if __name__ == "__main__":
    main()
