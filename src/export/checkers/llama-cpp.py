"""
Whether this GGUF does in llama.cpp what it did where it was trained: python check.py [MODEL.gguf | http://localhost:8080]

Says "works" (0), "loaded but without effect" (1) or "differs" (2); 3 is an error. Asks a llama-server at an address, which needs
nothing installed here; or loads the file by itself, with pip install xllamacpp.
"""

import argparse
import json
import math
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Likeliest tokens that are asked for; of others only this is known, that they are less likely.
ASKED = 256


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", nargs="?", default=HERE / "model.gguf", help="a GGUF, by default model.gguf; of an adapter, the base's")
    options.add_argument("--without", action="store_true", help="leave adapter.gguf out, which the check must notice")
    return options


def load(options, proof):
    if str(options.model).startswith("http"):
        ask = at_address(str(options.model))
    else:
        if not Path(options.model).is_file():
            raise FileNotFoundError(f"{options.model} is no file: name the GGUF of the base model")
        adapter = HERE / "adapter.gguf"
        if not (HERE / "model.gguf").exists() and not adapter.exists():
            raise FileNotFoundError(f"{adapter} is not there: without it only the base would be checked")
        longest = max(len(prompt["ids"] + prompt["answer_ids"]) for prompt in proof["prompts"])
        ask = in_process(options.model, adapter if adapter.exists() and not options.without else None, max(512, longest + 1))

    def log_probabilities(ids, answer):
        found = []
        for i, token in enumerate(answer):
            # llama.cpp tells nothing of a word that is part of a character, so that a whole one is written, whatever is likeliest; what is
            # told are the probabilities before that.
            request = {"prompt": ids + answer[:i], "n_predict": 1, "max_tokens": 1, "temperature": 0, "logit_bias": [["a", 1e9]]}
            told = ask({**request, "logprobs": ASKED, "n_probs": ASKED})
            if "choices" not in told:
                raise ValueError(f"llama.cpp refuses the prompt: {json.dumps(told)}")
            words = told["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
            # JSON has no NaN.
            logs = {word["id"]: math.nan if word["logprob"] is None else word["logprob"] for word in words}
            least = min(logs.values())
            found.append((logs.get(token, least), least))
        return found

    return log_probabilities


def in_process(model, adapter, context):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx, params.n_parallel, params.warmup, params.verbosity = context, 1, False, -1
    # Keys and values in float32, as where it was trained.
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if adapter:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    return xllamacpp.Server(params).handle_completions


def at_address(address):
    def ask(request):
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"{address.rstrip('/')}/v1/completions", body, headers)) as response:
            return json.load(response)

    return ask
