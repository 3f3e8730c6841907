"""Writes small files of Parquet and Arrow that would fill the memory, each with what it is to be refused with beside it, for
`npm run corpora` to open. Takes some 4 GB of memory itself.

    pip install -r peers/requirements-files.txt
    python peers/write_bombs.py DIR && npm run corpora -- DIR
"""

import json
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

TEXT = "x" * 10_000_000


def pointing(rows):
    """Rows that all point to one text of 10 MB."""
    places = pa.array(np.zeros(rows, dtype=np.int32))
    return pa.table({"q": pa.DictionaryArray.from_arrays(places, pa.array([TEXT]))})


def zeros(rows):
    return pa.table({"a": pa.array(np.zeros(rows, dtype=np.int64))})


def lists():
    """2,000 lists of 50,000 zeros."""
    ends = pa.array(np.arange(0, 100_000_001, 50_000, dtype=np.int32))
    return pa.table({"l": pa.ListArray.from_arrays(ends, pa.array(np.zeros(100_000_000, dtype=np.int8)))})


def write_arrow(path, table, compression=None):
    with ipc.new_file(path, table.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_arrow(folder / "pointing.arrow", pointing(1_000_000))
    pq.write_table(pointing(200), folder / "pointing.parquet", compression="zstd")
    write_arrow(folder / "missing.arrow", pa.table({"a": pa.nulls(2_000_000_000)}))
    write_arrow(folder / "zeros.arrow", zeros(150_000_000), "zstd")
    pq.write_table(zeros(200_000_000), folder / "zeros.parquet", compression="zstd")
    pq.write_table(zeros(200_000_000), folder / "plain-zeros.parquet", compression="zstd", use_dictionary=False)
    # Few bytes a row, and seconds to unpack each row group.
    pq.write_table(zeros(50_000_000), folder / "brotli-zeros.parquet", compression="brotli", use_dictionary=False)
    pq.write_table(lists(), folder / "lists.parquet", compression="zstd")
    for path in sorted(folder.iterdir()):
        if path.suffix in (".arrow", ".parquet"):
            told = pathlib.Path(f"{path}.expected.json")
            told.write_text(json.dumps({"refused": "of memory"}) + "\n")
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
