"""Tiny Gemma 2 and 3 models with random weights, written with everything an engine has to reproduce of them."""

import copy
import json
import random
from pathlib import Path

import torch
from safetensors.torch import save_file

from reference import (
    IGNORE,
    PROJECTIONS,
    accumulate,
    double_precision,
    load_adapter,
    load_base,
    packed_logits,
    relative_l2,
    segments,
    train,
    trainable,
    write_json,
)

FIXTURES = {
    # One kv head; odd vocabulary; f32 weights.
    "gemma3-tiny": {
        "seed": 11,
        "dtype": torch.float32,
        "config": {
            "vocab_size": 389,
            "hidden_size": 64,
            "intermediate_size": 160,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 1,
            "head_dim": 64,
            "query_pre_attn_scalar": 64,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        },
    },
    # Two kv heads, wider head, query scale that is not the head's width, scaled global RoPE; bf16 weights.
    "gemma3-tiny-wide": {
        "seed": 12,
        "dtype": torch.bfloat16,
        "config": {
            "vocab_size": 421,
            "hidden_size": 96,
            "intermediate_size": 160,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 128,
            "query_pre_attn_scalar": 96,
            "layer_types": ["sliding_attention", "full_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1_000_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            },
        },
    },
    # Gemma 2: no norms of queries and keys, one RoPE for all layers; caps so low that they are felt; two kv heads.
    "gemma2-tiny": {
        "seed": 13,
        "dtype": torch.bfloat16,
        "family": "Gemma2",
        "config": {
            "vocab_size": 403,
            "hidden_size": 64,
            "intermediate_size": 160,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "query_pre_attn_scalar": 48,
            "attn_logit_softcapping": 4.0,
            "final_logit_softcapping": 6.0,
        },
    },
    # The shape of Gemma 3 4B: a vision part beside the text part, whose global RoPE is scaled; two kv heads.
    "gemma3-tiny-multimodal": {
        "seed": 14,
        "dtype": torch.bfloat16,
        "family": "Gemma3 multimodal",
        "config": {
            "vocab_size": 416,
            "hidden_size": 64,
            "intermediate_size": 160,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 64,
            "query_pre_attn_scalar": 64,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1_000_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            },
        },
    },
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}
WINDOW = 8
LORA = {"r": 4, "lora_alpha": 8}
TRAINING = {
    "learning_rate": 1e-2,
    "weight_decay": 0.1,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 0.5,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 2,
    "gradient_accumulation_steps": 2,
    "total_steps": 20,
}


def make_base(spec, folder):
    """Random weights of the size that trained ones have: activations near 1, norm weights away from zero."""
    from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3Config, Gemma3ForCausalLM
    from transformers import Gemma3ForConditionalGeneration, Gemma3TextConfig

    special = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0}
    text = {
        **spec["config"],
        **special,
        "sliding_window": WINDOW,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-6,
    }
    family = spec.get("family", "Gemma3")
    if family == "Gemma2":
        model = Gemma2ForCausalLM(Gemma2Config(**text))
    elif family == "Gemma3":
        model = Gemma3ForCausalLM(Gemma3TextConfig(**text))
    else:
        config = Gemma3Config(text_config=text, vision_config=VISION, mm_tokens_per_image=4, **special)
        model = Gemma3ForConditionalGeneration(config)
    generator = torch.Generator().manual_seed(spec["seed"])
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith("norm.weight"):
                value = 0.1 + 0.3 * torch.randn(weight.shape, generator=generator)
            elif "embed_tokens" in name:
                value = 1.5 * torch.randn(weight.shape, generator=generator) / weight.shape[1] ** 0.5
            elif weight.dim() == 1:
                value = 0.1 * torch.randn(weight.shape, generator=generator)  # a bias of the vision part
            else:
                value = torch.randn(weight.shape, generator=generator) / weight.shape[1] ** 0.5
            weight.copy_(value.to(spec["dtype"]))
    model.to(spec["dtype"]).save_pretrained(folder)


def make_adapter(spec, folder):
    """PEFT's own file format; A as PEFT initialises it, B non-zero (with B = 0 half the gradients vanish)."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(spec["seed"] + 100)
    # The vision part has modules of the same names.
    exclude = ".*vision_tower.*" if "multimodal" in spec.get("family", "") else None
    config = LoraConfig(
        **LORA, lora_dropout=0.0, target_modules=PROJECTIONS, exclude_modules=exclude, task_type="CAUSAL_LM"
    )
    model = get_peft_model(load_base(folder), config)
    generator = torch.Generator().manual_seed(spec["seed"] + 200)
    with torch.no_grad():
        for name, weight in sorted(trainable(model).items()):
            if "lora_B" in name:
                weight.copy_(0.1 * torch.randn(weight.shape, generator=generator))
    # PEFT would write the folder it was loaded from, which lies wherever this ran.
    model.peft_config["default"].base_model_name_or_path = Path(folder).name
    model.save_pretrained(Path(folder) / "adapter")
    (Path(folder) / "adapter" / "README.md").unlink(missing_ok=True)
    path = Path(folder) / "adapter" / "adapter_config.json"
    written = json.loads(path.read_text())
    written["target_modules"].sort()  # a set in PEFT: its order differs from run to run
    path.write_text(json.dumps(written, indent=2) + "\n")


def make_batch(draw, vocabulary, lengths):
    """A flat stream of segments: begin-of-text, a prompt that is not supervised, a completion that is.

    Each word mostly follows from the one before it, so that there is something to learn."""
    batch = {"tokens": [], "positions": [], "segmentStart": [], "labels": [], "supervisedRows": []}
    for length in lengths:
        start = len(batch["tokens"])
        tokens = [2]
        while len(tokens) < length:
            follow = (tokens[-1] * 7 + 13) % 61 + 3
            tokens.append(follow if draw.random() < 0.7 else 3 + int(draw.random() * (vocabulary - 3)))
        prompt = 1 + int(draw.random() * (length - 1))
        for i, token in enumerate(tokens):
            supervised = i + 1 < length and i + 1 >= prompt
            batch["tokens"].append(token)
            batch["positions"].append(i)
            batch["segmentStart"].append(start)
            batch["labels"].append(tokens[i + 1] if supervised else IGNORE)
            if supervised:
                batch["supervisedRows"].append(start + i)
    return batch


def make_choices(draw, vocabulary):
    """A prompt and choices that share beginnings; one begins another, one is of one token, two are alike. 1 ends them."""
    prompt = [2, *(3 + int(draw.random() * (vocabulary - 3)) for _ in range(18))]
    stems = [[3 + int(draw.random() * (vocabulary - 3)) for _ in range(3)] for _ in range(3)]
    choices = [[*stem[: 1 + i % 3], 20 + i, 1] for i, stem in enumerate(stems * 4)]
    return {"prompt": prompt, "choices": [*choices, [stems[0][0], 1], [5], choices[3]]}


def plan_cases(spec):
    """Inputs of all cases, from the fixture's seed alone."""
    draw = random.Random(spec["seed"])
    vocabulary = spec["config"]["vocab_size"]
    lengths = lambda: [3 + int(draw.random() * 18) for _ in range(2 + int(draw.random() * 2))]
    return {
        "streams": [make_batch(draw, vocabulary, [21]), make_batch(draw, vocabulary, [5, 13, 2, 9])],
        "gradients": make_batch(draw, vocabulary, [5, 19, 12, 3]),
        "steps": [
            [make_batch(draw, vocabulary, lengths()) for _ in range(TRAINING["gradient_accumulation_steps"])]
            for _ in range(TRAINING["total_steps"])
        ],
        "choices": make_choices(draw, vocabulary),
    }


def watch_hidden(model, batch):
    """{name: [T, hidden]} after the embedding, each layer and the final norm, and each block of layer 0."""
    inner = model.get_base_model().model
    inner = getattr(inner, "language_model", inner)
    found = {}

    def keep(name):
        def hook(_, __, output):
            value = output[0] if isinstance(output, tuple) else output
            found.setdefault(name, []).append(value[0])

        return hook

    watched = {"embedding": inner.embed_tokens, "norm": inner.norm}
    for i, layer in enumerate(inner.layers):
        watched[f"layer.{i}"] = layer
    watched["layer.0.self_attn"] = inner.layers[0].self_attn
    watched["layer.0.mlp"] = inner.layers[0].mlp
    handles = [module.register_forward_hook(keep(name)) for name, module in watched.items()]
    packed_logits(model, batch)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(parts) for name, parts in found.items()}


def run_cases(folder, plan, double=False):
    """(cases, tensors): every figure of a fixture, computed in f32, or throughout in f64."""
    base = load_base(folder)
    model = load_adapter(base, Path(folder) / "adapter", trainable=True)
    precision = double_precision(model) if double else torch.autograd.set_grad_enabled(True)
    with precision:
        cases, tensors = {"logits": [], "score": []}, {}
        with torch.no_grad():
            for i, batch in enumerate(plan["streams"]):
                on = packed_logits(model, batch)
                with model.disable_adapter():
                    off = packed_logits(model, batch)
                names = {"off": f"logits.{i}.off", "on": f"logits.{i}.on"}
                tensors |= {names["off"]: off, names["on"]: on}
                cases["logits"].append({"batch": batch, "tensors": names})
                cases["score"].append({"stream": i, "off": score(off, batch), "on": score(on, batch)})
            hidden = watch_hidden(model, plan["streams"][1])
        tensors |= {f"hidden.{name}": value for name, value in hidden.items()}
        cases["hidden"] = {"stream": 1, "adapter": "on", "tensors": sorted(f"hidden.{name}" for name in hidden)}

        with torch.no_grad():
            on = score_choices(model, **plan["choices"])
            with model.disable_adapter():
                cases["choices"] = {**plan["choices"], "off": score_choices(model, **plan["choices"]), "on": on}

        batch = plan["gradients"]
        loss, accuracy, supervised = accumulate(model, [batch])
        gradients = {name: p.grad.clone() for name, p in trainable(model).items()}
        norm = torch.stack([g.norm() for g in gradients.values()]).norm().item()
        tensors |= {f"grad.{name}": value for name, value in gradients.items()}
        cases["gradients"] = {
            "batch": batch,
            "loss": loss,
            "mean_token_accuracy": accuracy,
            "grad_norm": norm,
            "supervised": supervised,
        }

        records = list(train(model, plan["steps"], TRAINING))
        for record, batches in zip(records, plan["steps"]):
            record["batches"] = batches
        cases["training"] = {"scalars": TRAINING, "steps": records}
        tensors |= {f"final.{name}": p.detach() for name, p in trainable(model).items()}
    tensors = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    return cases, tensors


def score(logits, batch):
    rows = batch["supervisedRows"]
    labels = torch.tensor(batch["labels"])[rows]
    log_probability = logits[rows].log_softmax(-1).gather(1, labels[:, None])[:, 0]
    hit = logits[rows].argmax(-1) == labels
    return {"logProbability": log_probability.tolist(), "hit": hit.int().tolist()}


def score_choices(model, prompt, choices):
    """[choice][token] log-probabilities, each choice by itself."""
    found = []
    for choice in choices:
        tokens = prompt + choice[:-1]
        logits = packed_logits(model, {"tokens": tokens, "segmentStart": [0] * len(tokens)})
        rows = logits[len(prompt) - 1 :].log_softmax(-1)
        found.append([rows[i, token].item() for i, token in enumerate(choice)])
    return found


def noise(cases, tensors, exact_cases, exact):
    """How far f32 is from f64: the floor under every tolerance."""
    pick = lambda start: [name for name in tensors if name.startswith(start)]
    largest = lambda name: ((tensors[name] - exact[name]).abs().max() / exact[name].abs().max()).item()
    steps = zip(cases["training"]["steps"], exact_cases["training"]["steps"])
    whole = lambda source, start: torch.cat([source[name].flatten() for name in pick(start)])
    return {
        "logits_over_largest": max(largest(name) for name in pick("logits.")),
        "gradient_relative_l2": max(relative_l2(tensors[name], exact[name]) for name in pick("grad.")),
        "training_loss": max(abs(a["loss"] - b["loss"]) for a, b in steps),
        "final_relative_l2": max(relative_l2(tensors[name], exact[name]) for name in pick("final.")),
        "final_relative_l2_whole": relative_l2(whole(tensors, "final."), whole(exact, "final.")),
    }


def write_fixture(name, folder):
    """Writes a fixture's folder and returns its entry in the manifest."""
    spec = copy.deepcopy(FIXTURES[name])
    folder.mkdir(parents=True, exist_ok=True)
    make_base(spec, folder)
    make_adapter(spec, folder)
    plan = plan_cases(spec)
    cases, tensors = run_cases(folder, plan)
    exact_cases, exact = run_cases(folder, plan, double=True)
    write_json(folder / "cases.json", cases)
    save_file(tensors, folder / "cases.safetensors", metadata={"format": "pt"})
    losses = [step["loss"] for step in cases["training"]["steps"]]
    return {
        "seed": spec["seed"],
        "weights": str(spec["dtype"]).removeprefix("torch."),
        "segments": [len(segments(batch)) for batch in plan["streams"]],
        "largest_logit": max(v.abs().max().item() for k, v in tensors.items() if k.startswith("logits.")),
        "loss_first_last": [losses[0], losses[-1]],
        "clipped_steps": sum(s["grad_norm"] > TRAINING["max_grad_norm"] for s in cases["training"]["steps"]),
        "f32_against_f64": noise(cases, tensors, exact_cases, exact),
    }
