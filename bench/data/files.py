"""Large files as pyarrow and XlsxWriter write them, for bench/data/open.ts: python bench/data/files.py FOLDER [--rows N]

Questions and answers, 500 bytes a row; Parquet in one row group. pip install pyarrow xlsxwriter
"""

import argparse
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

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
    # As Excel has it, texts stand in a table of the whole workbook; in a workbook written row by row, in the sheet itself.
    for name, inline in (("shared", False), ("inline", True)):
        with xlsxwriter.Workbook(options.folder / f"{name}.xlsx", {"constant_memory": inline}) as book:
            sheet = book.add_worksheet()
            for i, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                sheet.write_row(i, 0, row)


if __name__ == "__main__":
    main()
