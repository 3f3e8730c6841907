"""Read 500 lines with `tokenizers`, Transformers and @huggingface/tokenizers: all three must agree.

python check_tokenizer.py --corpus DIR --model public/models/pebble
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tokenizers import Tokenizer
from transformers import AutoTokenizer

from corpus import paragraphs
from grammar import paragraph
from pairs import pair

ODD = [
    "",
    " ",
    "  two  spaces ",
    "\n",
    "a\n\nb\n\n\nc",
    "naïve café",
    "日本語 🙂",
    "tab\there",
    "<start_of_turn>user\nHi<end_of_turn>\n",
    "3.14 + 2,000 = ?",
    '{"name": "Tom", "n": [1, 2]}',
    "<eos><pad>",
    "▁low line",
    'don\'t "quote"',
    "x" * 300,
]

NODE = """
import { readFileSync } from 'node:fs'
import { Tokenizer } from '@huggingface/tokenizers'
const [folder, lines] = process.argv.slice(1)
const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const tokenizer = new Tokenizer(read(`${folder}/tokenizer.json`), read(`${folder}/tokenizer_config.json`))
console.log(JSON.stringify(read(lines).map((line) => {
  const ids = tokenizer.encode(line).ids
  return [ids, tokenizer.decode(ids, { skip_special_tokens: false })]
})))
"""


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--corpus", required=True)
    p.add_argument("--model", required=True)
    args = p.parse_args()
    r = random.Random(500)
    lines = ODD + [text for _, text in r.sample(paragraphs(args.corpus), 185)] + [paragraph(r) for _ in range(150)]
    while len(lines) < 500:
        lines += pair(r)
    lines = lines[:500]
    t = Tokenizer.from_file(f"{args.model}/tokenizer.json")
    h = AutoTokenizer.from_pretrained(args.model)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(lines, f)
        f.flush()
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            ["node", "--input-type=module", "-e", NODE, str(Path(args.model).resolve()), f.name],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    node = json.loads(done.stdout)
    bad = 0
    for line, (ids, text) in zip(lines, node):
        want = t.encode(line).ids
        if not (want == h(line).input_ids == ids and t.decode(want, skip_special_tokens=False) == text):
            bad += 1
            print(
                f"differs: {line[:80]!r}\n  tokenizers {want[:20]}\n  Transformers {h(line).input_ids[:20]}\n  node {ids[:20]} {text[:80]!r}"
            )
    print(f"{len(lines) - bad} of {len(lines)} lines alike in all three")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
