"""Writes tests/golden/gguf/: python peers/gguf_golden.py [--out DIR]

`blocks.gguf` has a small tensor of every type that the studio reads, its blocks random; `blocks.safetensors` what
`gguf.quants.dequantize` makes of them, in f32.
"""

import argparse
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import dequantize
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
ROWS, BLOCKS = 3, 2
# Where a block has its f16 scales, by type.
SCALES = {
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q8_0": [0],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
}


def tensor_of(name, random):
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    if name not in SCALES:
        normal = random.standard_normal((ROWS, 8)).astype(np.float32)
        data = normal.astype(np.float16) if name == "F16" else normal
        return kind, gguf.quants.quantize(normal, kind) if name == "BF16" else data
    blocks = random.integers(0, 256, (ROWS, BLOCKS, size), dtype=np.uint8)
    for at in SCALES[name]:
        # Of every size that f16 has, the smallest too, which are subnormal.
        scales = (random.standard_normal((ROWS, BLOCKS)) * 2.0 ** random.integers(-24, 4, (ROWS, BLOCKS))).astype(np.float16)
        blocks[:, :, at : at + 2] = scales[..., None].view(np.uint8)
    return kind, blocks.reshape(ROWS, -1)


def write_blocks(folder):
    random = np.random.default_rng(14)
    writer = gguf.GGUFWriter(folder / "blocks.gguf", "gemma3")
    writer.add_array("test.numbers", [1, 2, 3])
    writer.add_array("test.texts", ["a", "", "ä\u2581"])
    writer.add_float32("test.float", 1e-6)
    writer.add_uint64("test.long", 2**40)
    writer.add_bool("test.flag", True)
    expected = {}
    for name in ["F32", "F16", "BF16", *SCALES]:
        kind, data = tensor_of(name, random)
        writer.add_tensor(name, data, raw_dtype=kind)
        expected[name] = np.ascontiguousarray(dequantize(data, kind), dtype=np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(expected, folder / "blocks.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "golden" / "gguf")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write_blocks(options.out)
    print(options.out, file=sys.stderr)


if __name__ == "__main__":
    main()
