"""Large files as pyarrow and openpyxl write them, for bench/data/open.ts: python bench/data/files.py FOLDER [--rows N]

Questions and answers, 500 bytes a row, in one row group each (peers/requirements.txt has what is needed).
"""

import argparse
import random
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

WORDS = "the of and to in is that was for on B\u00e4r \u6570\u636e \U0001f642 \"quoted\" a,b which\nnew".split(" ")


def text(r, length):
    made = ""
    while len(made) < length:
        made += f"{r.choice(WORDS)}{r.randrange(97)} "
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    r = random.Random(1)
    rows = [
        {"id": i, "prompt": text(r, 180), "response": text(r, 220), "score": i / 8, "topic": WORDS[i % 12]}
        for i in range(options.rows)
    ]
    options.folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows)
    for codec in ("snappy", "zstd"):
        pq.write_table(table, options.folder / f"{codec}.parquet", compression=codec, row_group_size=len(rows))
    # Written row by row, texts stand in the sheet itself; otherwise in a table of the whole workbook, as Excel has them.
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(rows[0]))
    for row in rows[: options.rows // 5]:
        sheet.append(list(row.values()))
    book.save(options.folder / "rows.xlsx")


if __name__ == "__main__":
    main()
