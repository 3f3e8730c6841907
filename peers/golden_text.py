"""Golden files of text and of training's bookkeeping: chat template and token ids, TRL's masks and packing, schedules."""

import random
import re
import tempfile
from pathlib import Path

import torch

user = lambda text: {"role": "user", "content": text}
assistant = lambda text: {"role": "assistant", "content": text}
system = lambda text: {"role": "system", "content": text}

CONVERSATIONS = [
    ([user("Hello!")], True),
    ([user("What is the capital of France?"), assistant("Paris.")], False),
    ([system("You are a pirate. Answer briefly."), user("Where is the treasure?")], True),
    ([system("Be kind."), user("Hi"), assistant("Hello, friend."), user("Thanks"), assistant("You are welcome.")], False),
    ([user("  blanks around \n"), assistant("\n\ttabs and blanks  \n"), user("next")], True),
    ([user("def f(x):\n    if x:\n        return  1\n\treturn 2"), assistant("```python\nprint('ok')\n```")], False),
    ([user("Zażółć gęślą jaźń — 今天天气很好。 नमस्ते 🏳️‍🌈👩‍💻"), assistant("𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ⟨ok⟩ \u200b\ufeff")], False),
    ([user("Numbers 1234567890 and 3.14159, 2^10."), assistant("")], False),
    ([user("Literal <end_of_turn> and <start_of_turn>model inside <b>html</b>"), assistant("<eos> <pad> <unused7>")], False),
]
REFUSED = [
    [assistant("I speak first.")],
    [user("one"), user("two")],
]
PLAIN = [
    "",
    " ",
    "   three blanks",
    "a",
    "Hello, world!",
    "\n",
    "\n\n\n",
    "\t\t tabs",
    "It's o'clock; don't.",
    "trailing blank ",
    "ALL CAPS and camelCase_snake-kebab",
    "\u0000\u0001 control",
    "é vs e\u0301",
    "😀😃😄",
    "ⴰⵣⵓⵍ ᚠᚢᚦ 𓀀𓂀",
    "https://example.org/?q=1&r=%20#top",
    "1 + 1 = 2; 12 * 12 = 144",
    "<bos>text<eos>",
    "<start_of_turn>user\nhi<end_of_turn>\n",
    "▁already marked▁",
]


def chat(tokenizer_folder):
    """{conversations, refused, plain}: rendered text and ids, bos only where the template writes it."""
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    raw = Tokenizer.from_file(str(Path(tokenizer_folder) / "tokenizer.json"))

    def encode(text):
        ids = tokenizer(text, add_special_tokens=False).input_ids
        if ids != raw.encode(text, add_special_tokens=False).ids:
            raise SystemExit(f"Transformers and tokenizers disagree on {text!r}")
        return ids

    conversations, refused = [], []
    for messages, prompt in CONVERSATIONS:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        ids = encode(text)
        entry = {"messages": messages, "add_generation_prompt": prompt, "text": text, "ids": ids}
        conversations.append(entry | {"decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    for messages in REFUSED:
        try:
            tokenizer.apply_chat_template(messages, tokenize=False)
        except Exception as error:
            refused.append({"messages": messages, "error": str(error)})
        else:
            raise SystemExit(f"the template accepts {messages}")
    plain = [{"text": text, "ids": encode(text), "with_bos": tokenizer(text).input_ids} for text in PLAIN]
    return {"conversations": conversations, "refused": refused, "plain": plain}


WORDS = ["Oslo", "new york", "a, b {c}", "it's \"quoted\"", "名前", "two\nlines", "", " edge "]


def _draw_value(draw, depth=0):
    kinds = ["text", "whole", "part", "yes", "list", "fields"]
    kind = draw.choice(kinds if depth < 2 else kinds[:4])
    if kind == "text":
        return draw.choice(WORDS)
    if kind == "whole":
        return draw.randrange(-5, 5000)
    if kind == "part":
        return draw.choice([0.5, -2.25, 12.125])
    if kind == "yes":
        return draw.random() < 0.5
    if kind == "list":
        return [_draw_value(draw, depth + 1) for _ in range(draw.randrange(3))]
    return _draw_fields(draw, depth + 1)


def _draw_fields(draw, depth=0):
    names = draw.sample(["unit", "City", "days", "at_hour", "Zone", "tags"], draw.randrange(4))
    return {name: _draw_value(draw, depth) for name in names}


def _draw_schema(draw, depth=0):
    kind = draw.choice(["string", "integer", "number", "boolean", "array", "object"] if depth < 2 else ["string", "integer"])
    schema = {"type": kind}
    if draw.random() < 0.7:
        schema["description"] = draw.choice(["The city, e.g. Oslo", "How many {days}", "On or off"])
    if kind == "string" and draw.random() < 0.4:
        schema["enum"] = ["celsius", "fahrenheit"]
    if kind == "array":
        schema["items"] = _draw_schema(draw, depth + 1)
    if kind == "object":
        names = draw.sample(["unit", "City", "days", "at_hour"], draw.randrange(1, 4))
        schema["properties"] = {name: _draw_schema(draw, depth + 1) for name in names}
        schema["required"] = draw.sample(names, draw.randrange(len(names) + 1))
    return schema


def _draw_tools(draw):
    tools = []
    for name in draw.sample(["get_weather", "set_timer", "find-book", "Play"], draw.randrange(1, 4)):
        function = {"name": name, "description": draw.choice(["Gets the weather.", "Does what it says: {now}."])}
        if draw.random() < 0.85:
            function["parameters"] = {**_draw_schema(draw, 1), "type": "object"}
        tools.append({"type": "function", "function": function})
    return tools


def _draw_conversation(draw):
    messages = [system(draw.choice(WORDS[:4]))] if draw.random() < 0.4 else []
    for _ in range(draw.randrange(1, 3)):
        messages.append(user(draw.choice(WORDS[:6])))
        for _ in range(draw.randrange(3)):
            calls = []
            for _ in range(draw.randrange(1, 3)):
                function = {"name": draw.choice(["get_weather", "set_timer"]), "arguments": _draw_fields(draw)}
                calls.append({"type": "function", "function": function})
            turn = {"role": "assistant", "tool_calls": calls}
            messages.append(turn if draw.random() < 0.7 else {**turn, "content": "Let me see."})
            for call in calls:
                content = draw.choice(WORDS[:6]) if draw.random() < 0.5 else {"ok": True, **_draw_fields(draw)}
                messages.append({"role": "tool", "name": call["function"]["name"], "content": content})
        messages.append(assistant(draw.choice(WORDS[:6])))
    # Some end with what is asked, with a call, or with its response.
    return messages[: draw.randrange(max(1, len(messages) - 2), len(messages) + 1)]


def functions(template_file, tokenizer_folder):
    """{conversations}: forty drawn ones with functions, as Transformers renders them with the studio's own template."""
    from transformers import AutoTokenizer

    template = re.search(r"String\.raw`(.*?)`", Path(template_file).read_text(), re.S).group(1)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    draw = random.Random(21)
    conversations = []
    while len(conversations) < 40:
        messages = _draw_conversation(draw)
        tools = _draw_tools(draw) if draw.random() < 0.85 else []
        if messages[-1]["role"] == "system":
            continue
        prompt = messages[-1]["role"] != "assistant"
        text = tokenizer.apply_chat_template(
            messages, tools=tools or None, chat_template=template, tokenize=False, add_generation_prompt=prompt
        )
        conversations.append({"messages": messages, "tools": tools, "add_generation_prompt": prompt, "text": text})
    return {"conversations": conversations}


# Prompt and completion as SFTTrainer takes them; the last one is longer than max_length.
SFT_MAX_LENGTH = 48
SFT = [
    {"prompt": [user("What is the capital of France?")], "completion": [assistant("Paris.")]},
    {"prompt": [system("Answer in one word."), user("Colour of grass?")], "completion": [assistant("Green")]},
    {
        "prompt": [user("Hi"), assistant("Hello."), user("Name a fruit and say why you like it.")],
        "completion": [assistant("Apples: crisp, cheap and everywhere.")],
    },
    {
        "prompt": [user("Count to twenty in words.")],
        "completion": [
            assistant(
                "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen twenty, and then on to thirty, forty, fifty, sixty, seventy and eighty."
            )
        ],
    },
]
SFT_PLAIN = [
    {"prompt": "The sky is", "completion": " blue."},
    {"prompt": "Two plus two makes", "completion": " four, as everyone knows."},
]


def sft(tokenizer_folder):
    """What SFTTrainer makes of prompts and completions with completion_only_loss: ids and supervised flags."""
    from datasets import Dataset
    from transformers import AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig
    from trl import SFTConfig, SFTTrainer

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
    )
    found = {}
    for name, rows in {"conversational": SFT, "plain": SFT_PLAIN}.items():
        with tempfile.TemporaryDirectory() as out:
            options = SFTConfig(
                output_dir=out,
                max_length=SFT_MAX_LENGTH,
                completion_only_loss=True,
                use_cpu=True,
                bf16=False,
                report_to=[],
            )
            trainer = SFTTrainer(
                model=Gemma3ForCausalLM(config),
                args=options,
                train_dataset=Dataset.from_list(rows),
                processing_class=tokenizer,
            )
        examples = []
        for row, made in zip(rows, trainer.train_dataset):
            labels = made.get("labels")
            mask = made["completion_mask"] if labels is None else [int(label != -100) for label in labels]
            examples.append(row | {"tokens": made["input_ids"], "supervised": mask})
        # The collator cuts at max_length from the right.
        batch = trainer.data_collator([trainer.train_dataset[i] for i in range(len(rows))])
        for i, example in enumerate(examples):
            width = int(batch["attention_mask"][i].sum())
            example["tokens_in_batch"] = width
            example["supervised_in_batch"] = int((batch["labels"][i] != -100).sum())
        found[name] = examples
    return {"max_length": SFT_MAX_LENGTH, **found}


def packing():
    """TRL's best-fit decreasing on lists of lengths. Bins hold indices of `lengths`, in TRL's order."""
    from datasets import Dataset
    from trl import pack_dataset

    draw = random.Random(5)
    cases = [
        ([5, 3, 2, 1, 4], 6),
        ([1] * 7, 3),
        ([8, 8, 8], 8),
        ([4, 4, 4, 3, 3, 2, 2, 2, 1], 8),
        ([10, 3, 20, 5], 8),
        ([1 + int(draw.random() * 60) for _ in range(40)], 64),
        ([1 + int(draw.random() ** 3 * 512) for _ in range(200)], 512),
    ]
    found = []
    for lengths, most in cases:
        # Each example's tokens are its own index, so that the packed streams say who is in them.
        rows = Dataset.from_dict({"input_ids": [[i] * length for i, length in enumerate(lengths)]})
        packed = pack_dataset(rows, seq_length=most, strategy="bfd").with_format(None)
        bins = []
        for row in packed:
            starts = [sum(row["seq_lengths"][:i]) for i in range(len(row["seq_lengths"]))]
            bins.append([row["input_ids"][start] for start in starts])
        found.append({"lengths": lengths, "max_length": most, "bins": bins})
    return {"strategy": "bfd", "overlong": "cut at max_length", "cases": found}


def early_stopping():
    """What EarlyStoppingCallback counts, and Trainer takes for the best, evaluation by evaluation (of steps 1, 2, ...)."""
    from transformers import EarlyStoppingCallback, TrainerControl, TrainerState, TrainingArguments

    draw = random.Random(8)
    found = []
    for case in range(48):
        greater, threshold = bool(case % 2), [0.0, 0.0, 0.125, 0.5][case // 2 % 4]
        patience = draw.randrange(1, 5)
        # Eighths, exact in f32 and f64: ties, and steps as large as the threshold.
        values = [draw.randrange(24) / 8 for _ in range(12)]
        name = "eval_mean_token_accuracy" if greater else "eval_loss"
        with tempfile.TemporaryDirectory() as out:
            arguments = TrainingArguments(
                output_dir=out, use_cpu=True, eval_strategy="steps", save_strategy="steps", eval_steps=1, save_steps=1,
                load_best_model_at_end=True, metric_for_best_model=name, greater_is_better=greater,
            )
        state, callback = TrainerState(), EarlyStoppingCallback(patience, threshold)
        callback.on_train_begin(arguments, state, TrainerControl())
        counters, best_steps, best_step = [], [], 0
        for step, value in enumerate(values, 1):
            control = TrainerControl()
            callback.on_evaluate(arguments, state, control, {name: value})
            # As Trainer._determine_best_metric, after the callbacks.
            if state.best_metric is None or (value > state.best_metric if greater else value < state.best_metric):
                state.best_metric, best_step = value, step
            counters.append(callback.early_stopping_patience_counter)
            best_steps.append(best_step)
            if control.should_training_stop != (counters[-1] >= patience):
                raise AssertionError("the callback ends at another count")
        entry = {"greater_is_better": greater, "patience": patience, "threshold": threshold, "values": values}
        found.append(entry | {"counters": counters, "best_steps": best_steps})
    return {"cases": found}


def retention():
    """Which checkpoints rotate_checkpoints leaves, save by save, as Trainer calls it: the best so far is named, where there is one."""
    from transformers.trainer_utils import rotate_checkpoints

    draw = random.Random(15)
    found = []
    for _ in range(40):
        limit = draw.randrange(1, 6)
        # Saves of a run, and after each the step of the best, or none.
        steps = sorted(draw.sample(range(1, 40), 9))
        best, bests, kept = None, [], []
        with tempfile.TemporaryDirectory() as out:
            for step in steps:
                (Path(out) / f"checkpoint-{step}").mkdir()
                if draw.randrange(3) == 0:
                    best = step
                named = None if best is None else str(Path(out) / f"checkpoint-{best}")
                rotate_checkpoints(out, limit, named)
                bests.append(best)
                kept.append(sorted(int(one.name.split("-")[1]) for one in Path(out).iterdir()))
        found.append({"limit": limit, "steps": steps, "bests": bests, "kept": kept})
    return {"cases": found}


def schedules():
    """The rate that each optimizer step uses, in order, at learning rate 1."""
    from transformers import SchedulerType, TrainingArguments, get_scheduler

    found = []
    for name in ["linear", "cosine", "constant_with_warmup", "constant"]:
        for total, warmup in [(1, 0), (10, 0), (10, 3), (20, 2), (37, 0.1), (100, 0.03), (5, 5), (4, 9)]:
            if name == "constant" and warmup:
                continue
            with tempfile.TemporaryDirectory() as out:
                steps = TrainingArguments(output_dir=out, warmup_steps=warmup, use_cpu=True).get_warmup_steps(total)
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
            schedule = get_scheduler(SchedulerType(name), optimizer, num_warmup_steps=steps, num_training_steps=total)
            rates = []
            for _ in range(total):
                rates.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            entry = {"lr_scheduler_type": name, "total_steps": total, "warmup_steps": warmup, "warmup_count": steps}
            found.append(entry | {"rates": rates})
    return {"learning_rate": 1.0, "cases": found}


# Files of tests/golden/trl that need no tokenizer.
BOOKKEEPING = {
    "packing": packing,
    "schedules": schedules,
    "early_stopping": early_stopping,
    "retention": retention,
}
