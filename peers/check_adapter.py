"""Loads an exported adapter with PEFT and holds another program's answers against it.

    python peers/check_adapter.py --base DIR [--adapter DIR] [--reference FILE] [--write FILE] [--json FILE]

Checks that every tensor of the adapter loads (none missing, none unexpected, shapes and values as in the file) and that
it changes the model. With --reference, compares logits and greedy answers; with --write, writes the same prompts' answers as
computed here. Without --adapter the base alone is compared. --json writes what was found: {"problems", and of a comparison "prompts",
"logits_error", "same_next", "same_answers", "answers"}. Exits with 1 on any difference.

The file of answers, made by Lapidary or by --write:

    {"max_new_tokens": 16, "stop_tokens": [1, 106],
     "prompts": [{"ids": [...], "logits_last": [...], "greedy": [...]}]}

ids: the prompt as token ids. logits_last: logits at its last row, either of all words in order, or [[id, logit], ...] of some
of them (the largest must be among them). greedy: the tokens that follow, at most max_new_tokens, up to and with the first
stop token. logits_last and greedy may each be left out.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from reference import load_base, write_json

TOLERANCE = 1e-4


def problems_of_loading(base, folder):
    """(PEFT model, problems): what keeps the adapter's file from being the adapter that PEFT runs."""
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict

    found = []
    config = PeftConfig.from_pretrained(str(folder))
    tensors = load_file(Path(folder) / "adapter_model.safetensors")
    try:
        model = PeftModel.from_pretrained(base, str(folder), config=config, autocast_adapter_dtype=False).eval()
    except (RuntimeError, ValueError, KeyError) as error:
        return None, [f"PEFT refuses it: {error}"]
    expected = get_peft_model_state_dict(model)
    found += [f"missing from the file: {name}" for name in sorted(expected.keys() - tensors.keys())]
    found += [f"not used by PEFT: {name}" for name in sorted(tensors.keys() - expected.keys())]
    for name in sorted(tensors.keys() & expected.keys()):
        if tensors[name].shape != expected[name].shape:
            found.append(f"{name} has shape {list(tensors[name].shape)}, PEFT's is {list(expected[name].shape)}")
        elif not torch.equal(tensors[name].float(), expected[name].float()):
            found.append(f"{name} differs after loading")
        if not torch.isfinite(tensors[name].float()).all():
            found.append(f"{name} holds values that are not finite")
    return model, found


@torch.inference_mode()
def last_logits(model, ids):
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1].float()


@torch.inference_mode()
def greedy(model, ids, most, stops):
    """Arg-max decoding with a KV cache; ends with the first stop token."""
    made, past, feed = [], None, ids
    while len(made) < most and (not made or made[-1] not in stops):
        out = model(input_ids=torch.tensor([feed]), past_key_values=past, use_cache=True)
        past, feed = out.past_key_values, [int(out.logits[0, -1].argmax())]
        made += feed
    return made


def compare_logits(given, logits):
    """Problem in words, or None, and the largest difference over the largest logit."""
    if given and isinstance(given[0], list):
        ids = torch.tensor([int(pair[0]) for pair in given])
        values = torch.tensor([float(pair[1]) for pair in given])
        if int(logits.argmax()) not in ids:
            return "the largest logit is not among those given", float("nan")
        logits, scale = logits[ids], logits.abs().max()
    else:
        values, scale = torch.tensor(given), logits.abs().max()
        if values.shape != logits.shape:
            return f"{len(given)} logits given, {len(logits)} expected", float("nan")
    error = ((values - logits).abs().max() / scale).item()
    return (None if error <= TOLERANCE else f"logits differ by {error:.3g} of the largest"), error


def compare(model, reference):
    """(problems, figures): the largest logit error, and of how many answers the first token and all of it are the same."""
    found, worst, same, whole, answers = [], 0.0, 0, 0, 0
    for i, prompt in enumerate(reference["prompts"]):
        if "logits_last" not in prompt and "greedy" not in prompt:
            found.append(f"prompt {i}: neither logits_last nor greedy")
        if "logits_last" in prompt:
            problem, error = compare_logits(prompt["logits_last"], last_logits(model, prompt["ids"]))
            worst = max(worst, error) if error == error else error
            found += [f"prompt {i}: {problem}"] if problem else []
        if "greedy" in prompt:
            mine = greedy(model, prompt["ids"], reference["max_new_tokens"], set(reference["stop_tokens"]))
            answers += 1
            same += prompt["greedy"][:1] == mine[:1]
            whole += prompt["greedy"] == mine
            if prompt["greedy"] != mine:
                found.append(f"prompt {i}: answer {prompt['greedy']}, expected {mine}")
    if not reference["prompts"]:
        found.append("no prompts to compare")
    figures = {"prompts": len(reference["prompts"]), "logits_error": worst, "same_next": same, "same_answers": whole}
    return found, figures | {"answers": answers}


def answers_of(model, reference, top=None):
    """The reference's prompts answered here; of the logits all, or the `top` largest as pairs."""
    stops = reference["stop_tokens"]

    def logits_of(ids):
        logits = last_logits(model, ids)
        if top is None:
            return logits.tolist()
        values, words = logits.topk(top)
        return [[int(word), float(value)] for word, value in zip(words, values)]

    prompts = [
        {
            "ids": prompt["ids"],
            "logits_last": logits_of(prompt["ids"]),
            "greedy": greedy(model, prompt["ids"], reference["max_new_tokens"], set(stops)),
        }
        for prompt in reference["prompts"]
    ]
    return {"max_new_tokens": reference["max_new_tokens"], "stop_tokens": stops, "prompts": prompts}


def check(base_folder, adapter=None, reference=None, write=None, figures=None):
    """Problems found, as lines; prints the figures, and puts them into `figures` where that is given."""
    model, found = load_base(base_folder), []
    if adapter:
        ids = [i % model.config.vocab_size for i in (2, 9, 30, 77, 5)]
        plain = last_logits(model, ids)
        model, found = problems_of_loading(model, adapter)
        if model is None:
            return found
        if torch.equal(plain, last_logits(model, ids)):
            found.append("the adapter changes nothing")
    if write:
        write_json(write, answers_of(model, reference))
    elif reference:
        differences, of = compare(model, reference)
        found += differences
        if figures is not None:
            figures |= of
        print(f"{of['prompts']} prompts: logits within {of['logits_error']:.3g} of the largest (at most {TOLERANCE:g})")
        print(f"same next token on {of['same_next']} of {of['answers']} answers")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--write", type=Path, help="answer the reference's prompts here instead of comparing")
    parser.add_argument("--json", type=Path, help="write the figures and problems")
    options = parser.parse_args()
    if not options.adapter and not options.reference:
        parser.error("nothing to check: give --adapter, --reference or both")
    if options.write and not options.reference:
        parser.error("--write needs the prompts of --reference")
    reference = json.loads(options.reference.read_text()) if options.reference else None
    figures = {}
    found = check(options.base, options.adapter, reference, options.write, figures)
    if options.json:
        write_json(options.json, {"problems": found} | figures)
    for problem in found:
        print(f"check_adapter: {problem}", file=sys.stderr)
    print("failed" if found else "ok")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
