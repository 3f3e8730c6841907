"""Programs that a run of Pebble is exported as, each run as it is (requirements-programs.txt): run.py --suite programs

The training script and the notebook must come to the losses of the run; the service and the Space must answer as Transformers and PEFT do.
"""

import contextlib
import csv
import functools
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import metadata, version
from pathlib import Path

import torch
from exported_run import BASE, SCRATCH
from packaging.specifiers import SpecifierSet
from run import ROOT, at_most, same

PIRATE = ROOT / "public" / "datasets" / "pirate.csv"
CLOSE = 1e-3
# At least so much is learnt in the runs that are repeated: a script that trains nothing would be seen.
LEARNT = 0.5
PROMPTS = ["Hello!", "What is the time?", "Where is my hat?", "Do you like music?"]
MOST = 24
QUIET = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def trained(name, data, config, formats):
    """A run by the studio's own rooms in Node, exported, and its prepared rows."""
    out, file = Path(SCRATCH.name) / name, Path(SCRATCH.name) / f"{name}.json"
    file.write_text(json.dumps(config))
    words = ["--import", "tsx", "tools/trained-in-node.ts", "--data", data, "--config", file, "--out", out, "--format", formats]
    ran = subprocess.run(["node", *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    same(ran.returncode, 0, ran.stdout[-2000:])
    return out


@functools.cache
def pairs():
    """Prompts and responses, linear."""
    training = {"max_steps": 40, "per_device_train_batch_size": 4, "learning_rate": 0.002, "warmup_steps": 2}
    lora = {"r": 8, "lora_alpha": 4, "use_rslora": True, "target_modules": "all-linear"}
    return trained("pairs", PIRATE, {"training": training, "lora": lora}, "peft,scripts,rest,space")


@functools.cache
def talks():
    """Conversations of two questions, prepared and made more of, some answers not learnt, packed, accumulated, cosine. [run, file]"""
    file = Path(SCRATCH.name) / "talks.jsonl"
    with PIRATE.open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))[:100]
    lines = []
    for i, (a, b) in enumerate(zip(rows[::2], rows[1::2])):
        turns = [{"role": role, "content": row[key]} for row in (a, b) for role, key in (("user", "prompt"), ("assistant", "response"))]
        if i % 3 == 0:
            turns[1]["weight"] = 0
        if i % 4 == 0:
            turns.insert(0, {"role": "system", "content": "Speak as a pirate."})
        lines.append(json.dumps({"messages": turns}))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    training = {
        "num_train_epochs": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 3, "packing": True, "max_length": 96,
        "lr_scheduler_type": "cosine", "warmup_steps": 0.2, "weight_decay": 0.1, "learning_rate": 0.01, "eval_steps": 3, "seed": 7,
    }  # fmt: skip
    data = {"steps": [{"type": "case", "to": "lower"}], "augment": {"noisy": 1}}
    return trained("talks", file, {"data": data, "training": training, "lora": {"r": 4}}, "scripts"), file


def python(folder, *words):
    """What a program of a folder says, and its exit code."""
    ran = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder, env={**os.environ, **QUIET}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return ran.stdout, ran.returncode


def repeated(folder, *words):
    """The furthest that a loss is from the studio's, of a program that must come to its end."""
    adapter = folder / "adapter"
    shutil.rmtree(adapter, ignore_errors=True)
    said, code = python(folder, *words)
    if code != 0:
        raise AssertionError(f"{words[0]} ended with {code}: {said[-1500:]}")
    same((adapter / "adapter_model.safetensors").exists(), True, "an adapter is written")
    found = json.loads((adapter / "comparison.json").read_text())
    same(found["unlike"], [], "reasons to be unlike")
    held, steps = found["eval_loss"], found["loss"]
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    same([len(held), len(steps)], [sum(e["type"] == kind for e in log) for kind in ("eval", "step")], "losses compared")
    at_most(LEARNT, held[0][1] - held[-1][1], "what was learnt")
    furthest = max(abs(studio - here) for _, studio, here in held)
    at_most(furthest, CLOSE, "loss on held-out rows from the studio's")
    # Transformers' log rounds losses where it is printed, not here.
    at_most(max(abs(studio - here) for _, studio, here in steps), CLOSE, "training loss from the studio's")
    return furthest


def checked(folder, *arguments):
    """What a folder's check.py says; of an error its exit code."""
    said, code = python(folder, "check.py", *arguments)
    verdicts = ["works", "loaded but without effect", "differs"]
    first = next((line for line in said.splitlines() if line in verdicts), None)
    same(first, verdicts[code] if code < 3 else None, said[-1500:])
    return first or str(code)


def refused(folder, words, *arguments):
    said, code = python(folder, "train.py", *arguments)
    same(code, 1, f"exit code, where {words}")
    same(words in said, True, f'"{words}" in {said[-300:]}')


def test_requirements(_):
    """The versions that the exported folders name are those that are checked here."""
    for path in pairs().glob("*/requirements.txt"):
        pins = re.findall(r"^([\w.-]+)==(\S+)$", path.read_text(), re.M)
        same(len(pins) > 5, True, f"pins in {path}")
        for name, pinned in pins:
            # Builds for a processor call themselves 2.13.0+cpu.
            same(version(name).split("+")[0], pinned, f"{name} in {path.parent.name}")
        # A Space says its own in its README.md, which is higher.
        for said in re.findall(r"^# Python (3\.\d+) or later", path.read_text(), re.M):
            unfit = [name for name, _ in pins if not SpecifierSet(metadata(name)["Requires-Python"]).contains(f"{said}.0")]
            same(unfit, [], f"what Python {said} does not take, in {path.parent.name}")
    same(version("gradio"), re.search(r"^sdk_version: (\S+)$", (pairs() / "space/README.md").read_text(), re.M)[1], "Gradio")


def test_train_script(context):
    """From the file of the run; another file, and rows in another order, are refused."""
    folder = pairs() / "scripts"
    shutil.rmtree(folder / "adapter", ignore_errors=True)
    same(checked(folder), "3", "nothing is checked before something is trained")
    furthest = repeated(folder, "train.py", "--data", PIRATE)
    alone = context.folder / "alone"
    alone.mkdir()
    shutil.copy(folder / "train.py", alone)
    refused(alone, "run.json is not in", "--data", PIRATE)
    refused(folder, "nowhere.csv is not there", "--data", "nowhere.csv")
    same([checked(folder), checked(folder, "--without")], ["works", "loaded but without effect"], "check.py of what was trained again")
    moved = folder.rename(folder.with_name("moved"))
    verdict = checked(moved)
    moved.rename(folder)
    same(verdict, "works", "check.py where the folder was renamed")
    other = context.folder / "other.csv"
    other.write_text(PIRATE.read_text(encoding="utf-8").replace("school", "ship", 1), encoding="utf-8")
    refused(folder, "is not the file of the run", "--data", other)
    rows = shutil.copytree(pairs() / "prepared", context.folder / "rows")
    first, *rest = (rows / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (rows / "train.jsonl").write_text("".join([*rest, first]), encoding="utf-8")
    refused(folder, "not the rows of the run", "--data", rows)
    # What the studio reads and the script does not, by its hash the file of the run.
    odd, latin = shutil.copytree(folder, context.folder / "odd"), context.folder / "latin.csv"
    latin.write_bytes("prompt,response\ncafé,thé\n".encode("cp1252"))
    described = json.loads((odd / "run.json").read_text(encoding="utf-8"))
    described["data"]["hash"] = hashlib.sha256(latin.read_bytes()).hexdigest()
    (odd / "run.json").write_text(json.dumps(described), encoding="utf-8")
    refused(odd, "not by this script", "--data", latin)
    return f"held-out loss within {furthest:.1e}"


def test_train_conversations(context):
    """Packed conversations from the prepared rows, by one process and by two; the file itself, and fewer rows, are refused."""
    run, file = talks()
    folder, rows = run / "scripts", run / "prepared"
    alone = repeated(folder, "train.py", "--data", rows)
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
    plain = ["--mixed_precision", "no", "--dynamo_backend", "no", "--num_cpu_threads_per_process", "1"]
    two = repeated(folder, *launcher, *plain, "train.py", "--data", rows)
    refused(folder, "steps of preparation", "--data", file)
    other = shutil.copytree(rows, context.folder / "other")
    _, *rest = (other / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (other / "train.jsonl").write_text("".join(rest), encoding="utf-8")
    refused(folder, "not the rows of the run", "--data", other)
    return f"held-out loss within {alone:.1e}, by two processes {two:.1e}"


def test_notebook(context):
    """It is a notebook, and its cells, one after the other, are the run."""
    import nbformat

    folder = pairs() / "scripts"
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    install, *cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    same(install.startswith("%pip install"), True, "the first cell installs")
    same('FILE = "data.csv"' in cells[-1], True, "the last cell names the data")
    program = context.folder / "cells.py"
    # As in a kernel there is no __file__, and the folder is the working directory.
    whole = "\n".join(cells).replace('FILE = "data.csv"', f"FILE = {str(PIRATE)!r}")
    program.write_text(f"exec(compile({whole!r}, 'cells', 'exec'), {{'__name__': '__main__'}})\n", encoding="utf-8")
    return f"held-out loss within {repeated(folder, program):.1e}"


@functools.cache
def answers():
    """Greedy answers of the tuned model and of the base, by Transformers and PEFT."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = pairs() / "peft"
    tokenizer = AutoTokenizer.from_pretrained(BASE)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32), adapter).eval()
    # Of Pebble: the end of a text, and of a turn.
    ends = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<end_of_turn>")]

    def answer(prompt):
        asked = [{"role": "user", "content": prompt}]
        ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=True, return_tensors="pt")
        made = model.generate(**ids, max_new_tokens=MOST, do_sample=False, eos_token_id=ends)[0, ids["input_ids"].shape[1] :]
        return tokenizer.decode(made, skip_special_tokens=True), "stop" if int(made[-1]) in ends else "length"

    tuned = [answer(prompt) for prompt in PROMPTS]
    with model.disable_adapter():
        base = [answer(prompt) for prompt in PROMPTS]
    at_most(2, sum(a != b for a, b in zip(tuned, base)), "answers that are others than the base's")
    return tuned, base


@contextlib.contextmanager
def served(folder, words, **settings):
    """A server of a folder at a port of its own, {port} in its words and settings; ended in any case."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    filled = lambda text: text.replace("{port}", str(port))
    env = {**os.environ, **QUIET, **{key: filled(value) for key, value in settings.items()}}
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, *map(filled, words)], cwd=folder, env=env, stdout=out, stderr=out)
        try:
            yield f"http://127.0.0.1:{port}", lambda: (server.poll(), log.read_text()[-1500:])
        finally:
            server.terminate()
            server.wait()


def awaited(url, state, limit=180):
    began = time.monotonic()
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return urllib.request.urlopen(url, timeout=10).read()
        ended, log = state()
        if ended is not None or time.monotonic() - began > limit:
            raise AssertionError(f"no answer from {url}: {log}")
        time.sleep(0.2)


def asked(url, body, key="secret"):
    """Status and text of an answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_rest(_):
    """Answers, whole and streamed, are those of Transformers and PEFT; bad requests are refused in OpenAI's form."""
    folder = pairs() / "rest"
    same([checked(folder), checked(folder, "--without")], ["works", "loaded but without effect"], "check.py of the service")
    words = ["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}"]
    with served(pairs() / "rest", words, API_KEY="secret") as (at, state):
        awaited(f"{at}/health", state)
        url = f"{at}/v1/chat/completions"
        for prompt, (text, reason) in zip(PROMPTS, answers()[0]):
            body = {"messages": [{"role": "user", "content": prompt}], "max_tokens": MOST, "temperature": 0}
            status, said = asked(url, body)
            same(status, 200, said)
            choice = json.loads(said)["choices"][0]
            same((choice["message"], choice["finish_reason"]), ({"role": "assistant", "content": text}, reason), prompt)
            status, said = asked(url, {**body, "stream": True})
            lines = [line.removeprefix("data: ") for line in said.split("\n\n") if line]
            same((status, lines.pop()), (200, "[DONE]"), "end of a stream")
            chunks = [json.loads(line)["choices"][0] for line in lines]
            same("".join(c["delta"].get("content", "") for c in chunks), text, f"{prompt}, streamed")
            same([c["finish_reason"] for c in chunks if c["finish_reason"]], [reason], "finish_reason, streamed")
        # Cut at a word, also where it is streamed in pieces.
        text = answers()[0][0][0]
        word = text[3:9]
        for stream in (False, True):
            said = asked(url, {**body, "messages": [{"role": "user", "content": PROMPTS[0]}], "stop": word, "stream": stream})[1]
            found = "".join(
                c["choices"][0]["delta"].get("content", "") for c in map(json.loads, [p[6:] for p in said.split("\n\n") if p][:-1])
            ) if stream else json.loads(said)["choices"][0]["message"]["content"]  # fmt: skip
            same(found, text[: text.index(word)], f"up to {word!r}, stream {stream}")
        status, said = asked(f"{at}/v1/completions", {"prompt": "Once upon", "max_tokens": 5, "temperature": 0.8, "seed": 3})
        same((status, bool(json.loads(said)["choices"][0]["text"])), (200, True), "a text continued")
        same(json.loads(asked(f"{at}/v1/completions", {"prompt": "Once upon", "max_tokens": 5, "temperature": 0.8, "seed": 3})[1])["choices"],
             json.loads(said)["choices"], "the same seed again")  # fmt: skip
        unsaid = dict.fromkeys(["temperature", "top_p", "n", "stop", "stream", "seed", "max_completion_tokens"])
        status, said = asked(url, {**body, **unsaid, "max_tokens": 3})
        same((status, json.loads(said)["usage"]["completion_tokens"]), (200, 3), "null is what was not said")
        found, said = asked(f"{at}/v1/responses", body)
        same((found, set(json.loads(said)["error"]) >= {"message", "type"}), (404, True), "another route is refused")
        for wrong, status, key in (
            ({"messages": [{"role": "assistant", "content": "Hi"}]}, 400, "secret"),
            ({"messages": []}, 400, "secret"),
            ({**body, "max_tokens": 10**6}, 400, "secret"),
            ({**body, "n": 2}, 400, "secret"),
            ({**body, "seed": 2**70}, 400, "secret"),
            # Half of a character, of which the tokenizer makes nothing.
            ({**body, "messages": [{"role": "user", "content": "\ud800"}]}, 500, "secret"),
            (body, 401, "other"),
        ):
            found, said = asked(url, wrong, key)
            same((found, set(json.loads(said)["error"]) >= {"message", "type"}), (status, True), f"{wrong} is refused")


def test_space(_):
    """The page's own route answers as the tuned model, and as the base where it is asked for."""
    from gradio_client import Client

    folder = pairs() / "space"
    same([checked(folder), checked(folder, "--without")], ["works", "loaded but without effect"], "check.py of the Space")
    with served(pairs() / "space", ["app.py"], GRADIO_SERVER_PORT="{port}", GRADIO_SERVER_NAME="127.0.0.1") as (at, state):
        page = awaited(at, state).decode()
        same("gradio" in page, True, "a page of Gradio's")
        client = Client(at, verbose=False)
        for kind, base in zip(answers(), (False, True)):
            for prompt, (text, reason) in zip(PROMPTS, kind):
                # Else it is asked on in the same conversation.
                client.reset_session()
                found = client.predict(prompt, base, api_name="/chat")
                # The Space writes on where an answer was cut here.
                same(found == text if reason == "stop" else found.startswith(text), True, f"{prompt}: {found!r}, {text!r}")
