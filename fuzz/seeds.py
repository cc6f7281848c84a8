#!/usr/bin/env python3
"""Makes fuzz/seeds/: for each target some small inputs of its kind, from the samples and the damage tool.

    seeds.py FOLDER    where the commands jiaokan and jiaokan-damage are, as target/debug
"""

import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = ROOT / "fuzz" / "seeds"
# `make fuzz` gives libFuzzer inputs of up to 4096 bytes.
CHARACTERS = 300
LONGEST = 4096


def main() -> None:
    tools = pathlib.Path(sys.argv[1]).resolve()
    samples = [path.read_text(encoding="utf-8")[:CHARACTERS] + "\n" for path in sorted((ROOT / "samples").glob("*.txt"))]
    texts = {f"sample{i}": text for i, text in enumerate(samples)} | dict(damaged(tools, samples[0]))
    for target, seeds in {
        "text": texts,
        "bytes": encoded(texts),
        "files": files(tools, samples),
        "log": logs(tools, texts),
        "settings": settings(tools, samples),
        "edits": edits(samples),
    }.items():
        folder = SEEDS / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            seed = seed.encode() if isinstance(seed, str) else seed
            assert len(seed) <= LONGEST, f"{target}/{name} has {len(seed)} bytes"
            (folder / name).write_bytes(seed)


def damaged(tools, text):
    def damage(*args):
        return subprocess.run([tools / "jiaokan-damage", *args], input=text.encode(), capture_output=True, check=True).stdout.decode()

    for variant in ("toned", "mixed", "repeated", "sprinkled"):
        yield f"gloss-{variant}", damage("gloss", "--traditional", "--table", "250", "250", "--variant", variant)
    yield "gloss-split", damage("gloss", "--traditional", "--table", "250", "250", "--split", "drawn", "--drop-pua")
    for kind in ("utf8-as-gbk", "utf8-as-cp1252", "gbk-as-big5", "gbk-as-utf8-or-latin1", "bare-hex-references"):
        yield f"misread-{kind}", damage("misread", "--runs", "--kind", kind)
    with tempfile.TemporaryDirectory() as folder:
        clean = pathlib.Path(folder) / "clean.txt"
        clean.write_text(text, encoding="utf-8")
        subprocess.run([tools / "jiaokan-damage", "layout", clean, folder], check=True)
        yield "layout", (pathlib.Path(folder) / "0000.txt").read_text(encoding="utf-8")


def encoded(texts):
    text, glossed = texts["sample0"], texts["gloss-toned"]
    gbk = text.encode("gb18030")
    broken = bytearray(gbk)
    del broken[50::90]
    return {
        "utf8": glossed,
        "gbk": gbk,
        "big5": glossed.encode("big5", "ignore"),
        "utf16": text.encode("utf-16"),
        "mixed": glossed.encode() + gbk + text.encode(),
        "broken": bytes(broken),
        "broken-utf8": text.encode()[1:-2],
    }


def files(tools, samples):
    def kind(number, content):
        return bytes([number]) + (content.encode() if isinstance(content, str) else content)

    records = "".join(json.dumps({"id": i, "text": text[:100]}, ensure_ascii=i % 2 == 0) + "\n" for i, text in enumerate(samples))
    cells = [text[:80].replace('"', "") for text in samples]
    table = "id,text\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    lines = "id\ttext\n" + "".join(f"{i}\t{cell.splitlines()[0]}\n" for i, cell in enumerate(cells))
    page = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{samples[0][:100]}</p>".encode()
    archive = b""
    for type_, content in ((b"response\r\nContent-Type: application/http; msgtype=response", page), (b"conversion", samples[1].encode())):
        archive += b"WARC/1.0\r\nWARC-Type: " + type_ + b"\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(content), content)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "a.jsonl"
        source.write_text(records, encoding="utf-8")
        clean = [tools / "jiaokan", "clean", "--no-config", "-q", source, "--to", "parquet", "-o", f"{folder}/out/"]
        subprocess.run(clean, check=True)
        parquet = next(pathlib.Path(folder, "out").rglob("*.parquet")).read_bytes()
    contents = {"text": samples[0], "jsonl": records, "csv": table, "tsv": lines, "warc": archive, "parquet": parquet}
    seeds = {name: kind(i, content) for i, (name, content) in enumerate(contents.items())}
    return seeds | {"gzip": kind(1, gzip.compress(records.encode(), mtime=0))}


def logs(tools, texts):
    """Logs, each with the clean file that it belongs to."""
    seeds = {}
    for name in ("sample1", "gloss-mixed"):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "a.txt"
            source.write_text(texts[name][:60], encoding="utf-8")
            clean = [tools / "jiaokan", "clean", "--no-config", "-q", "a.txt", "-o", "clean", "--edits", "log.jsonl"]
            subprocess.run(clean, cwd=folder, check=True)
            log, text = (pathlib.Path(folder, name).read_bytes() for name in ("log.jsonl", "clean"))
        # `arbitrary` takes the length of the first slice from the end of the input: two bytes, unless that is short.
        assert len(log + text) > 256
        seeds[name] = log + text + len(log).to_bytes(2, "big")
    return seeds


def settings(tools, samples):
    with tempfile.TemporaryDirectory() as folder:
        text, profile = pathlib.Path(folder) / "a.txt", pathlib.Path(folder) / "profile"
        text.write_text("改革,開放。\n", encoding="utf-8")
        subprocess.run([tools / "jiaokan", "learn", "-q", text, "-o", profile], check=True)
        learned = profile.read_bytes()
    decisions = '[[refuse]]\nrule = "GLO001"\nold = "(shū)"\n\n[[accept]]\nat = "1:3"\nrule = "REC005"\nold = "副"\nnew = "付"\n'
    return {
        "config": b"\x00" + 'skip = ["punctuation"]\nprotect = ["第[0-9]+版"]\ntraditional-share = 0.2\n'.encode(),
        "dictionary": b"\x01" + "臺灣\t台湾省\n老師\t老師\n".encode(),
        "profile": b"\x02" + learned,
        "decisions": b"\x03" + decisions.encode(),
    }


def edits(samples):
    """Text and random bytes: what makes texts, places and edits of them is libFuzzer's to find."""
    rng = random.Random(1)
    return {f"{i}": text[:60].encode() + rng.randbytes(200) + text[60:90].encode() for i, text in enumerate(samples)}


if __name__ == "__main__":
    main()
