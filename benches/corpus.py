#!/usr/bin/env python3
"""Corpus runs, measured: speed beside peers, cost of the log and of threads, stages, the slowest texts, memory on
growing input, detection.

    corpus.py [--size GB ...] [--small-files N] [--only PART]

Texts are made of the clean text that fetch.py downloads: Simplified as it is, Traditional with pinyin glosses,
and Simplified as OCR leaves it (wrapped lines, spaces, half-width marks). Peers run on the same texts: OpenCC from
Python, zhconv (the program), and the chain of the data-juicer operators fix_unicode, chinese_convert,
punctuation_normalization, whitespace_normalization and remove_repeat_sentences, as far as they are their
libraries (ftfy, OpenCC) and their published tables. One thread means one processor (taskset).
"""

import argparse
import json
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import timeit

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "target" / "bench-data"
TOOLS = DATA / "tools"
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "jiaokan"
MB = 1_000_000
RUNS = 3


def texts() -> dict[str, str]:
    clean = (DATA / "clean-dev.txt").read_text(encoding="utf-8")
    traditional = (DATA / "clean-dev-s2t.txt").read_text(encoding="utf-8")
    return {"glossed Traditional": glossed(traditional), "OCR'd Simplified": scanned(clean), "clean Simplified": clean}


def glossed(text: str) -> str:
    """Puts readings behind every sixth character of those below, as sites do."""
    readings = dict(書="shū", 記="jì", 長="zhǎng", 調="diào", 場="chǎng", 現="xiàn", 問="wèn", 國="guó", 會="huì", 進="jìn",
                    經="jīng", 濟="jì", 發="fā", 產="chǎn", 業="yè", 動="dòng", 開="kāi", 對="duì", 學="xué", 說="shuō")
    return re.sub("|".join(readings), lambda m: f"{m[0]}({readings[m[0]]})", text)


def scanned(text: str) -> str:
    """Wraps paragraphs at 36 characters and makes marks half-width."""
    text = text.replace("，", ",").replace("：", ":")
    wrapped = ("\n".join(line[i : i + 36] for i in range(0, len(line), 36)) for line in text.splitlines())
    return "\n\n".join(wrapped) + "\n"


def grown(text: str, size: int) -> bytes:
    encoded = text.encode()
    return encoded * (size // len(encoded) + 1)


def measure(command: list[str], runs: int = RUNS, stdout=subprocess.DEVNULL) -> tuple[float, float, int]:
    """Best wall seconds, best processor seconds, and the peak memory in bytes."""
    wall, cpu, peak = [], [], 0
    for _ in range(runs):
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall.append(time.monotonic() - began)
        if os.waitstatus_to_exitcode(status) != 0:
            raise RuntimeError(f"{command}: exit code {os.waitstatus_to_exitcode(status)}")
        cpu.append(usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss * 1024)
    return min(wall), min(cpu), peak


def one_processor(command: list[str]) -> list[str]:
    return ["taskset", "-c", "0", *command]


def clean(*args: str) -> list[str]:
    return [str(PROGRAM), "clean", "--no-config", "-q", *args]


def python(code: str, path: pathlib.Path) -> list[str]:
    prelude = f"import sys; sys.path[:0] = [{str(TOOLS / 'python')!r}]; text = open({str(path)!r}, encoding='utf-8').read()\n"
    return [sys.executable, "-c", prelude + code]


OPENCC = "import opencc; c = opencc.OpenCC('t2s.json')\nfor line in text.splitlines(True): c.convert(line)"
CHAIN = r'''
import re, ftfy, opencc
convert = opencc.OpenCC('t2s.json').convert
marks = dict.fromkeys('„”“«»１」「《》', '"') | dict(zip('，。、´∶：？！（）；–—．～’━〈〉【】％►', ",.,'::?!();--.~'-<>[]%-"))
spaces = dict.fromkeys('\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\xa0', ' ')
def chain(document):
    document = convert(ftfy.fix_text(document))
    document = ''.join(marks.get(c, c) for c in document)
    document = ''.join(spaces.get(c, c) for c in document.strip())
    seen, kept = set(), []
    for line in document.split('\n'):
        out = []
        for sentence in re.split(r'(?<=[.!?。！？…])', line):
            key = re.sub(r'[^\w]+', '', sentence)
            if len(key) < 2 or key not in seen:
                out.append(sentence)
            seen.add(key)
        kept.append(''.join(out))
    return '\n'.join(kept)
lines = text.split('\n')
for i in range(0, len(lines), 20):
    chain('\n'.join(lines[i : i + 20]))
'''
DETECTORS = {
    "charset_normalizer": "import charset_normalizer as d; found = lambda b: (d.from_bytes(b).best() or type('', (), dict(encoding=None))).encoding",
    "chardet": "import chardet; found = lambda b: chardet.detect(b)['encoding']",
}
SAMPLES = """
import importlib.metadata, time
right = lambda name, encoding: name is not None and name.lower().replace('-', '').replace('_', '') in {
    'gb18030': ('gb18030', 'gbk', 'gb2312', 'cp936'), 'big5': ('big5', 'cp950', 'big5hkscs'), 'utf8': ('utf8',)}[encoding]
text = text.replace('\\n', '')
shares, speeds = [], []
for encoding, t in (('gb18030', text), ('big5', traditional.replace('\\n', '')), ('utf8', text)):
    for length in (200, 20):
        good = count = 0
        for i in range(500):
            start = i * (len(t) - length) // 500
            try: sample = t[start:start + length].encode(encoding)
            except UnicodeEncodeError: continue
            count += 1
            good += right(found(sample), encoding)
        shares.append(f'{100 * good / count:.2f}')
    big = t[:300000].encode(encoding, 'ignore')
    began = time.monotonic(); found(big)
    speeds.append(f'{len(big) / (time.monotonic() - began) / 1e6:.1f}')
print('|', ' | '.join([f'{name} {importlib.metadata.version(name)}', *shares, *speeds]), '|')
"""


def install(*packages: str) -> None:
    missing = [p for p in packages if not (TOOLS / "python" / p.replace("-", "_")).exists()]
    if missing:
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--target", str(TOOLS / "python")]
        subprocess.run([*pip, *missing], check=True)


def table(*head: str) -> None:
    row(*head)
    print("|---" * len(head) + "|", flush=True)


def row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def speed(folder: pathlib.Path) -> None:
    install("opencc", "ftfy")
    print("\nPlain text, one processor each, MB/s; `edit log on` and `two threads` beside jiaokan alone.\n")
    table("text", "jiaokan, all stages", "edit log on", "two threads", "OpenCC", "data-juicer's chain", "zhconv")
    for name, text in texts().items():
        path = folder / "text.txt"
        path.write_bytes(grown(text, 40 * MB))
        size = path.stat().st_size
        small = folder / "small.txt"
        small.write_bytes(text.encode()[: 2 * MB].decode("utf-8", "ignore").encode())
        out = folder / "out"
        ours = measure(one_processor(clean("-j", "1", str(path), "-o", f"{out}/")))[0]
        shutil.rmtree(out)
        log = measure(one_processor(clean("-j", "1", str(path), "-o", f"{out}/", "--edits", str(folder / "log.jsonl.zst"))))[0]
        two = measure(clean("-j", "2", str(path), "-o", f"{out}/"))[0]
        both = measure(clean("-j", "1", str(path), "-o", f"{out}/"))[0]
        zhconv = TOOLS / "zhconv" / "bin" / "zhconv"
        peers = [
            (python(OPENCC, path), size),
            (python(CHAIN, small), small.stat().st_size),
            (["sh", "-c", f"{zhconv} zh-Hans < {path}"], size),
        ]
        theirs = [rate(command, bytes_in) for command, bytes_in in peers]
        row(name, f"{size / ours / MB:.1f}", f"{100 * (log / ours - 1):+.0f} % of time", f"{both / two:.2f} times one", *theirs)


def rate(command: list[str], size: int) -> str:
    """MB/s of a peer."""
    try:
        return f"{size / measure(one_processor(command), runs=1)[0] / MB:.2f}"
    except (RuntimeError, OSError) as error:
        print(f"not measured: {str(error)[-200:]}", file=sys.stderr)
        return "–"


def stages(folder: pathlib.Path) -> None:
    path, stats, out = folder / "text.txt", folder / "stats.json", folder / "out"
    taken = {}
    for name, text in texts().items():
        path.write_bytes(grown(text, 40 * MB))
        best = None
        for _ in range(RUNS):
            subprocess.run(one_processor(clean("-j", "1", str(path), "-o", f"{out}/", "--stats", str(stats))), check=True)
            shutil.rmtree(out)
            seconds = json.loads(stats.read_text(encoding="utf-8"))["stage_seconds"]
            best = min(best or seconds, seconds, key=lambda stages: sum(stages.values()))
        taken[name] = {stage: second / path.stat().st_size * 1e9 for stage, second in best.items() if second > 0}
    data = path.read_bytes()
    copied = min(timeit.repeat(lambda: bytes(memoryview(data)), number=1, repeat=7)) / len(data) * 1e9
    print("\nns per byte of the text, one processor, all rounds together; what is known of a text before the stages counts to the"
          f" first that runs. To copy the text takes {copied:.2f}.\n")
    table("stage", *taken)
    for stage in ("recover", "gloss", "script", "furniture", "reflow", "repeats", "punctuation"):
        row(stage, *(f"{stages.get(stage, 0):.1f}" for stages in taken.values()))
    row("all", *(f"{sum(stages.values()):.1f}" for stages in taken.values()))


# What stages look for, to be met far more often than any text has it.
PIECES = r"""
? ？ ！ 。 … ， ， ； （ ( “ “‘ “（ ” " ' — - | # = * _ ` `` ． 《 、 ·
&#20013; &#x; #xff1a; 锟斤拷 烫烫烫 Ã¥Â ä¸­æ 涓枃 é � \u200b \ufe0f \ue000 \u00a0 \u3000 \u0301 𠮷 😀 あ 한
a a- a-\n 1 １ 1. 1． （1） 1、 1,2,3\n <p> <br>\n >\u0020 ```\n \n \r\n \u0020 \t
的 我们 中国人民 國 著 後面 乾 中(zhōng)國(guó) 輸?shù) 輸?shù)某鞘幸研纬闪溯^ 务?？h ？！ ?, ?(a)
好\n 好\n\n 今天天气很好。 今天天气很好，我们去公园玩。\n 今天天气很\n\n好我们去公园 今天天气很好我们去公园玩吧朋友\n 今\u0020天\u0020天\u0020气\u0020
（下转第二版）\n 本报记者\u0020张三摄\n 第1页\n 张三\u0020李四\u0020王五\n ……\n 图①
""".split()


def worst(folder: pathlib.Path, size: int = 200_000) -> None:
    text = texts()["clean Simplified"].encode()[: size // 2].decode("utf-8", "ignore")
    path, out = folder / "worst.txt", folder / "out"
    speeds = []
    for piece in ["", *PIECES]:
        piece = re.sub(r"\\u[0-9a-f]{4}|\\[nrt]", lambda m: m[0].encode().decode("unicode_escape"), piece)
        draw = random.Random(1)
        forms = {
            "alone": piece * (size // max(1, len(piece.encode()))),
            "rows of 40 below each paragraph": "".join(f"{line}\n{piece * 40}\n" for line in text.split("\n")),
            "behind each tenth character": "".join(c + piece * (draw.random() < 0.1) for c in text),
        }
        for form, made in forms.items() if piece else [("", text)]:
            path.write_text(made, encoding="utf-8", newline="")
            taken = measure(clean("-j", "1", str(path), "-o", f"{out}/"), runs=1)[1]
            speeds.append((path.stat().st_size / taken / MB, code(piece) if piece else "clean text", form))
            shutil.rmtree(out)
    print(f"\n{len(PIECES)} pieces that stages look for, each in three forms: the slowest, by processor time and with the start of"
          " the program.\n")
    table("piece", "form", "MB/s")
    for rate, piece, form in [*sorted(speeds[1:])[:12], speeds[0]]:
        row(piece, form, f"{rate:.2f}")


def code(piece: str) -> str:
    escaped = repr(piece).replace("|", "\\|")
    return f"`` {escaped} ``"


def memory(folder: pathlib.Path, sizes: list[float], small_files: int) -> None:
    text = grown("\n\n".join(texts().values()), 10 * MB)
    print("\nThe three texts together, edit log on, all processors.\n")
    table("input", "seconds", "of processor", "MB/s", "peak, MiB")
    for size in sizes:
        path = folder / "large.txt"
        with open(path, "wb") as out:
            for _ in range(max(1, round(size * 1000 * MB / len(text)))):
                out.write(text)
        run(folder, f"one file of {size} GB", path, path.stat().st_size)
        path.unlink()
    random.seed(1)
    paragraphs = text.split(b"\n\n")
    for size in sizes:
        files = max(1, round(small_files * size / max(sizes)))
        corpus = folder / "corpus"
        total, target = 0, round(size * 1000 * MB / files)
        for i in range(files):
            if i % 1000 == 0:
                (corpus / str(i // 1000)).mkdir(parents=True)
            start = random.randrange(len(paragraphs))
            document, at = bytearray(), start
            while len(document) < target:
                document += paragraphs[at % len(paragraphs)] + b"\n\n"
                at += 1
            (corpus / str(i // 1000) / f"{i}.txt").write_bytes(document)
            total += len(document)
        run(folder, f"{files:,} files of {size} GB together", corpus, total)
        shutil.rmtree(corpus)


def run(folder: pathlib.Path, what: str, path: pathlib.Path, size: int) -> None:
    out = folder / "out"
    wall, cpu, peak = measure(clean(str(path), "-o", f"{out}/", "--edits", str(folder / "log.jsonl.zst")), runs=1)
    row(what, f"{wall:.1f}", f"{cpu:.1f}", f"{size / wall / MB:.1f}", f"{peak / 2**20:.0f}")
    shutil.rmtree(out)


def detection(_: pathlib.Path) -> None:
    install("charset-normalizer", "chardet")
    print("\nSamples of 200 and of 20 characters whose encoding is found, in %, and MB/s on 300,000 characters.\n")
    encodings = ("GBK", "Big5", "UTF-8")
    table("detector", *(f"{e}, {n}" for e in encodings for n in (200, 20)), *(f"{e}, MB/s" for e in encodings))
    for name, code in DETECTORS.items():
        traditional = f"\ntraditional = open({str(DATA / 'clean-dev-s2t.txt')!r}, encoding='utf-8').read(); name = {name!r}\n"
        subprocess.run(python(code + traditional + SAMPLES, DATA / "clean-dev.txt"), check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, nargs="+", default=[0.05, 0.5, 5])
    parser.add_argument("--small-files", type=int, default=200_000)
    parser.add_argument("--only", choices=["speed", "stages", "worst", "memory", "detection"])
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = pathlib.Path(name)
        if args.only in (None, "speed"):
            speed(folder)
        if args.only in (None, "stages"):
            stages(folder)
        if args.only in (None, "worst"):
            worst(folder)
        if args.only in (None, "memory"):
            memory(folder, args.size, args.small_files)
        if args.only in (None, "detection"):
            detection(folder)


if __name__ == "__main__":
    main()
