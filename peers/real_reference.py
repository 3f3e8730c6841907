"""Reference figures for a real Gemma 3 folder: python peers/real_reference.py --base DIR --out DIR [--steps 10] [--tokens 48]

Too large for tests/golden, so made where the weights are. Writes

    prompts.json   {"max_new_tokens", "stop_tokens", "prompts": [{"text", "ids", "logits_last", "greedy"}]}: ten prompts and the
                   base's answers in f32; logits_last holds the 1,000 largest as [id, logit] pairs
    adapter/       an initial adapter in PEFT's format, all projections, B not zero
    batches.json   {"scalars", "steps"}: one flat batch a step, as peers/train_reference.py takes it
    losses.json    what train_reference.py computes from these
    tuned/         the adapter after the last step
    tuned.json     the prompts again with that adapter
"""

import argparse
from pathlib import Path

import torch

import train_reference
from check_adapter import answers_of
from check_base import PROMPTS
from reference import IGNORE, PROJECTIONS, load_adapter, load_base, trainable, write_json

SCALARS = {
    "learning_rate": 1e-3,
    "weight_decay": 0.01,
    "adam_beta1": 0.9,
    "adam_beta2": 0.999,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 2,
}


def stop_tokens(base):
    """Where the model's answers end: generation_config.json lists <end_of_turn> too."""
    from transformers import GenerationConfig

    stops = GenerationConfig.from_pretrained(base).eos_token_id
    return stops if isinstance(stops, list) else [stops]


def make_adapter(base, folder, r):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(7)
    config = LoraConfig(r=r, lora_alpha=2 * r, target_modules=PROJECTIONS, task_type="CAUSAL_LM")
    model = get_peft_model(load_base(base), config, autocast_adapter_dtype=False)
    with torch.no_grad():
        for name, weight in sorted(trainable(model).items()):
            if "lora_B" in name:
                weight.copy_(0.005 * torch.randn(weight.shape))
    model.peft_config["default"].base_model_name_or_path = Path(base).name
    model.save_pretrained(folder)


def make_batches(tokenizer, steps, tokens):
    """Consecutive stretches of the page, in two segments each; the first quarter of a segment is not supervised."""
    page = tokenizer((Path(__file__).parent / "page.txt").read_text(encoding="utf-8"), add_special_tokens=False).input_ids
    taken, made = 0, []
    for _ in range(steps):
        batch = {"tokens": [], "positions": [], "segmentStart": [], "labels": [], "supervisedRows": []}
        for length in (tokens // 3, tokens - tokens // 3):
            start = len(batch["tokens"])
            ids = [tokenizer.bos_token_id, *page[taken : taken + length - 1]]
            taken = (taken + length - 1) % (len(page) - tokens)
            for i, token in enumerate(ids):
                supervised = length // 4 <= i < length - 1
                batch["tokens"].append(token)
                batch["positions"].append(i)
                batch["segmentStart"].append(start)
                batch["labels"].append(ids[i + 1] if supervised else IGNORE)
                if supervised:
                    batch["supervisedRows"].append(start + i)
        made.append([batch])
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--new-tokens", type=int, default=12)
    options = parser.parse_args()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.base)
    options.out.mkdir(parents=True, exist_ok=True)
    texts = [prompt for prompt, _ in PROMPTS]
    request = {
        "max_new_tokens": options.new_tokens,
        "stop_tokens": stop_tokens(options.base),
        "prompts": [{"ids": tokenizer(text).input_ids} for text in texts],
    }

    def write_answers(model, name):
        answers = answers_of(model, request, top=min(1000, model.config.vocab_size))
        answers["prompts"] = [{"text": text} | prompt for text, prompt in zip(texts, answers["prompts"])]
        write_json(options.out / name, answers)

    write_answers(load_base(options.base), "prompts.json")
    make_adapter(options.base, options.out / "adapter", options.rank)
    batches = {"scalars": SCALARS | {"total_steps": options.steps}}
    batches["steps"] = make_batches(tokenizer, options.steps, options.tokens)
    write_json(options.out / "batches.json", batches)
    records = train_reference.run(options.base, options.out / "adapter", batches, options.out / "tuned")
    write_json(options.out / "losses.json", {"losses": [r["loss"] for r in records], "steps": records})
    write_answers(load_adapter(load_base(options.base), options.out / "tuned"), "tuned.json")


if __name__ == "__main__":
    main()
