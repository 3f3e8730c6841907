"""Our reference loop (segments one by one, our accumulation) against Transformers' Trainer on truly packed streams."""

import json

import torch
from safetensors.torch import load_file

from reference import IGNORE, load_adapter, load_base, packed_logits, relative_l2, trainable
from run import at_most, same


def test_packed_attention(context):
    """Transformers' own packing (restarted position_ids, no mask given) gives the logits of segments run by themselves."""
    folder = context.golden / "gemma3-tiny"
    model = load_base(folder)
    batch = json.loads((folder / "cases.json").read_text())["logits"][1]["batch"]
    with torch.inference_mode():
        packed = model(
            input_ids=torch.tensor([batch["tokens"]]), position_ids=torch.tensor([batch["positions"]]), use_cache=False
        ).logits[0]
        apart = packed_logits(model, batch)
        whole = model(input_ids=torch.tensor([batch["tokens"]]), use_cache=False).logits[0]
    error = ((packed - apart).abs().max() / apart.abs().max()).item()
    at_most(error, 1e-5, "packed against apart")
    # Would it notice attention across segments?
    at_most(1e-2, ((whole - apart).abs().max() / apart.abs().max()).item(), "one segment against four")


def rows_of(steps):
    """One row a micro-batch, as Trainer takes it: labels stand at their own token, Transformers shifts them."""
    for step in steps:
        for batch in step["batches"]:
            labels = [IGNORE, *batch["labels"][:-1]]
            yield {"input_ids": batch["tokens"], "position_ids": batch["positions"], "labels": labels}


def test_trainer(context):
    """Twenty steps of Trainer: loss and norm of each step and the final adapter."""
    from transformers import PrinterCallback, Trainer, TrainingArguments

    class InOrder(Trainer):
        def _get_train_sampler(self, *_):
            return torch.utils.data.SequentialSampler(self.train_dataset)

    folder = context.golden / "gemma3-tiny"
    training = json.loads((folder / "cases.json").read_text())["training"]
    scalars = dict(training["scalars"])
    total = scalars.pop("total_steps")
    model = load_adapter(load_base(folder), folder / "adapter", trainable=True)
    arguments = TrainingArguments(
        output_dir=str(context.folder),
        per_device_train_batch_size=1,
        max_steps=total,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        remove_unused_columns=False,
        **scalars,
    )
    collate = lambda rows: {key: torch.tensor([row[key] for row in rows]) for key in rows[0]}
    trainer = InOrder(
        model=model, args=arguments, train_dataset=list(rows_of(training["steps"])), data_collator=collate
    )
    # Its printing of every step says nothing that the comparison does not.
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    logs = [entry for entry in trainer.state.log_history if "loss" in entry]
    same(len(logs), total, "steps logged")
    for entry, expected in zip(logs, training["steps"]):
        for key in ["loss", "grad_norm", "learning_rate"]:
            error = abs(float(entry[key]) - expected[key])
            at_most(error, 1e-4 * max(1.0, expected[key]), f"step {expected['step']}, {key}")
    tensors = load_file(folder / "cases.safetensors")
    worst = max(relative_l2(p, tensors[f"final.{name}"]) for name, p in trainable(trainer.model).items())
    at_most(worst, 1e-5, "final adapter, relative L2")
    return f"final adapter {worst:.2g}"
