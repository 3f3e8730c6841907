"""The small closed world that Pebble is taught: tables only, written for this project. British spelling."""

# name: (sound verb phrase, home, food, colour, young, legs, what it does, kind)
_ANIMALS = """
dog|barks|in a kennel|bones|brown|puppy|4|runs and plays|pet
cat|purrs|in a house|fish|grey|kitten|4|climbs and sleeps|pet
rabbit|squeaks|in a burrow|carrots|white|bunny|4|hops|pet
mouse|squeaks|in a hole|cheese|grey|pup|4|runs and hides|wild animal
horse|neighs|in a stable|hay|brown|foal|4|runs fast|farm animal
cow|moos|on a farm|grass|brown|calf|4|walks in the field|farm animal
pig|grunts|on a farm|corn|pink|piglet|4|rolls in the mud|farm animal
sheep|bleats|on a farm|grass|white|lamb|4|walks on the hill|farm animal
goat|bleats|on a hill|leaves|white|kid|4|climbs the rocks|farm animal
donkey|brays|on a farm|hay|grey|foal|4|carries bags|farm animal
hen|clucks|on a farm|seeds|brown|chick|2|lays eggs|bird
duck|quacks|by a pond|bread|white|duckling|2|swims in the pond|bird
goose|honks|by a lake|grass|white|gosling|2|swims and walks|bird
owl|hoots|in a tree|mice|brown|owlet|2|flies at night|bird
robin|sings|in a nest|worms|red|chick|2|flies and sings|bird
crow|caws|in a tree|seeds|black|chick|2|flies over the fields|bird
parrot|talks|in the forest|nuts|green|chick|2|flies and talks|bird
penguin|squawks|on the ice|fish|black|chick|2|swims in the cold sea|bird
lion|roars|in the grass land|meat|yellow|cub|4|runs and hunts|wild animal
tiger|roars|in the forest|meat|orange|cub|4|jumps and hunts|wild animal
bear|growls|in a cave|honey|brown|cub|4|climbs and sleeps|wild animal
wolf|howls|in the forest|meat|grey|cub|4|runs in the snow|wild animal
fox|barks|in a den|eggs|red|cub|4|runs and hides|wild animal
elephant|trumpets|in the grass land|leaves|grey|calf|4|walks slowly|wild animal
monkey|chatters|in a tree|bananas|brown|baby|4|climbs and swings|wild animal
deer|calls softly|in the forest|leaves|brown|fawn|4|runs and jumps|wild animal
squirrel|chatters|in a tree|nuts|red|kit|4|climbs and jumps|wild animal
hedgehog|snuffles|under a hedge|worms|brown|hoglet|4|rolls into a ball|wild animal
frog|croaks|by a pond|flies|green|tadpole|4|jumps and swims|wild animal
snake|hisses|in the grass|mice|green|baby snake|0|slides on the ground|wild animal
turtle|makes no sound|in the sea|plants|green|baby turtle|4|swims slowly|sea animal
fish|makes no sound|in the water|small plants|silver|baby fish|0|swims|sea animal
whale|sings|in the sea|small fish|blue|calf|0|swims and dives|sea animal
crab|makes no sound|on the beach|small fish|red|baby crab|10|walks sideways|sea animal
bee|buzzes|in a hive|honey|yellow|grub|6|flies and makes honey|insect
ant|makes no sound|in the ground|seeds|black|grub|6|works and carries food|insect
butterfly|makes no sound|in a garden|nectar|blue|caterpillar|6|flies from flower to flower|insect
spider|makes no sound|in a web|flies|black|baby spider|8|makes a web|small animal
snail|makes no sound|in a shell|leaves|brown|baby snail|0|moves very slowly|small animal
"""
ANIMALS = {}
for _line in _ANIMALS.strip().splitlines():
    _f = _line.split("|")
    ANIMALS[_f[0]] = dict(zip(("says", "home", "food", "colour", "young", "legs", "does", "kind"), _f[1:]))
PLURALS = {"mouse": "mice", "goose": "geese", "wolf": "wolves", "sheep": "sheep", "deer": "deer", "fish": "fish",
           "butterfly": "butterflies", "fox": "foxes", "leaf": "leaves", "knife": "knives", "box": "boxes",
           "child": "children", "foot": "feet", "tooth": "teeth", "man": "men", "woman": "women", "berry": "berries",
           "cherry": "cherries", "strawberry": "strawberries", "potato": "potatoes", "tomato": "tomatoes",
           "peach": "peaches", "brush": "brushes", "watch": "watches", "baby": "babies", "puppy": "puppies",
           "bus": "buses", "bench": "benches", "bunny": "bunnies", "dress": "dresses", "monkey": "monkeys"}

# thing: its colour
COLOURS_OF = {"the sky": "blue", "the sea": "blue", "grass": "green", "a leaf": "green", "the sun": "yellow",
              "the moon": "white", "snow": "white", "milk": "white", "a cloud": "white", "coal": "black",
              "the night": "black", "a lemon": "yellow", "a banana": "yellow", "corn": "yellow", "an orange": "orange",
              "a carrot": "orange", "a pumpkin": "orange", "a tomato": "red", "a strawberry": "red", "a cherry": "red",
              "blood": "red", "fire": "red", "an apple": "red", "a plum": "purple", "a grape": "purple",
              "chocolate": "brown", "bread": "brown", "wood": "brown", "mud": "brown", "a stone": "grey",
              "smoke": "grey", "a rose": "red", "gold": "yellow", "cheese": "yellow", "a pea": "green",
              "ice": "white", "sugar": "white", "salt": "white", "honey": "yellow", "a nut": "brown"}
COLOURS = ["red", "blue", "green", "yellow", "white", "black", "brown", "orange", "purple", "pink", "grey"]

OPPOSITES = [tuple(p.split("/")) for p in (
    "hot/cold big/small happy/sad up/down in/out day/night good/bad fast/slow old/young new/old wet/dry hard/soft "
    "light/dark open/closed full/empty long/short tall/short high/low loud/quiet clean/dirty early/late left/right "
    "black/white near/far first/last rich/poor strong/weak heavy/light sweet/sour thick/thin wide/narrow "
    "awake/asleep brave/afraid warm/cool kind/unkind yes/no front/back top/bottom begin/end push/pull come/go "
    "give/take love/hate lost/found win/lose summer/winter boy/girl man/woman king/queen brother/sister "
    "mother/father always/never many/few rough/smooth easy/difficult true/false busy/lazy").split()]

# thing: (kind, what you do with it, where it is)
_THINGS = """
spoon|tool|eat soup with it|in the kitchen
cup|thing|drink tea from it|on the table
plate|thing|put food on it|on the table
knife|tool|cut bread with it|in the kitchen
chair|piece of furniture|sit on it|at the table
table|piece of furniture|eat at it|in the kitchen
bed|piece of furniture|sleep in it|in the bedroom
lamp|thing|read by its light|on the desk
book|thing|read it|on the shelf
pen|tool|write with it|on the desk
pencil|tool|draw with it|in the bag
brush|tool|paint with it|on the shelf
ball|toy|play with it|in the garden
doll|toy|play with it|in the box
kite|toy|fly it in the wind|in the sky
drum|toy|make music with it|in the box
bell|thing|ring it|on the door
clock|thing|tell the time with it|on the wall
key|thing|open a door with it|in the pocket
door|part of a house|open and close it|in the wall
window|part of a house|look out of it|in the wall
bag|thing|carry things in it|by the door
box|thing|keep things in it|under the bed
basket|thing|carry apples in it|in the kitchen
umbrella|thing|stay dry in the rain|by the door
coat|piece of clothing|wear it in the cold|by the door
hat|piece of clothing|wear it on your head|on the shelf
sock|piece of clothing|wear it on your foot|in the box
shoe|piece of clothing|wear it on your foot|by the door
scarf|piece of clothing|keep your neck warm|by the door
bike|thing that moves|ride it|in the street
car|thing that moves|drive it|in the street
bus|thing that moves|ride to school in it|in the street
train|thing that moves|travel far in it|at the station
boat|thing that moves|cross the water in it|on the lake
ship|thing that moves|cross the sea in it|on the sea
plane|thing that moves|fly in it|in the sky
bridge|thing|cross the river on it|over the river
ladder|tool|climb up with it|by the wall
hammer|tool|hit a nail with it|in the box
broom|tool|clean the floor with it|in the kitchen
soap|thing|wash your hands with it|by the water
towel|thing|dry your hands with it|in the bathroom
candle|thing|make light with it|on the table
mirror|thing|see your face in it|on the wall
map|thing|find the way with it|in the bag
letter|thing|send it to a friend|in the box
coin|thing|buy things with it|in the pocket
rope|thing|tie things with it|in the boat
blanket|thing|keep warm under it|on the bed
"""
THINGS = {}
for _line in _THINGS.strip().splitlines():
    _f = _line.split("|")
    THINGS[_f[0]] = dict(zip(("kind", "use", "where"), _f[1:]))

# food: (kind, colour, taste)
FOODS = {"apple": ("fruit", "red", "sweet"), "banana": ("fruit", "yellow", "sweet"), "pear": ("fruit", "green", "sweet"),
         "orange": ("fruit", "orange", "sweet"), "lemon": ("fruit", "yellow", "sour"), "plum": ("fruit", "purple", "sweet"),
         "cherry": ("fruit", "red", "sweet"), "strawberry": ("fruit", "red", "sweet"), "grape": ("fruit", "purple", "sweet"),
         "peach": ("fruit", "orange", "sweet"), "carrot": ("vegetable", "orange", "fresh"),
         "potato": ("vegetable", "brown", "plain"), "tomato": ("vegetable", "red", "fresh"),
         "onion": ("vegetable", "white", "strong"), "pea": ("vegetable", "green", "fresh"),
         "bean": ("vegetable", "green", "plain"), "pumpkin": ("vegetable", "orange", "plain"),
         "cake": ("sweet food", "brown", "sweet"), "biscuit": ("sweet food", "brown", "sweet"),
         "pie": ("food", "brown", "warm"), "egg": ("food", "white", "plain"), "nut": ("food", "brown", "dry")}

# job: (what they do, where)
JOBS = {"teacher": ("teaches children", "in a school"), "baker": ("bakes bread", "in a bakery"),
        "farmer": ("grows food", "on a farm"), "doctor": ("helps sick people", "in a hospital"),
        "nurse": ("cares for sick people", "in a hospital"), "sailor": ("sails a ship", "on the sea"),
        "cook": ("makes food", "in a kitchen"), "painter": ("paints pictures", "in a room"),
        "gardener": ("cares for plants", "in a garden"), "driver": ("drives a bus", "in the town"),
        "pilot": ("flies a plane", "in the sky"), "singer": ("sings songs", "in a hall"),
        "writer": ("writes books", "at a desk"), "king": ("rules the land", "in a castle"),
        "queen": ("rules the land", "in a castle"), "fisherman": ("catches fish", "on a boat"),
        "builder": ("builds houses", "in the town"), "shepherd": ("cares for sheep", "on a hill"),
        "miller": ("makes flour", "in a mill"), "postman": ("brings letters", "in the village")}

# hero of a tale: (he/she/it, where it lives)
TALES = {"dragon": ("it", "in a cave"), "princess": ("she", "in a castle"), "prince": ("he", "in a castle"), "giant": ("he", "on a mountain"),
         "fairy": ("she", "in a flower"), "king": ("he", "in a castle"), "queen": ("she", "in a castle"), "witch": ("she", "in a dark forest"),
         "boy": ("he", "in the village"), "girl": ("she", "in the village"), "farmer": ("he", "on a farm"), "baker": ("she", "in the town"),
         "sailor": ("he", "by the sea"), "robot": ("it", "in a tall house"), "fisherman": ("he", "by the lake"), "shepherd": ("she", "on a hill")}

# word: what it is
WORLD = {"the sun": "a very big and hot star", "the moon": "a big ball of rock in the sky", "a star": "a light in the night sky",
         "a river": "water that runs to the sea", "a lake": "still water with land around it",
         "the sea": "a very big place full of salt water", "a mountain": "a very high hill",
         "a forest": "a place with many trees", "a garden": "a place where flowers grow",
         "a farm": "a place where food grows", "a school": "a place where children learn",
         "a house": "a place where people live", "a castle": "a big stone house for a king",
         "a village": "a small place with few houses", "a town": "a place with many houses and streets",
         "an island": "land with water all around it", "a desert": "a hot and dry place with sand",
         "rain": "water that falls from the clouds", "snow": "soft white ice that falls from the clouds",
         "wind": "air that moves", "ice": "water that is very cold and hard", "a cloud": "a soft white thing in the sky",
         "a rainbow": "a band of colours in the sky", "a storm": "strong wind and rain", "fog": "a cloud near the ground",
         "a tree": "a big plant made of wood", "a flower": "a plant with a pretty colour", "a seed": "a small thing that grows into a plant",
         "a leaf": "a green part of a plant", "a friend": "a person who is kind to you", "a baby": "a very young child",
         "a story": "words that tell what happened", "a song": "words and music that you sing",
         "a game": "something that you play", "a dream": "a story that you see in your sleep",
         "a gift": "something that you give to a friend", "a shop": "a place where you buy things",
         "a nest": "the home of a bird", "a hive": "the home of the bees", "honey": "sweet food that bees make",
         "bread": "food made from flour", "milk": "a white drink that comes from a cow", "cheese": "food made from milk",
         "winter": "the cold part of the year", "summer": "the hot part of the year",
         "spring": "the part of the year when flowers grow", "autumn": "the part of the year when leaves fall"}

BODY = {"eyes": "see", "ears": "hear", "nose": "smell", "mouth": "eat and talk", "hands": "hold things", "feet": "walk",
        "teeth": "bite", "legs": "run", "arms": "carry things", "fingers": "touch things", "tongue": "taste"}
SHAPES = {"triangle": "three", "square": "four", "rectangle": "four", "pentagon": "five", "hexagon": "six"}
NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
           "seventeen eighteen nineteen twenty").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
SEASONS = {"spring": "warm", "summer": "hot", "autumn": "cool", "winter": "cold"}

GIRLS = "Anna Lily Mia Rose Lucy Emma Clara Ruby Jane Nora".split()
BOYS = "Tom Ben Sam Max Jack Leo Harry Finn Hugo Peter".split()
PLACES = ["in the garden", "in the forest", "by the river", "on the hill", "in the park", "at school", "by the sea",
          "in the kitchen", "on the farm", "in the village", "under the tree", "by the pond", "in the town",
          "in the field", "on the beach", "at home", "in the house", "by the lake"]
OUTSIDE = [p for p in PLACES if p not in ("in the kitchen", "in the house", "at home", "at school")]
SIZES = ["little", "big", "small", "old", "young", "tiny", "tall"]
MOODS = ["happy", "sad", "tired", "hungry", "thirsty", "cold", "angry", "afraid", "bored", "sick", "proud", "lonely"]
COMFORT = {"happy": "I am glad to hear that", "sad": "I am sorry that you are sad", "tired": "You should rest and sleep",
           "hungry": "You should eat some bread and an apple", "thirsty": "You should drink some water",
           "cold": "You should put on a warm coat", "angry": "You should sit down and breathe slowly",
           "afraid": "You are safe, and a friend can help you", "bored": "You could read a book or play a game",
           "sick": "You should stay in bed and see a doctor", "proud": "Well done, you worked hard",
           "lonely": "You should talk to a good friend"}
RHYMES = [("cat", "hat"), ("dog", "log"), ("bee", "tree"), ("mouse", "house"), ("fox", "box"), ("bear", "chair"),
          ("star", "car"), ("moon", "spoon"), ("boat", "coat"), ("rain", "train"), ("snow", "crow"), ("night", "light"),
          ("day", "play"), ("king", "ring"), ("sea", "tea"), ("hill", "mill"), ("ball", "wall"), ("bed", "bread"),
          ("sheep", "sleep"), ("cake", "lake"), ("goat", "boat"), ("hen", "pen"), ("wing", "sing"), ("sun", "run")]


def a(noun: str) -> str:
    """`a dog`, `an owl`."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def many(noun: str) -> str:
    """The plural of a noun of these tables."""
    return PLURALS.get(noun, noun + "s")


def cap(text: str) -> str:
    """First letter as a capital."""
    return text[0].upper() + text[1:]
