"""Exercises in reading: answers copied or picked out of the prompt, and the moods that words tell of.

A model of this size learns to look back in its prompt only if it is made to often. The tokenizer is not trained on
these.
"""

from facts import ANIMALS, BOYS, COLOURS, FOODS, GIRLS, JOBS, NUMBERS, OPPOSITES, PLACES, THINGS, WORLD, a, cap, many
from grammar import GOOD, TOYS, WALKERS, person, scene

NOUNS = sorted({*ANIMALS, *FOODS, *THINGS, *JOBS})
QUALITIES = sorted({w for pair in OPPOSITES for w in pair} | set(COLOURS))
WORDS = NOUNS + QUALITIES + GIRLS + BOYS + NUMBERS[1:]
# What people do when they feel so.
SIGNS = {
    "happy": ["smiles", "laughs", "sings", "dances", "jumps for joy", "claps"],
    "sad": ["cries", "weeps", "has lost a friend", "sits alone", "has tears on the cheek"],
    "angry": ["shouts", "throws things", "hits the table", "kicks the door", "wants to fight"],
    "afraid": ["hides", "runs away", "shakes", "calls for help", "sees a wolf"],
    "tired": ["wants to sleep", "goes to bed", "yawns"],
    "hungry": ["wants to eat", "asks for bread", "looks for food"],
}


def repeat(r):
    """The same words again."""
    words = r.sample(WORDS, r.randrange(2, 7))
    if r.random() < 0.3:
        s = r.choice(
            [
                scene(r),
                f"{cap(a(r.choice(NOUNS)))} is {r.choice(GOOD + COLOURS)}.",
                f"The {r.choice(NOUNS)} and the {r.choice(NOUNS)} are {r.choice(GOOD + COLOURS)}.",
            ]
        )
        return r.choice([f"Repeat: {s}", f"Say this again: {s}", f"Write this again: {s}"]), s
    text = ", ".join(words)
    return r.choice([f"Repeat the words: {text}", f"Say: {text}", f"Write these words again: {text}"]), text


def place_in_row(r):
    words = r.sample(WORDS, r.randrange(2, 5))
    which, answer = r.choice([("first", words[0]), ("last", words[-1])])
    return f"Here are some words: {', '.join(words)}. Which is the {which} word?", r.choice(
        [answer, f"The {which} word is {answer}."]
    )


def who_has(r):
    """Two or three people, each with something of its own; the question is about one of them."""
    names = r.sample(GIRLS + BOYS, r.choice([1, 2, 2, 3]))
    items = r.sample(TOYS + list(FOODS), len(names))
    hues = r.sample(COLOURS, len(names))
    verb = r.choice(["has", "buys", "finds", "sees", "wants", "likes", "carries", "loses"])
    text = " ".join(f"{n} {verb} {a(c)} {x}." for n, c, x in zip(names, hues, items))
    i = r.randrange(len(names))
    n, c, x = names[i], hues[i], items[i]
    q, long, short = r.choice(
        [
            (f"What does {n} {plain(verb)}?", f"{n} {verb} {a(c)} {x}.", x),
            (f"Who {verb} the {x}?", f"{n} {verb} the {x}.", n),
            (f"What colour is the {x}?", f"The {x} is {c}.", c),
            (f"Which thing is {c}?", f"The {x} is {c}.", x),
        ]
    )
    return r.choice([(f"{text} {q}", long), (f"{text} {q} One word, please.", short)])


def plain(verb):
    """`has` -> `have`, `carries` -> `carry`."""
    return {"has": "have", "carries": "carry", "loses": "lose"}.get(verb, verb[:-1])


def counted(r):
    """A number, a colour and a thing in one sentence, asked for one at a time or together."""
    n, k, c, x, p = person(r)[0], r.randrange(2, 11), r.choice(COLOURS), r.choice(TOYS + list(FOODS)), r.choice(PLACES)
    text = r.choice(
        [
            f"{n} has {NUMBERS[k]} {c} {many(x)} {p}.",
            f"{p} {n} sees {NUMBERS[k]} {c} {many(x)}.",
            f"There are {NUMBERS[k]} {c} {many(x)} for {n} {p}.",
            f"{NUMBERS[k]} {c} {many(x)} lie {p} near {n}.",
            f"{n} is looking for {NUMBERS[k]} {c} {many(x)}.",
        ]
    )
    text = cap(text)
    ask = {"name": (n, n), "number": (NUMBERS[k], str(k)), "colour": (c, c), "thing": (many(x), x)}
    keys = r.sample(list(ask), r.choice([1, 1, 2, 3, 4]))
    word = r.choice([0, 1])
    values = [ask[key][word] for key in keys]
    if len(keys) == 1:
        how = {
            "name": "Give the name.",
            "number": ["Give the number as a word.", "Give the number."][word],
            "colour": "Give the colour.",
            "thing": ["Give the things.", "Give the thing."][word],
        }[keys[0]]
        return r.choice([f"{text} {how}", f"{how} {text}"]), values[0]
    return f"{text} List: {', '.join(keys)}.", r.choice(
        [", ".join(values), "\n".join(f"{key}: {v}" for key, v in zip(keys, values))]
    )


def mood(r):
    m = r.choice(list(SIGNS))
    n, he = person(r)[:2]
    sign = r.choice(SIGNS[m])
    return r.choice(
        [
            (f"{n} {sign}. How does {n} feel?", r.choice([f"{n} is {m}.", m])),
            (f"Why is it that {n} {sign}?", f"{n} {sign}, because {he} is {m}."),
            (f"What does a person do who is {m}?", f"A person who is {m} {r.choice(SIGNS[m])}."),
            (f"{n} {sign}. Is {n} {m}?", f"Yes, {n} is {m}."),
        ]
    )


def about_what(r):
    """The kind of the thing that a sentence speaks of."""
    kinds = {"an animal": WALKERS, "a food": list(FOODS), "a person": list(JOBS), "a thing": list(THINGS)}
    k = r.choice(list(kinds))
    x = r.choice(kinds[k])
    text = r.choice(
        [f"The {x} is {r.choice(PLACES)}.", f"{person(r)[0]} sees {a(x)}.", f"There is {a(x)} {r.choice(PLACES)}."]
    )
    return r.choice(
        [
            (f"{text} What is this about?", f"This is about {a(x)}."),
            (f"{text} Animal, food, person or thing?", k.split()[1]),
        ]
    )


def meaning_of(r):
    w, what = r.choice(list(WORLD.items()))
    return r.choice(
        [(f"Which word means {what}?", f"{cap(w)} is {what}."), (f"What do we call {what}?", f"We call it {w}.")]
    )


_DRILLS = [(repeat, 6), (place_in_row, 2), (who_has, 6), (counted, 6), (mood, 4), (about_what, 2), (meaning_of, 1)]
_FUNCTIONS, _WEIGHTS = zip(*_DRILLS)


def drill(r):
    """One (prompt, answer)."""
    return r.choices(_FUNCTIONS, _WEIGHTS)[0](r)
