"""Pre-training documents as token ids and labels, and their packing into rows of one length."""

import hashlib
import random

import torch
from tokenizers import Tokenizer

from corpus import paragraphs
from drills import drill
from grammar import paragraph
from pairs import as_typed, pair

BOS, EOS = 2, 1
IGNORE = -100


def held_out(text: str, share: float = 0.03) -> bool:
    """Whether a prompt or a text is never trained on: by its hash, so every run and script agrees."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") < share * 2**32


def chat_ids(t: Tokenizer, prompt: str, answer: str) -> tuple[list[int], list[int]]:
    """A turn in Gemma's chat format; only the answer and its <end_of_turn> are labelled."""
    head = [BOS] + t.encode(
        f"<start_of_turn>user\n{prompt}<end_of_turn>\n<start_of_turn>model\n", add_special_tokens=False
    ).ids
    tail = t.encode(f"{answer}<end_of_turn>\n", add_special_tokens=False).ids
    return head + tail, [IGNORE] * len(head) + tail[:-1] + [IGNORE]


def text_ids(t: Tokenizer, text: str) -> tuple[list[int], list[int]]:
    ids = [BOS, *t.encode(text, add_special_tokens=False).ids, EOS]
    return ids, [IGNORE, *ids[1:]]


class Mix:
    """Endless documents: pairs, drills, grammar text and corpus paragraphs, in the shares given (by document)."""

    def __init__(self, t: Tokenizer, corpus: str, seed: int, shares=(0.62, 0.20, 0.11, 0.07), longest=256):
        self.t, self.r, self.shares, self.longest = t, random.Random(seed), shares, longest
        self.corpus = [text for _, text in paragraphs(corpus) if not held_out(text)]

    def document(self):
        kind = self.r.choices((pair, drill, paragraph, None), self.shares)[0]
        while True:
            if kind in (pair, drill):
                prompt, answer = kind(self.r)
                if held_out(prompt):
                    continue
                ids, labels = chat_ids(self.t, as_typed(self.r, prompt), answer)
                while self.r.random() < 0.12:  # the conversation goes on; a later turn has no <bos>
                    prompt, answer = kind(self.r)
                    if not held_out(prompt):
                        more = chat_ids(self.t, as_typed(self.r, prompt), answer)
                        ids, labels = ids + more[0][1:], labels + more[1][1:]
            else:
                text = paragraph(self.r) if kind is paragraph else self.r.choice(self.corpus)
                if held_out(text):
                    continue
                ids, labels = text_ids(self.t, text)
            return ids[: self.longest], labels[: self.longest]

    def batch(self, rows: int, length: int):
        """`rows` rows of `length`: tokens, labels and positions (restarting with each document), each [rows, length].

        First fit over a small pool of open rows; what is left of a row is padding, never the head of a cut document.
        """
        open_rows: list[list] = [[[], [], []] for _ in range(rows)]
        misses = 0
        while misses < 12:
            ids, labels = self.document()
            row = max((x for x in open_rows if len(x[0]) + len(ids) <= length), key=lambda x: len(x[0]), default=None)
            if row is None:
                misses += 1
                continue
            row[0] += ids
            row[1] += labels
            row[2] += range(len(ids))
        for row in open_rows:
            rest = length - len(row[0])
            row[0] += [0] * rest
            row[1] += [IGNORE] * rest
            row[2] += range(rest)
        return tuple(torch.tensor([row[i] for row in open_rows]) for i in range(3))


def held_out_documents(t: Tokenizer, corpus: str, count: int = 300, seed: int = 99):
    """{name: [(ids, labels)]}: answers to prompts, stories and corpus paragraphs that training never sees."""
    r = random.Random(seed)
    sets: dict[str, dict] = {"answers": {}, "drills": {}, "grammar": {}, "corpus": {}}
    for name, make in (("answers", pair), ("drills", drill)):
        while len(sets[name]) < count:
            p, q = make(r)
            if held_out(p):
                sets[name].setdefault(p, chat_ids(t, p, q))
    while len(sets["grammar"]) < count:
        text = paragraph(r)
        if held_out(text):
            sets["grammar"].setdefault(text, text_ids(t, text))
    rest = [text for _, text in paragraphs(corpus) if held_out(text)]
    for text in r.sample(rest, min(count, len(rest))):
        sets["corpus"][text] = text_ids(t, text)
    return {name: [(i[:256], l[:256]) for i, l in docs.values()] for name, docs in sets.items()}
