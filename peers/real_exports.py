"""Every format of a run of a real Gemma, loaded by the library that it is for (requirements-exports.txt):

    python peers/real_exports.py --base FOLDER --model PATH --run DIR --json OUT [--only FORMAT ...]

FOLDER is the base model for Transformers, PATH the same for `npm run export`. Formats are written one after the other into a scratch folder of up to
4 GB. Log-probabilities are those of the words of 20 greedy answers of the base in f32 with the PEFT adapter on it. OUT says of which run they are, and
has a list of figures a format: what, limit, found, ok. With --only the figures of the other formats stay, where OUT is of the same run, and the answers
that they were held against.
"""

import argparse
import contextlib
import gc
import hashlib
import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from figures import FIGURES, PART, all_of, as_near, figure, near, nearest_half, nine_of_ten, no_warning
from reference import double_precision

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = [
    "Hello!", "What is the time?", "Say something nice.", "How do I bake bread?", "Who are you?",
    "My card has not arrived.", "Tell me a story.", "What is a dog?", "Good morning.", "Can you help me?",
    "What should I eat?", "I am tired.", "Where is my money?", "Count to three.", "What is red?",
    "Why is the sky blue?", "Thank you.", "Do you like music?", "What is two and two?", "Good night.",
]  # fmt: skip
# Words of an answer at most.
MOST = 24
VERDICTS = ["works", "loaded but without effect", "differs"]


class Exports:
    """What `npm run export` makes of a run, and of the same run where every B is zero; a format is there while it is looked at."""

    def __init__(self, run, model, scratch):
        self.model, self.scratch = model, Path(scratch)
        self.runs = {"run": Path(run), "zeros": self.scratch / "zeros-run"}
        self._zeroed()

    def _zeroed(self):
        from safetensors import safe_open
        from safetensors.torch import save_file

        run, dead = self.runs["run"], self.runs["zeros"]
        (dead / "checkpoint").mkdir(parents=True)
        for path in [*run.glob("*.json*"), *(run / "checkpoint").iterdir()]:
            # Its proof is another one's.
            if path.name != "proof.json":
                shutil.copy(path, dead / path.relative_to(run))
        described = dead / "checkpoint" / "checkpoint.json"
        meta = json.loads(described.read_text())
        tensors = dead / "checkpoint" / meta["tensors"]
        with safe_open(tensors, "pt") as file:
            values, metadata = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()
        for key, value in values.items():
            if key.endswith("lora_B.weight") and not key.startswith("adam."):
                values[key] = torch.zeros_like(value)
        save_file(values, tensors, metadata)
        # Hashes of the tensors as they were.
        meta.pop("contents", None)
        described.write_text(json.dumps(meta))

    def make(self, form, of="run"):
        """The folder of a format."""
        out = self.scratch / of
        words = ["export", "--run", self.runs[of], "--model", self.model, "--format", form, "--out", out]
        # The zeros' own proof is not looked at.
        words += ["--no-proof"] if of == "zeros" else []
        ran = subprocess.run(["node", ROOT / "cli" / "bootstrap.mjs", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if ran.returncode != 0:
            raise AssertionError(f"npm run export ended with {ran.returncode}: {ran.stdout[-1500:]}")
        return out / ("adapter" if form == "peft" else form)

    @contextlib.contextmanager
    def made(self, form, of="run"):
        folder = self.make(form, of)
        try:
            yield folder
        finally:
            gc.collect()
            shutil.rmtree(folder, ignore_errors=True)


class Reference:
    """
    The base in f32 with the adapter on it: questions, greedy answers, log-probabilities. KEPT is what an earlier call for the same run has found of
    them.
    """

    def __init__(self, base, adapter, kept=None):
        from transformers import AutoTokenizer, GenerationConfig

        self.base, self.adapter = str(base), str(adapter)
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self.tokenizer.chat_template = (Path(adapter) / "chat_template.jinja").read_text(encoding="utf-8")
        ask = lambda text: self.tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, return_dict=True)
        self.asked = [ask(text)["input_ids"] for text in PROMPTS]
        # By themselves, too.
        self.words = sorted({word for ids in self.asked for word in ids[4:-5]})[:20]
        own = GenerationConfig.from_pretrained(base).eos_token_id
        turn = self.tokenizer.convert_tokens_to_ids("<end_of_turn>")
        self.ends = sorted({*(own if isinstance(own, list) else [own]), turn} - {None, self.tokenizer.unk_token_id})
        if kept is None:
            self._answer()
        else:
            self.answers, self.logs = kept["answers"], [np.array(logs, np.float32) for logs in kept["logs"]]

    def _answer(self):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model = self.with_adapter()
        no_warning("adapter in PEFT", told)
        self.answers = [greedy(model, ids, self.ends) for ids in self.asked]
        self.logs = [words_of(model, ids, answer) for ids, answer in zip(self.asked, self.answers)]
        ended = sum(answer[-1] in self.ends for answer in self.answers)
        with model.disable_adapter():
            away = np.concatenate([np.abs(words_of(model, i, a) - w) for i, a, w in self])
        figure("tuned and base are apart, nats", "at least 0.5", f"{away.max():.1f}", away.max() >= 0.5)
        figure("answers that end by themselves, of 20", "at least 10", str(ended), ended >= 10)
        self._studio(model)

    def _studio(self, model):
        """What the studio's own engine has found, of the words of its proof."""
        prompts = json.loads((Path(self.adapter) / "proof.json").read_text())["prompts"]
        words = lambda: np.concatenate([words_of(model, prompt["ids"], prompt["answer_ids"]) for prompt in prompts])
        told, plain = np.concatenate([prompt["tuned"] for prompt in prompts]), words()
        with double_precision(model):
            true = words()
        as_near("the studio's own engine: words of its proof", np.abs(told - true), np.abs(plain - true))

    def kept(self):
        return {"answers": self.answers, "logs": [logs.tolist() for logs in self.logs]}

    def __iter__(self):
        return iter(zip(self.asked, self.answers, self.logs))

    def with_adapter(self):
        from peft import PeftModel

        return PeftModel.from_pretrained(load(self.base), self.adapter).eval()


def load(path, dtype=torch.float32):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(path, dtype=dtype).eval()


def greedy(model, ids, ends):
    made = model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=MOST, do_sample=False, eos_token_id=ends)
    return made[0, len(ids) :].tolist()


def words_of(model, ids, answer):
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids + answer]), logits_to_keep=len(answer) + 1).logits[0, :-1].float()
    return torch.log_softmax(logits, -1)[torch.arange(len(answer)), torch.tensor(answer)].numpy()


def verdict(folder, *arguments):
    with contextlib.redirect_stdout(io.StringIO()):
        return runpy.run_path(str(folder / "check.py"))["main"]([str(word) for word in arguments])


def checked(what, folder, *arguments, adds=True):
    """What a folder's check.py says of the export, and, where that is put on a base, of the base alone."""
    for words, wanted in [(arguments, 0), *([(("--without", *arguments), 1)] if adds else [])]:
        code = verdict(folder, *words)
        gc.collect()
        figure(f"{what}: check.py{' of the base alone' if wanted else ''}", VERDICTS[wanted], VERDICTS[code], code == wanted)


def merged(exports, reference):
    from transformers import AutoModelForCausalLM

    for form, kind, limit in (("merged-f32", torch.float32, 1e-4), ("merged-f16", torch.float16, 2e-2), ("merged", torch.bfloat16, 2e-2)):
        with exports.made(form) as folder:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                model, info = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
            left = [name for names in info.values() for name in names]
            no_warning(f"{form} in Transformers, as {kind}", told, left + ([] if model.dtype == kind else [f"it is {model.dtype}"]))
            # In f32 from the beginning: in 16 bits the factor of embeddings would be rounded, too.
            model = load(folder)
            near(f"{form} in Transformers", [np.abs(words_of(model, i, a) - w) for i, a, w in reference], limit)
            if kind == torch.bfloat16:
                near("PEFT's own merge, rounded to bfloat16", rounded_merge(reference, kind), None)
            if kind == torch.float32:
                made = [model.generate(torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=MOST, do_sample=False)[0, len(ids) :].tolist() for ids in reference.asked]
                all_of(f"{form} in Transformers: the same greedy answer, to its own end", sum(a == b for a, b in zip(made, reference.answers)), len(made))
            del model
            checked(f"{form} in Transformers", folder, adds=False)
            code = verdict(folder, reference.base)
            figure(f"{form} in Transformers: check.py of the base alone", VERDICTS[1], VERDICTS[code], code == 1)
            if form == "merged":
                same_tensors(exports, "pt-merged", folder, reference)


def rounded_merge(reference, kind):
    """How far words are where PEFT itself merges, and its weights are rounded."""
    model = reference.with_adapter().merge_and_unload()
    for weight in model.parameters():
        weight.data = weight.data.to(kind).float()
    return [np.abs(words_of(model, i, a) - w) for i, a, w in reference]


def same_tensors(exports, form, folder, reference):
    """A state dict against the safetensors of the same weights."""
    from safetensors.torch import load_file

    with exports.made(form) as own:
        found, want = torch.load(next(own.glob("*.pt")), weights_only=True), load_file(next(folder.glob("*.safetensors")))
        same = sum(key in found and found[key].dtype == value.dtype and torch.equal(found[key], value) for key, value in want.items())
        all_of(f"{form} in torch: tensors of the safetensors, bit for bit", same if len(found) == len(want) else 0, len(want))
        del found, want
        checked(f"{form} in torch", own, reference.base)


def adapters(exports, reference):
    """PEFT, torch, h5py."""
    import h5py
    from safetensors.torch import load_file

    folder = exports.scratch / "run" / "adapter"
    checked("adapter in PEFT", folder, reference.base)
    with exports.made("peft", "zeros") as dead:
        zeros_are_seen("adapter in PEFT", folder, dead, reference.base)
    same_tensors(exports, "pt", folder, reference)
    with exports.made("h5") as own:
        want = load_file(folder / "adapter_model.safetensors")
        with h5py.File(own / "adapter.h5") as file:
            same = sum(np.array_equal(file[key][()], value.numpy()) for key, value in want.items())
        all_of("h5 in h5py: tensors of the safetensors, bit for bit", same, len(want))
        checked("h5 in h5py", own, reference.base)


def zeros_are_seen(what, folder, dead, *arguments):
    for name in ("proof.json", "check.py"):
        shutil.copy(folder / name, dead / name)
    code = verdict(dead, *arguments)
    figure(f"{what}: check.py where nothing was added", VERDICTS[1], VERDICTS[code], code == 1)


def keras(exports, reference):
    os.environ["KERAS_BACKEND"] = "torch"
    import keras_hub

    with exports.made("h5-merged") as folder:
        if not (folder / "model.weights.h5").exists():
            figure("h5-merged", "a preset of KerasHub", "tensors by their names", False)
            return
        model, apart = keras_hub.models.Backbone.from_preset(str(folder), dtype="float32"), []
        for ids, answer, logs in reference:
            tokens = torch.tensor([ids + answer])
            with torch.inference_mode():
                hidden = model({"token_ids": tokens, "padding_mask": torch.ones_like(tokens)})[:, len(ids) - 1 : -1]
                rows = torch.log_softmax(model.token_embedding(hidden, reverse=True)[0].float(), -1)
            apart.append(np.abs(rows[torch.arange(len(answer)), torch.tensor(answer)].numpy() - logs))
        del model
        near("h5-merged in KerasHub", apart, 1e-4)
        checked("h5-merged in KerasHub", folder, adds=False)


def generated(llama, ids):
    """Ids and log-probabilities of a greedy answer, and why it ended."""
    request = {"prompt": ids, "n_predict": MOST, "temperature": 0, "logprobs": 1, "n_probs": 1, "cache_prompt": False}
    choice = llama.handle_completions(request)["choices"][0]
    words = choice["logprobs"]["content"]
    return [w["id"] for w in words], np.array([w["logprob"] for w in words]), choice["finish_reason"]


def llama_cpp(exports, reference, forms, written):
    from runner_arithmetic import after_single_words, as_llama_cpp, furthest, gguf_weights, of_model
    from test_exports import server

    def compared(what, llama, plain, own, exact, limit):
        """Against PyTorch on the same weights, as it computes and as llama.cpp does; answers up to where the first differs."""
        apart, beside, same, ends, exactly, gaps = [], [], 0, 0, [], []
        for ids, answer in zip(reference.asked, exact):
            found, logs, reason = generated(llama, ids)
            found = [i for i in found if i not in reference.ends]
            text = [i for i in answer if i not in reference.ends]
            same += found == text
            ends += reason == ("stop" if answer[-1] in reference.ends else "length")
            count = next((k for k, pair in enumerate(zip(found, text)) if len(set(pair)) > 1), min(len(found), len(text)))
            if count:
                beside.append(np.abs(words_of(plain, ids, text[:count]) - logs[:count]))
                exactly.append((ids, text[:count], words_of(own, ids, text[:count]), logs[:count]))
                apart.append(np.abs(exactly[-1][2] - logs[:count]))
            if found != text and count < min(len(found), len(text)):
                gaps.append(words_of(own, ids, [*text[:count], text[count]])[-1] - words_of(own, ids, [*text[:count], found[count]])[-1])
        every = np.concatenate(apart)
        near(f"{what}, against PyTorch that rounds as llama.cpp does: nine words of ten", nine_of_ten(every), limit)
        near(f"{what}: all words", every, None)
        near(f"{what}, against PyTorch as it computes: all words", beside, None)
        if gaps:
            near(f"{what}: where an answer is another, how far PyTorch holds the two words apart", np.array(gaps), None)
        # Without a beginning a real Gemma holds values so large that nothing is near.
        asked = after_single_words(llama, reference.words, reference.asked[0][:1])
        alone = of_model(own, asked)
        near(f"{what}, behind single words, against PyTorch that rounds as it does: the half that is nearest", nearest_half(furthest(asked, alone)), 1e-4)
        near(f"{what}, behind single words, against PyTorch as it computes: the same", nearest_half(furthest(asked, of_model(plain, asked))), None)
        with double_precision(own):
            true = [words_of(own, ids, text) for ids, text, *_ in exactly]
            as_near(f"{what}: nine words of ten", *(nine_of_ten(np.concatenate([np.abs(one[k] - logs) for one, logs in zip(exactly, true)])) for k in (3, 2)))
            exact_alone = of_model(own, asked)
            as_near(f"{what}: behind single words, the half that is nearest", *(nearest_half(furthest(one, exact_alone)) for one in (asked, alone)))
        if limit == 1e-4:
            all_of(f"{what}: the same greedy answer", same, len(exact))
            all_of(f"{what}: an answer ends where it should", ends, len(exact))
        else:
            figure(f"{what}: the same greedy answer", "no limit", f"{same} of {len(exact)}", True)

    limits = {"gguf-f32": 1e-4, "gguf-f16": 2e-2, "gguf": 2e-2, "gguf-q8_0": None, "gguf-q4_0": None}
    kinds = {"gguf-f32": "F32", "gguf-f16": "F16", "gguf": "BF16", "gguf-q8_0": "Q8_0", "gguf-q4_0": "Q4_0"}
    for form in [form for form in limits if form in forms]:
        PART[0] = form
        with exports.made(form) as folder:
            weights, types = gguf_weights(folder / "model.gguf")
            all_of(f"{form}: projections in {kinds[form]}", int(types == {kinds[form]}), 1)
            plain, own = load(reference.base), load(reference.base)
            for model in (plain, own):
                model.load_state_dict(weights, strict=False)
            del weights
            as_llama_cpp(own, kinds[form])
            exact = reference.answers if form == "gguf-f32" else [greedy(plain, ids, reference.ends) for ids in reference.asked]
            llama = server(folder / "model.gguf")
            compared(f"{form} in llama.cpp", llama, plain, own, exact, limits[form])
            del plain, own, llama
            checked(f"{form} in llama.cpp", folder, adds=False)
            if form == "gguf-f32":
                with exports.made(form, "zeros") as base:
                    zeros_are_seen(f"{form} in llama.cpp", folder, base)
        written()
    if "gguf-lora" in forms:
        PART[0] = "gguf-lora"
        with exports.made("gguf-f32", "zeros") as base, exports.made("gguf-lora") as folder, exports.made("gguf-lora", "zeros") as dead:
            llama = server(base / "model.gguf", folder / "adapter.gguf")
            compared("gguf-lora in llama.cpp", llama, reference.with_adapter(), as_llama_cpp(reference.with_adapter()), reference.answers, 1e-4)
            del llama
            checked("gguf-lora in llama.cpp", folder, base / "model.gguf")
            zeros_are_seen("gguf-lora in llama.cpp", folder, dead, base / "model.gguf")


def mlx(exports, reference):
    import mlx.core as mx
    from mlx_lm import load as load_mlx
    from mlx_lm import stream_generate
    from runner_arithmetic import as_mlx

    def log_softmax(model, ids, answer):
        rows = model(mx.array([ids + answer]))[0, len(ids) - 1 : -1]
        return rows - mx.logsumexp(rows, axis=-1, keepdims=True)

    own = as_mlx(reference.with_adapter())
    with exports.made("mlx") as folder, exports.made("mlx", "zeros") as dead:
        model, tokenizer = load_mlx(reference.base, adapter_path=str(folder))
        model.set_dtype(mx.float32)
        told, plain, apart, beside, same = [], [], [], [], 0
        for ids, answer, logs in reference:
            found = np.array(log_softmax(model, ids, answer))[np.arange(len(answer)), answer]
            told.append(found)
            plain.append(words_of(own, ids, answer))
            apart.append(np.abs(found - plain[-1]))
            beside.append(np.abs(found - logs))
            for token in reference.ends:
                tokenizer.eos_token_ids.add(token)
            same += [part.token for part in stream_generate(model, tokenizer, ids, max_tokens=MOST)] == answer
        # What mlx-lm computes in f64 from the same files is what they hold, without its arithmetic in f32.
        model.set_dtype(mx.float64)
        exactly = [np.array(log_softmax(model, ids, answer))[np.arange(len(answer)), answer] for ids, answer, _ in reference]
        del model
        near("mlx in mlx-lm, against PyTorch that scales embeddings as it does", apart, 1e-4)
        with double_precision(own):
            as_mlx(own)
            true = [words_of(own, ids, answer) for ids, answer, _ in reference]
        near("mlx in mlx-lm that computes in f64: all words, from the same in f64", np.abs(np.concatenate(exactly) - np.concatenate(true)), 1e-4)
        as_near("mlx in mlx-lm: nine words of ten", *(nine_of_ten(np.abs(np.concatenate(of) - np.concatenate(true))) for of in (told, plain)))
        as_near("mlx in mlx-lm: all words", *(np.abs(np.concatenate(of) - np.concatenate(true)) for of in (told, plain)))
        near("mlx in mlx-lm, against PyTorch as it computes", beside, None)
        all_of("mlx in mlx-lm: the same greedy answer, to its end", same, len(reference.answers))
        checked("mlx in mlx-lm", folder, reference.base)
        zeros_are_seen("mlx in mlx-lm", folder, dead, reference.base)


def run_hash(run):
    """SHA-256 of what a run has learnt, its settings and what it was learnt on."""
    own = hashlib.sha256()
    meta = json.loads((run / "checkpoint" / "checkpoint.json").read_text())
    for path in (run / "run.json", run / "checkpoint" / meta["tensors"]):
        own.update(hashlib.sha256(path.read_bytes()).digest())
    return own.hexdigest()


GGUFS = ["gguf-f32", "gguf-f16", "gguf", "gguf-q8_0", "gguf-q4_0", "gguf-lora"]
PARTS = {"peft": adapters, "merged": merged, "h5-merged": keras, "mlx": mlx}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base", "model", "run", "json"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=[*PARTS, *GGUFS], default=[*PARTS, *GGUFS])
    options = parser.parse_args()
    from run import quieten

    os.environ["HF_HUB_OFFLINE"] = "1"
    quieten()
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    of, answered = run_hash(options.run), None
    if options.json.exists() and set(options.only) != {*PARTS, *GGUFS}:
        kept = json.loads(options.json.read_text())
        if kept["of"] == of:
            answered = kept.get("reference")
            FIGURES.update({part: found for part, found in kept["parts"].items() if part not in options.only and (answered or part != "reference")})

    def written():
        every = ["reference", *PARTS, *GGUFS]
        parts = {part: FIGURES[part] for part in every if part in FIGURES}
        missing = [part for part in every if part not in FIGURES]
        options.json.write_text(json.dumps({"of": of, "parts": parts, "missing": missing, "reference": reference.kept()}, indent=2) + "\n")

    with tempfile.TemporaryDirectory(prefix="lapidary-real-exports-") as scratch:
        exports = Exports(options.run.resolve(), options.model.resolve(), scratch)
        reference = Reference(options.base.resolve(), exports.make("peft"), answered)
        written()
        for form, part in PARTS.items():
            if form in options.only:
                PART[0] = form
                part(exports, reference)
                written()
        forms = [form for form in GGUFS if form in options.only]
        if forms:
            llama_cpp(exports, reference, forms, written)
    written()
    sys.exit(0 if all(one["ok"] for found in FIGURES.values() for one in found) else 1)


if __name__ == "__main__":
    main()
