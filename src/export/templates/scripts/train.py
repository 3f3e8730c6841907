"""Repeats a run of Lapidary with TRL and PEFT: the same rows in the same order, steps, rates, chat template and masks.

    python train.py --data FILE                 on one device
    accelerate launch train.py --data FILE      on several

FILE is the file that the run was made from; its SHA-256 must be that of run.json. Where the run prepared its rows in ways that this
script does not know, FOLDER with the prepared rows as JSON lines (Data page, "Download these examples") takes its place. Before the first step
the tokens of every step are held against log.jsonl, and at the end the loss on the held-out rows.
"""

# %% Settings
import argparse
import csv
import hashlib
import io
import json
import math
import re
import sys
from bisect import bisect_left, insort
from collections import defaultdict, deque
from pathlib import Path

import jinja2
import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
BASE = "__BASE__"


def stop(message):
    sys.exit(f"train.py: {message}")


for beside in ("run.json", "log.jsonl"):
    if not (HERE / beside).exists():
        stop(f"{beside} is not in {HERE}: this program needs the whole folder that it came in.")
RUN = json.loads((HERE / "run.json").read_text(encoding="utf-8"))
LOG = [json.loads(line) for line in (HERE / "log.jsonl").read_text(encoding="utf-8").splitlines()]
STEPS = [event for event in LOG if event["type"] == "step"]
EVALUATIONS = [event for event in LOG if event["type"] == "eval"]
DATA, TRAINING, LORA = RUN["data"], RUN["training"], RUN["lora"]
SEED, MAX_LENGTH = TRAINING["seed"], TRAINING["max_length"]
IGNORE = -100
# On the same rows and weights, the losses of two programs differ by their rounding.
CLOSE = 1e-3


# %% Random numbers: Threefry-2x32 with 20 rounds, keyed by (seed, step), counting (site, index)
SHUFFLE, SPLIT = 0xFFFF0000, 0xFFFF0001
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def random_bits(seed, step, site, index):
    """The first word, for every index."""
    keys = [np.uint32(seed), np.uint32(step), np.uint32(seed ^ step ^ 0x1BD11BDA)]
    with np.errstate(over="ignore"):
        x, y = np.full(len(index), site, np.uint32) + keys[0], index.astype(np.uint32) + keys[1]
        for group in range(1, 6):
            for turn in (13, 15, 26, 6) if group % 2 else (17, 29, 16, 24):
                x = x + y
                y = (y << np.uint32(turn) | y >> np.uint32(32 - turn)) ^ x
            x, y = x + keys[group % 3], y + keys[(group + 1) % 3] + np.uint32(group)
    return x


def shuffled(n, step, site):
    """Fisher-Yates from the end; bits at or above the largest multiple of m are drawn again."""
    order, at, bits = list(range(n)), 0, random_bits(SEED, step, site, np.arange(n + 64))
    for last in range(n - 1, 0, -1):
        m = last + 1
        while True:
            if at == len(bits):
                bits = np.concatenate([bits, random_bits(SEED, step, site, np.arange(at, 2 * at))])
            drawn, at = int(bits[at]), at + 1
            if drawn < 2**32 - 2**32 % m:
                break
        order[last], order[drawn % m] = order[drawn % m], order[last]
    return order


# %% Rows
ROLES = {"human": "user", "gpt": "assistant", "model": "assistant", "developer": "system"}


def text_of(value):
    """A cell as text: numbers and lists as JavaScript writes them; None where nothing is in it."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.strip() else None


def cells(path):
    """Rows of a file, as objects by column."""
    kind = path.suffix.lower()
    if kind == ".parquet":
        return Dataset.from_parquet(str(path)).to_list()
    text = path.read_text(encoding="utf-8-sig")
    if kind in (".jsonl", ".ndjson"):
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    if kind == ".json":
        found = json.loads(text)
        return found if isinstance(found, list) else stop(f"{path.name} is not a list of rows: give the prepared rows.")
    if kind in (".csv", ".tsv"):
        return list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if kind == ".tsv" else ","))
    return stop(f"{path.name}: CSV, TSV, JSON, JSON lines and Parquet are read here. Give the prepared rows.")


def needs_preparation():
    """What of the run's preparation is not done here; None where all of it is."""
    if any(step.get("enabled", True) for step in DATA["steps"]):
        return "steps of preparation (data.steps)"
    if DATA["split"]["method"] != "random":
        return f'a split by {DATA["split"]["method"]} (data.split)'
    augment = DATA["augment"]
    if augment["reworded"] or augment["noisy"] or augment["synthetic"]:
        return "rows that were made (data.augment)"
    if DATA.get("train_share", 1) != 1:
        return "a share of its training rows (data.train_share)"
    if DATA.get("seed") not in (None, SEED):
        return "rows drawn by a seed of their own (data.seed)"
    if any(value is not None for key, value in DATA["reading"].items() if key != "max_gigabytes"):
        return "a way of reading (data.reading)"
    return None


def filled(template, row):
    """{column} filled in; {{ and }} are braces. None where a column has nothing in it."""
    texts = {name: text_of(value) for name, value in row.items()}
    parts = re.split(r"(\{\{|\}\}|\{[^}]*\})", template)
    for i, part in enumerate(parts):
        if part in ("{{", "}}"):
            parts[i] = part[0]
        elif part.startswith("{"):
            parts[i] = texts.get(part[1:-1], texts.get(part[1:-1].strip()))
    return None if None in parts else "".join(parts)


def conversation(value):
    """Turns as {role, content, weight}; None where there are none to learn from."""
    turns = json.loads(value) if isinstance(value, str) else value
    if not turns:
        return None
    messages = []
    for turn in turns:
        role, content = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        if turn.get("tool_calls") or not isinstance(content, str):
            stop("the rows have calls of functions or parts in their turns, which this script does not repeat.")
        weight = turn.get("weight")
        messages.append({"role": ROLES.get(role, role), "content": content, "weight": 1 if weight is None else weight})
    learnt = [m for m in messages if m["role"] == "assistant" and m["content"].strip() and m["weight"] != 0]
    return messages if learnt else None


def example_of(row):
    """What is learnt from a row: text, or turns. None where something is missing."""
    if DATA["text"]:
        return text_of(row.get(DATA["text"]))
    before = text_of(row.get(DATA["system"])) if DATA["system"] else None
    system = [] if before is None else [{"role": "system", "content": before}]
    if DATA["messages"]:
        turns = conversation(row.get(DATA["messages"]))
        return turns and (turns if any(m["role"] == "system" for m in turns) else system + turns)
    asked = filled(DATA["template"], row) if DATA["template"] else text_of(row.get(DATA["prompt"]))
    more = text_of(row.get(DATA["input"])) if DATA["input"] else None
    answer, words = text_of(row.get(DATA["response"])), DATA["labels"] or {}
    if asked is None or answer is None:
        return None
    word = words.get(answer, words.get(answer.strip()))
    answer = answer if word is None or not word.strip() else word
    user = {"role": "user", "content": asked if more is None else f"{asked}\n\n{more}"}
    return [*system, user, {"role": "assistant", "content": answer}]


def prepared_rows(folder, split):
    path = folder / f"{split}.jsonl"
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if any(row.get("tools") for row in rows):
        stop("the rows declare functions, which this script does not repeat.")
    return [row["text"] if "text" in row else conversation(row["messages"]) for row in rows]


def read_rows(data):
    """Rows to train on, and rows held out: both in the order of the file."""
    if data.is_dir():
        return prepared_rows(data, "train"), prepared_rows(data, "validation")
    missing = needs_preparation()
    if missing:
        stop(f"the run has {missing}, which this script does not repeat: give --data the folder of prepared rows.")
    if not data.exists():
        stop(f"{data} is not there: name the file of the run, or the folder of prepared rows (README.md, The data).")
    found = hashlib.sha256(data.read_bytes()).hexdigest()
    if found != DATA["hash"]:
        stop(f'{data.name} is not the file of the run: its SHA-256 is {found}, in run.json {DATA["hash"]}.')
    try:
        rows = [example for row in cells(data) for example in [example_of(row)] if example is not None]
    except (ValueError, TypeError, AttributeError) as error:
        # Another encoding, or conversations in a form of their own, which the studio takes.
        stop(f"{data.name} is read by the studio, but not by this script ({error}): give --data the folder of prepared rows.")
    order, n = shuffled(len(rows), 0, SPLIT), len(rows)

    def wanted(share, most):
        return max(0, min(max(1, math.floor(n * share + 0.5)) if share > 0 else 0, most))

    held = wanted(DATA["validation_share"], n - 1)
    tested = wanted(DATA["split"]["test_share"], n - 1 - held)
    validation, test = set(order[:held]), set(order[held : held + tested])
    train = [row for i, row in enumerate(rows) if i not in validation and i not in test]
    return train, [row for i, row in enumerate(rows) if i in validation]


# %% Tokens, and which of them are learnt
MARK = "\ufdd1"
COMPLETION_ONLY = TRAINING["completion_only_loss"] is not False


def common(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def answers(messages, render):
    """The text of a conversation, and [start, end) of the turns that are learnt (or, without completion_only_loss, that are not)."""
    text = render(messages, False)
    marked = [{**m, "content": f"{m['content'].rstrip()}{MARK}{i};{m['content'][len(m['content'].rstrip()):]}"} for i, m in enumerate(messages)]

    def ends_of(upto, prompt):
        first, *rest = render(marked[:upto], prompt).split(MARK)
        ends = {}
        for part in rest:
            number, _, after = part.partition(";")
            ends[int(number)] = len(first)
            first += after
        return first, ends

    _, ends = ends_of(len(messages), False)
    spans = []
    for i, message in enumerate(messages):
        if message["role"] != "assistant" or (message.get("weight", 1) != 0) != COMPLETION_ONLY:
            continue
        before = ends[i - 1] if i else 0
        prompt, of_prompt = ends_of(i, True)
        start = before + common(text[before : ends[i]], prompt[of_prompt[i - 1] if i else 0 :])
        end = len(text)
        if i < len(messages) - 1:
            alone, of_alone = ends_of(i + 1, False)
            end = ends[i] + common(text[ends[i] : ends[i + 1]], alone[of_alone[i] :])
        spans.append((start, end))
    return text, spans


def tokenise(rows, tokenizer):
    """[(ids, labels)], cut at max_length; rows that the template refuses, or of which nothing is learnt, are left out."""
    template = HERE / "chat_template.jinja"
    if template.exists():
        tokenizer.chat_template = template.read_text(encoding="utf-8")

    def render(messages, prompt):
        plain = [{"role": m["role"], "content": m["content"]} for m in messages]
        return tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=prompt)

    examples = []
    for row in rows:
        if row is None:
            continue
        if isinstance(row, str):
            text, spans, whole = row if row.endswith(tokenizer.eos_token) else row + tokenizer.eos_token, [], True
        else:
            try:
                text, spans = answers(row, render)
            except jinja2.exceptions.TemplateError:
                continue
            whole = not COMPLETION_ONLY
        encoded = tokenizer(text, add_special_tokens=isinstance(row, str), return_offsets_mapping=True)
        ids, ends = encoded["input_ids"], [end for _, end in encoded["offset_mapping"]]
        learnt = np.full(len(ids), whole)
        for start, end in spans:
            first, last = (sum(e <= cut for e in ends) if cut < len(text) else len(ids) for cut in (start, end))
            learnt[first:last] = not whole
        learnt[0] = False
        ids, learnt = ids[:MAX_LENGTH], learnt[:MAX_LENGTH]
        if learnt.any():
            examples.append((ids, [token if is_learnt else IGNORE for token, is_learnt in zip(ids, learnt)]))
    return examples


# %% Order
def packed(examples):
    """Best-fit decreasing: bins of up to max_length tokens."""
    order = sorted(range(len(examples)), key=lambda i: -len(examples[i][0]))
    rooms, waiting, bins = [], defaultdict(deque), []
    for i in order:
        length = len(examples[i][0])
        at = bisect_left(rooms, length)
        if at == len(rooms):
            room, bin = MAX_LENGTH, []
            bins.append(bin)
        else:
            room = rooms[at]
            bin = waiting[room].popleft()
            if not waiting[room]:
                rooms.pop(at)
        bin.append(examples[i])
        if room > length:
            if not waiting[room - length]:
                insort(rooms, room - length)
            waiting[room - length].append(bin)
    return bins


class Plan:
    """Which units (examples, or bins of them) are trained on in which micro-batch of which step."""

    def __init__(self, train, validation):
        unit = packed if TRAINING["packing"] else lambda examples: [[example] for example in examples]
        self.train, self.validation = unit(train), unit(validation)
        self.size, self.accumulation = TRAINING["per_device_train_batch_size"], TRAINING["gradient_accumulation_steps"]
        batches = math.ceil(len(self.train) / self.size)
        self.per_epoch = max(1, math.ceil(batches / self.accumulation))
        epochs = math.ceil(TRAINING["num_train_epochs"] * self.per_epoch)
        self.total = TRAINING["max_steps"] if TRAINING["max_steps"] > 0 else epochs
        self.until = STEPS[-1]["step"]

    def steps(self):
        """Micro-batches of each step up to the one of the log's end."""
        for step in range(self.until):
            epoch, within = divmod(step, self.per_epoch)
            if within == 0:
                order = shuffled(len(self.train), epoch, SHUFFLE)
            chosen = order[within * self.size * self.accumulation : (within + 1) * self.size * self.accumulation]
            yield [[self.train[u] for u in chosen[i : i + self.size]] for i in range(0, len(chosen), self.size)]

    def evaluated(self, step):
        every = TRAINING["eval_steps"]
        return step == self.total or (step % self.per_epoch == 0 if every is None else step % every == 0)

    def check(self):
        """The log says how many tokens were trained on up to each step, and how many were held out."""
        advice = "These are not the rows of the run as the studio read them: give --data the folder of prepared rows."
        if self.total != STEPS[0]["max_steps"]:
            stop(f'{self.total} steps in all, in the run {STEPS[0]["max_steps"]}. {advice}')
        tokens = 0
        for event, batches in zip(STEPS, self.steps(), strict=True):
            tokens += sum(len(ids) for batch in batches for unit in batch for ids, _ in unit)
            if tokens != event["tokens"]:
                stop(f'{tokens} tokens up to step {event["step"]}, in the run {event["tokens"]}. {advice}')
        held = sum(label != IGNORE for unit in self.validation for _, labels in unit for label in labels)
        if EVALUATIONS and held != EVALUATIONS[0]["metrics"]["tokens"]:
            stop(f'{held} held-out tokens, in the run {EVALUATIONS[0]["metrics"]["tokens"]}. {advice}')


def collated(units, pad):
    """Units as rows of one width. With packing, positions begin anew in each example, and none sees another."""
    # A share without rows has one that nothing is learnt from.
    rows = units or [[([pad], [IGNORE])]]
    width = max(sum(len(ids) for ids, _ in unit) for unit in rows)
    shape = (len(rows), width)
    batch = {"input_ids": torch.full(shape, pad), "labels": torch.full(shape, IGNORE)}
    second = "position_ids" if TRAINING["packing"] else "attention_mask"
    batch[second] = torch.zeros(shape, dtype=torch.long)
    for row, unit in enumerate(rows):
        at = 0
        for ids, labels in [*unit, ([pad] * (width - sum(len(ids) for ids, _ in unit)), [])]:
            end = at + len(ids)
            batch["input_ids"][row, at:end] = torch.tensor(ids, dtype=torch.long)
            if labels:
                batch["labels"][row, at:end] = torch.tensor(labels)
            if TRAINING["packing"]:
                batch[second][row, at:end] = torch.arange(len(ids))
            elif labels:
                batch[second][row, at:end] = 1
            at = end
    return batch


# %% Model
def adapted(base, dtype):
    """The base with the adapter that the run began with: A by Threefry, B zero."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    modules = LORA["target_modules"]
    modules = PROJECTIONS if modules == "all-linear" else modules or ["q_proj", "v_proj"]
    vision = any("vision_tower" in name for name, _ in model.named_modules())
    model = get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM", r=LORA["r"], lora_alpha=LORA["lora_alpha"], lora_dropout=LORA["lora_dropout"],
            use_rslora=LORA["use_rslora"], target_modules=modules,
            exclude_modules=r".*(vision_tower|multi_modal_projector).*" if vision else None,
        ),
    )  # fmt: skip
    for name, weight in model.named_parameters():
        found = re.search(r"layers\.(\d+)\.\w+\.(\w+)\.lora_A", name)
        if found:
            site = int(found[1]) * len(PROJECTIONS) + PROJECTIONS.index(found[2])
            u = (random_bits(SEED, 0, site, np.arange(weight.numel())) >> np.uint32(8)) * 2.0**-24
            values = ((2 * u - 1) * np.float32(1 / math.sqrt(weight.shape[1]))).astype(np.float32)
            weight.data.copy_(torch.from_numpy(values).view_as(weight))
    return model


def unlike():
    """Why this script may come to other losses than the studio; empty where it should not."""
    reasons = []
    if LORA["lora_dropout"] > 0:
        reasons.append("dropout is drawn by other random numbers")
    if RUN["model"]["quantization"]:
        reasons.append(f'the studio held the base in {RUN["model"]["quantization"]}, here it is as it is stored')
    if any(event.get("skipped") for event in STEPS):
        reasons.append("the run skipped steps that were not finite")
    return reasons


def refuse():
    if RUN["start"]["from"] != "nothing":
        stop("the run began with the adapter of another one, which is not part of this folder.")
    if DATA["format"] != "template":
        stop(f'the run wrote its rows as {DATA["format"]} does, which this script does not repeat.')
    if not STEPS:
        stop("log.jsonl has no step: the run was exported before its first one.")


# %% Training
class Evaluation(TrainerCallback):
    """Loss on the held-out rows, weighted by tokens, at the steps of the run."""

    def __init__(self, plan, pad):
        self.plan, self.pad, self.losses, self.trainer = plan, pad, {}, None

    @torch.no_grad()
    def measure(self, step):
        accelerator, size = self.trainer.accelerator, self.plan.size
        if not self.plan.validation:
            return
        model, sums = accelerator.unwrap_model(self.trainer.model).eval(), torch.zeros(2, dtype=torch.float64)
        batches = [self.plan.validation[i : i + size] for i in range(0, len(self.plan.validation), size)]
        for units in batches[accelerator.process_index :: accelerator.num_processes]:
            batch = {key: value.to(accelerator.device) for key, value in collated(units, self.pad).items()}
            labels = batch.pop("labels")[:, 1:]
            logits = model(**batch, use_cache=False).logits[:, :-1][labels != IGNORE].float()
            sums[0] += torch.nn.functional.cross_entropy(logits, labels[labels != IGNORE], reduction="sum").double().cpu()
            sums[1] += len(logits)
        model.train()
        if accelerator.num_processes > 1:
            sums = accelerator.reduce(sums.to(accelerator.device))
        self.losses[step] = (sums[0] / sums[1]).item()
        accelerator.print(f"step {step}: loss on held-out rows {self.losses[step]:.4f}")

    def on_train_begin(self, args, state, control, **_):
        self.measure(0)

    def on_step_end(self, args, state, control, **_):
        if self.plan.evaluated(state.global_step) or state.global_step == self.plan.until:
            self.measure(state.global_step)
        control.should_training_stop |= state.global_step >= self.plan.until


def run(data, out="adapter", base=BASE, dtype="float32", gradient_checkpointing=False):
    """Trains, saves the adapter, and says how far the losses are from the studio's."""
    refuse()
    base = str(HERE / base) if (HERE / base).is_dir() else base
    tokenizer = AutoTokenizer.from_pretrained(base)
    plan = Plan(*(tokenise(rows, tokenizer) for rows in read_rows(Path(data))))
    plan.check()
    warmup = TRAINING["warmup_steps"]
    settings = {
        "output_dir": str(out), "save_strategy": "no", "report_to": [], "logging_steps": 1, "bf16": False, "seed": SEED,
        "remove_unused_columns": False, "dataset_kwargs": {"skip_prepare_dataset": True}, "max_length": None,
        "train_sampling_strategy": "sequential", "gradient_checkpointing": gradient_checkpointing,
        "max_steps": plan.total, "per_device_train_batch_size": 1,
        "warmup_steps": int(warmup) if warmup >= 1 else math.ceil(plan.total * warmup),
    }  # fmt: skip
    same = ["learning_rate", "lr_scheduler_type", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm"]
    args = SFTConfig(**settings, **{name: TRAINING[name] for name in same})
    # A micro-batch is an item, in the order of the run; those of a step are parted among the devices.
    processes = max(1, args.world_size)
    pieces = math.ceil(plan.accumulation / processes) * processes
    items = []
    for batches in plan.steps():
        if pieces != plan.accumulation:
            units = [unit for batch in batches for unit in batch]
            cuts = [len(units) * i // pieces for i in range(pieces + 1)]
            batches = [units[a:b] for a, b in zip(cuts, cuts[1:])]
        items += [*batches, *[[]] * (pieces - len(batches))]
    args.gradient_accumulation_steps = pieces // processes
    evaluation = Evaluation(plan, tokenizer.pad_token_id)
    trainer = SFTTrainer(
        model=adapted(base, getattr(torch, dtype)),
        args=args,
        train_dataset=Dataset.from_dict({"item": list(range(len(items)))}),
        data_collator=lambda rows: collated(items[rows[0]["item"]], tokenizer.pad_token_id),
        processing_class=tokenizer,
        callbacks=[evaluation],
    )
    evaluation.trainer = trainer
    trainer.train()
    trainer.save_model(str(out))
    if trainer.accelerator.is_main_process:
        compare(trainer.state.log_history, evaluation.losses, Path(out))


def compare(history, held, out):
    """Writes comparison.json: losses of this run beside those of the studio."""
    found = {entry["step"]: entry["loss"] for entry in history if "loss" in entry}
    pairs = {
        "loss": [[event["step"], event["loss"], found.get(event["step"])] for event in STEPS],
        "eval_loss": [[event["step"], event["eval_loss"], held.get(event["step"])] for event in EVALUATIONS],
    }
    reasons = unlike()
    (out / "comparison.json").write_text(json.dumps({**pairs, "unlike": reasons}, indent=2) + "\n")
    for kind, name in (("loss", "Training loss"), ("eval_loss", "Loss on held-out rows")):
        for step, studio, here in pairs[kind][-1:]:
            missing = [at for at, _, b in pairs[kind] if b is None or not math.isfinite(b)]
            if missing:
                print(f"{name}: the studio has one at {len(pairs[kind])} steps, this run has no number at {len(missing)} of them, first at step {missing[0]}.")
                continue
            apart = max(abs(a - b) for _, a, b in pairs[kind])
            verdict = f"never further apart than {apart:.1e}: the same run" if apart <= CLOSE else f"up to {apart:.1e} apart"
            why = "; ".join(reasons) or "other rows, another base, or another device or precision"
            print(f"{name} at step {step}: {here:.6f} here, {studio:.6f} in the studio ({verdict}{'' if apart <= CLOSE else f': {why}'}).")


# %% Command line
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the file of the run, or the folder of prepared rows")
    parser.add_argument("--out", type=Path, default=HERE / "adapter")
    parser.add_argument("--base", default=BASE, help="the base model: a folder, or its name on the Hugging Face Hub")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])
    parser.add_argument("--gradient-checkpointing", action="store_true", help="less memory, longer steps")
    run(**vars(parser.parse_args()))
