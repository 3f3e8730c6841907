"""What check.py of each export says in the library that it is for, of the export and of others in its place (requirements-exports.txt)."""

import contextlib
import io
import json
import math
import runpy
import shutil
import subprocess
import sys

from exported_run import ALL, BASE, command, doubled, scaled, shaped_like, trained, zeroed
from run import ROOT, same
from test_exports import server

VERDICTS = ["works", "loaded but without effect", "differs"]
# What they act on is not part of them.
ON_BASE = ["adapter", "pt", "pt-merged", "h5", "h5-merged", "mlx", "gguf-lora"]


def base_of(name):
    """What the person names who calls it."""
    if name == "gguf-lora":
        return [zeroed() / "gguf-f32" / "model.gguf"]
    return [BASE] if name in ON_BASE and name != "adapter" else []


def checked(folder, *arguments):
    """The exit code of a folder's check.py, called here: a process for each would import torch 50 times."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = runpy.run_path(str(folder / "check.py"))["main"]([str(argument) for argument in arguments])
    same(said.getvalue().split("\n")[0], VERDICTS[code], f"what {folder}/check.py says")
    return code


def in_place(name, of):
    """Another run's export with the proof and the check of the one that was trained."""
    folder = of / name
    for file in ("proof.json", "check.py"):
        shutil.copy(trained() / name / file, folder / file)
    return folder


def told_apart(name):
    folder, base = trained() / name, base_of(name)
    same(checked(folder, *base), 0, f"{name} as exported")
    if name in ON_BASE:
        same(checked(folder, *base, "--without"), 1, f"{name}: the base alone")
    elif name.startswith("merged"):
        same(checked(folder, BASE), 1, f"{name}: the base alone")
    same(checked(in_place(name, zeroed()), *base), 1, f"{name}: an adapter of zeros")
    same(checked(in_place(name, doubled()), *base), 2, f"{name}: an adapter of twice the alpha")
    return name


def of_library(*libraries):
    names = [name for name in ["adapter", *ALL] if any(library == name.split("-")[0] for library in libraries)]
    return ", ".join(told_apart(name) for name in names)


def test_proof_in_transformers(_):
    """Adapter in PEFT, merged folders; exit codes as they are met in a shell."""
    folder = trained() / "adapter"

    def ended(*arguments, options=()):
        ran = subprocess.run([sys.executable, *options, "check.py", *arguments], cwd=folder, capture_output=True, text=True)
        same("Traceback" in ran.stderr, False, f"check.py {arguments}: {ran.stderr[-1000:]}")
        return ran.returncode

    same([ended(), ended("--without"), ended("nowhere"), ended("--wrong")], [0, 1, 3, 3], "exit codes")
    # No library is there.
    same(ended(options=["-S"]), 3, "exit code without torch")
    return of_library("adapter", "merged")


def test_proof_that_cannot_be_told(context):
    """Without libraries, and without proof.json: an exit code of its own, what to do, and no verdict."""
    for name in ["adapter", *ALL]:
        folder = context.folder / name
        folder.mkdir()
        for file in ("proof.json", "check.py"):
            shutil.copy(trained() / name / file, folder)
        # llama.cpp's looks for its file first.
        if name.startswith("gguf"):
            (folder / "model.gguf").touch()
        base = [BASE] if name in ON_BASE and not name.startswith("gguf") else []
        for lacking in ("pip install", "proof.json is not there"):
            # -S: no library of this Python's.
            ran = subprocess.run([sys.executable, "-S", "check.py", *map(str, base)], cwd=folder, capture_output=True, text=True)
            found = (ran.returncode, ran.stdout, "Traceback" in ran.stderr, lacking in ran.stderr)
            same(found, (3, "", False, True), f"{name}, where {lacking}: {ran.stderr}")
            (folder / "proof.json").unlink(missing_ok=True)
    return "told as such"


def test_proof_in_torch(_):
    return of_library("pt")


def test_proof_in_h5py(_):
    """Tensors under Transformers' names; and a preset of KerasHub, whose run is of another shape."""
    _, run = shaped_like("gemma3")
    same(checked(run / "h5-merged"), 0, "a preset of KerasHub")
    proof = json.loads((run / "h5-merged" / "proof.json").read_text())
    for prompt in proof["prompts"]:
        prompt["tuned"], prompt["base"] = prompt["base"], prompt["tuned"]
    (run / "h5-merged" / "proof.json").write_text(json.dumps(proof))
    same(checked(run / "h5-merged"), 1, "a preset of the base of another proof")
    return of_library("h5")


def test_proof_in_llama_cpp(_):
    """Merged and adapter by the file, and asked at the address of a server."""
    names = of_library("gguf")
    llama = server(trained() / "gguf-f32" / "model.gguf")
    same(checked(trained() / "gguf-f32", llama.listening_address), 0, "asked at an address")
    base = server(zeroed() / "gguf-f32" / "model.gguf")
    same(checked(trained() / "gguf-f32", base.listening_address), 1, "the base at an address")
    return names


def test_proof_where_a_character_is_begun(_):
    """The likeliest word is a byte of a character, of which llama.cpp tells no probabilities: there is a verdict all the same."""
    from gguf import GGUFReader

    folder = shutil.copytree(trained() / "gguf-f32", trained() / "begun")
    first = json.loads((folder / "proof.json").read_text())["prompts"][0]["answer_ids"][0]
    byte = json.loads((BASE / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]["<0xE2>"]
    words = GGUFReader(folder / "model.gguf", "r+")
    table = next(tensor for tensor in words.tensors if tensor.name == "token_embd.weight").data
    table[byte] = 3 * table[first]
    table.flush()
    same(checked(folder), 2, "a word that begins a character is the likeliest")


def test_proof_in_mlx(_):
    return of_library("mlx")


def test_judgement(_):
    """Of a word that the tuned model holds for sure and the base for unlikely; and of one that they hardly differ in."""
    judge = {"math": math, "__name__": "judge"}
    exec((ROOT / "src" / "export" / "checkers" / "judge.py").read_text(encoding="utf-8"), judge)

    def told(tuned, base, found):
        proof = {"prompts": [{"ids": [2], "answer_ids": [7], "tuned": [tuned], "base": [base]}], "tolerance": {"nats": 0.02, "reason": "rounded"}}
        with contextlib.redirect_stdout(io.StringIO()):
            return judge["judge"](lambda ids, answer: [(found, -math.inf)], proof)

    same([told(-0.1, -20.1, found) for found in (-0.11, -0.13, -20.1, -19.9, -19.6, -15, math.nan)], [0, 2, 1, 1, 2, 2, 2], "far apart")
    same([told(-0.1, -0.2, found) for found in (-0.11, -0.19, -0.15)], [0, 1, 2], "near each other")


def test_proof_of_gemma_2(_):
    """Every format of a run whose base is a Gemma 2: of random weights, with capped scores and windows."""
    base, run = shaped_like("gemma2")
    command("export", "--run", run, "--format", ",".join(name for name in ALL if not (run / name).exists()))
    dead, _ = scaled("gemma2-zeroed", 0, run)
    for name in ["adapter", *ALL]:
        # mlx-lm's Gemma 2 has no windows, and this one's are shorter than a prompt.
        if name == "mlx":
            continue
        on = [dead / "gguf-f32" / "model.gguf"] if name == "gguf-lora" else [base] if name in ON_BASE and name != "adapter" else []
        same(checked(run / name, *on), 0, f"{name} as exported")
        for file in ("proof.json", "check.py"):
            shutil.copy(run / name / file, dead / name / file)
        same(checked(dead / name, *on), 1, f"{name}: an adapter of zeros")
    return f"{len(ALL)} formats"


def test_proof_is_of_its_run(_):
    """A proof that was copied with a checkpoint is not taken for that of other weights."""
    own = [json.loads((folder / "checkpoint" / "proof.json").read_text()) for folder in (trained(), zeroed(), doubled())]
    same(len({proof["adapter"] for proof in own}), 3, "proofs of three adapters")
    same([all(p["tuned"] == p["base"] for p in proof["prompts"]) for proof in own], [False, True, False], "without effect")
