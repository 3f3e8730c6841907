"""Measure the shipped (bf16) weights and write the model card.

python card.py --corpus DIR --model public/models/pebble
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, Gemma3ForCausalLM

from data import held_out, held_out_documents
from train import perplexity

PROMPTS = [
    "Hello!",
    "What colour is the sky?",
    "What does a cow say?",
    "What is the opposite of hot?",
    "Where does an owl live?",
    "Count to five.",
    "What is a river?",
    "Write a sentence about a dog.",
    "Name three fruits.",
    "Tell me a short story about a fox.",
]

CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Pebble

Pebble is a **practice model, not a Gemma release**. It has {weights:,} weights, the architecture of Gemma 3
(`Gemma3ForCausalLM`: local and global attention, one key-value head, QK-norm, tied head), a tokenizer of {vocab:,} words in
Gemma's format and Gemma's chat template. It was trained from nothing for Lapidary, so that fine-tuning can be tried in
the first ten seconds, offline, on any machine. No weight, word list or text of Google's Gemma is in it.

## What it can do, and what it cannot

It answers short questions about a small world (animals, colours, opposites, small numbers, days, foods, things,
jobs), writes a simple sentence and tells a story of a few sentences, in the words of a picture book. It knows nothing else:
outside that world its answers are grammatical at best, and often wrong. Do not use it for anything but practice.

## Ten prompts

Greedy answers of the shipped bf16 weights, computed in f32; each ended by the model itself with `<end_of_turn>`.

| prompt | answer |
|---|---|
{answers}

{seen}

## Held-out perplexity

Per token, on the shipped weights, over texts that training never saw (split by a hash of prompt or text).

| text | perplexity | documents |
|---|---|---|
{table}

Of pairs and exercises only the answers are scored, not the prompts. Sentences and stories may go on in many ways, chosen by
chance, so that their figure cannot come near 1. The public-domain texts were only a spice.

## Shape

| | |
|---|---|
| layers | 6: local, local, global, twice; window {window} |
| hidden, feed-forward | 128, 320 |
| attention | 4 heads, 1 key-value head, width 64 |
| context | 1,024 positions; trained on 256 |
| weights | bf16, {size:.1f} MB |

## Training

From random weights, in f32 on one CPU thread with Transformers' `Gemma3ForCausalLM`: {steps:,} steps of 8 rows of 256
tokens, documents packed without attending to each other; Muon for the inner matrices, AdamW for the rest. Then rounded to
bf16, to nearest even. Of a hundred documents seen,

- 62 were question and answer pairs, 20 reading exercises and 11 sentences, stories and rhymes, all from a grammar written for
  this project (`tools/pebble/`, Apache-2.0);
- 7 were paragraphs of children's texts in the public domain: Grimm's *Fairy Tales*, Bryant's *Stories to Tell to
  Children*, Burgess' *The Adventures of Buster Bear*, part of Carroll's *Alice in Wonderland*, Edgeworth's *The Parent's
  Assistant* (Project Gutenberg), and *The Aesop for Children* (Library of Congress).

The scripts, with the exact commands, are in `tools/pebble/`.

## Licence

Apache-2.0.
"""


def answer(model, tokenizer, prompt: str, limit: int = 160) -> tuple[str, bool]:
    """(greedy answer, whether it ended by itself)."""
    ids = tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.no_grad():
        out = model.generate(**ids, max_new_tokens=limit, do_sample=False)[0, ids["input_ids"].shape[1] :]
    return tokenizer.decode(out, skip_special_tokens=True).strip(), int(out[-1]) in model.generation_config.eos_token_id


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--corpus", required=True)
    p.add_argument("--model", required=True)
    p.add_argument("--steps", type=int, required=True, help="of the training run, for the card")
    args = p.parse_args()
    torch.set_num_threads(1)
    folder = Path(args.model)
    model = Gemma3ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    answers = []
    for prompt in PROMPTS:
        text, stopped = answer(model, tokenizer, prompt)
        print(f"{prompt} -> {text!r} {'' if stopped else 'DID NOT STOP'}")
        if not stopped:
            raise SystemExit(f"the answer to {prompt!r} did not end by itself")
        answers.append(f"| {prompt} | {text.replace(chr(10), '<br>')} |")
    table = []
    names = {
        "answers": "answers to held-out prompts",
        "drills": "reading exercises",
        "grammar": "stories and sentences of the grammar",
        "corpus": "the public-domain texts",
    }
    documents = held_out_documents(Tokenizer.from_file(str(folder / "tokenizer.json")), args.corpus)
    for name, docs in documents.items():
        value = perplexity(model, docs)
        print(f"{name}: {value:.3f}")
        table.append(f"| {names[name]} | {value:.2f} | {len(docs)} |")
    size = (folder / "model.safetensors").stat().st_size / 1e6
    card = CARD.format(
        steps=args.steps,
        seen="Held out of training among the ten: {}. The perplexity below is over text that training never saw.".format(
            sum(map(held_out, PROMPTS)) or "none"
        ),
        weights=sum(x.numel() for x in model.parameters()),
        vocab=model.config.vocab_size,
        window=model.config.sliding_window,
        size=size,
        answers="\n".join(answers),
        table="\n".join(table),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    write_manifest(folder)


if __name__ == "__main__":
    main()
