"""Pre-train Pebble with Transformers' Gemma3ForCausalLM, f32 on the CPU, and save it rounded to bf16.

Muon for the inner matrices, AdamW for the embedding and the norms; warm-up, constant, cosine down.

    python train.py --corpus DIR --model public/models/pebble [--steps N]

The folder already holds the tokenizer (make_tokenizer.py). config.json, generation_config.json and model.safetensors
are written into it.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from data import IGNORE, Mix, held_out_documents

CONFIG = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "vocab_size": 2048,
    "hidden_size": 128,
    "intermediate_size": 320,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "query_pre_attn_scalar": 64,
    "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-06,
    "rope_theta": 1000000.0,
    "rope_local_base_freq": 10000.0,
    "rope_scaling": None,
    "sliding_window": 128,
    "sliding_window_pattern": 3,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "attn_logit_softcapping": None,
    "final_logit_softcapping": None,
    "initializer_range": 0.02,
    "tie_word_embeddings": True,
    "use_bidirectional_attention": False,
    "use_cache": True,
    "bos_token_id": 2,
    "eos_token_id": [1, 6],
    "pad_token_id": 0,
    "torch_dtype": "bfloat16",
}
GENERATION = {"bos_token_id": 2, "eos_token_id": [1, 6], "pad_token_id": 0, "do_sample": False}


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def perplexity(model, documents) -> float:
    """exp of the mean cross-entropy over labelled tokens, one document at a time."""
    total, count = 0.0, 0
    with torch.no_grad():
        for ids, labels in documents:
            logits = model(input_ids=torch.tensor([ids])).logits[0, :-1].float()
            target = torch.tensor(labels[1:])
            total += torch.nn.functional.cross_entropy(logits, target, ignore_index=IGNORE, reduction="sum").item()
            count += int((target != IGNORE).sum())
    return math.exp(total / count)


def save(model, folder: Path) -> None:
    """bf16, round to nearest even (PyTorch's conversion); the tied head is the embedding and is not stored twice."""
    tensors = {
        k: v.detach().to(torch.bfloat16).contiguous().clone()
        for k, v in model.state_dict().items()
        if k != "lm_head.weight"
    }
    save_file(dict(sorted(tensors.items())), str(folder / "model.safetensors"), metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def initialise(model) -> None:
    """Let a word's own embedding, not the blocks' noise, fill the residual stream at first.

    The embedding has root mean square 1 after Gemma's scaling, and what a block adds 0.3 (its last norm is 1 + w). With
    Transformers' defaults (0.23 and 1) the model needed twice the steps, and did not learn to copy words.
    """
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(std=CONFIG["hidden_size"] ** -0.5)
        for layer in model.model.layers:
            layer.post_attention_layernorm.weight.fill_(-0.7)
            layer.post_feedforward_layernorm.weight.fill_(-0.7)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--corpus", required=True)
    p.add_argument("--model", required=True, help="folder with tokenizer.json; the model is written there")
    p.add_argument("--steps", type=int, default=2000)
    p.add_argument("--rows", type=int, default=8, help="rows of --length tokens a step")
    p.add_argument("--length", type=int, default=256)
    p.add_argument(
        "--lr", type=float, default=6e-3, help="of the inner matrices; embedding and norms learn at half of it"
    )
    p.add_argument("--warmup", type=int, default=60)
    p.add_argument("--seed", type=int, default=3)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--state", help="file to keep the run's state in, and to go on from where it exists")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    folder = Path(args.model)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    write_json(folder / "config.json", CONFIG)
    write_json(folder / "generation_config.json", GENERATION)
    model = Gemma3ForCausalLM(
        Gemma3TextConfig.from_dict({**CONFIG, "torch_dtype": "float32", "dtype": "float32"})
    ).train()
    initialise(model)
    print(f"{sum(x.numel() for x in model.parameters()):,} weights")
    run = torch.compile(model.model) if args.compile else model.model
    inner = {n: x for n, x in model.named_parameters() if x.dim() == 2 and "embed" not in n}
    rest = [x for n, x in model.named_parameters() if n not in inner]
    optimizers = [
        torch.optim.Muon(inner.values(), lr=args.lr, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=args.lr / 2, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.0),
    ]
    highest = [group["lr"] for o in optimizers for group in o.param_groups]

    def share(step: int) -> float:
        """Warm-up, constant, then a cosine down over the last 40%: until then a run may be cut short or made longer."""
        fall = max(0.0, (step / args.steps - 0.6) / 0.4)
        return min(1.0, (step + 1) / args.warmup) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fall)))

    mix = Mix(tokenizer, args.corpus, args.seed)
    first = 0
    if args.state and Path(args.state).exists():
        state = torch.load(args.state, weights_only=False)
        model.load_state_dict(state["model"])
        for o, saved in zip(optimizers, state["optimizers"]):
            o.load_state_dict(saved)
        mix.r.setstate(state["random"])
        first = state["step"]
        if first > 0.6 * args.steps:
            raise SystemExit(f"{args.state} is at step {first}, past the constant part of a run of {args.steps} steps")
    start, seen, smooth = time.time(), 0, None
    for step in range(first, args.steps):
        if args.state and step % 100 == 0 and step <= 0.6 * args.steps:
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizers": [o.state_dict() for o in optimizers],
                    "random": mix.r.getstate(),
                    "step": step,
                },
                args.state,
            )
        tokens, labels, positions = mix.batch(args.rows, args.length)
        hidden = run(input_ids=tokens, position_ids=positions, use_cache=False).last_hidden_state[:, :-1]
        target = labels[:, 1:]
        mask = target != IGNORE  # the head only where there is something to learn
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden[mask]), target[mask])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group, lr in zip((group for o in optimizers for group in o.param_groups), highest):
            group["lr"] = lr * share(step)
        for o in optimizers:
            o.step()
            o.zero_grad(set_to_none=True)
        seen += tokens.numel()
        smooth = loss.item() if smooth is None else 0.95 * smooth + 0.05 * loss.item()
        if step % 50 == 0 or step == args.steps - 1:
            seconds = time.time() - start
            print(f"step {step} loss {smooth:.4f} {seen / seconds:.0f} tokens/s {seconds:.0f} s", flush=True)
    save(model, folder)
    rounded = Gemma3ForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for name, documents in held_out_documents(tokenizer, args.corpus).items():
        print(f"held-out perplexity, {name}: {perplexity(rounded, documents):.3f} ({len(documents)} documents)")


if __name__ == "__main__":
    main()
