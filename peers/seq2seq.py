"""kauldron's Seq2SeqTask, as the `gemma` package computes it, on 200 random multilingual pairs (requirements-data.txt).

    python peers/seq2seq.py                         compares tools/seq2seq.ts with it, with Pebble's tokenizer
    python peers/seq2seq.py --tokenizer DIR         the same with another tokenizer.json (Gemma 3's)
    python peers/seq2seq.py --golden                writes tests/golden/kauldron/pebble.json

`gemma` reads SentencePiece models. The one it is given here is made from tokenizer.json: merges are scored by their rank,
added tokens are user-defined symbols, the first four control tokens, as in Gemma's own model.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from gemma import gm
from sentencepiece import sentencepiece_model_pb2 as model_pb2

ROOT = Path(__file__).resolve().parent.parent
PEBBLE = ROOT / "public" / "models" / "pebble"
GOLDEN = ROOT / "tests" / "golden" / "kauldron" / "pebble.json"

WORDS = {
    "en": "the of and to in is it you that he was for on are with as his they be at one have this Don't naïve co-op".split(),
    "de": "Straße Übung größer nicht möglich Käse fünf zwölf Weiß".split(),
    "fr": "être où ça l'été garçon œuvre déjà naïf".split(),
    "pl": "zażółć gęślą jaźń źdźbło święty".split(),
    "ru": "привет мир как дела хорошо ёлка".split(),
    "el": "καλημέρα κόσμε ελληνικά".split(),
    "ar": "مرحبا بالعالم كيف حالك".split(),
    "he": "שלום עולם מה שלומך".split(),
    "hi": "नमस्ते दुनिया कैसे हो".split(),
    "th": ["สวัสดีชาวโลก", "ขอบคุณ", "ภาษาไทย"],
    "zh": ["你好", "世界", "今天天气很好", "中文测试"],
    "ja": ["こんにちは", "世界", "カタカナ", "日本語のテスト"],
    "ko": "안녕하세요 세계 한국어".split(),
    "emoji": ["😀", "👩‍💻", "🏳️‍🌈", "🇵🇱", "👍🏽"],
    "code": ["def f(x):", "    return x", "x += 1;", "{}", "{0}", "%s", "</div>", "<b>", "```", "\t", "=="],
    "odd": ["", "▁", "▁▁", "\u200b", "\ufeff", "e\u0301", "ﬁ", "Ⅷ", "\u0000", "½", "<bos>", "<eos>", "<pad>", "<unk>",
            "<start_of_turn>", "<end_of_turn>", "<unused3>", "[multimodal]", "<mask>", "<0x41>"],
}
JOINS = [" ", " ", " ", "", "  ", "\n", "\n\n", ", ", ". ", "\t", "   \n"]


def text(r, most):
    languages = r.sample(sorted(WORDS), r.choice([1, 1, 2, 3]))
    parts = []
    for _ in range(r.randrange(most + 1)):
        parts.append(r.choice(WORDS[r.choice(languages)]))
        parts.append(r.choice(JOINS))
    if r.random() < 0.2:
        parts.append(str(r.randrange(10**9)))
    return r.choice(["", "", " ", "\n"]) + "".join(parts)


def make_cases(count=200, seed=0):
    r = random.Random(seed)
    return [
        {
            "prompt": text(r, 16),
            "response": text(r, 10),
            "max_length": r.choice([8, 24, 48, 80, 128]),
            "truncate": r.random() < 0.7,
        }
        for _ in range(count)
    ]


def sentencepiece_model(folder, path):
    source = json.loads((Path(folder) / "tokenizer.json").read_text())
    vocab = source["model"]["vocab"]
    added = {token["content"]: token["id"] for token in source["added_tokens"]}
    merged = lambda merge: merge.replace(" ", "") if isinstance(merge, str) else "".join(merge)
    rank = {}
    for i, merge in enumerate(source["model"]["merges"]):
        rank.setdefault(merged(merge), i)
    model = model_pb2.ModelProto()
    words = {**{id: token for token, id in vocab.items()}, **{id: token for token, id in added.items()}}
    controls = {id for token, id in added.items() if token in ("<pad>", "<eos>", "<bos>", "<unk>")}
    kinds = model_pb2.ModelProto.SentencePiece
    for id in range(len(vocab)):
        piece = model.pieces.add(piece=words[id])
        if words[id] == "<unk>":
            piece.type = kinds.UNKNOWN
        elif id in controls:
            piece.type = kinds.CONTROL
        elif words[id] in added:
            piece.type = kinds.USER_DEFINED
        elif words[id].startswith("<0x") and len(words[id]) == 6:
            piece.type = kinds.BYTE
        else:
            # Single characters are never the product of a merge; their score is not looked at.
            piece.score = -rank.get(words[id], len(rank) + id)
    spec = model.trainer_spec
    spec.model_type = spec.BPE
    spec.vocab_size = len(vocab)
    spec.byte_fallback = True
    spec.pad_id, spec.eos_id, spec.bos_id, spec.unk_id = (added[t] for t in ("<pad>", "<eos>", "<bos>", "<unk>"))
    spec.pad_piece, spec.eos_piece, spec.bos_piece, spec.unk_piece = "<pad>", "<eos>", "<bos>", "<unk>"
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = False
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = True
    Path(path).write_bytes(model.SerializeToString())


def expected(cases, folder):
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "tokenizer.model"
        sentencepiece_model(folder, path)
        tokenizer = gm.text.Gemma3Tokenizer(path=str(path))
        assert tokenizer.tokens[tokenizer.special_tokens.BOS] == "<bos>"
        results = []
        for case in cases:
            task = gm.data.Seq2SeqTask(
                in_prompt="prompt", in_response="response", out_input="input", out_target="target",
                out_target_mask="mask", tokenizer=tokenizer, max_length=case["max_length"], truncate=case["truncate"],
            )
            try:
                out = task.map({"prompt": case["prompt"], "response": case["response"]})
            except ValueError as error:
                results.append({"error": str(error)})
                continue
            results.append({key: np.asarray(out[key]).reshape(-1).astype(int).tolist() for key in ("input", "target", "mask")})
        return results


def ours(cases, folder):
    command = ["npx", "tsx", "tools/seq2seq.ts", str(folder)]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def compare(cases, folder):
    """What kauldron makes of the cases, a line that sums it up, and the places where tools/seq2seq.ts makes something else."""
    want = expected(cases, folder)
    got = ours(cases, folder)
    refused = sum("error" in result for result in want)
    cut = sum(
        case["truncate"] and "error" not in result and 0 not in result["input"][-1:] for case, result in zip(cases, want)
    )
    wrong = [i for i, (a, b) in enumerate(zip(want, got)) if ("error" in a) != ("error" in b) or ("error" not in a and a != b)]
    note = f"{len(cases)} pairs, {refused} refused as too long, {cut} filled or cut at max_length, {len(wrong)} different"
    shown = [f"{cases[i]}\n{want[i]}\n{got[i]}" for i in wrong[:3]]
    return want, "\n".join([note, *shown]), wrong


def golden_text(cases, want):
    lines = [json.dumps({**case, **result}) for case, result in zip(cases, want)]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, default=PEBBLE)
    parser.add_argument("--golden", action="store_true")
    options = parser.parse_args()
    cases = make_cases()
    if options.golden:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(golden_text(cases, expected(cases, options.tokenizer)))
        return
    _, note, wrong = compare(cases, options.tokenizer)
    print(note)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
