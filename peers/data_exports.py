"""Exports of data, loaded by the libraries they are for (requirements-data.txt): python peers/data_exports.py

Writes a folder of each format with tools/export-data.ts, reads them with json, csv, pandas' engine of pyarrow and kauldron's
`Json` source, compares every value, and trains three steps with the exported config.py on a tiny Gemma with Pebble's
tokenizer in place of the real ones (which lie in gs://gemma-data).
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pyarrow.parquet as pq
import seq2seq

ROOT = Path(__file__).resolve().parent.parent


def read_back(folder, pairs):
    found = json.loads((folder / "kauldron" / "train.json").read_text())
    assert found == pairs, "kauldron's JSON differs"
    lines = [json.loads(line) for line in (folder / "jsonl" / "train.jsonl").read_text().split("\n") if line]
    assert [{"prompt": l["messages"][0]["content"], "response": l["messages"][1]["content"]} for l in lines] == pairs
    with open(folder / "csv" / "train.csv", newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == pairs, "CSV differs"
    table = pq.read_table(folder / "parquet" / "data" / "train-00000-of-00001.parquet")
    assert table.to_pylist() == pairs, "Parquet differs"
    several = pq.read_table(folder / "several" / "data" / "train-00000-of-00001.parquet").to_pylist()
    turns = [{"role": "user" if i % 2 == 0 else "assistant", "content": p["prompt"]} for i, p in enumerate(pairs[:4])]
    assert several == [{"messages": turns}], "Parquet of conversations differs"


def train(folder):
    from gemma import gm
    from kauldron import konfig
    import jax
    import numpy as np

    config_path = folder / "kauldron" / "config.py"
    source = config_path.read_text()
    model = folder / "tokenizer.model"
    seq2seq.sentencepiece_model(seq2seq.PEBBLE, model)
    words = len(json.loads((seq2seq.PEBBLE / "tokenizer.json").read_text())["model"]["vocab"])
    # The real tokenizer, model and checkpoint are not at hand: a tiny model, fresh weights, Pebble's words.
    source = source.replace("gm.text.Gemma3Tokenizer()", f"gm.text.Gemma3Tokenizer(path={str(model)!r})")
    source = re.sub(
        r'gm\.nn\.Gemma3_270M\(tokens="batch\.input"\)',
        f'gm.testing.DummyGemma(tokens="batch.input", config=gm.nn.config.TransformerConfig(num_embed={words}, embed_dim=32, '
        "hidden_dim=64, num_heads=2, num_kv_heads=1, head_dim=16, final_logit_softcap=None, attn_logits_soft_cap=None, "
        "attention_types=(gm.nn.AttentionType.GLOBAL,), use_post_attn_norm=True, use_post_ffw_norm=True))",
        source,
    )
    source, dropped = re.subn(r"      init_transform=gm\.ckpts\.SkipLoRA\(\n.*?\n      \),\n", "", source, flags=re.S)
    assert dropped == 1 and "DummyGemma" in source
    tiny = folder / "kauldron" / "tiny.py"
    tiny.write_text(source)
    namespace = {"__file__": str(tiny), "__name__": "tiny"}
    exec(compile(source, str(tiny), "exec"), namespace)
    config = namespace["get_config"]()
    config.workdir = str(folder / "work")
    config.checkpointer = None
    trainer = konfig.resolve(config)
    batch = next(iter(trainer.train_ds))
    assert batch["input"].shape == (trainer.train_ds.batch_size, namespace["MAX_LENGTH"]), batch["input"].shape
    state = trainer.init_state()
    before = jax.tree.map(np.asarray, state.params)
    losses = []
    for step, batch in zip(range(3), trainer.train_ds.device_put(trainer.sharding.batch)):
        state, aux = trainer.trainstep.step(state, batch, return_losses=True)
        values = aux.compute().loss_values
        losses.append(float(next(value for name, value in values.items() if "xentropy" in name)))
    after = jax.tree.map(np.asarray, state.params)
    changed = [
        jax.tree_util.keystr(path)
        for (path, a), b in zip(jax.tree_util.tree_leaves_with_path(before), jax.tree.leaves(after))
        if not np.array_equal(a, b)
    ]
    assert changed and all("lora" in name for name in changed), changed[:5]
    assert all(0 < loss < 20 for loss in losses), losses
    return losses, len(changed)


def check(folder):
    """Writes the exports into the folder and holds them against their libraries. @returns two lines that sum it up"""
    pairs = [
        {"prompt": case["prompt"], "response": case["response"] or "-"}
        for case in seq2seq.make_cases(40, 7)
        if case["prompt"]
    ]
    subprocess.run(
        ["npx", "tsx", "tools/export-data.ts", str(folder)], cwd=ROOT, input=json.dumps(pairs), text=True, check=True
    )
    read_back(folder, pairs)
    losses, changed = train(folder)
    return [
        f"{len(pairs)} pairs: JSON, JSON lines, CSV and Parquet read back identically",
        f"config.py: 3 steps, losses {[round(loss, 3) for loss in losses]}, {changed} LoRA arrays changed and no other",
    ]


def main():
    with tempfile.TemporaryDirectory() as temporary:
        print("\n".join(check(Path(temporary))))


if __name__ == "__main__":
    sys.exit(main())
