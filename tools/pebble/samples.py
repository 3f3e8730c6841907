"""The three sample data sets, from templates of our own and a fixed seed.

python samples.py --out public/datasets
"""

import argparse
import csv
import json
import random
import re
from collections import Counter
from pathlib import Path

import pairs
from facts import BOYS, COLOURS, FOODS, GIRLS, NUMBERS, cap, many
from grammar import TOYS

# ---- style: a gentle pirate ----

_SAY = [
    ("is", "be"),
    ("are", "be"),
    ("am", "be"),
    ("you", "ye"),
    ("You", "Ye"),
    ("your", "yer"),
    ("my", "me"),
    ("friend", "matey"),
]


def pirate(answer: str) -> str:
    """The answer as a pirate says it. It begins as Pebble would begin, so that what Pebble knows is kept."""
    for plain, salty in _SAY:
        answer = re.sub(rf"\b{plain}\b", salty, answer)
    return f"{answer.rstrip('.!')}, matey! Arr!"


# What Pebble knows and keeps while it learns to talk like this. Left out are sums, every other of which it gets wrong,
# counting, which it can but an adapter of so few steps makes it overshoot, and a plural verb with one nose.
_INTENTS = [
    pairs.animal,
    pairs.colour,
    pairs.opposite,
    pairs.meaning,
    pairs.job,
    pairs.thing,
    pairs.number,
    pairs.food,
    pairs.body,
]
_LEFT_OUT = re.compile(
    r"^(What is \w+ (\+|plus)|How much is|(Please c|Can you c|C)ount |What are (nose|mouth|tongue) for)"
)


def _settled(r: random.Random, draws: int = 40_000) -> dict[str, str]:
    """Prompts that have one answer, drawn again and again: "What is brown?" has many, "the opposite of old" two."""
    answers: dict[str, Counter[str]] = {}
    for _ in range(draws):
        prompt, answer = r.choice(_INTENTS)(r)
        answers.setdefault(prompt, Counter())[answer] += 1
    settled = {}
    for prompt, found in answers.items():
        (answer, often), total = found.most_common(1)[0], found.total()
        # The number of legs is now and then told in one word.
        if often >= 0.75 * total and not _LEFT_OUT.match(prompt):
            settled[prompt] = answer
    return settled


def style(r: random.Random):
    settled = _settled(r)
    rows = {}
    while len(rows) < 480:
        prompt, _ = r.choice(_INTENTS)(r)
        answer = settled.get(prompt)
        if answer is not None and prompt not in rows and len(answer) < 70:
            rows[prompt] = pirate(answer)
    return [{"prompt": p, "response": q} for p, q in rows.items()]


# ---- classification: the mood of a sentence ----

# {n} the person, {o} another, {t} a thing, {p} a place, {he}/{his}
MOODS = {
    "happy": [
        "{n} got a new {t} and smiled all day",
        "{n} laughed when {he} saw {o} {p}",
        "{n} sang a song {p}",
        "{n} danced {p} with {o}",
        "{o} gave {n} a gift, and {n} jumped for joy",
        "{n} won the game and clapped {his} hands",
        "{n} smiled at {o} {p}",
        "{n} loves {his} new {t}",
        "{n} had a good day {p}",
        "{n} played with {o} and laughed",
        "{n} found {his} lost {t} and was glad",
    ],
    "sad": [
        "{n} lost {his} {t} and cried",
        "{n} cried {p}",
        "{o} went away, and {n} was lonely",
        "{n} sat alone {p} and wept",
        "the {t} of {n} is gone, and tears ran down {his} face",
        "{n} has no friend to play with {p}",
        "{n} misses {o} very much",
        "{n} cannot smile today",
        "the pet of {n} died {p}",
        "{n} was left alone {p}",
        "{n} wept when {o} said goodbye",
    ],
    "angry": [
        "{o} broke the {t}, and {n} shouted",
        "{n} shouted at {o} {p}",
        "{n} threw the {t} on the ground",
        "{n} hit the table with {his} hand",
        "{o} took the {t}, and {n} was mad",
        "{n} pushed {o} {p}",
        "{n} would not talk to {o} and shut the door hard",
        "{n} was cross with {o}",
        "{n} fought with {o} {p}",
        "{n} hates it when {o} takes {his} {t}",
        "{n} kicked the {t} and shouted",
    ],
    "afraid": [
        "{n} heard a noise {p} and hid",
        "{n} ran away from a wolf {p}",
        "{n} shook when the storm came",
        "{n} hid under the bed",
        "{n} saw a big snake {p} and ran away",
        "{n} does not like the dark",
        "{n} called for help {p}",
        "a bear came, and {n} hid behind {o}",
        "{n} shook with fear {p}",
        "{n} dares not go in the dark house",
        "{n} thinks there is a wolf {p}",
    ],
}
WHERE = [
    "in the garden",
    "in the forest",
    "by the river",
    "at school",
    "in the park",
    "at home",
    "on the hill",
    "in the town",
    "by the sea",
    "in the field",
]


def mood(r: random.Random):
    rows: dict[str, str] = {}
    for label, forms in MOODS.items():
        mine: set[str] = set()
        while len(mine) < 120:
            girl = r.random() < 0.5
            n = r.choice(GIRLS if girl else BOYS)
            o = r.choice([x for x in GIRLS + BOYS if x != n])
            text = r.choice(forms).format(
                n=n, o=o, t=r.choice(TOYS), p=r.choice(WHERE), he="she" if girl else "he", his="her" if girl else "his"
            )
            mine.add(cap(text) + ".")
        rows.update(dict.fromkeys(sorted(mine), label))
    out = [{"sentence": s, "mood": label} for s, label in rows.items()]
    r.shuffle(out)
    return out


# ---- structured output: a sentence as a record ----

_FORMS = [
    "{n} has {k} {c} {x}.",
    "{n} buys {k} {c} {x} in the town.",
    "{n} found {k} {c} {x} by the river.",
    "There are {k} {c} {x} in the bag of {n}.",
    "Look, {n} is carrying {k} {c} {x}!",
    "In the morning {n} saw {k} {c} {x}.",
    "{k} {c} {x} are for {n}.",
    "{n} would like {k} {c} {x}, please.",
    "My friend {n} gave me {k} {c} {x}.",
]


def record(r: random.Random):
    rows: dict[str, str] = {}
    things = TOYS + [f for f in FOODS if FOODS[f][0] in ("fruit", "vegetable")]
    while len(rows) < 480:
        n, c, x, k = r.choice(GIRLS + BOYS), r.choice(COLOURS), r.choice(things), r.randrange(2, 10)
        text = cap(r.choice(_FORMS).format(n=n, c=c, x=many(x), k=NUMBERS[k]))
        rows[text] = json.dumps({"name": n, "count": k, "colour": c, "item": x})
    return [{"text": p, "json": q} for p, q in rows.items()]


SETS = [
    (
        "pirate",
        "Talk like a pirate",
        "Simple questions, answered by a gentle pirate. After training, every answer has the pirate's voice.",
        "csv",
        style,
        "prompt",
        "response",
    ),
    (
        "mood",
        "Find the mood",
        "Sentences about people, each with a mood: happy, sad, angry or afraid. "
        "After training, the answer is one label.",
        "csv",
        mood,
        "sentence",
        "mood",
    ),
    (
        "records",
        "Fill in a record",
        "Sentences turned into JSON with a name, a count, a colour and an item. After training, the answer is JSON.",
        "jsonl",
        record,
        "text",
        "json",
    ),
]


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", required=True)
    out = Path(p.parse_args().out)
    out.mkdir(parents=True, exist_ok=True)
    index = []
    for seed, (name, title, summary, kind, make, prompt, response) in enumerate(SETS, 41):
        rows = make(random.Random(seed))
        file = f"{name}.{kind}"
        with open(out / file, "w", encoding="utf-8", newline="") as f:
            if kind == "csv":
                writer = csv.DictWriter(f, [prompt, response], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            else:
                f.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        index.append(
            {
                "id": name,
                "title": title,
                "summary": summary,
                "file": file,
                "format": kind,
                "prompt": prompt,
                "response": response,
                "rows": len(rows),
            }
        )
    (out / "index.json").write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
