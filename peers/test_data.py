"""Data against gemma and kauldron, by their own packages (requirements-data.txt): run.py --suite data"""

import data_exports
import seq2seq
from run import online, same


def agree(cases, tokenizer):
    want, note, wrong = seq2seq.compare(cases, tokenizer)
    if wrong:
        raise AssertionError(note)
    return want, note


def test_seq2seq_pebble(context):
    """200 multilingual pairs, cut and not: input, target and mask; and the committed golden file is what kauldron makes."""
    cases = seq2seq.make_cases()
    want, note = agree(cases, seq2seq.PEBBLE)
    same((context.golden / "kauldron" / "pebble.json").read_text(), seq2seq.golden_text(cases, want), "pebble.json")
    return note


@online
def test_seq2seq_gemma(context):
    """Another 200 with Gemma 3's own words."""
    return agree(seq2seq.make_cases(200, 1), context.tokenizer)[1]


def test_exports(context):
    """Exported data in the libraries it is for, and three steps of the exported config.py."""
    return "; ".join(data_exports.check(context.folder))
