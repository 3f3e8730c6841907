"""The snippets in the READMEs of a run of Pebble: run where their library is at hand, the others held to the grammar of their shell.

Not tried for want of their programs: `vllm` and `ollama`. llama-server's options and requests are llama.cpp's own, given to xllamacpp.
"""

import json
import os
import re
import subprocess
import sys

from exported_run import BASE, trained, zeroed
from run import ROOT, same
from test_exports import greedy, load, questions, with_adapter

HELLO = "Hello!"


def snippet(folder, place):
    """Language and text under a heading of a folder's README."""
    text = (trained() / folder / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(place)}\n\n```(\w+)\n(.*?)^```$", text, re.M | re.S)
    if not found:
        raise AssertionError(f"{folder}/README.md has no snippet for {place}")
    return found[1], found[2]


def expected():
    """The tuned model's answer as text; another than the base's."""
    tokenizer, ends, _ = questions()
    ids = tokenizer.apply_chat_template([{"role": "user", "content": HELLO}], add_generation_prompt=True)["input_ids"]
    answers = [greedy(model, ids) for model in (with_adapter(trained() / "adapter"), load(BASE))]
    same(answers[0] == answers[1], False, "the tuned answer is the base's")
    same(answers[0][-1] in ends, True, "the answer ends")
    return tokenizer.decode(answers[0], skip_special_tokens=True).strip()


def said_by(program, folder):
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=trained() / folder, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True
    )
    same(ran.returncode, 0, ran.stderr[-1500:])
    return ran.stdout.strip()


def test_python(_):
    """Transformers with the adapter and with the merged model; PyTorch by itself and mlx-lm with the base's folder in place of its name."""
    wanted = expected()
    for folder in ("adapter", "merged-f32"):
        language, program = snippet(folder, "Transformers")
        same((language, said_by(program, folder)), ("python", wanted), f"the snippet of {folder}")
    for folder in ("pt", "pt-merged"):
        language, program = snippet(folder, "PyTorch")
        placed = program.replace('"path/to/Pebble"', repr(str(BASE)))
        same((language, placed == program, said_by(placed, folder)), ("python", False, wanted), f"the snippet of {folder}")
    for folder in ("h5", "h5-merged"):
        language, program = snippet(folder, "HDF5")
        placed = program.replace('"path/to/Pebble"', repr(str(BASE)))
        same((language, placed == program, said_by(placed, folder)), ("python", False, wanted), f"the snippet of {folder}")
    language, program = snippet("mlx", "mlx-lm")
    # The base in f32, which mlx-lm computes in then.
    placed = program.replace('"path/to/Pebble"', repr(str(zeroed() / "merged-f32")))
    same((language, placed == program), ("python", False), "the snippet names a place for the base")
    same(said_by(placed, "mlx"), wanted, "the snippet of mlx")


def test_llama_cpp(_):
    """The server with the options of the snippet, and its request."""
    import xllamacpp as x

    wanted = expected()
    for folder in ("gguf-f32", "gguf-lora"):
        language, text = snippet(folder, "llama.cpp")
        given = re.search(r"^llama-server (.*) &$", text, re.M)[1].split()
        params = x.CommonParams()
        params.n_parallel, params.warmup, params.verbosity = 1, False, -1
        words = iter(given)
        for word in words:
            if word == "--model":
                params.model.path = str(trained() / folder / next(words))
            elif word == "--lora":
                params.lora_adapters = [x.CommonAdapterLoraInfo(str(trained() / folder / next(words)), 1.0)]
            elif word == "--ctx-size":
                params.n_ctx = int(next(words))
            elif word == "--jinja":
                params.use_jinja = True
            else:
                same(word, "--port", "an option of llama-server")
                next(words)
        body = json.loads(re.search(r"--data '(.*)'$", text, re.M)[1])
        found = x.Server(params).handle_chat_completions(body)["choices"][0]
        same((language, found["message"]["content"].strip(), found["finish_reason"]), ("sh", wanted, "stop"), f"the snippet of {folder}")


def test_wllama(_):
    """The pages as they stand, in Chromium, merged and with the adapter on the base: what the model says there, and without effect."""
    wanted = expected()
    for folder in ("gguf-f32", "gguf-lora"):
        language, text = snippet(folder, "A page, with wllama")
        said = []
        for run in (trained(), zeroed()):
            page = run / folder / "index.html"
            page.write_text(text, encoding="utf-8")
            whole = {"model.gguf": run / folder / "model.gguf"}
            files = whole if folder == "gguf-f32" else {"base.gguf": run / folder / "base.gguf", "adapter.gguf": run / folder / "adapter.gguf"}
            tool = ["node", "--import", "tsx", ROOT / "tools" / "page-answer.ts", page, *(f"{name}={file}" for name, file in files.items())]
            ran = subprocess.run(tool, cwd=ROOT, capture_output=True, text=True)
            same(ran.returncode, 0, ran.stderr[-1500:])
            said.append(ran.stdout.strip())
        same((language, said[0], said[1] == wanted), ("html", wanted, False), f"the snippet of a page in {folder}")


def test_shells(_):
    """Every line of a shell is one to it, and every request JSON."""
    places = [("adapter", "vLLM"), ("merged", "vLLM"), ("merged", "Phones, with LiteRT-LM"), ("gguf", "llama.cpp"), ("gguf", "Ollama"), ("gguf-lora", "Ollama")]
    for folder, place in places:
        language, text = snippet(folder, place)
        same(language, "sh", f"{place} in {folder}")
        ran = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True)
        same((ran.returncode, ran.stderr), (0, ""), f"{place} in {folder}")
        for body in re.findall(r"--data '(.*)'$", text, re.M):
            json.loads(body)
