"""The committed golden files are what peers/golden.py writes."""

import importlib.metadata
import json

import torch
from safetensors.torch import load_file

import golden_text
from golden import FUNCTIONS, PEBBLE, versions
from reference import relative_l2
from run import at_most, online, same
from tiny import FIXTURES, write_fixture

# Another machine's order of sums; the figures themselves are 1e-6 from f64.
TOLERANCE = 1e-5


def compare_json(found, expected, path=""):
    """Equal but for floats, which may differ by the tolerance."""
    if isinstance(expected, float) and isinstance(found, (float, int)):
        at_most(abs(found - expected), TOLERANCE * max(1.0, abs(expected)), path)
    elif isinstance(expected, dict) and isinstance(found, dict):
        same(sorted(found), sorted(expected), f"{path} keys")
        for key in expected:
            compare_json(found[key], expected[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        same(len(found), len(expected), f"{path} length")
        for i, (a, b) in enumerate(zip(found, expected)):
            compare_json(a, b, f"{path}[{i}]")
    else:
        same(found, expected, path)


def check_fixture(context, name):
    folder = context.golden / name
    entry = write_fixture(name, context.folder / name)
    for file in ["config.json", "adapter/adapter_config.json", "cases.json"]:
        compare_json(json.loads((context.folder / name / file).read_text()), json.loads((folder / file).read_text()), file)
    worst = 0.0
    for file, exact in [("model", True), ("adapter/adapter_model", True), ("cases", False)]:
        found = load_file(context.folder / name / f"{file}.safetensors")
        expected = load_file(folder / f"{file}.safetensors")
        same(sorted(found), sorted(expected), f"{file} tensors")
        for tensor, value in expected.items():
            same(found[tensor].dtype, value.dtype, f"{tensor} type")
            if exact:
                same(torch.equal(found[tensor], value), True, f"{tensor} equal")
            else:
                error = relative_l2(found[tensor], value)
                at_most(error, TOLERANCE, f"{tensor} relative L2")
                worst = max(worst, error)
    # The figures deserve their tolerances: f32 is this close to f64, training clips, and it learns.
    for what, value in entry["f32_against_f64"].items():
        at_most(value, TOLERANCE, f"f32 against f64, {what}")
    same(entry["clipped_steps"], 20, "steps that clip")
    first, last = entry["loss_first_last"]
    at_most(last, first - 1, "loss after twenty steps")
    return f"relative L2 {worst:.2g}"


def test_tiny(context):
    return check_fixture(context, "gemma3-tiny")


def test_tiny_wide(context):
    return check_fixture(context, "gemma3-tiny-wide")


def test_gemma2_tiny(context):
    return check_fixture(context, "gemma2-tiny")


def test_tiny_multimodal(context):
    return check_fixture(context, "gemma3-tiny-multimodal")


def test_fixtures_are_complete(context):
    """Every fixture that is committed can be made, and the pinned versions are the ones installed."""
    made = {path.parent.name for path in context.golden.glob("*/manifest.json")}
    same(sorted(made), sorted(FIXTURES), "fixtures")
    for name in FIXTURES:
        manifest = json.loads((context.golden / name / "manifest.json").read_text())
        for package in ["transformers", "peft", "trl"]:
            same(versions()[package], manifest["versions"][package], f"{package} installed")
    pins = dict(
        line.strip().split("==")
        for line in (context.golden.parents[1] / "peers" / "requirements.txt").read_text().splitlines()
        if "==" in line
    )
    for package, version in pins.items():
        same(importlib.metadata.version(package).split("+")[0], version, f"{package} installed")


def test_bookkeeping(context):
    for name, make in golden_text.BOOKKEEPING.items():
        expected = json.loads((context.golden / "trl" / f"{name}.json").read_text())
        for key, value in make().items():
            compare_json(value, expected[key], f"{name}.{key}")


@online
def test_masks(context):
    expected = json.loads((context.golden / "trl" / "sft.json").read_text())
    for key, value in golden_text.sft(context.tokenizer).items():
        compare_json(value, expected[key], f"sft.{key}")


def check_chat(context, name, tokenizer):
    expected = json.loads((context.golden / "chat" / f"{name}.json").read_text())
    for key, value in golden_text.chat(tokenizer).items():
        compare_json(value, expected[key], f"{name}.{key}")


@online
def test_chat(context):
    check_chat(context, "gemma3", context.tokenizer)


def test_pebble_chat(context):
    """Fails when Pebble's tokenizer has changed: then run peers/golden.py --only pebble."""
    check_chat(context, "pebble", PEBBLE)


def test_functions(context):
    """Fails when the template for functions has changed: then run peers/golden.py --only functions."""
    expected = json.loads((context.golden / "chat" / "functiongemma.json").read_text())
    compare_json(golden_text.functions(FUNCTIONS, PEBBLE)["conversations"], expected["conversations"], "functions")
