"""Times one LoRA training step in PyTorch with Transformers and PEFT, random weights at Gemma 3's shapes; no downloads.

    python bench_lora_step.py [--shape 270m] [--tokens 4096] [--segments 8] [--dtypes bf16 f32] [--json FILE]

A step is forward, backward, clipping and AdamW on a batch of --segments sequences of tokens/segments tokens, loss on
every token or the last --supervised of each. Stands alone: needs only torch and Transformers with Gemma 3, of whatever version is there; where PEFT is missing, a
minimal LoRA of this file takes its place and the result says so. bf16: base weights bf16, adapter f32, autocast, as Trainer does
with bf16=True. f32: plain f32; --tf32 lets CUDA round multiplicands to TF32.
"""

import argparse
import json
import platform
import statistics
import sys
import time

import torch

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SHAPES = {
    "270m": dict(vocab_size=262144, hidden_size=640, intermediate_size=2048, num_hidden_layers=18),
    "1b": dict(vocab_size=262144, hidden_size=1152, intermediate_size=6912, num_hidden_layers=26),
    "tiny": dict(vocab_size=512, hidden_size=64, intermediate_size=128, num_hidden_layers=2),
    "pebble": dict(vocab_size=2048, hidden_size=128, intermediate_size=320, num_hidden_layers=6, head_dim=64, sliding_window=128),
}
ALL = dict(num_attention_heads=4, num_key_value_heads=1, head_dim=256, sliding_window=512)
SHAPES = {name: ALL | shape for name, shape in SHAPES.items()}


class PlainLora(torch.nn.Module):
    """y = x Wᵀ + (alpha / r) (x Aᵀ) Bᵀ; stands in for PEFT where it is not installed."""

    def __init__(self, base, r, alpha):
        super().__init__()
        options = dict(device=base.weight.device, dtype=torch.float32)
        self.base, self.scale = base, alpha / r
        self.a = torch.nn.Parameter(torch.empty(r, base.in_features, **options))
        self.b = torch.nn.Parameter(torch.zeros(base.out_features, r, **options))
        torch.nn.init.kaiming_uniform_(self.a, a=5**0.5)

    def forward(self, x):
        low = torch.nn.functional.linear(x.to(self.a.dtype), self.a)
        added = torch.nn.functional.linear(low, self.b) * self.scale
        return self.base(x) + added.to(x.dtype)


def add_lora(model, r):
    """(model with LoRA on all projections, the library that made it)."""
    try:
        import peft
    except ImportError:
        for module in list(model.modules()):
            for name, child in list(module.named_children()):
                if name in PROJECTIONS:
                    setattr(module, name, PlainLora(child, r, 2 * r))
        return model, "own minimal LoRA, PEFT not installed"
    config = peft.LoraConfig(r=r, lora_alpha=2 * r, lora_dropout=0.0, target_modules=PROJECTIONS)
    return peft.get_peft_model(model, config), f"peft {peft.__version__}"


def build(options, dtype, device):
    import transformers

    if not hasattr(transformers, "Gemma3ForCausalLM"):
        raise SystemExit(f"transformers {transformers.__version__} has no Gemma 3; 4.50 or later has")
    config = transformers.Gemma3TextConfig(**SHAPES[options.shape])
    # Drawn on the device itself, in the dtype it runs in: a host copy in f32 would take minutes.
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    with torch.device(device):
        model = transformers.Gemma3ForCausalLM(config)
    torch.set_default_dtype(before)
    model.set_attn_implementation(options.attention) if hasattr(model, "set_attn_implementation") else None
    model.config.use_cache = False
    model.requires_grad_(False)
    model, library = add_lora(model, options.rank)
    if options.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    return model.train(), library


def weights_in_matmuls(shape):
    """Weights of all projections and of the head: each costs 2 FLOPs a token forward and 2 for dx; dW is not needed."""
    query, key = shape["num_attention_heads"] * shape["head_dim"], shape["num_key_value_heads"] * shape["head_dim"]
    layer = shape["hidden_size"] * (2 * query + 2 * key + 3 * shape["intermediate_size"])
    return layer * shape["num_hidden_layers"] + shape["vocab_size"] * shape["hidden_size"]


def peak_bytes(device):
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(options, name, device):
    dtype = {"bf16": torch.bfloat16, "f32": torch.float32}[name]
    synchronize = torch.cuda.synchronize if device == "cuda" else lambda: None
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    model, library = build(options, dtype, device)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=2e-4)
    shape = (options.segments, options.tokens // options.segments)
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, SHAPES[options.shape]["vocab_size"], shape, generator=generator).to(device)

    labels = ids.clone()
    if options.supervised:
        labels[:, : shape[1] - options.supervised] = -100

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=name == "bf16"):
            loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return loss

    if options.turns:
        print(json.dumps({"torch": torch.__version__, "lora": library}), flush=True)
        for _ in sys.stdin:
            began = time.perf_counter()
            loss = step().item()
            print(json.dumps({"milliseconds": (time.perf_counter() - began) * 1e3, "loss": loss}), flush=True)
        sys.exit(0)
    times, processor, losses = [], [], []
    for _ in range(options.warmup + options.steps):
        synchronize()
        began, used = time.perf_counter(), time.process_time()
        loss = step()
        synchronize()
        times.append((time.perf_counter() - began) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
        losses.append(loss.item())
    times = times[options.warmup :]
    median = statistics.median(times)
    flops = 4 * weights_in_matmuls(SHAPES[options.shape]) * ids.numel()
    return {
        "dtype": name,
        "lora": library,
        "trainable_parameters": sum(p.numel() for p in parameters),
        "adapter_dtype": str(parameters[0].dtype).removeprefix("torch."),
        "tokens_per_step": ids.numel(),
        "sequences": list(shape),
        "step_ms": {"median": median, "min": min(times), "max": max(times), "steps": len(times)},
        # Of the host's processor: on a CPU, what other work on the machine changes less.
        "processor_ms": statistics.median(processor[options.warmup :]),
        "tokens_per_second": ids.numel() / median * 1e3,
        "peak_bytes": peak_bytes(device),
        # Base matmuls only, forward and dx, without recomputation and attention.
        "base_matmul_flops_per_step": flops,
        "base_matmul_tflops_per_second": flops / median / 1e9,
        "loss": {"first": losses[0], "last": losses[-1]},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="270m")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens a step")
    parser.add_argument("--segments", type=int, default=8, help="sequences they are cut into")
    parser.add_argument("--supervised", type=int, help="learnt tokens at the end of each sequence; default: all")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--dtypes", nargs="+", choices=["bf16", "f32"], default=["bf16", "f32"])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--turns", action="store_true", help="a step for each line of standard input, told in a line, instead")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    parser.add_argument("--checkpointing", action="store_true", help="recompute every layer in the backward pass")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--json", help="file to write; the result also goes to standard output")
    options = parser.parse_args()
    if options.tokens < options.segments or options.tokens % options.segments:
        parser.error(f"--tokens {options.tokens} must be a multiple of --segments {options.segments}")
    try:
        import transformers
    except ImportError:
        raise SystemExit("bench_lora_step: Transformers is not installed; nothing to measure")
    torch.set_float32_matmul_precision("high" if options.tf32 else "highest")

    result = {
        "command": " ".join(["python", *sys.argv]),
        "device": torch.cuda.get_device_name() if options.device == "cuda" else platform.processor() or "cpu",
        "driver_cuda": torch.version.cuda,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "shape": options.shape,
        "rank": options.rank,
        "attention": options.attention,
        "checkpointing": options.checkpointing,
        "tf32": options.tf32,
        "runs": [],
    }
    for name in options.dtypes:
        try:
            result["runs"].append(measure(options, name, options.device))
        except torch.OutOfMemoryError as error:
            result["runs"].append({"dtype": name, "error": f"out of memory: {str(error).splitlines()[0]}"})
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    sys.exit(1 if any("error" in run for run in result["runs"]) else 0)


if __name__ == "__main__":
    main()
