"""Every format that a run of Pebble is exported in, loaded by the library that it is for (requirements-exports.txt): run.py --suite exports

The reference is the base in f32 with the PEFT adapter on it. Log-probabilities are those of an answer's own words, greedily chosen. Every
runner must also tell the run from the base, and from the same run with an adapter of zeros.
"""

import functools
import json
import os
import warnings

import numpy as np
import torch
from exported_run import BASE, shaped_like, trained, zeroed
from run import at_most, same
from runner_arithmetic import as_llama_cpp, as_mlx, behind_single_words, gguf_weights

PROMPTS = [
    "Hello!", "What is the time?", "Say something nice.", "How do I bake bread?", "Who are you?",
    "Where is my hat?", "Tell me a story.", "What is a dog?", "Good morning.", "Can you help me?",
    "What should I eat?", "I am tired.", "Is it raining?", "Count to three.", "What is red?",
    "Why is the sky blue?", "Thank you.", "Do you like music?", "What is two and two?", "Good night.",
]  # fmt: skip
MOST = 40
# At least so far apart, at the word where they are furthest, are tuned model and base.
EFFECT = 0.5


def load(path, dtype=torch.float32):
    from transformers import AutoModelForCausalLM

    model, told = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, output_loading_info=True)
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        same(set(told[what]), set(), f"{what} of {path}")
    return model.eval()


def with_adapter(path):
    from peft import PeftModel

    base = load(BASE)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return PeftModel.from_pretrained(base, path).eval()


def scores(model, ids):
    """Log-probabilities [position, word]."""
    with torch.inference_mode():
        return torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0].float(), -1)


def greedy(model, ids):
    _, ends, _ = questions()
    answer = []
    while len(answer) < MOST and (not answer or answer[-1] not in ends):
        answer.append(int(scores(model, ids + answer)[-1].argmax()))
    return answer


def words_of(model, ids, answer):
    rows = scores(model, ids + answer)[len(ids) - 1 : -1]
    return rows[torch.arange(len(answer)), torch.tensor(answer)].numpy()


@functools.cache
def questions():
    """Tokenizer, the words that end an answer, and the prompts as ids: all from the merged folder."""
    from transformers import AutoTokenizer, GenerationConfig

    folder = trained() / "merged-f32"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = [
        tokenizer.apply_chat_template([{"role": "user", "content": p}], add_generation_prompt=True)["input_ids"]
        for p in PROMPTS
    ]
    return tokenizer, GenerationConfig.from_pretrained(folder).eos_token_id, asked


def answers_of(model):
    """[(ids, greedy answer, log-probabilities of its words)]"""
    return [(i, a, words_of(model, i, a)) for i in questions()[2] for a in [greedy(model, i)]]


@functools.cache
def reference():
    found = answers_of(with_adapter(trained() / "adapter"))
    ended = sum(answer[-1] in questions()[1] for _, answer, _ in found)
    at_most(10, ended, "answers that end, of 20")
    return found


def differences(model, answered):
    """Of the model's log-probabilities of given answers, over all words."""
    return np.concatenate([np.abs(words_of(model, i, a) - w) for i, a, w in answered])


def test_transformers(_):
    """Merged folders."""
    notes, ends = [], questions()[1]
    for name, kind, bound in (
        ("merged-f32", torch.float32, 1e-4), ("merged-f16", torch.float16, 2e-2), ("merged", torch.bfloat16, 2e-2),
    ):  # fmt: skip
        model = load(trained() / name, "auto")
        same(model.dtype, kind, name)
        same(sorted(model.generation_config.eos_token_id), sorted(ends), f"ends of {name}")
        model = model.float()
        furthest = differences(model, reference()).max()
        at_most(furthest, bound, f"{name} from PEFT")
        notes.append(f"{name} {furthest:.1e}")
        if name == "merged-f32":
            for ids, answer, _ in reference():
                # As a user calls it: it stops by itself.
                made = model.generate(torch.tensor([ids]), max_new_tokens=MOST, do_sample=False)[0, len(ids) :].tolist()
                same(made, answer, "greedy answer")
    base, dead = load(BASE), load(zeroed() / "merged-f32")
    away = [differences(model, reference()).max() for model in (base, dead, with_adapter(zeroed() / "adapter"))]
    at_most(EFFECT, min(away), "base and adapters of zeros are told apart")
    same(all(torch.equal(a, b) for a, b in zip(base.parameters(), dead.parameters())), True, "zeros merged are the base")
    return f"{', '.join(notes)}; base and zeros {min(away):.1f} away"


def test_torch(_):
    """State dicts, against the safetensors of the same weights."""
    from safetensors.torch import load_file

    for name, of_pt, folder in (("adapter", "pt", "adapter/adapter_model"), ("model", "pt-merged", "merged/model")):
        found = torch.load(trained() / of_pt / f"{name}.pt", weights_only=True)
        want = load_file(trained() / f"{folder}.safetensors")
        same(set(found), set(want), f"names in {name}.pt")
        for key, tensor in want.items():
            same((found[key].dtype, torch.equal(found[key], tensor)), (tensor.dtype, True), key)
    model = load(BASE, torch.bfloat16)
    told = model.load_state_dict(found, strict=False)
    same((set(told.missing_keys), told.unexpected_keys), ({"lm_head.weight"}, []), "model.pt in Transformers")
    dead = torch.load(zeroed() / "pt" / "adapter.pt", weights_only=True)
    same({bool(v.any()) for k, v in dead.items() if "lora_B" in k}, {False}, "an adapter of zeros in adapter.pt")


def hdf5_of(path):
    import h5py

    with h5py.File(path) as file:
        names = []
        file.visititems(lambda name, found: names.append(name) if isinstance(found, h5py.Dataset) else None)
        return {name: torch.from_numpy(file[name][()]) for name in names}, dict(file.attrs)


def test_hdf5(_):
    """In h5py: the numbers of the safetensors; the practice model is none that KerasHub has."""
    from safetensors.torch import load_file

    want = load_file(trained() / "adapter/adapter_model.safetensors")
    for path, want in (("h5/adapter.h5", want), ("h5-merged/model.h5", load_file(trained() / "merged-f32/model.safetensors"))):
        found, told = hdf5_of(trained() / path)
        same(set(found), set(want), f"names in {path}")
        for key, tensor in want.items():
            same((found[key].dtype, torch.equal(found[key], tensor)), (tensor.dtype, True), key)
        if "adapter_config" in told:
            config = json.loads((trained() / "adapter/adapter_config.json").read_text())
            # The base lies beside PEFT's adapter alone.
            same(json.loads(told["adapter_config"]), {**config, "base_model_name_or_path": "path/to/Pebble"}, "config")
        else:
            same(told["layout"], b"state dict", "layout of model.h5")
    dead, _ = hdf5_of(zeroed() / "h5" / "adapter.h5")
    same({bool(v.any()) for k, v in dead.items() if "lora_B" in k}, {False}, "an adapter of zeros in adapter.h5")
    base, _ = hdf5_of(zeroed() / "h5-merged" / "model.h5")
    same(all(torch.equal(base[k], found[k]) for k in found), False, "base and tuned are told apart")


def test_keras_hub(_):
    """Gemmas of random weights with the layers of a Gemma 3 and 2, a few steps trained; prompts longer than a window."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras_hub

    notes = []
    for family in ("gemma3", "gemma2"):
        base, run = shaped_like(family)
        keras = keras_hub.models.Backbone.from_preset(str(run / "h5-merged"), dtype="float32")
        same(len(keras.weights), len(hdf5_of(run / "h5-merged" / "model.weights.h5")[0]), "weights")
        model = load(run / "merged-f32")
        ids = torch.randint(10, 2000, (1, 60), generator=torch.Generator().manual_seed(2))
        with torch.inference_mode():
            hidden = keras({"token_ids": ids, "padding_mask": torch.ones_like(ids)})
            found = keras.token_embedding(hidden, reverse=True)
            furthest = float((found - model(ids).logits).abs().max())
            away = float((found - load(base)(ids).logits).abs().max())
        at_most(furthest, 1e-4, f"{family} from Transformers")
        at_most(100 * furthest, away, f"{family}: base and tuned are told apart")
        notes.append(f"{family} {furthest:.1e}, base {away:.2f} away")
    return "; ".join(notes)


def server(model, adapter=None):
    import xllamacpp as x

    params = x.CommonParams()
    params.model.path = str(model)
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity, params.use_jinja = 512, 1, False, -1, True
    # Keys and values in f32 rather than f16, attention as written.
    params.cache_type_k = params.cache_type_v = x.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = x.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    # Its threads spin while they wait for each other: as many as there are cores come to nothing on a busy machine.
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads, threads.poll = max(1, (os.cpu_count() or 2) // 2), 0
    if adapter:
        params.lora_adapters = [x.CommonAdapterLoraInfo(str(adapter), 1.0)]
    return x.Server(params)


def generated(llama, ids):
    """Ids and log-probabilities of a greedy answer, and why it ended."""
    request = {"prompt": ids, "n_predict": MOST, "temperature": 0, "logprobs": 1, "n_probs": 1, "cache_prompt": False}
    choice = llama.handle_completions(request)["choices"][0]
    words = choice["logprobs"]["content"]
    return [w["id"] for w in words], np.array([w["logprob"] for w in words]), choice["finish_reason"]


def against(llama, model, answered, bound, what):
    """
    Differences of log-probabilities over all words. The same words are chosen, unless the model's two likeliest are within the bound of
    each other; answers end where the model's do.
    """
    ends, apart = questions()[1], []
    for ids, answer, logs in answered:
        found, of_found, reason = generated(llama, ids)
        # llama.cpp does not give the word that ends an answer.
        text = answer[:-1] if answer[-1] in ends else answer
        found = [i for i in found if i not in ends]
        if found == text:
            same(reason, "stop" if answer[-1] in ends else "length", f"{what}: end of an answer")
            count = len(text)
        else:
            count = next((k for k, pair in enumerate(zip(found, text)) if len(set(pair)) > 1), min(len(found), len(text)))
            two = scores(model, ids + text[:count])[-1].topk(2).values
            at_most(float(two[0] - two[1]), bound, f"{what}: another answer")
        apart.append(np.abs(of_found[:count] - logs[:count]))
    return np.concatenate(apart)


def model_of(path, kind):
    """Transformers on a GGUF's weights, as the gguf package reads them."""
    weights, types = gguf_weights(path)
    same(types, {kind}, f"types in {path}")
    model = load(BASE)
    told = model.load_state_dict(weights, strict=False)
    same((told.missing_keys, told.unexpected_keys), (["lm_head.weight"], []), f"names in {path}")
    return model, weights


def other_answers(llama):
    """How many of the 20 answers are not those of the tuned model."""
    ends = questions()[1]
    pairs = [(generated(llama, ids)[0], answer) for ids, answer, _ in reference()]
    return sum([i for i in found if i not in ends] != [i for i in answer if i not in ends] for found, answer in pairs)


def table_reference():
    """The answers of the reference, their log-probabilities with llama.cpp's GELU."""
    model = as_llama_cpp(load(trained() / "merged-f32"))
    return model, [(ids, answer, words_of(model, ids, answer)) for ids, answer, _ in reference()]


def close(apart, what):
    """
    In f32. GELU in f16 has steps: where activations differ by 1e-7, a word now and then moves by 4e-4, in PyTorch with that GELU too. So nine
    words of ten are held to 1e-4, and the others to 1e-3.
    """
    tenth = float(np.quantile(apart, 0.9))
    at_most(tenth, 1e-4, f"{what}: nine words of ten")
    at_most(apart.max(), 3e-3, f"{what}: every word")
    return f"{what} {tenth:.1e} (all {apart.max():.1e})"


def test_llama_cpp_f32(_):
    """Merged, and the adapter on a GGUF of the base: the greedy answers are the reference's."""
    from safetensors.torch import load_file

    near, answered = table_reference()
    whole = server(trained() / "gguf-f32" / "model.gguf")
    base = zeroed() / "gguf-f32" / "model.gguf"
    notes = [close(against(whole, near, answered, 0, "gguf-f32"), "gguf-f32")]
    lora = server(base, trained() / "gguf-lora" / "adapter.gguf")
    notes.append(close(against(lora, near, answered, 0, "gguf-lora"), "gguf-lora"))
    plain = as_llama_cpp(load(BASE))
    notes.append(close(against(server(base), plain, answers_of(plain), 0, "base"), "base by itself"))
    # The numbers in the file are those of the merged folder; norms are stored as 1 + w.
    stored = load_file(trained() / "merged-f32" / "model.safetensors")
    for name, values in model_of(trained() / "gguf-f32" / "model.gguf", "F32")[1].items():
        at_most(float((values - stored[name]).abs().max()), 1e-6 if values.ndim == 1 else 0, name)
    others = [other_answers(llama) for llama in (server(base), server(base, zeroed() / "gguf-lora" / "adapter.gguf"))]
    same(others[0], others[1], "an adapter of zeros answers as the base")
    same(others[0] >= 10, True, f"base and an adapter of zeros are told apart, {others[0]} of 20 answers")
    return f"{', '.join(notes)}; {others[0]} of 20 answers of base and zeros are others"


def test_llama_cpp_chat(_):
    """Asked in words, with the template and the words in the file."""
    tokenizer, ends, _ = questions()
    llama = server(trained() / "gguf-f32" / "model.gguf")
    for prompt, (_, answer, _) in zip(PROMPTS, reference()):
        request = {"messages": [{"role": "user", "content": prompt}], "temperature": 0, "max_tokens": MOST}
        choice = llama.handle_chat_completions(request)["choices"][0]
        want = tokenizer.decode([i for i in answer if i not in ends])
        same(choice["message"]["content"].strip(), want.strip(), "answer to a chat")
        same(choice["finish_reason"], "stop" if answer[-1] in ends else "length", "end of an answer")


# Share of single words within 1e-4: in f16 a rounding is four times as fine as in bf16, and so falls otherwise more often.
WITHIN = {"F32": 0.75, "F16": 0.4, "BF16": 0.75, "Q8_0": 0.75, "Q4_0": 0.75}
TYPES = (("gguf-f32", "F32"), ("gguf-f16", "F16"), ("gguf", "BF16"), ("gguf-q8_0", "Q8_0"), ("gguf-q4_0", "Q4_0"))


def test_llama_cpp_arithmetic(_):
    """
    Behind single words, in every type, llama.cpp is Transformers that rounds as it does: within 1e-4. Transformers as it computes is further off, so it
    is those roundings and nothing of the file.
    """
    words, notes = range(10, 530, 13), []
    for name, kind in TYPES:
        path = trained() / name / "model.gguf"
        llama = server(path)
        own = behind_single_words(llama, as_llama_cpp(model_of(path, kind)[0], kind), words)
        plain = behind_single_words(llama, model_of(path, kind)[0], words)
        share = [float((apart <= 1e-4).mean()) for apart in (own, plain)]
        at_most(WITHIN[kind], share[0], f"{name}: share of single words within 1e-4")
        at_most(share[1] + 0.2, share[0], f"{name}: roundings that bring it no nearer")
        notes.append(f"{name} median {np.median(own):.1e}, {share[0]:.0%} within 1e-4 (as Transformers computes {np.median(plain):.1e}, {share[1]:.0%})")
    return "; ".join(notes)


def test_llama_cpp_rounded(_):
    """
    Whole answers in other types, against Transformers on the same weights that rounds as llama.cpp does. Over many words roundings fall otherwise, see
    `after_single_words`, so nine of ten are held to the bound, the others to twice of it. Transformers as it computes is in the note.
    """
    notes = []
    for name, kind, bound in (("gguf-f16", "F16", 2e-2), ("gguf", "BF16", 2e-2), ("gguf-q8_0", "Q8_0", 5e-2), ("gguf-q4_0", "Q4_0", 5e-2)):
        for run, of in ((trained(), name), (zeroed(), "base by itself")):
            path = run / name / "model.gguf"
            plain, own = model_of(path, kind)[0], as_llama_cpp(model_of(path, kind)[0], kind)
            llama = server(path)
            apart = against(llama, own, answers_of(own), 2 * bound, name)
            tenth = float(np.quantile(apart, 0.9))
            at_most(tenth, bound, f"{name}, {of}: nine words of ten")
            at_most(apart.max(), 2 * bound, f"{name}, {of}: every word")
            beside = against(llama, plain, answers_of(plain), 2 * bound, name)
            notes.append(f"{of} {tenth:.1e} (all {apart.max():.1e}; as Transformers computes {beside.max():.1e})")
    return ", ".join(notes)


def test_mlx(_):
    """The adapter on the base in f32."""
    import mlx.core as mx
    from mlx_lm import load as load_mlx
    from mlx_lm import stream_generate

    def differences_of(adapter, answered):
        model, _ = load_mlx(str(zeroed() / "merged-f32"), adapter_path=adapter)
        same({str(value.dtype) for _, value in mlx_leaves(model)}, {"mlx.core.float32"}, "what mlx-lm computes in")
        return np.concatenate([np.abs(mlx_words(mx, model, ids, answer) - logs) for ids, answer, logs in answered])

    near = as_mlx(with_adapter(trained() / "adapter"))
    answered = [(ids, answer, words_of(near, ids, answer)) for ids, answer, _ in reference()]
    furthest = differences_of(str(trained() / "mlx"), answered).max()
    at_most(furthest, 1e-4, "from PEFT with embeddings scaled as mlx-lm does")
    own = differences_of(str(trained() / "mlx"), reference()).max()
    at_most(own, 2e-2, "from PEFT")
    away = [differences_of(adapter, reference()).max() for adapter in (None, str(zeroed() / "mlx"))]
    at_most(EFFECT, min(away), "base and an adapter of zeros are told apart")

    model, tokenizer = load_mlx(str(zeroed() / "merged-f32"), adapter_path=str(trained() / "mlx"))
    for ids, answer, _ in reference():
        made = list(stream_generate(model, tokenizer, ids, max_tokens=MOST))
        same([part.token for part in made], answer, "greedy answer")
        same(made[-1].finish_reason, "stop" if answer[-1] in questions()[1] else "length", "end of an answer")
    return f"{furthest:.1e} ({own:.1e} with embeddings scaled exactly); base and zeros {min(away):.1f} away"


def mlx_leaves(model):
    from mlx.utils import tree_flatten

    return tree_flatten(model.parameters())


def mlx_words(mx, model, ids, answer):
    rows = model(mx.array([ids + answer]))[0, len(ids) - 1 : -1]
    logs = np.array(rows - mx.logsumexp(rows, axis=-1, keepdims=True))
    return logs[np.arange(len(answer)), answer]
