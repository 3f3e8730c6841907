"""Writes tests/golden/tfds/ with the official libraries (requirements-data.txt): python peers/tfds_golden.py [--out DIR]

- `features/`: one data set with every kind of feature that text data come with, prepared by TFDS itself as TFRecord (two
  shards), ArrayRecord and Parquet, with `dataset_info.json`, `features.json` and label files, and `expected.json`: the rows
  as TFDS reads them back, by split.
- `records/`: ArrayRecord files by `array_record` with each compression, and TFRecord files by TensorFlow, plain, GZIP and
  ZLIB; `expected.json` has a SHA-256 over the records of each (length as 8 bytes, then bytes).

Files with long runs of zeros (an ArrayRecord file has at least 128 KiB) are kept gzip-compressed, ending in `.gz`.
"""

import argparse
import base64
import gzip
import hashlib
import json
import os
import random
import shutil
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["NO_GCE_CHECK"] = "true"

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from array_record.python import array_record_module

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ["Hello, world!", "", "Zażółć gęślą jaźń", "今天天气很好。", "नमस्ते 👩‍💻", "line\none", 'quote " and \\', "\u0000zero", "é vs e\u0301"]
ROLES = ["user", "assistant", "system"]
FEATURES = tfds.features.FeaturesDict(
    {
        "text": tfds.features.Text(),
        "label": tfds.features.ClassLabel(names=["negative", "positive", "no idea"]),
        "unnamed": tfds.features.ClassLabel(num_classes=5),
        "flag": np.bool_,
        "small": tfds.features.Scalar(np.int8),
        "large": np.int64,
        "unsigned": np.uint64,
        "single": np.float32,
        "double": np.float64,
        "half": np.float16,
        "raw": tfds.features.Tensor(shape=(), dtype=np.object_),
        "maybe": tfds.features.Scalar(np.int32, optional=True),
        "matrix": tfds.features.Tensor(shape=(2, 3), dtype=np.float32),
        "open": tfds.features.Tensor(shape=(None, 2), dtype=np.int32),
        "packed": tfds.features.Tensor(shape=(2, 2), dtype=np.int16, encoding="bytes"),
        "zipped": tfds.features.Tensor(shape=(None, None), dtype=np.float64, encoding="zlib"),
        "ids": tfds.features.Sequence(np.int64),
        "fixed": tfds.features.Sequence(np.bool_, length=3),
        "words": tfds.features.Sequence(tfds.features.Text()),
        "labels": tfds.features.Sequence(tfds.features.ClassLabel(names=["a", "b"])),
        "turns": tfds.features.Sequence(
            {"role": tfds.features.ClassLabel(names=ROLES), "content": tfds.features.Text()}
        ),
        "ragged": tfds.features.Sequence(tfds.features.Sequence(np.int32)),
        "deep": tfds.features.Sequence({"names": tfds.features.Sequence(tfds.features.Text()), "n": np.int32}),
        "nested": {"a": tfds.features.Text(), "inner": {"b": np.int32}},
        "translation": tfds.features.Translation(languages=["en", "fr"]),
    }
)


def example(i):
    """Row i: what a generator of TFDS yields."""
    r = random.Random(i)
    some = lambda most: range(r.randrange(most + 1))
    text = lambda: r.choice(TEXTS)
    return {
        "text": f"{i}: {text()}",
        "label": r.randrange(3) if i != 2 else -1,
        "unnamed": r.randrange(5),
        "flag": r.random() < 0.5,
        "small": r.randrange(-128, 128),
        "large": [0, -1, 2**53 - 1, -(2**53), 2**63 - 1, -(2**63), 123456789012][i % 7],
        "unsigned": [0, 1, 2**64 - 1, 2**63, 2**53][i % 5],
        "single": np.float32([0.1, -3.5, 1e-38, 16777217.0, 2 / 3][i % 5]),
        "double": [0.1, -2.5, 1 / 3][i % 3],
        "half": np.float16([0.1, 65504.0, -0.5][i % 3]),
        "raw": [b"plain", "日本".encode(), b"\xff\xfe\x00\x80"][i % 3],
        "maybe": None if i % 3 == 1 else i,
        "matrix": np.float32([[r.random() for _ in range(3)] for _ in range(2)]),
        "open": np.array([[j, -j] for j in some(3)], np.int32).reshape(-1, 2),
        "packed": np.int16([[i, -i], [r.randrange(-32768, 32768), 7]]),
        "zipped": np.array([[r.random()] * (i % 3 + 1) for _ in range(2)], np.float64),
        "ids": [r.randrange(-(2**40), 2**40) for _ in some(4)],
        "fixed": [r.random() < 0.5 for _ in range(3)],
        "words": [text() for _ in some(3)],
        "labels": [r.randrange(2) for _ in some(3)],
        "turns": [{"role": j % 2, "content": text()} for j in some(4)],
        "ragged": [[r.randrange(100) for _ in some(3)] for _ in some(3)],
        "deep": [{"names": [text() for _ in some(2)], "n": j} for j in some(3)],
        "nested": {"a": text(), "inner": {"b": i * i}},
        "translation": {"en": text(), "fr": text()},
    }


class Features(tfds.core.GeneratorBasedBuilder):
    """Every kind of feature that text data come with."""

    VERSION = tfds.core.Version("1.0.0")
    name = "features"

    def _info(self):
        return tfds.core.DatasetInfo(builder=self, features=FEATURES, disable_shuffling=True)

    def _split_generators(self, _):
        rows = lambda start, end: ((i, example(i)) for i in range(start, end))
        return {"train": rows(0, 9), "test": rows(9, 12)}

    def _generate_examples(self):
        raise NotImplementedError


def plain(value, feature):
    """A value that TFDS read, as the reader here gives it: label names, dicts in sequences, no numpy."""
    if isinstance(value, tf.Tensor):
        value = value.numpy()
    if isinstance(feature, tfds.features.Translation) or type(feature) is tfds.features.FeaturesDict:
        return {key: plain(value[key], feature[key]) for key in feature.keys()}
    if isinstance(feature, tfds.features.Sequence):
        inner = feature.feature
        if isinstance(inner, tfds.features.FeaturesDict):
            count = len(next(iter(value.values())))
            return [plain({key: column[i] for key, column in value.items()}, inner) for i in range(count)]
        return [plain(item, inner) for item in as_list(value)]
    if isinstance(feature, tfds.features.ClassLabel):
        number = int(value)
        names = feature._str2int is not None or feature._int2str is not None
        return None if number < 0 else feature.int2str(number) if names else number
    return scalar(value, feature)


def as_list(value):
    return value.to_list() if hasattr(value, "to_list") else value


def scalar(value, feature):
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        return [scalar(item, feature) for item in value]
    if isinstance(value, np.ndarray):
        value = value.item() if value.dtype != object else value[()]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, np.generic):
        value = value.item()
    # Beyond a double: as text.
    return str(value) if isinstance(value, int) and abs(value) > 2**53 - 1 else value


def rows_of(builder, split):
    if builder.info.file_format == tfds.core.file_adapters.FileFormat.ARRAY_RECORD:
        items = builder.as_data_source(split=split)
    else:
        items = tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False))
    absent = np.iinfo(np.int32).min
    for item in items:
        row = plain(item, FEATURES)
        if row["maybe"] == absent:
            row["maybe"] = None
        yield row


def write_features(out):
    expected = None
    with tempfile.TemporaryDirectory() as temporary:
        for name, shards in [("tfrecord", 2), ("array_record", 1), ("parquet", 1)]:
            builder = Features(data_dir=Path(temporary) / name, file_format=name)
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(num_shards=shards, try_download_gcs=False)
            )
            if name == "tfrecord":
                expected = {split: list(rows_of(builder, split)) for split in ("train", "test")}
            elif name == "parquet":
                same = {split: list(rows_of(builder, split)) for split in ("train", "test")}
                assert json.dumps(same) == json.dumps(expected), "TFDS reads its own Parquet differently"
            target = out / name
            target.mkdir(parents=True)
            for file in sorted(Path(builder.data_dir).iterdir()):
                keep(file, target)
    (out / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


def keep(file, target):
    data = file.read_bytes()
    if len(data) > 65536 and data.count(0) > len(data) / 2:
        (target / f"{file.name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    else:
        (target / file.name).write_bytes(data)


def records(count, seed):
    r = random.Random(seed)
    for i in range(count):
        if i == 3:
            yield b""
        # Longer than a block of 64 KiB, so that block headers interrupt it.
        elif i == 5:
            yield b"long and compressible " * 9000
        elif i % 2:
            yield r.randbytes(r.randrange(60))
        else:
            yield b"record %d " % i * r.randrange(1, 30)


def write_records(out):
    out.mkdir(parents=True)
    expected = {}

    def note(name, items):
        digest = hashlib.sha256()
        for item in items:
            digest.update(len(item).to_bytes(8, "little") + item)
        expected[name] = {"count": len(items), "bytes": sum(map(len, items)), "sha256": digest.hexdigest()}

    with tempfile.TemporaryDirectory() as temporary:
        for name, options in [
            ("default", ""),
            ("zstd", "group_size:16,zstd:5"),
            ("brotli", "group_size:16,brotli:9"),
            ("snappy", "group_size:16,snappy"),
            ("none", "group_size:16,uncompressed"),
            ("one-chunk", "group_size:100000"),
            ("aligned", "group_size:8,pad_to_block_boundary:true"),
            ("transposed", "group_size:16,transpose:true"),
        ]:
            items = list(records(60, 1))
            path = Path(temporary) / f"{name}.array_record"
            writer = array_record_module.ArrayRecordWriter(str(path), options)
            for item in items:
                writer.write(item)
            writer.close()
            keep_gzip(path, out)
            note(f"{name}.array_record", items)
        path = Path(temporary) / "empty.array_record"
        array_record_module.ArrayRecordWriter(str(path), "").close()
        keep_gzip(path, out)
        note("empty.array_record", [])
        for name in ["", "GZIP", "ZLIB"]:
            items = list(records(60, 2))
            path = out / f"{name.lower() or 'plain'}.tfrecord"
            with tf.io.TFRecordWriter(str(path), name) as writer:
                for item in items:
                    writer.write(item)
            note(path.name, items)
            if not name:
                keep_gzip(path, out)
                path.unlink()
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def keep_gzip(path, out):
    (out / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "golden" / "tfds")
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    write_features(out / "features")
    write_records(out / "records")
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size} bytes")


if __name__ == "__main__":
    main()
