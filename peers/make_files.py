"""Makes tests/golden/files/: small Parquet, Arrow, Feather and Excel files as the official libraries write them, each
with what they hold in expected.json, in the plain values that the studio's tables have.

    pip install pyarrow==26.0.1 openpyxl==3.1.5
    python peers/make_files.py
"""

import datetime as dt
import decimal
import json
import pathlib

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "files"
ROWS = 300


def plain(value):
    """As the readers give it: ISO text, digits for decimals and for whole numbers beyond 2^53, text for bytes."""
    if isinstance(value, dt.datetime):
        text = value.replace(tzinfo=None).isoformat()
        text = text.rstrip("0") if "." in text else text
        return text + ("Z" if value.tzinfo else "")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        text = value.isoformat()
        return text.rstrip("0") if "." in text else text
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return value


def columns(table):
    """Columns by name; a column of whole numbers with one beyond 2^53 is text as a whole."""
    result = {}
    for name in table.column_names:
        values = table.column(name).to_pylist()
        if pa.types.is_map(table.schema.field(name).type):
            values = [value if value is None else dict(value) for value in values]
        values = [plain(value) for value in values]
        if any(isinstance(value, int) and abs(value) >= 2**53 for value in values):
            values = [None if value is None else str(value) for value in values]
        result[name] = values
    return result


def text_table():
    """What most data sets are: text with repeats, empty and missing cells, several scripts."""
    words = ["Wie geht's?", "ok", "", "数据 很多", "🙂 yes", "line\nbreak", 'quote "x"']
    return pa.table(
        {
            "prompt": [f"{words[i % 7]} {i // 3}" if i % 11 else None for i in range(ROWS)],
            "response": pa.array([words[i % 7] for i in range(ROWS)]).dictionary_encode(),
            "score": [None if i % 13 == 0 else i / 4 for i in range(ROWS)],
            "count": pa.array([i * 1000 for i in range(ROWS)], pa.int64()),
            "good": [None if i % 17 == 0 else i % 2 == 0 for i in range(ROWS)],
        }
    )


def typed_table():
    utc = dt.timezone.utc
    day = dt.date(2024, 2, 29)
    return pa.table(
        {
            "i8": pa.array([-128, None, 127], pa.int8()),
            "u32": pa.array([0, None, 4294967295], pa.uint32()),
            "small": pa.array([1, None, -(2**53) + 1], pa.int64()),
            "large": pa.array([1, None, -(2**62) - 1], pa.int64()),
            "u64": pa.array([2**64 - 1, None, 0], pa.uint64()),
            "f32": pa.array([0.5, None, -1.25], pa.float32()),
            "f16": pa.array([0.5, None, -2.0], pa.float16()),
            "day": pa.array([day, None, dt.date(1969, 12, 31)], pa.date32()),
            "ms": pa.array([dt.datetime(2024, 2, 29, 12, 30, 1, 250000), None, dt.datetime(1960, 1, 1)], pa.timestamp("ms")),
            "us": pa.array(
                [dt.datetime(2024, 2, 29, 12, 30, 1, 250001, utc), None, dt.datetime(1960, 1, 1, 0, 0, 0, 1, utc)],
                pa.timestamp("us", "UTC"),
            ),
            "money": pa.array([decimal.Decimal("12345678901234567890.12"), None, decimal.Decimal("-0.05")], pa.decimal128(30, 2)),
            "price": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-99.99")], pa.decimal128(6, 2)),
            "bytes": pa.array(["text ü".encode(), None, b""], pa.binary()),
            "list": pa.array([[1, None, 3], None, []], pa.list_(pa.int32())),
            "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": ""}], pa.struct([("a", pa.int32()), ("b", pa.string())])),
            "map": pa.array([[("k", 1), ("l", None)], None, []], pa.map_(pa.string(), pa.int32())),
            "messages": pa.array(
                [
                    [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
                    None,
                    [{"role": "user", "content": ""}],
                ],
                pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
            ),
            "deep": pa.array([[["a"], []], None, [None, ["b", None]]], pa.list_(pa.list_(pa.string()))),
            "none": pa.array([None, None, None], pa.null()),
        }
    )


def arrow_only_table():
    """Types that Parquet does not have."""
    return pa.table(
        {
            "large": pa.array(["a", None, "ü"], pa.large_string()),
            "view": pa.array(["a", None, "more than twelve bytes"], pa.string_view()),
            "fixed": pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16(), 2)),
            "time": pa.array([dt.time(1, 2, 3, 500000), None, dt.time(23, 59, 59)], pa.time64("us")),
            "took": pa.array([dt.timedelta(seconds=90, milliseconds=500), None, dt.timedelta(0)], pa.duration("ms")),
            "ns": pa.array([1709209801250001000, None, 0], pa.int64()).cast(pa.timestamp("ns")).cast(pa.timestamp("us")),
            "date64": pa.array([dt.date(2024, 2, 29), None, dt.date(1970, 1, 1)], pa.date64()),
            "words": pa.array(["x", None, "x"]).dictionary_encode(),
            "large_list": pa.array([["a"], None, []], pa.large_list(pa.string())),
        }
    )


def workbook():
    book = openpyxl.Workbook()
    book.active.title = "Empty"
    sheet = book.create_sheet("Examples")
    rows = [
        [" prompt ", "response", "when", "score", None, "sure"],
        ["Hallo", "Grüß dich 🙂", dt.date(2024, 2, 29), 1.5, None, True],
        ["two\nlines", None, dt.datetime(2024, 2, 29, 13, 30), 2, None, False],
        [None, None, None, None, None, None],
        ["<&>", " spaces ", dt.date(1999, 12, 31), -3, None, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet["D6"] = "=1+1"
    book.create_sheet("More").append(["other"])
    book.save(OUT / "workbook.xlsx")
    names = ["prompt", "response", "when", "score", "sure"]
    kept = [row[:4] + row[5:] for row in (rows[1], rows[2], rows[4])]
    return {name: [plain(row[i]) for row in kept] for i, name in enumerate(names)}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tables = {"text": text_table(), "typed": typed_table(), "arrow": arrow_only_table()}
    expected = {name: columns(table) for name, table in tables.items()}
    files = {}

    def add(file, table):
        files[file] = table
        return OUT / file

    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        pq.write_table(tables["text"], add(f"text-{codec}.parquet", "text"), compression=codec, row_group_size=128)
    pq.write_table(
        tables["text"], add("text-v2.parquet", "text"), version="2.6", data_page_version="2.0", data_page_size=1024,
        use_dictionary=False, column_encoding={"prompt": "DELTA_BYTE_ARRAY", "count": "DELTA_BINARY_PACKED", "score": "BYTE_STREAM_SPLIT"},
    )
    pq.write_table(tables["text"], add("text-checksums.parquet", "text"), write_page_checksum=True, use_dictionary=["prompt"])
    pq.write_table(tables["typed"], add("typed-v1.parquet", "typed"), version="2.6")
    pq.write_table(tables["typed"], add("typed-v2.parquet", "typed"), version="2.6", data_page_version="2.0", compression="zstd")
    for codec in [None, "lz4", "zstd"]:
        options = pa.ipc.IpcWriteOptions(compression=codec)
        for kind, new in [("arrow", pa.ipc.new_file), ("stream.arrow", pa.ipc.new_stream)]:
            with new(add(f"text-{codec or 'none'}.{kind}", "text"), tables["text"].schema, options=options) as writer:
                writer.write_table(tables["text"], max_chunksize=128)
    for codec in ["uncompressed", "lz4"]:
        feather.write_feather(tables["typed"], add(f"typed-{codec}.feather", "typed"), compression=codec)
    with pa.ipc.new_file(add("types.arrow", "arrow"), tables["arrow"].schema) as writer:
        writer.write_table(tables["arrow"])
    expected["workbook"] = workbook()
    files["workbook.xlsx"] = "workbook"
    result = {"files": files, "tables": expected}
    (OUT / "expected.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
