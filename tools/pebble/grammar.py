"""Simple sentences, short stories and rhymes from a grammar of our own. Every function takes a `random.Random`."""

from facts import (
    ANIMALS,
    BODY,
    BOYS,
    COLOURS,
    COLOURS_OF,
    FOODS,
    GIRLS,
    JOBS,
    NUMBERS,
    OPPOSITES,
    OUTSIDE,
    PLACES,
    RHYMES,
    SEASONS,
    SIZES,
    TALES,
    THINGS,
    WORLD,
    a,
    cap,
    many,
)

TOYS = ["ball", "doll", "kite", "drum", "book", "hat", "bag", "bell", "bike", "boat", "map", "key", "scarf", "coin"]
WALKERS = [n for n in ANIMALS if n not in ("fish", "whale", "snail", "snake", "crab", "spider")]
GOOD = ["good", "kind", "brave", "clever", "gentle", "happy", "quiet", "busy"]


def person(r):
    """(name, he/she, him/her, his/her)."""
    if r.random() < 0.5:
        return r.choice(GIRLS), "she", "her", "her"
    return r.choice(BOYS), "he", "him", "his"


def weather(r):
    return r.choice(
        [
            "the sun shines",
            "the rain falls",
            "the wind blows",
            "the snow falls",
            "the sky is blue",
            "the air is cold",
            "the day is warm",
            "the clouds are grey",
        ]
    )


def about_animal(r, n):
    """One true sentence about animal `n`."""
    x = ANIMALS[n]
    return r.choice(
        [
            f"{cap(a(n))} {x['says']}." if "no sound" not in x["says"] else f"{cap(a(n))} is very quiet.",
            f"{cap(a(n))} lives {x['home']}.",
            f"{cap(a(n))} eats {x['food']}.",
            f"{cap(a(n))} {x['does']}.",
            f"{cap(a(n))} is {a(x['kind'])}.",
            f"A young {n} is called {a(x['young'])}.",
            f"{cap(a(n))} has {NUMBERS[int(x['legs'])]} legs." if x["legs"] != "0" else f"{cap(a(n))} has no legs.",
            f"The {x['colour']} {n} {x['does']}.",
            f"The {r.choice(SIZES)} {n} lives {x['home']} and eats {x['food']}.",
        ]
    )


def about_thing(r, n):
    x = THINGS[n]
    return r.choice(
        [
            f"{cap(a(n))} is {a(x['kind'])}.",
            f"You can {x['use']}.".replace(" it", f" {a(n)}", 1)
            if " it" in f"You can {x['use']}"
            else f"You can {x['use']} with {a(n)}.",
            f"The {r.choice(COLOURS)} {n} is {x['where']}.",
            f"There is {a(r.choice(SIZES[:4]))} {n} {x['where']}.",
        ]
    )


def about_food(r, n):
    kind, colour, taste = FOODS[n]
    return r.choice(
        [
            f"{cap(a(n))} is {a(kind)}.",
            f"This {n} is {colour} and tastes {taste}.",
            f"I like to eat {a(n)} {r.choice(['in the morning', 'at school', 'at home', 'with my friend'])}.",
            f"The {taste} {n} is on the table.",
        ]
    )


def about_job(r, n):
    does, where = JOBS[n]
    return r.choice([f"{cap(a(n))} {does}.", f"{cap(a(n))} works {where}.", f"The {n} {does} {where}."])


def scene(r):
    """One sentence in which a person does something."""
    name, he, him, his = person(r)
    other = person(r)[0]
    toy, pet, place = r.choice(TOYS), r.choice(WALKERS), r.choice(PLACES)
    return r.choice(
        [
            f"{name} plays with {a(r.choice(COLOURS))} {toy} {place}.",
            f"{name} and {other} walk {r.choice(OUTSIDE)}.",
            f"{name} has {a(r.choice(SIZES))} {pet}.",
            f"{name} sees {a(r.choice(SIZES))} {pet} {place}.",
            f"{name} gives {a(r.choice(list(FOODS)))} to {other}.",
            f"{name} reads a book {place} while {weather(r)}.",
            f"{name} is {r.choice(GOOD)} and helps {his} {r.choice(['mother', 'father', 'brother', 'sister', 'friend'])}.",
            f"{name} finds {a(toy)} {place} and shows it to {other}.",
            f"When {weather(r)}, {name} goes home.",
            f"{name} eats {a(r.choice(list(FOODS)))} and drinks {r.choice(['milk', 'water', 'tea'])}.",
            f"{name} has {r.choice(NUMBERS[2:11])} {many(r.choice(TOYS + list(FOODS)))} {place}.",
        ]
    )


def fact(r):
    """One sentence that is true of the small world."""
    k = r.randrange(9)
    if k < 3:
        return about_animal(r, r.choice(list(ANIMALS)))
    if k == 3:
        thing, colour = r.choice(list(COLOURS_OF.items()))
        return f"{cap(thing)} is {colour}."
    if k == 4:
        x, y = r.choice(OPPOSITES)
        x, y = (x, y) if r.random() < 0.5 else (y, x)
        return f"The opposite of {x} is {y}."
    if k == 5:
        word, what = r.choice(list(WORLD.items()))
        return f"{cap(word)} is {what}."
    if k == 6:
        return about_food(r, r.choice(list(FOODS)))
    if k == 7:
        return about_job(r, r.choice(list(JOBS)))
    part, use = r.choice(list(BODY.items()))
    season, how = r.choice(list(SEASONS.items()))
    return r.choice(
        [f"We {use} with our {part}.", f"The weather is {how} in {season}.", about_thing(r, r.choice(list(THINGS)))]
    )


def sentence_about(r, word):
    """One sentence with `word`, which is a key of ANIMALS, THINGS or FOODS, or any singular noun."""
    if word in ANIMALS and r.random() < 0.45:
        x = ANIMALS[word]
        return r.choice(
            [
                f"The {r.choice(SIZES)} {word} {x['does']}.",
                f"The {word} lives {x['home']} and eats {x['food']}.",
                f"The {word} {x['does']} when {weather(r)}.",
            ]
        )
    if word in FOODS and r.random() < 0.45:
        return about_food(r, word)
    if word in JOBS:
        return about_job(r, word)
    name = person(r)[0]
    if word in ANIMALS:
        return r.choice(
            [
                f"{name} sees {a(r.choice(SIZES))} {word} {r.choice(PLACES)}.",
                f"The {word} is {r.choice(GOOD)} and {name} likes it.",
                f"{name} gives {ANIMALS[word]['food']} to the {word}.",
            ]
        )
    if word in THINGS:
        return r.choice(
            [
                f"{name} finds {a(r.choice(COLOURS))} {word} {THINGS[word]['where']}.",
                f"The {r.choice(COLOURS)} {word} is {THINGS[word]['where']}.",
                f"{name} has {a(r.choice(['new', 'old', 'big', 'small']))} {word}.",
            ]
        )
    return r.choice(
        [
            f"{name} has {a(r.choice(COLOURS))} {word} {r.choice(PLACES)}.",
            f"{name} likes the {word} very much.",
            f"There is {a(r.choice(['good', 'new', 'big', 'small']))} {word} {r.choice(PLACES)}.",
        ]
    )


def _opening(r, hero, place):
    """(first sentences, what the hero is called afterwards, he/she/it, him/her/it, his/her/its)."""
    size = r.choice(SIZES[:5])
    if hero is None or hero in GIRLS or hero in BOYS:
        who, he, him, his = person(r)
        if hero:
            who, he, him, his = (hero, "she", "her", "her") if hero in GIRLS else (hero, "he", "him", "his")
        home = r.choice(["in the village", "in the town", "by the sea", "on the farm"])
        return (
            r.choice(
                [
                    f"Once there was a child called {who}. {cap(he)} lived {home}.",
                    f"One day {who} went for a walk {place}.",
                    f"{who} was {a(r.choice(GOOD))} child who liked to play {place}.",
                ]
            ),
            who,
            he,
            him,
            his,
        )
    he, home = TALES[hero] if hero in TALES else ("it", ANIMALS[hero]["home"])
    him, his = {"he": ("him", "his"), "she": ("her", "her"), "it": ("it", "its")}[he]
    likes = ANIMALS[hero]["food"] if hero in ANIMALS else r.choice(["songs", "cakes", "flowers", "books", "stories"])
    forms = [
        f"Once there was {a(size)} {hero}. {cap(he)} lived {home}.",
        f"There was once {a(r.choice(GOOD))} {hero} who liked {likes}.",
        f"Once upon a time {a(size)} {hero} lived {home}.",
    ]
    if hero in TALES or hero in WALKERS:
        forms.append(f"One day {a(size)} {hero} went for a walk {place}.")
    return r.choice(forms), f"The {hero}", he, him, his


def story(r, hero=None):
    """A story of four to six sentences about `hero` (an animal, a key of TALES, a name) or a child; one trouble, one end."""
    toy, place, friend = r.choice(TOYS), r.choice(OUTSIDE), r.choice(WALKERS)
    while friend == hero:
        friend = r.choice(WALKERS)
    first, who, he, him, his = _opening(r, hero, place)
    f = f"{a(r.choice(SIZES[:5]))} {friend}"
    middle = r.choice(
        [
            f"Then {he} lost {his} {toy}. {cap(he)} looked everywhere, but {he} could not find it. Then {he} met {f}. "
            f'"I can help you," said the {friend}. They looked together and found the {toy} {place}.',
            f'{cap(he)} was lonely and wanted a friend. Then {he} met {f}. "Will you play with me?" asked {who.replace("The", "the")}. '
            f'"Yes," said the {friend}. They played with {a(toy)} all day.',
            f'Suddenly the wind blew and the rain fell. {who} was wet and cold. {cap(f)} saw {him} and said, "Come into my home." '
            f"They sat by the fire and ate {a(r.choice(list(FOODS)))}.",
            f'{cap(he)} saw {f} that was sad. "Why are you sad?" asked {who.replace("The", "the")}. "I am hungry," said the {friend}. '
            f"So {who.replace('The', 'the')} gave it {ANIMALS[friend]['food']}.",
            f'{cap(he)} found {a(r.choice(COLOURS))} {toy} {place}. "That is mine," said {f}. {who} gave the {toy} back. '
            f'The {friend} said, "Thank you, you are very kind."',
            f'{cap(he)} wanted to cross the river, but the water was deep. {cap(f)} came and said, "Do not be afraid. I will show you the bridge." '
            f"They crossed the river slowly.",
            f'In the dark {he} heard a noise and was afraid. {cap(he)} looked and saw {f}. "I am only looking for {ANIMALS[friend]["food"]}," said the {friend}. '
            f"Then {who.replace('The', 'the')} was not afraid any more.",
        ]
    )
    end = r.choice(
        [
            "They were friends for ever.",
            f"{who} was very happy.",
            f"Then {who.replace('The', 'the')} went home and slept well.",
            "From that day they played together.",
            f'{who} smiled and said, "Thank you."',
            "It was a good day.",
        ]
    )
    return f"{first} {middle} {end}"


def rhyme(r, word=None):
    """Two lines that rhyme."""
    pairs = [p for p in RHYMES if word is None or word in p] or RHYMES
    x, y = r.choice(pairs)
    if word == y and r.random() < 0.5:
        x, y = y, x
    return r.choice(
        [
            f"I see {a(x)} upon the way,\nit goes to see {a(y)} today.",
            f"Look at the {x},\nlook at the {y},\nlook at the clouds in the big blue sky.",
            f"Here is the {x}\nand here is the {y}.",
            f"Once I had a little {x},\nnow I have a little {y}.",
        ]
    )


def paragraph(r):
    """Plain text for pre-training: one of the kinds above, or a few sentences together."""
    k = r.random()
    if k < 0.35:
        return story(r, r.choice([None, r.choice(list(ANIMALS)), r.choice(list(TALES))]))
    if k < 0.5:
        n = r.choice(list(ANIMALS))
        return " ".join(dict.fromkeys(about_animal(r, n) for _ in range(4)))
    if k < 0.75:
        return " ".join(dict.fromkeys(fact(r) for _ in range(4)))
    if k < 0.95:
        return " ".join(dict.fromkeys(scene(r) for _ in range(3)))
    return rhyme(r)
