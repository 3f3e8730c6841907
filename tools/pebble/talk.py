"""Pairs beyond plain facts: writing, stories, greetings, reading the prompt, and what Pebble does not know."""

from facts import (
    ANIMALS,
    BOYS,
    COLOURS,
    COLOURS_OF,
    COMFORT,
    FOODS,
    GIRLS,
    JOBS,
    MOODS,
    NUMBERS,
    OPPOSITES,
    PLACES,
    RHYMES,
    TALES,
    THINGS,
    a,
    cap,
    many,
)
from grammar import TOYS, WALKERS, about_animal, person, rhyme, scene, sentence_about, story


def write(r):
    pools = r.choice([list(ANIMALS), list(ANIMALS), list(THINGS), list(FOODS), list(JOBS)])
    w = r.choice(pools)
    if r.random() < 0.2:
        n, p = person(r)[0], r.choice(PLACES)
        return r.choice(
            [
                (f"Write a sentence about {n}.", f"{n} {r.choice(['plays', 'walks', 'sings', 'runs', 'reads'])} {p}."),
                ("Write a sentence.", scene(r)),
                (
                    "Say something nice.",
                    r.choice(["You are a good friend.", "I am glad that you are here.", "Today is a good day."]),
                ),
            ]
        )
    if r.random() < 0.2 and w in ANIMALS:
        s = list(dict.fromkeys(about_animal(r, w) for _ in range(5)))[:2]
        return r.choice([f"Write two sentences about {a(w)}.", f"Tell me two things about {a(w)}."]), " ".join(s)
    return r.choice(
        [
            f"Write a sentence about {a(w)}.",
            f"Write a sentence with the word {w}.",
            f"Make a sentence with the word {w}.",
            f"Please write a sentence about {a(w)}.",
            f"Use the word {w} in a sentence.",
        ]
    ), sentence_about(r, w)


def tell_story(r):
    k = r.random()
    if k < 0.15:
        h = r.choice(GIRLS + BOYS)
        return r.choice(
            [f"Tell me a short story about {h}.", f"Tell me a story about {h}.", f"Write a story about {h}."]
        ), story(r, h)
    if k < 0.8:
        h = r.choice(r.choice([list(ANIMALS), list(TALES)]))
        return r.choice(
            [
                f"Tell me a short story about {a(h)}.",
                f"Tell me a story about {a(h)}.",
                f"Write a short story about {a(h)}.",
                f"Write a story about {a(h)}.",
                f"Can you tell me a story about {a(h)}?",
            ]
        ), story(r, h)
    return r.choice(
        [
            "Tell me a story.",
            "Tell me a short story.",
            "Write a short story about a child.",
            "Tell me a story about a child.",
            "Please tell me a story.",
        ]
    ), story(r)


def poem(r):
    x = r.choice(RHYMES)
    w = r.choice(x)
    if r.random() < 0.4:
        other = x[0] if w == x[1] else x[1]
        return r.choice([f"What rhymes with {w}?", f"Which word rhymes with {w}?"]), f"{cap(other)} rhymes with {w}."
    return r.choice(
        [f"Write a rhyme about {a(w)}.", f"Write a short poem about {a(w)}.", f"Tell me a rhyme with the word {w}."]
    ), rhyme(r, w)


def greet(r):
    n = person(r)[0]
    return r.choice(
        [
            (
                r.choice(["Hello!", "Hello.", "Hi!", "Hello, Pebble!", "Hi there!", "Hello there."]),
                r.choice(["Hello! How can I help you?", "Hello! What would you like to know?"]),
            ),
            (r.choice(["Good morning!", "Good morning, Pebble."]), "Good morning! How can I help you?"),
            (r.choice(["Good night!", "Good night, Pebble."]), "Good night! Sleep well."),
            (r.choice(["Goodbye!", "Bye!", "Goodbye, Pebble."]), "Goodbye! Come back soon."),
            (r.choice(["How are you?", "How are you today?"]), "I am well, thank you. How are you?"),
            (r.choice(["Thank you!", "Thanks!", "Thank you very much."]), "You are welcome."),
            (
                r.choice(["Who are you?", "What are you?", "What is your name?", "Tell me about you."]),
                "I am Pebble, a very small practice model.",
            ),
            (
                r.choice(["What can you do?", "How can you help me?"]),
                "I can answer simple questions and tell short stories.",
            ),
            (r.choice(["Are you a person?", "Are you a real person?"]), "No, I am a very small practice model."),
            (r.choice([f"My name is {n}.", f"I am {n}."]), f"Hello, {n}! It is good to meet you."),
        ]
    )


def feel(r):
    m = r.choice(MOODS)
    return r.choice(
        [
            (f"I am {m}.", f"{COMFORT[m]}."),
            (f"I feel {m} today.", f"{COMFORT[m]}."),
            (
                f"What should I do when I am {m}?",
                f"{COMFORT[m]}." if m not in ("happy", "sad", "proud") else "You should talk to a good friend.",
            ),
        ]
    )


def read_back(r):
    """Answers that must be copied out of the prompt."""
    n, he, him, his = person(r)
    m = person(r)[0]
    toy, place, c, k = r.choice(TOYS + list(FOODS)), r.choice(PLACES), r.choice(COLOURS), r.randrange(2, 11)
    pet = r.choice(WALKERS)
    s = f"{n} has {NUMBERS[k]} {c} {many(toy)} {place}."
    t = f"{n} gives {a(c)} {toy} to {m} {place}."
    u = f"The {c} {pet} sees {a(toy)} {place}."
    return r.choice(
        [
            (f"{s} Who has the {many(toy)}?", f"{n} has the {many(toy)}."),
            (f"{s} What colour are the {many(toy)}?", f"The {many(toy)} are {c}."),
            (f"{s} How many {many(toy)} are there?", f"There are {NUMBERS[k]} {many(toy)}."),
            (f"{s} Where are the {many(toy)}?", f"The {many(toy)} are {place}."),
            (f"{t} Who gets the {toy}?", f"{m} gets the {toy}."),
            (f"{t} What does {n} give?", f"{n} gives {a(c)} {toy}."),
            (f"{u} What does the {pet} see?", f"The {pet} sees {a(toy)}."),
            (f"{u} What colour is the {pet}?", f"The {pet} is {c}."),
            (f"Say this again: {r.choice([s, t, u, scene(r)])}",) * 2,
            (f"Say the words {c} {toy}.", f"{cap(c)} {toy}."),
        ]
    )


def one_word(r):
    """Bare answers, in small letters and without a stop, as labels and fields of records are."""
    x, y = r.choice(OPPOSITES)
    n, (t, c), f = r.choice(list(ANIMALS)), r.choice(list(COLOURS_OF.items())), r.choice(list(FOODS))
    who, m, k, d, toy = (
        person(r)[0],
        r.choice(MOODS),
        r.randrange(2, 11),
        r.choice(COLOURS),
        r.choice(TOYS + list(FOODS)),
    )
    s = f"{who} has {NUMBERS[k]} {d} {many(toy)} {r.choice(PLACES)}."
    q, answer = r.choice(
        [
            (f"What colour is {t}?", c),
            (f"What is the opposite of {x}?", y),
            (f"What is the opposite of {y}?", x),
            (f"What is {a(f)}?", FOODS[f][0]),
            (f"What colour is {a(n)}?", ANIMALS[n]["colour"]),
            (f"What is a young {n} called?", ANIMALS[n]["young"]),
            (f"{who} is {m}. How is {who}?", m),
            (f"{s} What colour?", d),
            (f"{s} What does {who} have?", many(toy)),
            (f"{s} How many?", str(k)),
            (f"{s} Who?", who),
            (f"{s} What is one of them called?", toy),
            (f"Which number is {NUMBERS[k]}?", str(k)),
        ]
    )
    return r.choice([f"In one word: {q}", f"One word, please. {q}", f"Answer with one word. {q}"]), answer


_UNKNOWN = [
    "politics",
    "chemistry",
    "computers",
    "history",
    "geography",
    "football",
    "the news",
    "the stock market",
    "algebra",
    "France",
    "China",
    "the president",
    "electricity",
    "a volcano",
    "the internet",
    "physics",
    "a violin",
    "medicine",
    "London",
    "a telescope",
    "democracy",
    "a guitar",
    "Shakespeare",
    "money",
]
_HARD = [
    "What is the capital of France?",
    "What is the capital of England?",
    "Who is the president?",
    "What time is it?",
    "What is the date today?",
    "Write a program.",
    "Write some code in Python.",
    "Translate this into French.",
    "What is 25 times 17?",
    "How old is the world?",
    "How do I make a computer?",
    "Who won the football game?",
    "What is the meaning of life?",
    "How far is the moon?",
    "Why is the sky blue?",
    "Who wrote Hamlet?",
    "Give me the news.",
    "How do planes fly?",
]


def unknown(r):
    w = r.choice(_UNKNOWN)
    return (
        r.choice(
            [
                f"Tell me about {w}.",
                f"What is {w}?",
                f"What do you know about {w}?",
                f"Explain {w}.",
                f"How does {w} work?",
                r.choice(_HARD),
                r.choice(_HARD),
            ]
        ),
        "I am sorry, I do not know that. I am a very small model.",
    )
