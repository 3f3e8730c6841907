"""tools/gguf-folder.ts, check_adapter.py, train_reference.py and score_rows.py on small inputs, right ones and wrong ones."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import check_adapter
import score_rows
import train_reference
from reference import load_adapter, load_base
from run import ROOT, at_most, online, same

TINY = "gemma3-tiny-wide"
BYTES = [f"<0x{i:02X}>" for i in range(256)]
WORDS = ["<pad>", "<eos>", "<bos>", "<unk>", "<end_of_turn>", "  ", "▁", "a", "b", "▁a", *BYTES]
KINDS = [3, 3, 3, 3, 3, 4, 1, 1, 1, 1, *[6] * 256]
SIZES = {"block_count": 6, "embedding_length": 64, "feed_forward_length": 128, "context_length": 256}
HEADS = {"head_count": 2, "head_count_kv": 1, "key_length": 64, "value_length": 64, "sliding_window": 16}


def write_gguf(path, architecture="gemma3", leave_out=()):
    """A small Gemma 3 as llama.cpp writes it: norms as 1 + w, matrices in Q8_0. Returns the weights w by GGUF's names."""
    import gguf

    writer = gguf.GGUFWriter(path, architecture)
    for key, value in SIZES.items():
        writer.add_uint32(f"gemma3.{key}", value)
    for key, value in HEADS.items():
        writer.add_uint32(f"gemma3.attention.{key}", value)
    writer.add_float32("gemma3.attention.layer_norm_rms_epsilon", 1e-6)
    writer.add_float32("gemma3.rope.freq_base", 1e6)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(WORDS)
    writer.add_token_scores([0.0 if word == "▁a" else -1000.0 for word in WORDS])
    writer.add_token_types(KINDS)
    for key, value in {"bos": 2, "eos": 1, "padding": 0, "unknown": 3}.items():
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", value)
    random = np.random.default_rng(3)
    hidden, inner, width = 64, 128, 64
    shapes = {"token_embd": (len(WORDS), hidden), "output_norm": (hidden,)}
    for i in range(SIZES["block_count"]):
        block = {"attn_q": (2 * width, hidden), "attn_k": (width, hidden), "attn_v": (width, hidden)}
        block |= {"attn_output": (hidden, 2 * width), "attn_q_norm": (width,), "attn_k_norm": (width,)}
        block |= {"ffn_gate": (inner, hidden), "ffn_up": (inner, hidden), "ffn_down": (hidden, inner)}
        block |= {name: (hidden,) for name in ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"]}
        shapes |= {f"blk.{i}.{name}": shape for name, shape in block.items()}
    weights = {}
    for name, shape in shapes.items():
        if name in leave_out:
            continue
        # Weights that bf16 holds, so that 1 + w - w is exact.
        value = torch.from_numpy(random.standard_normal(shape).astype(np.float32)).bfloat16().float().numpy()
        weights[name] = value
        if len(shape) == 1:
            writer.add_tensor(f"{name}.weight", value + np.float32(1))
        else:
            packed = gguf.quants.quantize(value, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(f"{name}.weight", packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return weights


# Transformers' module of a block's tensor.
BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}


def rename(name):
    parts = name.split(".")
    return f"{TOP[name] if len(parts) == 1 else f'model.layers.{parts[1]}.{BLOCK[parts[2]]}'}.weight"


def convert(*arguments):
    """(exit code, standard error) of the converter."""
    command = ["npx", "tsx", str(ROOT / "tools" / "gguf-folder.ts"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stderr


def test_gguf_golden(context):
    """The committed file is what gguf_golden.py writes."""
    import gguf_golden

    gguf_golden.write_blocks(context.folder)
    for name in ["blocks.gguf", "blocks.safetensors"]:
        same((context.folder / name).read_bytes() == (context.golden / "gguf" / name).read_bytes(), True, name)


def test_gguf_folder(context):
    """The studio's reading of a GGUF, as a folder, against the gguf package, and loaded by Transformers."""
    import gguf
    from transformers import AutoTokenizer

    folder = context.folder
    weights = write_gguf(folder / "small.gguf")
    same(convert(folder / "small.gguf", folder / "out"), (0, ""), "converter")
    tensors = load_file(folder / "out" / "model.safetensors")
    same(sorted(tensors), sorted(rename(name) for name in weights), "tensor names")
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(folder / "small.gguf").tensors}
    for name, value in weights.items():
        found, tensor = tensors[rename(name)], stored[f"{name}.weight"]
        if value.ndim == 1:
            same(torch.equal(found, torch.from_numpy(value)), True, f"{name} is w again")
        else:
            expected = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type)).bfloat16()
            same(torch.equal(found, expected), True, f"{name} as dequantised and rounded")
    model = load_base(folder / "out")
    same(model.config.layer_types, ["sliding_attention"] * 5 + ["full_attention"], "layers")
    rope = model.config.rope_parameters
    same([rope[kind]["rope_theta"] for kind in ["sliding_attention", "full_attention"]], [1e4, 1e6], "RoPE bases")
    same(model.config.rms_norm_eps, 1e-6, "epsilon")
    same(model(torch.tensor([[2, 5, 6]])).logits.isfinite().all().item(), True, "logits finite")
    words = AutoTokenizer.from_pretrained(folder / "out")("a  a é")["input_ids"]
    same(words, [2, 7, 5, 7, 6, WORDS.index("<0xC3>"), WORDS.index("<0xA9>")], "tokens")


def test_gguf_folder_refuses(context):
    """Each bad input is exit 2, one line, and nothing written."""
    folder = context.folder
    write_gguf(folder / "small.gguf")
    write_gguf(folder / "llama.gguf", architecture="llama")
    write_gguf(folder / "short.gguf", leave_out=["blk.3.ffn_up"])
    (folder / "taken").mkdir()
    cases = [
        ("small", "taken", "exists"),
        ("llama", "out", "llama"),
        ("short", "out", "model.layers.3.mlp.up_proj"),
        ("nothing", "out", "nothing.gguf"),
    ]
    for name, out, words in cases:
        code, message = convert(folder / f"{name}.gguf", folder / out)
        same((code, words in message, message.count("\n")), (2, True, 1), f"{words}: {message}")
        same((folder / "out").exists(), False, "output written")


def check(*arguments, **options):
    """Problems that check_adapter finds, without its printing."""
    with contextlib.redirect_stdout(io.StringIO()):
        return check_adapter.check(*arguments, **options)


def test_check_adapter(context):
    base = context.golden / TINY
    request = {"max_new_tokens": 6, "stop_tokens": [1], "prompts": [{"ids": [2, 30, 43, 12]}, {"ids": [2, 9, 18, 20, 34]}]}
    path = context.folder / "answers.json"
    same(check(base, base / "adapter", request, path), [], "writing answers")
    answers = json.loads(path.read_text())
    same(check(base, base / "adapter", answers), [], "its own answers")

    # The same through the committed golden logits, which another process wrote.
    stream = json.loads((base / "cases.json").read_text())["logits"][0]["batch"]["tokens"]
    logits = load_file(base / "cases.safetensors")["logits.0.on"][-1]
    golden = {"max_new_tokens": 1, "stop_tokens": [], "prompts": [{"ids": stream, "logits_last": logits.tolist()}]}
    same(check(base, base / "adapter", golden), [], "golden logits")
    top = [[int(i), float(logits[i])] for i in logits.topk(5).indices]
    golden["prompts"][0] |= {"logits_last": top, "greedy": [int(logits.argmax())]}
    same(check(base, base / "adapter", golden), [], "some of the golden logits")

    def spoil(change):
        wrong = json.loads(json.dumps(answers))
        change(wrong["prompts"][1])
        return check(base, base / "adapter", wrong)

    def shift(prompt):
        prompt["logits_last"][7] += 2e-4 * max(map(abs, prompt["logits_last"]))

    def blank(prompt):
        prompt["logits_last"][7] = float("nan")

    def answer(prompt):
        prompt["greedy"][-1] += 1

    for change in [shift, blank, answer, lambda prompt: prompt["logits_last"].pop(), lambda prompt: prompt["greedy"].pop()]:
        same(len(spoil(change)), 1, "a spoilt answer is noticed")
    same(check(base, None, answers) != [], True, "answers of the adapter are not the base's")


def test_check_adapter_refuses(context):
    """A missing, a surplus, a misshapen and a non-finite tensor, and an adapter without effect."""
    base = context.golden / TINY
    tensors = load_file(base / "adapter" / "adapter_model.safetensors")
    first = sorted(tensors)[0]
    surplus = {first.replace("layers.0", "layers.9"): tensors[first].clone()}
    zero = {name: value if "lora_A" in name else torch.zeros_like(value) for name, value in tensors.items()}
    cases = {
        "missing": {name: value for name, value in tensors.items() if name != first},
        "not used": tensors | surplus,
        "refuses": tensors | {first: tensors[first][:, :-1].contiguous()},
        "not finite": tensors | {first: tensors[first] * float("inf")},
        "changes nothing": zero,
    }
    for words, changed in cases.items():
        adapter = context.folder / words.replace(" ", "-")
        shutil.copytree(base / "adapter", adapter)
        save_file(changed, adapter / "adapter_model.safetensors", metadata={"format": "pt"})
        found = check(base, adapter)
        same(any(words in problem for problem in found), True, f"{words}: {found}")


def test_train_reference(context):
    """It reproduces the golden losses, and refuses batches that are not what Batch says."""
    base = context.golden / TINY
    training = json.loads((base / "cases.json").read_text())["training"]
    with contextlib.redirect_stderr(io.StringIO()):
        records = train_reference.run(base, base / "adapter", training, context.folder / "final")
    losses, expected = [r["loss"] for r in records], [s["loss"] for s in training["steps"]]
    same(train_reference.compare(losses, expected, 1e-5), [], "losses")
    same(len(train_reference.compare(losses, [*expected[:-1], float("nan")], 1e-5)), 1, "NaN is noticed")
    same(len(train_reference.compare(losses, expected[:-1], 1e-5)), 1, "a missing step is noticed")
    saved = load_file(context.folder / "final" / "adapter_model.safetensors")
    golden = load_file(base / "cases.safetensors")
    worst = max((saved[name] - golden[f"final.{name}"]).abs().max().item() for name in saved)
    at_most(worst, 1e-5, "saved adapter")
    load_adapter(load_base(base), context.folder / "final")
    for name, change in {"labels": 1, "positions": 1}.items():
        batch = json.loads(json.dumps(training["steps"][0]["batches"][0]))
        batch[name][batch["supervisedRows"][0]] += change
        try:
            train_reference.check_batch(batch, "step 1")
        except SystemExit:
            continue
        raise AssertionError(f"wrong {name} pass")


@online
def test_score_rows_tokens(context):
    """Its tokens and masks are those of SFTTrainer, turn by turn."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(context.tokenizer)
    golden = json.loads((context.golden / "trl" / "sft.json").read_text())
    for row in golden["conversational"]:
        conversation = {"messages": row["prompt"] + row["completion"]}
        ids, flags = score_rows.tokenise(tokenizer, conversation, True)
        ids, flags = ids[: golden["max_length"]], flags[: golden["max_length"]]
        same(ids, row["tokens"], "tokens")
        # In a prompt of several turns SFTTrainer learns none of the earlier answers; here all are learnt.
        start = 0 if len(row["prompt"]) < 3 else row["supervised"].index(1)
        same([int(flag) for flag in flags[start:]], row["supervised"][start:], "supervised")
    _, whole = score_rows.tokenise(tokenizer, conversation, False)
    same(whole, [False, *[True] * (len(whole) - 1)], "all but the first token")


def test_score_rows(context):
    """Golden losses; rows without a token to predict do not count."""
    base = context.golden / TINY
    case = json.loads((base / "cases.json").read_text())["gradients"]
    found, tokens = score_rows.score(load_adapter(load_base(base), base / "adapter"), [case["batch"]])
    same(tokens, case["supervised"], "supervised")
    at_most(abs(found["loss"] - case["loss"]), 1e-5, "loss")
    at_most(abs(found["accuracy"] - case["mean_token_accuracy"]), 1e-9, "accuracy")
    same(score_rows.batch_of([2, 5, 7], [False, False, True])["labels"], [-100, 7, -100], "labels")
    same(score_rows.batch_of([2, 5], [False, False]), None, "nothing supervised")


def test_bench(context):
    """The benchmark runs with PEFT and with its own LoRA, and both train."""
    blocked = context.folder / "peft"
    blocked.mkdir()
    (blocked / "__init__.py").write_text("raise ImportError('not here')\n")
    command = [sys.executable, str(Path(__file__).parent / "bench_lora_step.py"), "--shape", "tiny", "--device", "cpu"]
    command += ["--tokens", "32", "--segments", "2", "--steps", "2", "--warmup", "1"]
    for path, library in [("", "peft "), (str(context.folder), "own minimal LoRA")]:
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
        same(done.returncode, 0, done.stderr[-500:])
        for entry in json.loads(done.stdout)["runs"]:
            same(entry["lora"].startswith(library), True, entry["lora"])
            at_most(entry["loss"]["last"], entry["loss"]["first"] - 1e-4, "loss falls")
            # Rank 8 on all projections of the tiny shape.
            same(entry["trainable_parameters"], 54272, "trainable parameters")
