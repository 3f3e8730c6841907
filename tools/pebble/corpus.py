"""The public-domain children's texts, as clean paragraphs. The folder is given by the caller and is not shipped."""

import json
import re
from pathlib import Path

_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-", "\u00a0": " ", "_": None, "*": None}
)


def paragraphs(folder: str) -> list[tuple[str, str]]:
    """(source file, paragraph) of every `*.txt` and `*.jsonl` in `folder`, sorted; lines joined, headings dropped."""
    out = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix == ".jsonl":
            texts = [
                json.loads(line)["fable"] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
            ]
        elif path.suffix == ".txt":
            texts = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        else:
            continue
        for text in texts:
            text = re.sub(r"\s+", " ", text.translate(_PLAIN)).replace("--", " - ").strip()
            text = re.sub(r"\[[^\]]*\]", "", text)
            text = re.sub(r" +", " ", text).strip()
            if len(text) >= 40 and not text.isupper() and text[-1] in ".!?\"'":
                out.append((path.name, text))
    if not out:
        raise SystemExit(f"no paragraphs in {folder}: give --corpus a folder with *.txt or *.jsonl texts")
    return out
