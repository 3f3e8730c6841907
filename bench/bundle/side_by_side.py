"""Holds the bench's Gemma 3 270M step beside the same step in Transformers + PEFT.

    python side_by_side.py arguments results.json              arguments for bench_lora_step.py
    python side_by_side.py print results.json peer.json        both, a line each
"""

import json
import sys


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def step_of(results):
    for row in results["rows"]:
        if row["suite"] == "step" and row["name"].startswith("gemma-3-270m"):
            return row
    return None


def arguments(results):
    row = step_of(results)
    if row is None:
        return ""
    import torch

    detail = row["detail"]
    words = ["--shape", "270m", "--tokens", detail["tokens"], "--segments", detail["segments"], "--rank", detail["rank"]]
    if not torch.cuda.is_available():
        words += ["--steps", 2, "--warmup", 1]
    return " ".join(map(str, words))


def lines(results, peer):
    row = step_of(results)
    detail = row["detail"]
    what = f"Gemma 3 270M, {detail['tokens']} tokens in {detail['segments']} segments, LoRA r={detail['rank']} on all projections"
    yield f"One training step, {what}"
    yield f"{'':46} {'ms':>10} {'tokens/s':>10} {'GiB':>7}  supervised"
    form = "{:46} {:10.1f} {:10.0f} {:7.2f}  {}".format
    name = f"Lapidary on {results['adapter'][:32]}"
    tokens = detail["tokensPerSecond"]
    yield form(name, row["seconds"] * 1e3, tokens, detail["liveBytes"] / 2**30, detail["supervised"])
    yield f"{'':46} bf16 weights, f32 arithmetic; recomputes {detail['recompute']}"
    for run in peer["runs"]:
        name = f"Transformers + {run.get('lora', 'PEFT')}, {run['dtype']}"
        if "error" in run:
            yield f"{name:46} {run['error']}"
            continue
        every = run["tokens_per_step"] - run["sequences"][0]
        yield form(name, run["step_ms"]["median"], run["tokens_per_second"], run["peak_bytes"] / 2**30, every)
        yield f"{'':46} Lapidary runs at {tokens / run['tokens_per_second']:.2f} times its speed"
    yield f"PyTorch {peer['torch']} on {peer['device']}, Transformers {peer['transformers']}; TF32 {'on' if peer['tf32'] else 'off'}"


if __name__ == "__main__":
    if sys.argv[1] == "arguments":
        print(arguments(load(sys.argv[2])))
    else:
        print("\n".join(lines(load(sys.argv[2]), load(sys.argv[3]))))
