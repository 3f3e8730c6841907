"""Question and answer pairs of many simple intents. `pair(r)` gives (prompt, answer)."""

from facts import (
    ANIMALS,
    BODY,
    COLOURS,
    COLOURS_OF,
    DAYS,
    FOODS,
    JOBS,
    MONTHS,
    NUMBERS,
    OPPOSITES,
    SEASONS,
    SHAPES,
    THINGS,
    WORLD,
    a,
    cap,
    many,
)
from grammar import WALKERS
from talk import feel, greet, one_word, poem, read_back, tell_story, unknown, write

LEGS = {n: NUMBERS[int(x["legs"])] if x["legs"] != "0" else "no" for n, x in ANIMALS.items()}


def animal(r):
    n = r.choice(list(ANIMALS))
    x = ANIMALS[n]
    an = a(n)
    short = r.random() < 0.15
    return r.choice(
        [
            (
                r.choice([f"What does {an} say?", f"What sound does {an} make?", f"What noise does {an} make?"]),
                f"{cap(an)} {x['says']}.",
            ),
            (
                r.choice([f"Where does {an} live?", f"Where do {many(n)} live?", f"Where can I find {an}?"]),
                f"{cap(an)} lives {x['home']}.",
            ),
            (
                r.choice([f"What does {an} eat?", f"What do {many(n)} eat?", f"What food does {an} like?"]),
                f"{cap(an)} eats {x['food']}.",
            ),
            (r.choice([f"What colour is {an}?", f"What is the colour of {an}?"]), f"{cap(an)} is {x['colour']}."),
            (
                r.choice([f"How many legs does {an} have?", f"How many legs has {an}?"]),
                f"{cap(an)} has {LEGS[n]} legs." if not short else cap(LEGS[n]) + ".",
            ),
            (
                r.choice(
                    [f"What is a young {n} called?", f"What do we call a young {n}?", f"What is a baby {n} called?"]
                ),
                f"A young {n} is called {a(x['young'])}.",
            ),
            (
                r.choice([f"What is {an}?", f"Tell me what {an} is."]),
                f"{cap(an)} is {a(x['kind'])} that lives {x['home']}.",
            ),
            (
                r.choice([f"What does {an} do?", f"What do {many(n)} do?", f"What can {an} do?"]),
                f"{cap(an)} {x['does']}.",
            ),
            (
                r.choice([f"Tell me about {many(n)}.", f"Tell me about the {n}.", f"Tell me something about {an}."]),
                f"{cap(an)} is {a(x['kind'])}. It lives {x['home']} and eats {x['food']}.",
            ),
            (
                r.choice([f"Can {an} fly?"]),
                f"Yes, {an} can fly." if ("flies" in x["does"]) else f"No, {an} cannot fly.",
            ),
            (
                r.choice([f"Can {an} swim?"]),
                f"Yes, {an} can swim." if "swim" in x["does"] else f"I think that {an} does not swim much.",
            ),
        ]
    )


def is_a(r):
    n = r.choice(list(ANIMALS))
    if r.random() < 0.5:
        return f"Is {a(n)} an animal?", f"Yes, {a(n)} is an animal."
    t = r.choice(list(THINGS) + list(FOODS))
    if r.random() < 0.6:
        return f"Is {a(t)} an animal?", f"No, {a(t)} is {a(THINGS[t]['kind'] if t in THINGS else FOODS[t][0])}."
    f, g = r.choice(list(FOODS)), r.choice(["fruit", "vegetable"])
    k = FOODS[f][0]
    return f"Is {a(f)} a {g}?", f"Yes, {a(f)} is a {g}." if k == g else f"No, {a(f)} is {a(k)}."


def colour(r):
    t, c = r.choice(list(COLOURS_OF.items()))
    if r.random() < 0.2:
        w = r.choice([x for x in COLOURS if x != c])
        return r.choice([(f"Is {t} {w}?", f"No, {t} is {c}."), (f"Is {t} {c}?", f"Yes, {t} is {c}.")])
    if r.random() < 0.15:
        ts = [x for x, y in COLOURS_OF.items() if y == c]
        return r.choice(
            [f"What is {c}?", f"Name something {c}.", f"Tell me something that is {c}."]
        ), f"{cap(r.choice(ts))} is {c}."
    return r.choice(
        [f"What colour is {t}?", f"What is the colour of {t}?", f"Tell me the colour of {t}.", f"Which colour is {t}?"]
    ), f"{cap(t)} is {c}."


def opposite(r):
    x, y = r.choice(OPPOSITES)
    if r.random() < 0.5:
        x, y = y, x
    if x == "light":
        x, y = "heavy", "light"
    return (
        r.choice(
            [
                f"What is the opposite of {x}?",
                f"Tell me the opposite of {x}.",
                f"Give me the opposite of {x}.",
                f"What is the opposite of the word {x}?",
            ]
        ),
        f"The opposite of {x} is {y}.",
    )


def number(r):
    i = r.randrange(1, 19)
    k = r.randrange(7)
    if k == 0:
        return r.choice(
            [f"What comes after {NUMBERS[i]}?", f"Which number comes after {NUMBERS[i]}?"]
        ), f"{cap(NUMBERS[i + 1])} comes after {NUMBERS[i]}."
    if k == 1:
        return r.choice(
            [f"What comes before {NUMBERS[i]}?", f"Which number comes before {NUMBERS[i]}?"]
        ), f"{cap(NUMBERS[i - 1])} comes before {NUMBERS[i]}."
    if k == 2:
        n = r.randrange(2, 13)
        return r.choice(
            [f"Count to {NUMBERS[n]}.", f"Can you count to {NUMBERS[n]}?", f"Please count to {NUMBERS[n]}."]
        ), cap(", ".join(NUMBERS[1 : n + 1])) + "."
    if k == 3:
        s = r.randrange(1, 8)
        e = s + r.randrange(2, 6)
        return f"Count from {NUMBERS[s]} to {NUMBERS[e]}.", cap(", ".join(NUMBERS[s : e + 1])) + "."
    if k == 4:
        x, y = r.randrange(1, 10), r.randrange(1, 10)
        return r.choice(
            [f"What is {x} + {y}?", f"What is {x} plus {y}?", f"How much is {x} and {y}?"]
        ), f"{x} plus {y} is {x + y}."
    if k == 5:
        x, y = r.randrange(1, 6), r.randrange(1, 6)
        return r.choice(
            [f"What is {NUMBERS[x]} plus {NUMBERS[y]}?", f"How much is {NUMBERS[x]} and {NUMBERS[y]}?"]
        ), f"{cap(NUMBERS[x])} plus {NUMBERS[y]} is {NUMBERS[x + y]}."
    s, n = r.choice(list(SHAPES.items()))
    return r.choice([f"How many sides does a {s} have?", f"How many sides has a {s}?"]), f"A {s} has {n} sides."


def calendar(r):
    i, m = r.randrange(7), r.randrange(12)
    d, s = DAYS[i], r.choice(list(SEASONS))
    return r.choice(
        [
            (
                r.choice([f"What day comes after {d}?", f"Which day comes after {d}?"]),
                f"{DAYS[(i + 1) % 7]} comes after {d}.",
            ),
            (
                r.choice([f"What day comes before {d}?", f"Which day comes before {d}?"]),
                f"{DAYS[i - 1]} comes before {d}.",
            ),
            (f"What month comes after {MONTHS[m]}?", f"{MONTHS[(m + 1) % 12]} comes after {MONTHS[m]}."),
            (
                r.choice(["Name the days of the week.", "What are the days of the week?"]),
                "The days of the week are " + ", ".join(DAYS[:-1]) + " and Sunday.",
            ),
            (
                r.choice([f"What is the weather like in {s}?", f"How is the weather in {s}?"]),
                f"The weather is {SEASONS[s]} in {s}.",
            ),
            (f"Is it {SEASONS[s]} in {s}?", f"Yes, the weather is {SEASONS[s]} in {s}."),
            (r.choice(["How many days are in a week?", "How many days does a week have?"]), "A week has seven days."),
            ("What are the four seasons?", "The four seasons are spring, summer, autumn and winter."),
        ]
    )


def thing(r):
    t = r.choice(list(THINGS))
    x = THINGS[t]
    return r.choice(
        [
            (
                r.choice([f"What is {a(t)}?", f"Tell me what {a(t)} is."]),
                f"{cap(a(t))} is {a(x['kind'])}. You {x['use']}.",
            ),
            (
                r.choice(
                    [
                        f"What is {a(t)} for?",
                        f"What do you do with {a(t)}?",
                        f"What can I do with {a(t)}?",
                        f"Why do I need {a(t)}?",
                    ]
                ),
                f"You can {x['use']}.",
            ),
            (
                r.choice([f"Where is the {t}?", f"Where can I find the {t}?", f"I cannot find the {t}."]),
                f"The {t} is {x['where']}.",
            ),
        ]
    )


def food(r):
    f = r.choice(list(FOODS))
    kind, c, taste = FOODS[f]
    return r.choice(
        [
            (f"What is {a(f)}?", f"{cap(a(f))} is a {kind}. It is {c} and tastes {taste}."),
            (f"What does {a(f)} taste like?", f"{cap(a(f))} tastes {taste}."),
            (f"What colour is {a(f)}?", f"{cap(a(f))} is {c}."),
            (
                r.choice([f"Do you like {many(f)}?", f"Are {many(f)} good?"]),
                f"I cannot eat, but many people like {many(f)}.",
            ),
        ]
    )


def name_some(r):
    kinds = {
        "animal": WALKERS,
        "bird": [n for n, x in ANIMALS.items() if x["kind"] == "bird"],
        "toy": [t for t, x in THINGS.items() if x["kind"] == "toy"],
        "farm animal": [n for n, x in ANIMALS.items() if x["kind"] == "farm animal"],
        "fruit": [f for f, x in FOODS.items() if x[0] == "fruit"],
        "vegetable": [f for f, x in FOODS.items() if x[0] == "vegetable"],
        "colour": COLOURS,
        "tool": [t for t, x in THINGS.items() if x["kind"] == "tool"],
        "insect": ["bee", "ant", "butterfly"],
        "wild animal": [n for n, x in ANIMALS.items() if x["kind"] == "wild animal"],
    }
    k = r.choice(list(kinds))
    if r.random() < 0.45:
        x = r.choice(kinds[k])
        return (
            r.choice([f"Name {a(k)}.", f"Give me the name of {a(k)}.", f"Tell me the name of {a(k)}."]),
            f"{cap(x if k == 'colour' else a(x))} is {a(k)}.",
        )
    n = r.choice([2, 3])
    xs = r.sample(kinds[k], n)
    words = xs if k == "colour" else [a(x) for x in xs]
    return (
        r.choice(
            [f"Name {NUMBERS[n]} {many(k)}.", f"List {NUMBERS[n]} {many(k)}.", f"Tell me {NUMBERS[n]} {many(k)}."]
        ),
        f"{cap(NUMBERS[n])} {many(k)} are " + ", ".join(words[:-1]) + f" and {words[-1]}.",
    )


def job(r):
    j = r.choice(list(JOBS))
    does, where = JOBS[j]
    return r.choice(
        [
            (
                r.choice([f"What does {a(j)} do?", f"What is {a(j)}?", f"What is the work of {a(j)}?"]),
                f"{cap(a(j))} {does}.",
            ),
            (r.choice([f"Where does {a(j)} work?"]), f"{cap(a(j))} works {where}."),
            (r.choice([f"Who {does}?"]), f"{cap(a(j))} {does}."),
        ]
    )


def meaning(r):
    w, what = r.choice(list(WORLD.items()))
    return r.choice(
        [
            f"What is {w}?",
            f"Tell me what {w} is.",
            f"What does the word {w.split()[-1]} mean?",
            f"Can you tell me what {w} is?",
        ]
    ), f"{cap(w)} is {what}."


def body(r):
    p, use = r.choice(list(BODY.items()))
    return r.choice(
        [
            (
                r.choice([f"What do we do with our {p}?", f"What are {p} for?", f"Why do we have {p}?"]),
                f"We {use} with our {p}.",
            ),
            (f"How do we {use}?", f"We {use} with our {p}."),
        ]
    )


INTENTS = [
    (animal, 20),
    (is_a, 5),
    (colour, 8),
    (opposite, 8),
    (number, 10),
    (calendar, 5),
    (thing, 9),
    (food, 5),
    (name_some, 7),
    (job, 5),
    (meaning, 8),
    (body, 3),
    (write, 12),
    (tell_story, 8),
    (poem, 4),
    (greet, 5),
    (feel, 3),
    (read_back, 13),
    (one_word, 7),
    (unknown, 2),
]
_FUNCTIONS, _WEIGHTS = zip(*INTENTS)


def pair(r):
    """One (prompt, answer) of a random intent."""
    p, q = r.choices(_FUNCTIONS, _WEIGHTS)[0](r)
    if p.startswith("Say this again: "):
        q = p.removeprefix("Say this again: ")
    return p, q


def as_typed(r, prompt):
    """The prompt as people type it: now and then without its capital, its last sign or the British u."""
    if r.random() < 0.1:
        prompt = prompt[0].lower() + prompt[1:]
    if r.random() < 0.1:
        prompt = prompt.rstrip(".?!")
    if r.random() < 0.15:
        prompt = prompt.replace("colour", "color")
    return prompt
