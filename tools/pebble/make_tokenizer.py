"""Train Pebble's byte-fallback BPE in the form of Gemma's tokenizer.json.

    python make_tokenizer.py --corpus DIR --out public/models/pebble

While training, words, digits, punctuation and new lines are kept apart, so no merge crosses them; the saved tokenizer
has Gemma's own pre-tokenizer, which never splits (the normaliser has already replaced every space), as Gemma's has.
"""

import argparse
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from corpus import paragraphs
from facts import COLOURS, FOODS, MOODS
from grammar import TOYS, paragraph
from pairs import pair

VOCAB = 2048
# The first five ids are Gemma's own; there, too, <mask> is an ordinary added token.
FIRST = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>", "\n", "\n\n"]
PLAIN = ["<mask>", "\n", "\n\n"]
# Signs that a user's own data needs; the texts have few of them, and a byte token apiece would be dear.
SIGNS = list("0123456789{}[]()<>:;,.!?'\"-_+=*/\\|@#$%&^~`") + [
    c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
]
RECORDS = ['{"name": "Tom", "colour": "red"}', '{"a": 1, "b": [2, 3]}', "name: Tom\ncolour: red"]
# Words of the chat format and of people's own data sets.
WORDS = (
    "user model name count item text label answer question word positive negative neutral yes no true false null "
    "category topic sentence english please thanks sorry hello"
).split()
BARE = [
    *TOYS,
    *FOODS,
    *MOODS,
    *COLOURS,
]  # such a word may stand without a space before it: a label, a field of a record


def train(corpus: str) -> Tokenizer:
    r = random.Random(20)
    texts = [paragraph(r) for _ in range(12000)]
    texts += [text for _ in range(30000) for text in pair(r)]
    texts += RECORDS * 400 + [form for word in WORDS for form in (word, f" {word}")] * 300
    texts += BARE * 300
    texts += [text for _, text in paragraphs(corpus)]
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Replace(" ", "▁")
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\n+"), "isolated"),
            pre_tokenizers.Split(Regex(r"▁?[A-Za-z]+|[0-9]|▁?[^A-Za-z0-9▁\n]+|▁"), "isolated"),
        ]
    )
    first = FIRST + [f"<0x{b:02X}>" for b in range(256)]
    # `max_token_length` keeps long runs of one sign out; the alphabet is bounded, the rest falls back to bytes.
    t.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCAB,
            special_tokens=first,
            limit_alphabet=110,
            initial_alphabet=[*SIGNS, "▁"],
            min_frequency=2,
            max_token_length=16,
            show_progress=False,
        ),
    )
    return t


def gemma_form(t: Tokenizer) -> Tokenizer:
    """The same vocabulary and merges, with Gemma's normaliser, pre-tokenizer, post-processor and decoder."""
    model = json.loads(t.to_str())["model"]
    merges = [tuple(m) for m in model["merges"]]
    out = Tokenizer(
        models.BPE(vocab=model["vocab"], merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    out.normalizer = normalizers.Replace(" ", "▁")
    out.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    bos = "<bos>"
    out.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos}:1 $B:1", special_tokens=[(bos, 2)]
    )
    out.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    out.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in FIRST if s not in PLAIN])
    out.add_tokens([AddedToken(s, normalized=False, special=False) for s in PLAIN])
    return out


CHAT_TEMPLATE = """{{- bos_token -}}
{%- set system = '' -%}
{%- set turns = messages -%}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'] + '\\n\\n' -%}
    {%- set turns = messages[1:] -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('Turns must alternate: user, assistant, user, assistant, ...') -}}
    {%- endif -%}
    {{- '<start_of_turn>' + ('model' if turn['role'] == 'assistant' else turn['role']) + '\\n' -}}
    {%- if loop.first -%}
        {{- system -}}
    {%- endif -%}
    {{- turn['content'] | trim -}}
    {{- '<end_of_turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<start_of_turn>model\\n' -}}
{%- endif -%}
"""


def tokenizer_config(t: Tokenizer) -> dict:
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return {
        "add_bos_token": True,
        "add_eos_token": False,
        "added_tokens_decoder": {
            str(t.token_to_id(s)): {"content": s, **flags, "special": s not in PLAIN} for s in FIRST
        },
        "additional_special_tokens": ["<start_of_turn>", "<end_of_turn>"],
        "bos_token": "<bos>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<eos>",
        "mask_token": "<mask>",
        "model_max_length": 1024,
        "pad_token": "<pad>",
        "padding_side": "left",
        "sp_model_kwargs": None,
        "spaces_between_special_tokens": False,
        "tokenizer_class": "GemmaTokenizer",
        "unk_token": "<unk>",
        "use_default_system_prompt": False,
    }


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--corpus", required=True)
    args.add_argument("--out", required=True)
    args = args.parse_args()
    t = gemma_form(train(args.corpus))
    if t.get_vocab_size() != VOCAB:
        raise SystemExit(f"the vocabulary has {t.get_vocab_size()} words, not {VOCAB}")
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(
        json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    config = json.dumps(tokenizer_config(t), ensure_ascii=False, indent=2)
    (out / "tokenizer_config.json").write_text(config + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
