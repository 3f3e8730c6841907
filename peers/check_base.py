"""Tries a base model with Transformers: python peers/check_base.py --base DIR [--json FILE]

Continues ten prompts greedily and measures perplexity on a page of English. Exits with 1 where an expected word does not
come or the perplexity is not that of a language model.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from reference import load_base

# A pre-trained model continues text; the word that has to come is a fact or a pattern that any of them knows.
PROMPTS = [
    ("Paris is the capital of", "France"),
    ("The opposite of hot is", "cold"),
    ("One, two, three, four, five, six,", "seven"),
    ("Monday, Tuesday, Wednesday,", "Thursday"),
    ("Water is made of hydrogen and", "oxygen"),
    ("The first president of the United States was George", "Washington"),
    ("def add(a, b):\n    return", "a + b"),
    ("The sun rises in the east and sets in the", "west"),
    ("Once upon a", "time"),
    ("Roses are red, violets are", "blue"),
]
# 270M parameters at four bits reach about 25 on plain prose; a wrong norm or RoPE gives thousands.
LARGEST_PERPLEXITY = 40


def perplexity(model, tokenizer, text):
    ids = tokenizer(text, return_tensors="pt").input_ids
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False).logits[0]
    return math.exp(F.cross_entropy(logits[:-1], ids[0, 1:]).item()), ids.shape[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from transformers import AutoTokenizer

    model = load_base(options.base)
    model.config.use_cache = True
    tokenizer = AutoTokenizer.from_pretrained(options.base)
    failed, answers = 0, []
    for prompt, word in PROMPTS:
        inputs = tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            out = model.generate(**inputs, max_new_tokens=12, do_sample=False, top_k=None, top_p=None)
        answer = tokenizer.decode(out[0, inputs.input_ids.shape[1] :])
        right = word in answer
        failed += not right
        answers.append({"prompt": prompt, "answer": answer, "expected": word, "ok": right})
        print(f"{'ok  ' if right else 'FAIL'} {prompt!r} -> {answer!r}")
    text = (Path(__file__).parent / "page.txt").read_text(encoding="utf-8")
    value, tokens = perplexity(model, tokenizer, text)
    sane = value <= LARGEST_PERPLEXITY
    failed += not sane
    print(f"{'ok  ' if sane else 'FAIL'} perplexity {value:.2f} on {tokens} tokens of plain English")
    if options.json:
        options.json.write_text(json.dumps({"perplexity": value, "tokens": tokens, "answers": answers}, indent=2) + "\n")
    print(f"{len(PROMPTS) + 1 - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
