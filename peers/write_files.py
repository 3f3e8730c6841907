"""Writes files with the current DuckDB, Polars, pyarrow, pandas, fastparquet, XlsxWriter and openpyxl, each with what it holds
beside it (NAME.expected.json), for `npm run corpora` to read value by value.

    pip install -r peers/requirements-files.txt
    python peers/write_files.py DIR && npm run corpora -- DIR

With --golden, the few that stand for a kind each are copied to tests/golden/today/, too.
"""

import datetime as dt
import json
import math
import pathlib
import re
import sys
import uuid
import warnings
from decimal import Decimal

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import xlsxwriter

UTC = dt.timezone.utc
MAX_SAFE = 2**53 - 1


def plain(value):
    """As the readers give it: ISO text, digits for decimals and for whole numbers beyond 2^53, text or base64 for bytes."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return None if math.isnan(value) else float(value)
    if isinstance(value, np.integer):
        return plain(int(value))
    if isinstance(value, pd.Timestamp):
        return shortened(value.isoformat().replace("+00:00", "Z"))
    if isinstance(value, dt.datetime):
        return shortened((value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat()) + ("Z" if value.tzinfo else "")
    if isinstance(value, dt.date | dt.time):
        return shortened(value.isoformat())
    if isinstance(value, pd.Timedelta):
        return value.value / 1e9
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            import base64

            return base64.b64encode(value).decode()
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: nested(part) for key, part in value.items()}
    return value


def shortened(text):
    zone = "Z" if text.endswith("Z") else ""
    text = text.removesuffix("Z")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + zone


def nested(value):
    value = plain(value)
    return digits_of(value)


def digits_of(value):
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE:
        return str(value)
    if isinstance(value, list):
        return [digits_of(part) for part in value]
    return value


def column_of(values):
    """A column of whole numbers with one beyond 2^53 is text as a whole."""
    values = [plain(value) for value in values]
    if any(isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE for value in values):
        return [None if value is None else str(value) for value in values]
    return [digits_of(value) for value in values]


def map_of(pairs):
    """An object where all keys are text and no two the same; else pairs."""
    if pairs is None:
        return None
    keys = [key for key, _ in pairs]
    if all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys):
        return {key: nested(value) for key, value in pairs}
    return [[nested(key), nested(value)] for key, value in pairs]


def expected_of(table):
    result = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_map(column.type):
            result[name] = [map_of(value) for value in column.to_pylist()]
        elif pa.types.is_dictionary(column.type):
            result[name] = column_of(column.combine_chunks().dictionary_decode().to_pylist())
        elif pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            result[name] = column_of([value.as_py() for value in column])
        elif pa.types.is_interval(column.type):
            result[name] = [None if value is None else {"months": value[0], "days": value[1], "nanoseconds": value[2]} for value in column.to_pylist()]
        else:
            result[name] = column_of(column.to_pylist())
    return result


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def add(self, name, write, expected):
        """`write` is called with the path; `expected`: columns by name, or what a refusal says."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                write(path)
        except Exception as error:
            print(f"not written: {name}: {type(error).__name__}: {str(error)[:150]}")
            return
        if isinstance(expected, str):
            expected = {"refused": expected}
        (path.parent / f"{name.rsplit('/', 1)[-1]}.expected.json").write_text(json.dumps(expected, ensure_ascii=False))


WORDS = ["Wie geht's?", "ok", "", "数据 很多", "🙂 yes", "line\nbreak", 'quote "x"', "tab\tin it"]


def text_table(rows=700):
    return pa.table(
        {
            "prompt": [f"{WORDS[i % 8]} {i // 3}" if i % 11 else None for i in range(rows)],
            "response": pa.array([WORDS[i % 8] for i in range(rows)]).dictionary_encode(),
            "score": [None if i % 13 == 0 else i / 4 for i in range(rows)],
            "count": pa.array([i * 1000 for i in range(rows)], pa.int64()),
            "good": [None if i % 17 == 0 else i % 3 == 0 for i in range(rows)],
            "none": pa.array([None] * rows, pa.string()),
        }
    )


def typed_table():
    when = dt.datetime(2024, 2, 29, 12, 30, 1, 250001)
    old = dt.datetime(1960, 1, 1, 0, 0, 0, 1)
    return pa.table(
        {
            "i8": pa.array([-128, None, 127], pa.int8()),
            "i16": pa.array([-32768, None, 32767], pa.int16()),
            "i32": pa.array([-(2**31), None, 2**31 - 1], pa.int32()),
            "u8": pa.array([0, None, 255], pa.uint8()),
            "u16": pa.array([0, None, 65535], pa.uint16()),
            "u32": pa.array([0, None, 4294967295], pa.uint32()),
            "safe": pa.array([1, None, -MAX_SAFE], pa.int64()),
            "large": pa.array([1, None, -(2**63)], pa.int64()),
            "u64": pa.array([2**64 - 1, None, 0], pa.uint64()),
            "f16": pa.array(np.array([0.5, 1.0, -2.0], np.float16), mask=np.array([False, True, False])),
            "f32": pa.array([0.5, None, -1.25], pa.float32()),
            "f64": pa.array([0.1, None, 1e300], pa.float64()),
            "date32": pa.array([when.date(), None, dt.date(1, 1, 1)], pa.date32()),
            "date64": pa.array([when.date(), None, dt.date(1969, 12, 31)], pa.date64()),
            "time_s": pa.array([dt.time(0, 0, 1), None, dt.time(23, 59, 59)], pa.time32("s")),
            "time_ms": pa.array([dt.time(0, 0, 0, 1000), None, dt.time(23, 59, 59, 999000)], pa.time32("ms")),
            "time_us": pa.array([dt.time(0, 0, 0, 1), None, dt.time(12, 30)], pa.time64("us")),
            "time_ns": pa.array([1000, None, 86_399_000_001_000], pa.int64()).cast(pa.time64("ns")),
            "ts_s": pa.array([when.replace(microsecond=0), None, old.replace(microsecond=0)], pa.timestamp("s")),
            "ts_ms": pa.array([when.replace(microsecond=250000), None, old.replace(microsecond=0)], pa.timestamp("ms")),
            "ts_us": pa.array([when, None, old], pa.timestamp("us")),
            "ts_utc": pa.array([when.replace(tzinfo=UTC), None, old.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "ts_zone": pa.array([when.replace(tzinfo=UTC), None, old.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")),
            "dec9": pa.array([Decimal("1.50"), None, Decimal("-0.05")], pa.decimal128(9, 2)),
            "dec18": pa.array([Decimal("1234567890.12345678"), None, Decimal("-0.00000001")], pa.decimal128(18, 8)),
            "dec38": pa.array([Decimal("12345678901234567890.12"), None, Decimal("-0.05")], pa.decimal128(38, 2)),
            "dec76": pa.array([Decimal("1" * 60 + ".25"), None, Decimal("-1.00")], pa.decimal256(70, 2)),
            "text": pa.array(["ü", None, ""], pa.string()),
            "large_text": pa.array(["ü", None, "x" * 300], pa.large_string()),
            "bytes": pa.array(["text ü".encode(), None, b"\xff\xfe\x00"], pa.binary()),
            "fixed": pa.array([b"abcd", None, b"\xff\x00\x01\x02"], pa.binary(4)),
            "words": pa.array(["x", None, "x"]).dictionary_encode(),
            "none": pa.array([None, None, None], pa.null()),
        }
    )


def nested_table():
    turns = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    return pa.table(
        {
            "id": [1, 2, 3, 4, 5],
            "list": pa.array([[1, None, 3], None, [], [4], [None]], pa.list_(pa.int32())),
            "large_list": pa.array([["a", "b"], None, [], [None], ["c"]], pa.large_list(pa.string())),
            "fixed": pa.array([[1, 2], None, [3, None], [5, 6], [None, None]], pa.list_(pa.int16(), 2)),
            "lists": pa.array([[["a"], []], None, [None, ["b", None]], [], [[]]], pa.list_(pa.list_(pa.string()))),
            "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": ""}, {"a": 4, "b": None}, {"a": None, "b": None}], pa.struct([("a", pa.int64()), ("b", pa.string())])),
            "deep": pa.array([{"a": {"b": [{"c": 1}]}}, None, {"a": None}, {"a": {"b": None}}, {"a": {"b": [None, {"c": None}]}}], pa.struct([("a", pa.struct([("b", pa.list_(pa.struct([("c", pa.int8())])))]))])),
            "messages": pa.array([[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}], None, [{"role": "user", "content": ""}], [], [None]], turns),
            "decimals": pa.array([[Decimal("1.1000"), Decimal("12345.6789")], None, [], [None], [Decimal("-0.0001")]], pa.list_(pa.decimal128(12, 4))),
            "long_decimals": pa.array([[Decimal("1" * 25 + ".5")], None, [], [None], [Decimal("-0.1")]], pa.list_(pa.decimal128(30, 1))),
            "times": pa.array([[dt.time(0, 0, 0, 1)], None, [], [None], [dt.time(12, 30)]], pa.list_(pa.time64("us"))),
            "days": pa.array([[dt.date(2024, 2, 29)], None, [], [None], [dt.date(1969, 12, 31)]], pa.list_(pa.date32())),
            "moments": pa.array([{"t": dt.datetime(2024, 2, 29, 12, 30, 0, 5), "z": dt.datetime(2024, 1, 1, tzinfo=UTC)}, None, {"t": None, "z": None}, None, None], pa.struct([("t", pa.timestamp("us")), ("z", pa.timestamp("us", "UTC"))])),
            "longs": pa.array([[2**62, 1], None, [], [None], [-(2**63)]], pa.list_(pa.int64())),
            "map": pa.array([[("k", 1), ("l", None)], None, [], [("x", 2)], [("a", 1), ("b", 2)]], pa.map_(pa.string(), pa.int32())),
            "repeated": pa.array([[("a", 1), ("a", 2)], None, [], [("x", 2)], [("a", 1)]], pa.map_(pa.string(), pa.int32())),
            "by_number": pa.array([[(1, "a"), (2, "b")], None, [], [(3, None)], [(1, "a")]], pa.map_(pa.int32(), pa.string())),
        }
    )


def only_arrow():
    return pa.table(
        {
            "view": pa.array(["a", None, "more than twelve bytes", ""], pa.string_view()),
            "bytes_view": pa.array([b"a", None, b"more than twelve bytes", b"\xff"], pa.binary_view()),
            "dec32": pa.array([Decimal("1.50"), None, Decimal("-0.05"), Decimal("0.00")], pa.decimal32(7, 2)),
            "dec64": pa.array([Decimal("123456789.50"), None, Decimal("-0.05"), Decimal("0.00")], pa.decimal64(15, 2)),
            "took": pa.array([dt.timedelta(seconds=90, milliseconds=500), None, dt.timedelta(0), dt.timedelta(days=-1)], pa.duration("ms")),
            "large_bytes": pa.array([b"a", None, b"", b"\xff"], pa.large_binary()),
            "words": pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.int8()), pa.array(["longer than twelve", "b"], pa.large_string())),
            "numbers": pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.uint16()), pa.array([10, 20])),
            "ns": pa.array([1709209801250001001, None, 0, -1], pa.int64()).cast(pa.timestamp("ns")),
        }
    )


def pyarrow_files(out):
    tables = {"text": text_table(), "typed": typed_table(), "nested": nested_table()}
    parquet = {
        "default": {},
        **{codec: {"compression": codec} for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]},
        "v1": {"version": "1.0"},
        "v24": {"version": "2.4"},
        "pages2": {"data_page_version": "2.0"},
        "pages2-none": {"data_page_version": "2.0", "compression": "none"},
        "pages2-lz4": {"data_page_version": "2.0", "compression": "lz4"},
        "pages2-zstd-plain": {"data_page_version": "2.0", "compression": "zstd", "use_dictionary": False},
        "plain": {"use_dictionary": False},
        "small-pages": {"data_page_size": 256, "write_batch_size": 16, "use_dictionary": False},
        "small-dictionary": {"dictionary_pagesize_limit": 200, "data_page_size": 256, "write_batch_size": 16},
        "groups": {"row_group_size": 3},
        "index": {"write_page_index": True, "write_page_checksum": True, "write_statistics": True},
        "cdc": {"use_content_defined_chunking": True},
        "int96": {"use_deprecated_int96_timestamps": True},
        "decimal-integers": {"store_decimal_as_integer": True},
        "no-statistics": {"write_statistics": False, "store_schema": False},
        "not-compliant": {"use_compliant_nested_type": False},
    }
    for kind, table in tables.items():
        for name, options in parquet.items():
            expected = expected_of(table)
            if name == "int96":
                # Nothing in these says UTC.
                expected = json.loads(re.sub(r'(T[0-9:.]+)Z"', r'\1"', json.dumps(expected)))
            out.add(f"pyarrow/{kind}-{name}.parquet", lambda path, t=table, o=options: pq.write_table(t, path, **o), expected)
    delta = pa.table({"n": pa.array([5, -3, 2**40, 7, None] * 200), "i": pa.array([1, 2, 2**31 - 1, -(2**31), None] * 200, pa.int32()), "s": ["prefix a", "prefix ab", "prefiy", "", None] * 200, "f": [0.5, 1e300, -0.0, None, 2.5] * 200})
    encodings = {"n": "DELTA_BINARY_PACKED", "i": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY", "f": "BYTE_STREAM_SPLIT"}
    for version in ["1.0", "2.0"]:
        out.add(f"pyarrow/delta-{version}.parquet", lambda path, v=version: pq.write_table(delta, path, use_dictionary=False, column_encoding=encodings, data_page_version=v), expected_of(delta))
        lengths = encodings | {"s": "DELTA_LENGTH_BYTE_ARRAY", "n": "BYTE_STREAM_SPLIT", "i": "BYTE_STREAM_SPLIT"}
        out.add(f"pyarrow/lengths-{version}.parquet", lambda path, v=version: pq.write_table(delta, path, use_dictionary=False, column_encoding=lengths, data_page_version=v), expected_of(delta))
    rle = pa.table({"b": [True, None, False] * 500})
    out.add("pyarrow/rle-bool.parquet", lambda path: pq.write_table(rle, path, use_dictionary=False, column_encoding={"b": "RLE"}, data_page_version="2.0"), expected_of(rle))
    required = pa.table([pa.array(["a", "b"]), pa.array([[1], []], pa.list_(pa.field("element", pa.int32(), nullable=False)))], schema=pa.schema([pa.field("q", pa.string(), nullable=False), pa.field("l", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False)]))
    out.add("pyarrow/required.parquet", lambda path: pq.write_table(required, path), expected_of(required))
    dotted = pa.table({"a.b": ["x", "y"], "a": [1, 2], "": ["u", "v"], "ü ö": [1, 2]})
    out.add("pyarrow/names.parquet", lambda path: pq.write_table(dotted, path), expected_of(dotted))
    twice = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"]), pa.array([1])], names=["q", "q", "a"])
    out.add("pyarrow/twice.parquet", lambda path: pq.write_table(twice, path), '"q"')
    inner = pa.array([{"k": 1}], pa.struct([pa.field("k", pa.int8())]))
    twice_inside = pa.table({"s": pa.StructArray.from_arrays([inner.field(0), inner.field(0)], names=["k", "k"])})
    out.add("pyarrow/twice-inside.parquet", lambda path: pq.write_table(twice_inside, path), '"k"')
    out.add("pyarrow/empty.parquet", lambda path: pq.write_table(text_table(0), path), "no rows")

    def with_empty_groups(path):
        with pq.ParquetWriter(path, text_table().schema) as writer:
            for rows in [0, 5, 0, 2]:
                writer.write_table(text_table().slice(0, rows))

    out.add("pyarrow/empty-groups.parquet", with_empty_groups, expected_of(pa.concat_tables([text_table().slice(0, 5), text_table().slice(0, 2)])))
    for name, array in {
        "uuid": pa.array([uuid.UUID(int=5).bytes, None], pa.uuid()),
        "json": pa.array(['{"a": 1}', None], pa.json_()),
        "views": pa.array(["longer than twelve bytes", None], pa.string_view()),
        "list-view": pa.array([[1, 2], None], pa.list_view(pa.int8())),
    }.items():
        table = pa.table({"c": array, "q": ["a", "b"]})
        expected = expected_of(table)
        if name == "uuid":
            expected["c"] = [str(uuid.UUID(int=5)), None]
        if name == "json":
            expected["c"] = [{"a": 1}, None]
        out.add(f"pyarrow/{name}.parquet", lambda path, t=table: pq.write_table(t, path), expected)

    def ipc(path, table, new, options=None, **write):
        with new(path, table.schema, options=options) as writer:
            writer.write_table(table, **write)

    arrows = {**tables, "types": only_arrow()}
    for kind, table in arrows.items():
        for codec in [None, "lz4", "zstd"]:
            options = pa.ipc.IpcWriteOptions(compression=codec)
            for ending, new in [("arrow", pa.ipc.new_file), ("arrows", pa.ipc.new_stream)]:
                out.add(f"pyarrow/{kind}-{codec}.{ending}", lambda path, t=table, n=new, o=options: ipc(path, t, n, o, max_chunksize=128), expected_of(table))
        out.add(f"pyarrow/{kind}.feather", lambda path, t=table: feather.write_feather(t, path), expected_of(table))
    words = [pa.array(part).dictionary_encode() for part in [["a", "b"], ["a", "b", "c"], ["d", None]]]
    deltas = [pa.DictionaryArray.from_arrays(pa.array(i), pa.array(w)) for i, w in [([0, 1], ["a", "b"]), ([2, 0], ["a", "b", "c"]), ([3, None], ["a", "b", "c", "d"])]]
    for name, batches, ending, options in [
        ("replaced", words, "arrows", {}),
        ("deltas", deltas, "arrows", {"emit_dictionary_deltas": True}),
        ("deltas", deltas, "arrow", {"emit_dictionary_deltas": True}),
        ("unified", words, "arrow", {"unify_dictionaries": True}),
    ]:

        def write(path, batches=batches, ending=ending, options=options):
            schema = pa.schema([("w", batches[0].type)])
            new = pa.ipc.new_file if ending == "arrow" else pa.ipc.new_stream
            with new(path, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
                if options.get("unify_dictionaries"):
                    writer.write_table(pa.table({"w": pa.chunked_array(batches)}))
                else:
                    for batch in batches:
                        writer.write_batch(pa.record_batch([batch], schema=schema))

        out.add(f"pyarrow/dictionary-{name}.{ending}", write, {"w": [value for batch in batches for value in batch.to_pylist()]})
    dense = pa.UnionArray.from_dense(pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["x"])])
    sparse = pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 0, 2]), pa.array(["", "x", ""])])
    unions = pa.table({"dense": dense, "sparse": sparse})
    out.add("pyarrow/unions.arrow", lambda path: ipc(path, unions, pa.ipc.new_file), {"dense": [1, "x", 2], "sparse": [1, "x", 2]})
    runs = pa.table({"q": pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))})
    out.add("pyarrow/runs.arrow", lambda path: ipc(path, runs, pa.ipc.new_file), "RunEndEncoded")
    views = pa.table({"l": pa.array([[1], None], pa.list_view(pa.int8()))})
    out.add("pyarrow/list-view.arrow", lambda path: ipc(path, views, pa.ipc.new_file), "ListView")
    interval = pa.table({"i": pa.array([pa.MonthDayNano([1, 2, 3_000]), None], pa.month_day_nano_interval())})
    out.add("pyarrow/interval.arrow", lambda path: ipc(path, interval, pa.ipc.new_file), expected_of(interval))
    same = pa.Table.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["q", "q"])
    out.add("pyarrow/twice.arrow", lambda path: ipc(path, same, pa.ipc.new_file), '"q"')
    out.add("pyarrow/empty.arrow", lambda path: ipc(path, text_table(0), pa.ipc.new_file), "no rows")
    out.add("pyarrow/v4.arrow", lambda path: ipc(path, text_table(), pa.ipc.new_file, pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4)), expected_of(text_table()))
    out.add("pyarrow/legacy.arrow", lambda path: ipc(path, text_table(), pa.ipc.new_file, pa.ipc.IpcWriteOptions(use_legacy_format=True)), expected_of(text_table()))
    out.add("pyarrow/legacy.arrows", lambda path: ipc(path, text_table(), pa.ipc.new_stream, pa.ipc.IpcWriteOptions(use_legacy_format=True)), expected_of(text_table()))
    out.add("pyarrow/v1.feather", lambda path: feather.write_feather(text_table(), path, version=1), "version 1")


def duckdb_files(out):
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    text = text_table()
    con.register("text", text.set_column(1, "response", text.column("response").combine_chunks().dictionary_decode()))
    con.execute("create table sizes as select i::int as n, 'word ' || (i % 5) as few, case when i % 7 = 0 then null else 'value ' || i end as many, i % 2 = 0 as even, (i * 1.5)::double as half from range(5000) t(i)")
    con.execute(
        """create table typed as select * from (values
        (1::tinyint, 2::smallint, 3::utinyint, 9223372036854775807::bigint, 18446744073709551615::ubigint, 1.50::decimal(9,2), 1234567890.12345678::decimal(18,8), 12345678901234567890.12::decimal(38,2),
         date '2024-02-29', time '00:00:00.000001', timestamp '2024-02-29 12:30:01.250001', timestamptz '2024-02-29 12:30:01+00', timestamp_s '2024-02-29 12:30:01', timestamp_ms '2024-02-29 12:30:01.25', timestamp_ns '2024-02-29 12:30:01.250001001',
         uuid '00000000-0000-0000-0000-000000000005', 'happy'::enum('sad', 'happy'), [1, null, 3], ['a', null], {'a': 1, 'b': 'x'}, map {'k': 1, 'l': null}, [[1], []], [{'role': 'user', 'content': 'hi'}], 'text'::blob, true, 0.5::float, [1.10::decimal(5,2)]),
        (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
        ) t(i8, i16, u8, big, ubig, dec9, dec18, dec38, day, clock, ts, tz, ts_s, ts_ms, ts_ns, id, mood, list, words, struct, map, lists, messages, bytes, yes, f, decimals)"""
    )
    typed = {
        "i8": [1, None], "i16": [2, None], "u8": [3, None], "big": ["9223372036854775807", None], "ubig": ["18446744073709551615", None],
        "dec9": ["1.50", None], "dec18": ["1234567890.12345678", None], "dec38": ["12345678901234567890.12", None], "day": ["2024-02-29", None],
        "clock": ["00:00:00.000001", None], "ts": ["2024-02-29T12:30:01.250001", None], "tz": ["2024-02-29T12:30:01Z", None], "ts_s": ["2024-02-29T12:30:01", None],
        "ts_ms": ["2024-02-29T12:30:01.25", None], "ts_ns": ["2024-02-29T12:30:01.250001001", None], "id": ["00000000-0000-0000-0000-000000000005", None], "mood": ["happy", None],
        "list": [[1, None, 3], None], "words": [["a", None], None], "struct": [{"a": 1, "b": "x"}, None], "map": [{"k": 1, "l": None}, None], "lists": [[[1], []], None],
        "messages": [[{"role": "user", "content": "hi"}], None], "bytes": ["text", None], "yes": [True, None], "f": [0.5, None], "decimals": [["1.10"], None],
    }
    sizes = expected_of(con.sql("select * from sizes").to_arrow_table() if hasattr(con.sql("select 1"), "to_arrow_table") else con.sql("select * from sizes").arrow().read_all())
    wanted = {"text": expected_of(text), "typed": typed, "sizes": sizes}
    for table, expected in wanted.items():
        for codec in ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw"]:
            for version in ["V1", "V2"]:
                out.add(f"duckdb/{table}-{codec}-{version}.parquet", lambda path, t=table, c=codec, v=version: con.execute(f"copy {t} to '{path}' (format parquet, compression {c}, parquet_version {v})"), expected)
        out.add(f"duckdb/{table}-groups.parquet", lambda path, t=table: con.execute(f"copy {t} to '{path}' (format parquet, row_group_size 2048)"), expected)
        out.add(f"duckdb/{table}-plain.parquet", lambda path, t=table: con.execute(f"copy {t} to '{path}' (format parquet, dictionary_size_limit 0)"), expected)
    for rows in [1, 7, 8, 9, 10, 100, 127, 128, 129, 255, 256, 257, 1000, 2049]:
        for version in ["V1", "V2"]:
            query = f"select case when i % 3 = 0 then null else 'w' || (i % 4) end as q, i as a, i % 2 = 0 as b from range({rows}) t(i)"
            expected = {"q": [None if i % 3 == 0 else f"w{i % 4}" for i in range(rows)], "a": list(range(rows)), "b": [i % 2 == 0 for i in range(rows)]}
            out.add(f"duckdb/rows-{rows}-{version}.parquet", lambda path, q=query, v=version: con.execute(f"copy ({q}) to '{path}' (format parquet, parquet_version {v})"), expected)
    others = {
        "interval": ("select interval '1 month 2 days 3.5 seconds' as c, 'a' as q", {"c": [{"months": 1, "days": 2, "milliseconds": 3500}], "q": ["a"]}),
        "json": ("select '{\"a\": [1, 2]}'::json as c, 'a' as q", {"c": [{"a": [1, 2]}], "q": ["a"]}),
        "timetz": ("select timetz '12:30:00+00' as c, 'a' as q", {"c": ["12:30:00"], "q": ["a"]}),
        "bit": ("select '101'::bit::varchar as c, 'a' as q", {"c": ["101"], "q": ["a"]}),
        "array": ("select [1, 2]::int[2] as c, 'a' as q", {"c": [[1, 2]], "q": ["a"]}),
        "time-list": ("select [time '12:30:00', null] as c, {'t': time '00:00:00.5'} as s", {"c": [["12:30:00", None]], "s": [{"t": "00:00:00.5"}]}),
        "hugeint": ("select 5::hugeint as c, 'a' as q", {"c": [5], "q": ["a"]}),
        "variant": ("select 5::variant as c, 'a' as q", "VARIANT"),
        "empty": ("select 'a' as q where false", "no rows"),
        "nulls": ("select null::varchar as c, i as n from range(300) t(i)", {"c": [None] * 300, "n": list(range(300))}),
        "infinity": ("select 'infinity'::double as c, 'nan'::double as n, 'a' as q", None),
        "long": ("select repeat('x', 100000) as c, 'a' as q", {"c": ["x" * 100000], "q": ["a"]}),
        "map-of-lists": ("select map {1: ['a'], 2: []} as m, map {'a': {'b': 1}} as n", {"m": [[[1, ["a"]], [2, []]]], "n": [{"a": {"b": 1}}]}),
    }
    for name, (query, expected) in others.items():
        if expected is not None:
            out.add(f"duckdb/{name}.parquet", lambda path, q=query: con.execute(f"copy ({q}) to '{path}' (format parquet)"), expected)
    as_text = {"q": ["a", 'b "c"', "line\nbreak", None], "n": ["1", "2", "3", "4"]}
    query = "select * from (values ('a', 1), ('b \"c\"', 2), (e'line\\nbreak', 3), (null, 4)) t(q, n)"
    out.add("duckdb/rows.csv", lambda path: con.execute(f"copy ({query}) to '{path}' (format csv, header)"), as_text)
    out.add("duckdb/rows.tsv", lambda path: con.execute(f"copy ({query}) to '{path}' (format csv, header, delimiter '\t')"), as_text)
    out.add("duckdb/rows.csv.gz", lambda path: con.execute(f"copy ({query}) to '{path}' (format csv, header, compression gzip)"), as_text)
    numbers = as_text | {"n": [1, 2, 3, 4]}
    out.add("duckdb/rows.json", lambda path: con.execute(f"copy ({query}) to '{path}' (format json)"), numbers)
    out.add("duckdb/array.json", lambda path: con.execute(f"copy ({query}) to '{path}' (format json, array true)"), numbers)
    out.add("duckdb/big.json", lambda path: con.execute(f"copy (select 9223372036854775807 as c, 'a' as q) to '{path}' (format json)"), {"c": ["9223372036854775807"], "q": ["a"]})


def polars_files(out):
    when = dt.datetime(2024, 2, 29, 12, 30, 1, 250001)
    frame = pl.DataFrame(
        {
            "text": ["ü", None, "more than twelve bytes of text"],
            "i8": pl.Series([-128, None, 127], dtype=pl.Int8),
            "u64": pl.Series([2**64 - 1, None, 0], dtype=pl.UInt64),
            "i64": pl.Series([2**62, None, 0], dtype=pl.Int64),
            "f32": pl.Series([0.5, None, -1.25], dtype=pl.Float32),
            "yes": [True, None, False],
            "day": [when.date(), None, dt.date(1969, 12, 31)],
            "clock": [dt.time(12, 30, 0, 1), None, dt.time(0, 0)],
            "ts": [when, None, dt.datetime(1960, 1, 1, 0, 0, 0, 1)],
            "ms": pl.Series([when.replace(microsecond=250000), None, dt.datetime(1960, 1, 1)], dtype=pl.Datetime("ms")),
            "tz": pl.Series([when, None, when], dtype=pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "bytes": [b"text", None, b"\xff\x00"],
            "list": [[1, None], None, []],
            "words": [["a", "more than twelve bytes"], None, [None]],
            "array": pl.Series([[1, 2], None, [3, None]], dtype=pl.Array(pl.Int32, 2)),
            "struct": [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}],
            "messages": [[{"role": "user", "content": "hi"}], None, []],
            "category": pl.Series(["x", None, "x"], dtype=pl.Categorical),
            "enum": pl.Series(["b", None, "a"], dtype=pl.Enum(["a", "b"])),
            "money": pl.Series([Decimal("1.50"), None, Decimal("-0.05")], dtype=pl.Decimal(12, 2)),
            "decimals": pl.Series([[Decimal("1.50")], None, [None]], dtype=pl.List(pl.Decimal(12, 2))),
            "none": pl.Series([None, None, None], dtype=pl.Null),
        }
    )
    expected = {name: column_of(frame[name].to_list()) for name in frame.columns}
    # A struct of Polars has no nulls of its own in its Python form.
    expected["struct"] = [{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]
    long = pl.DataFrame({"q": [None if i % 3 == 0 else f"value {i % 9} of a row" for i in range(3000)], "n": list(range(3000)), "c": pl.Series([f"c{i % 7}" for i in range(3000)], dtype=pl.Categorical)})
    took = pl.DataFrame({"took": [dt.timedelta(seconds=90, milliseconds=500), None], "q": ["a", "b"]})
    big = pl.DataFrame({"i128": pl.Series([2**100, None, 5], dtype=pl.Int128), "q": ["a", "b", "c"]})
    frames = {
        "typed": (frame, expected),
        "long": (long, {name: column_of(long[name].to_list()) for name in long.columns}),
    }
    for kind, (data, wanted) in frames.items():
        for codec in ["uncompressed", "lz4", "zstd"]:
            out.add(f"polars/{kind}-{codec}.arrow", lambda path, d=data, c=codec: d.write_ipc(path, compression=c), wanted)
            out.add(f"polars/{kind}-{codec}-old.arrow", lambda path, d=data, c=codec: d.write_ipc(path, compression=c, compat_level=pl.CompatLevel.oldest()), wanted)
            out.add(f"polars/{kind}-{codec}.arrows", lambda path, d=data, c=codec: d.write_ipc_stream(path, compression=c), wanted)
        out.add(f"polars/{kind}.arrow", lambda path, d=data: d.write_ipc(path), wanted)
        for codec in ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"]:
            out.add(f"polars/{kind}-{codec}.parquet", lambda path, d=data, c=codec: d.write_parquet(path, compression=c), wanted)
        out.add(f"polars/{kind}-groups.parquet", lambda path, d=data: d.write_parquet(path, row_group_size=500, data_page_size=512, statistics="full"), wanted)
        out.add(f"polars/{kind}-pyarrow.parquet", lambda path, d=data: d.write_parquet(path, use_pyarrow=True), wanted)
        out.add(f"polars/{kind}-lazy.parquet", lambda path, d=data: d.lazy().sink_parquet(path), wanted)
        out.add(f"polars/{kind}-lazy.arrow", lambda path, d=data: d.lazy().sink_ipc(path), wanted)
    out.add("polars/took.arrow", lambda path: took.write_ipc(path), {"took": [90.5, None], "q": ["a", "b"]})
    # Parquet has no type for a duration: what is stored are microseconds.
    out.add("polars/took.parquet", lambda path: took.write_parquet(path), {"took": [90_500_000, None], "q": ["a", "b"]})
    out.add("polars/i128.arrow", lambda path: big.write_ipc(path), "128 bits")
    out.add("polars/empty.arrow", lambda path: frame.head(0).write_ipc(path), "no rows")
    rows = pl.DataFrame({"q": ["a", 'b "c"', "line\nbreak", None], "n": [2**62, 2, 3, 4], "l": [[1], [], None, [None]]})
    wanted = {"q": ["a", 'b "c"', "line\nbreak", None], "n": [str(2**62), "2", "3", "4"], "l": [[1], [], None, [None]]}
    out.add("polars/rows.jsonl", lambda path: rows.write_ndjson(path), wanted)
    out.add("polars/rows.json", lambda path: rows.write_json(path), wanted)
    out.add("polars/rows.csv", lambda path: rows.drop("l").write_csv(path), {key: wanted[key] for key in "qn"})
    out.add("polars/rows.tsv", lambda path: rows.drop("l").write_csv(path, separator="\t", quote_style="always"), {key: wanted[key] for key in "qn"})
    cells = pl.DataFrame({"q": ["a", "b"], "day": [dt.date(2024, 2, 29), None], "clock": [dt.time(12, 30), None], "when": [dt.datetime(2024, 2, 29, 13, 30), None], "n": [1.5, None], "yes": [True, None]})
    out.add("polars/cells.xlsx", lambda path: cells.write_excel(path), {"q": ["a", "b"], "day": ["2024-02-29", None], "clock": ["12:30:00", None], "when": ["2024-02-29T13:30:00", None], "n": [1.5, None], "yes": [True, None]})


def pandas_files(out):
    when = pd.Timestamp("2024-02-29 12:30:01.250001")
    frame = pd.DataFrame(
        {
            "q": ["a", 'b "c"', "line\nbreak", None],
            "n": [1, 2, 3, 4],
            "f": [0.5, np.nan, -1.25, 1e10],
            "yes": [True, False, True, False],
            "when": [when, pd.NaT, pd.Timestamp("1999-12-31"), when],
            "big": pd.array([2**62, None, 1, 0], dtype="Int64"),
            "cat": pd.Categorical(["x", None, "x", "y"]),
        }
    )
    wanted = {
        "q": ["a", 'b "c"', "line\nbreak", None], "n": [1, 2, 3, 4], "f": [0.5, None, -1.25, 1e10], "yes": [True, False, True, False],
        "when": ["2024-02-29T12:30:01.250001", None, "1999-12-31T00:00:00", "2024-02-29T12:30:01.250001"], "big": [str(2**62), None, "1", "0"], "cat": ["x", None, "x", "y"],
    }
    for engine in ["pyarrow", "fastparquet"]:
        for codec in [None, "snappy", "gzip", "zstd", "brotli", "lz4"]:
            out.add(f"pandas/{engine}-{codec}.parquet", lambda path, e=engine, c=codec: frame.to_parquet(path, engine=e, compression=c, index=False), wanted)
    out.add("pandas/frame.feather", lambda path: frame.to_feather(path), wanted)
    simple = frame[["q", "n"]]
    pair = {"q": wanted["q"], "n": wanted["n"]}
    as_text = pair | {"n": ["1", "2", "3", "4"]}
    for orient in ["records", "split", "index", "columns", "table"]:
        with_index = {"index": [0, 1, 2, 3], **pair}
    for orient in ["records", "split", "index", "columns", "table"]:
        expected = with_index if orient == "table" else pair
        out.add(f"pandas/{orient}.json", lambda path, o=orient: simple.to_json(path, orient=o), expected)
    out.add("pandas/lines.jsonl", lambda path: simple.to_json(path, orient="records", lines=True), pair)
    out.add("pandas/lines.jsonl.gz", lambda path: simple.to_json(path, orient="records", lines=True, compression="gzip"), pair)
    out.add("pandas/rows.csv", lambda path: simple.to_csv(path, index=False), as_text)
    out.add("pandas/bom.csv", lambda path: simple.to_csv(path, index=False, encoding="utf-8-sig"), as_text)
    out.add("pandas/utf16.csv", lambda path: simple.to_csv(path, index=False, encoding="utf-16"), as_text)
    out.add("pandas/semicolon.csv", lambda path: simple.to_csv(path, index=False, sep=";", quoting=1), as_text)
    out.add("pandas/zipped.zip", lambda path: simple.to_csv(path, index=False, compression={"method": "zip", "archive_name": "rows.csv"}), as_text)
    out.add("pandas/table.html", lambda path: simple.to_html(path), "HTML")
    out.add("pandas/pickled.pkl", lambda path: simple.to_pickle(path), "pickle")
    excel = frame[["q", "n", "f", "yes", "when"]]
    cells = {key: wanted[key] for key in excel.columns} | {"when": ["2024-02-29T12:30:01.25", None, "1999-12-31", "2024-02-29T12:30:01.25"]}
    for engine in ["openpyxl", "xlsxwriter"]:
        out.add(f"pandas/{engine}.xlsx", lambda path, e=engine: excel.to_excel(path, index=False, engine=e), cells)


def fastparquet_files(out):
    import fastparquet

    when = pd.Timestamp("2024-02-29 12:30:01.250001")
    frame = pd.DataFrame({"q": [None if i % 5 == 0 else f"text {i % 9}" for i in range(600)], "n": range(600), "f": [i / 4 for i in range(600)], "yes": [i % 2 == 0 for i in range(600)], "when": [when] * 600, "cat": pd.Categorical([f"c{i % 3}" for i in range(600)])})
    wanted = {
        "q": [None if i % 5 == 0 else f"text {i % 9}" for i in range(600)], "n": list(range(600)), "f": [i / 4 for i in range(600)], "yes": [i % 2 == 0 for i in range(600)],
        "when": ["2024-02-29T12:30:01.250001"] * 600, "cat": [f"c{i % 3}" for i in range(600)],
    }
    for codec in ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW", "LZ4"]:
        out.add(f"fastparquet/{codec}.parquet", lambda path, c=codec: fastparquet.write(str(path), frame, compression=c), wanted)
    for name, options in {"nulls": {"has_nulls": True}, "groups": {"row_group_offsets": 100}, "no-stats": {"stats": False}}.items():
        out.add(f"fastparquet/{name}.parquet", lambda path, o=options: fastparquet.write(str(path), frame, **o), wanted)
    objects = pd.DataFrame({"j": [{"a": 1}, [1, 2], None], "b": [b"text", b"\xff", None], "q": ["a", "b", None]})
    out.add("fastparquet/objects.parquet", lambda path: fastparquet.write(str(path), objects, object_encoding={"j": "json", "b": "bytes", "q": "utf8"}), {"j": [{"a": 1}, [1, 2], None], "b": ["text", "/w==", None], "q": ["a", "b", None]})
    took = pd.DataFrame({"t": pd.to_timedelta([90.5, 0], unit="s"), "q": ["a", "b"]})
    out.add("fastparquet/took.parquet", lambda path: fastparquet.write(str(path), took), {"t": ["00:01:30.5", "00:00:00"], "q": ["a", "b"]})


def workbooks(out):
    when = dt.datetime(2024, 2, 29, 13, 30, 15)
    header = ["q", "day", "clock", "when", "took", "long", "share", "yes", "n", "error"]
    rows = {
        "q": ["a <&> ü 🙂", "two\nlines"], "day": ["2024-02-29", "1999-12-31"], "clock": ["12:30:00", "00:00:00"], "when": ["2024-02-29T13:30:15", "2024-02-29T13:30:15"],
        "took": ["26:05:00", "00:00:01"], "long": ["100:00:00", "00:30:00"], "share": [0.25, 1], "yes": [True, False], "n": [1.5, -3], "error": ["#N/A", "#DIV/0!"],
    }

    def with_openpyxl(path, iso=False, write_only=False, epoch=None):
        book = openpyxl.Workbook(write_only=write_only)
        book.iso_dates = iso
        if epoch:
            book.epoch = epoch
        sheet = book.create_sheet("Data") if write_only else book.active
        sheet.append(header)
        from openpyxl.cell import WriteOnlyCell

        def cell(value, form=None):
            made = WriteOnlyCell(sheet, value)
            if form:
                made.number_format = form
            return made

        sheet.append(["a <&> ü 🙂", dt.date(2024, 2, 29), dt.time(12, 30), when, cell(dt.timedelta(hours=26, minutes=5), "[h]:mm:ss"), cell(dt.timedelta(hours=100), "[hh]:mm"), cell(0.25, "0%"), True, 1.5, cell("#N/A")])
        sheet.append(["two\nlines", dt.date(1999, 12, 31), dt.time(0, 0), when, cell(dt.timedelta(seconds=1), "[h]:mm:ss"), cell(dt.timedelta(minutes=30), "[hh]:mm"), cell(1, "0%"), False, -3, cell("#DIV/0!")])
        book.save(path)

    from openpyxl.utils.datetime import MAC_EPOCH

    out.add("openpyxl/plain.xlsx", lambda path: with_openpyxl(path), rows)
    out.add("openpyxl/iso.xlsx", lambda path: with_openpyxl(path, iso=True), rows)
    out.add("openpyxl/write-only.xlsx", lambda path: with_openpyxl(path, write_only=True), rows)
    out.add("openpyxl/mac.xlsx", lambda path: with_openpyxl(path, epoch=MAC_EPOCH), rows)

    def with_xlsxwriter(path, **options):
        book = xlsxwriter.Workbook(str(path), options)
        sheet = book.add_worksheet("Data")
        form = {name: book.add_format({"num_format": name}) for name in ["yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", "[hh]:mm", "0%"]}
        sheet.write_row(0, 0, header)
        for i, (q, day, clock, took, long, share, yes, n, error) in enumerate(
            [
                ("a <&> ü 🙂", dt.date(2024, 2, 29), dt.time(12, 30), dt.timedelta(hours=26, minutes=5), dt.timedelta(hours=100), 0.25, True, 1.5, "=NA()"),
                ("two\nlines", dt.date(1999, 12, 31), dt.time(0, 0), dt.timedelta(seconds=1), dt.timedelta(minutes=30), 1, False, -3, "=1/0"),
            ],
            1,
        ):
            sheet.write_string(i, 0, q)
            sheet.write_datetime(i, 1, day, form["yyyy-mm-dd"])
            sheet.write_datetime(i, 2, clock, form["hh:mm:ss"])
            sheet.write_datetime(i, 3, when, form["yyyy-mm-dd hh:mm:ss"])
            sheet.write_datetime(i, 4, took, form["[h]:mm:ss"])
            sheet.write_datetime(i, 5, long, form["[hh]:mm"])
            sheet.write_number(i, 6, share, form["0%"])
            sheet.write_boolean(i, 7, yes)
            sheet.write_number(i, 8, n)
            sheet.write_formula(i, 9, error, None, "#N/A" if i == 1 else "#DIV/0!")
        book.close()

    out.add("xlsxwriter/plain.xlsx", lambda path: with_xlsxwriter(path), rows)
    out.add("xlsxwriter/constant-memory.xlsx", lambda path: with_xlsxwriter(path, constant_memory=True), rows)
    out.add("xlsxwriter/mac.xlsx", lambda path: with_xlsxwriter(path, date_1904=True), rows)
    out.add("xlsxwriter/zip64.xlsx", lambda path: with_xlsxwriter(path, use_zip64=True), rows)

    def rich(path):
        book = xlsxwriter.Workbook(str(path))
        sheet = book.add_worksheet("Notes")
        line = book.add_chart({"type": "line"})
        line.add_series({"values": "=Notes!$C$3:$C$3"})
        book.add_chartsheet().set_chart(line)
        hidden = book.add_worksheet("Hidden")
        hidden.hide()
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, ["q", "link", "sum", "merged"])
        sheet.write_rich_string(1, 0, "a ", bold, "b", " c")
        sheet.write_url(1, 1, "https://example.org/", string="here")
        sheet.write_formula(1, 2, '="x"&"y"', None, "xy")
        sheet.merge_range(1, 3, 2, 3, "both")
        sheet.write_row(2, 0, [" spaces ", "_x0041_", 12345678901])
        sheet.write_comment(2, 0, "a comment")
        book.close()

    out.add("xlsxwriter/rich.xlsx", rich, {"q": ["a b c", " spaces "], "link": ["here", "_x0041_"], "sum": ["xy", 12345678901], "merged": ["both", None]})


GOLDEN = [
    "duckdb/rows-10-V1.parquet",
    "duckdb/rows-100-V2.parquet",
    "duckdb/typed-zstd-V2.parquet",
    "duckdb/nulls.parquet",
    "duckdb/interval.parquet",
    "duckdb/variant.parquet",
    "polars/typed.arrow",
    "polars/typed-lz4.arrow",
    "polars/typed-zstd.parquet",
    "polars/took.arrow",
    "pyarrow/nested-default.parquet",
    "pyarrow/typed-lz4.parquet",
    "pyarrow/typed-pages2-none.parquet",
    "pyarrow/twice.arrow",
    "pyarrow/twice-inside.parquet",
    "pyarrow/dictionary-deltas.arrow",
    "pyarrow/runs.arrow",
    "pyarrow/empty.arrow",
    "pyarrow/interval.arrow",
    "openpyxl/iso.xlsx",
    "openpyxl/plain.xlsx",
    "openpyxl/mac.xlsx",
    "xlsxwriter/plain.xlsx",
    "pandas/fastparquet-zstd.parquet",
    "fastparquet/took.parquet",
]


def copy_golden(folder):
    target = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "today"
    for name in GOLDEN:
        for ending in ["", ".expected.json"]:
            to = target / (name.replace("/", "-") + ending)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes((folder / (name + ending)).read_bytes())


def main():
    out = Folder(sys.argv[1])
    pyarrow_files(out)
    duckdb_files(out)
    polars_files(out)
    pandas_files(out)
    fastparquet_files(out)
    workbooks(out)
    if "--golden" in sys.argv:
        copy_golden(out.path)


if __name__ == "__main__":
    main()
