"""The reference that Lapidary is held against: Transformers + PEFT on flat packed batches.

A batch is the JSON form of `Batch` in src/protocol/batch.ts: tokens, positions, segmentStart, labels (already shifted,
-100 where not supervised), supervisedRows. Attention never crosses a segment and positions restart in each, so running
every segment by itself through eager attention and adding up is the packed computation, exactly.
"""

import contextlib
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

IGNORE = -100
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def load_base(folder, dtype=torch.float32):
    """Transformers model of a folder, eager attention, frozen."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager")
    model.config.use_cache = False
    return model.requires_grad_(False).eval()


def load_adapter(base, folder, trainable=False):
    """PEFT model of a base and an adapter folder. Adapter weights keep the base's dtype."""
    from peft import PeftModel

    return PeftModel.from_pretrained(base, str(folder), is_trainable=trainable, autocast_adapter_dtype=False).eval()


def trainable(model):
    """{PEFT's saved name: parameter} of every LoRA weight, in the model's order."""
    return {
        name.replace(".default.", "."): parameter
        for name, parameter in model.named_parameters()
        if "lora_" in name and parameter.requires_grad
    }


def segments(batch):
    """[(start, end)] of the batch's segments."""
    starts = sorted(set(batch["segmentStart"]))
    return list(zip(starts, starts[1:] + [len(batch["tokens"])]))


def packed_logits(model, batch):
    """[T, vocabulary] logits of a flat stream, each segment run by itself."""
    rows = []
    for start, end in segments(batch):
        ids = torch.tensor([batch["tokens"][start:end]])
        rows.append(model(input_ids=ids, use_cache=False).logits[0])
    return torch.cat(rows)


def packed_loss(model, batch):
    """(sum of cross-entropies in nats, supervised rows, arg-max hits) of a flat stream."""
    logits = packed_logits(model, batch)
    labels = torch.tensor(batch["labels"])
    total = F.cross_entropy(logits, labels, ignore_index=IGNORE, reduction="sum")
    supervised = labels != IGNORE
    hits = (logits.argmax(-1)[supervised] == labels[supervised]).sum()
    return total, int(supervised.sum()), int(hits)


def accumulate(model, batches):
    """Backward of the mean over all supervised tokens of all micro-batches (num_items_in_batch of Transformers).

    Returns (loss, accuracy, supervised)."""
    supervised = sum(sum(label != IGNORE for label in batch["labels"]) for batch in batches)
    loss, hits = 0.0, 0
    for batch in batches:
        total, _, right = packed_loss(model, batch)
        (total / supervised).backward()
        loss += total.item()
        hits += right
    return loss / supervised, hits / supervised, supervised


def schedule(optimizer, name, warmup_steps, total_steps):
    from transformers import get_scheduler

    return get_scheduler(name, optimizer, num_warmup_steps=warmup_steps, num_training_steps=total_steps)


def train(model, steps, scalars):
    """Yields one record per optimizer step, in the order of `Trainer`: backward, clip, AdamW, schedule.

    steps: a list of lists of micro-batches. scalars: TRL's names (learning_rate, weight_decay, adam_beta1, adam_beta2,
    adam_epsilon, max_grad_norm, lr_scheduler_type, warmup_steps, and optionally total_steps)."""
    parameters = list(trainable(model).values())
    optimizer = torch.optim.AdamW(
        parameters,
        lr=scalars["learning_rate"],
        betas=(scalars["adam_beta1"], scalars["adam_beta2"]),
        eps=scalars["adam_epsilon"],
        weight_decay=scalars["weight_decay"],
        foreach=False,
    )
    scheduler = schedule(
        optimizer, scalars["lr_scheduler_type"], scalars["warmup_steps"], scalars.get("total_steps", len(steps))
    )
    for number, batches in enumerate(steps, 1):
        optimizer.zero_grad(set_to_none=True)
        loss, accuracy, supervised = accumulate(model, batches)
        bound = scalars["max_grad_norm"] or math.inf
        norm = torch.nn.utils.clip_grad_norm_(parameters, bound, foreach=False).item()
        rate = scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
        yield {
            "step": number,
            "learning_rate": rate,
            "loss": loss,
            "mean_token_accuracy": accuracy,
            "grad_norm": norm,
            "supervised": supervised,
        }


@contextlib.contextmanager
def double_precision(*models):
    """Runs models in f64 throughout: also where Transformers' code says `.float()` or softmax in f32."""
    from transformers.models.gemma2 import modeling_gemma2 as gemma2
    from transformers.models.gemma3 import modeling_gemma3 as gemma3

    plain_float, plain_softmax = torch.Tensor.float, F.softmax
    restore = []
    for model in models:
        model.double()
        config = model.config.get_text_config()
        for module in model.modules():
            if hasattr(module, "scalar_embed_scale"):
                module.embed_scale = torch.tensor(module.scalar_embed_scale, dtype=torch.float64)
            if isinstance(module, gemma3.Gemma3RotaryEmbedding):
                for kind in module.layer_types:
                    setattr(module, f"{kind}_inv_freq", _frequencies(config, config.rope_parameters[kind]))
            elif isinstance(module, gemma2.Gemma2RotaryEmbedding):
                module.inv_freq = _frequencies(config, config.rope_parameters)
            else:
                continue
            restore.append(module)
            module.forward = _rotary_double.__get__(module)
    torch.Tensor.float = lambda self: self if self.dtype == torch.float64 else plain_float(self)
    F.softmax = lambda x, dim=None, dtype=None, **_: plain_softmax(x, dim=dim)
    try:
        yield
    finally:
        torch.Tensor.float, F.softmax = plain_float, plain_softmax
        for module in restore:
            del module.forward


def _frequencies(config, rope):
    exponent = torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim
    return rope["rope_theta"] ** -exponent / rope.get("factor", 1.0)


def _rotary_double(self, x, position_ids, layer_type=None):
    angles = position_ids[..., None].double() * getattr(self, f"{layer_type}_inv_freq" if layer_type else "inv_freq")
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def dump(value, indent=0):
    """JSON with one line for each list of plain values."""
    pad = "  " * (indent + 1)
    if isinstance(value, dict) and value:
        items = [f"{pad}{json.dumps(key)}: {dump(item, indent + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + "  " * indent + "}"
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return "[\n" + ",\n".join(pad + dump(item, indent + 1) for item in value) + "\n" + "  " * indent + "]"
    return json.dumps(value, ensure_ascii=False)


def write_json(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(dump(value) + "\n", encoding="utf-8")


def relative_l2(found, expected):
    """|found - expected| / |expected| over all entries of two tensors."""
    found, expected = found.double(), expected.double()
    return ((found - expected).norm() / expected.norm()).item()
