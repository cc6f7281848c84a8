#!/usr/bin/env python3
"""Writes the figures of docs/BENCHMARKS.md again: `make bench`.

    write.py [--full] [COMMAND]

    <!-- bench: recover final gloss -->
    <!-- end -->

Between such lines stands what `make bench-recover ARGS="final gloss"` prints; all else is prose and stays. Blocks of
`<!-- long bench: … -->` are left as they are without --full. With COMMAND, only blocks whose command begins so are
written. A block whose command fails keeps its text; such commands are named at the end, with exit code 1.
"""

import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "BENCHMARKS.md"
BLOCK = re.compile(
    r"^<!-- (?P<long>long )?bench: (?P<command>\S.*?) -->\n(?P<text>(?:(?!<!--).*\n)*?)<!-- end -->$", re.M
)
HEADING = re.compile(r"^#+(?= )", re.M)


class Failed(Exception):
    """A command that failed or printed nothing."""


def blocks(document: str) -> list[re.Match[str]]:
    """The blocks in their order. A marker that is no part of one is an error, since a slip would hide a block."""
    found = list(BLOCK.finditer(document))
    if len(re.findall("^<!--", document, re.M)) != 2 * len(found):
        raise SystemExit("a marker has no partner, or is none of `bench: COMMAND`, `long bench: COMMAND` and `end`")
    return found


def begins(command: str, wanted: str) -> bool:
    words = wanted.split()
    return command.split()[: len(words)] == words


def run(command: str) -> str:
    """What a block's command prints."""
    print(f"bench: {command}", file=sys.stderr, flush=True)
    target, _, args = command.partition(" ")
    make = ["make", "--silent", "--no-print-directory", f"bench-{target}", f"ARGS={args}"]
    done = subprocess.run(make, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    if done.returncode != 0:
        raise Failed(f"exit code {done.returncode}")
    if not done.stdout.strip():
        raise Failed("printed nothing")
    return done.stdout


def level(document: str, until: int) -> int:
    """The level of the heading that what follows stands below; headings inside blocks do not count."""
    prose = BLOCK.sub("", document[:until])
    headings = HEADING.findall(prose)
    return len(headings[-1]) if headings else 0


def markdown(printed: str, below: int) -> str:
    """Tables with their headings put below that of the document; anything else as it was printed."""
    printed = printed.strip("\n")
    if not re.search(r"^\|[-|]+\|$", printed, re.M):
        return f"```\n{printed}\n```"
    headings = HEADING.findall(printed)
    deeper = below + 1 - min(map(len, headings), default=0)
    return HEADING.sub(lambda heading: "#" * (len(heading[0]) + deeper), printed)


def caption(command: str, is_long: bool) -> str:
    """How and when a block was written."""
    target, _, args = command.partition(" ")
    how = f'make bench-{target} ARGS="{args}"' if args else f"make bench-{target}"
    only = " (run by `make bench FULL=1` alone)" if is_long else ""
    head = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(head, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return f"`{how}`{only}, {datetime.date.today()}{commit and f', commit {commit}'}:"


def rewrite(
    document: str, wanted: str, full: bool, run: Callable[[str], str], failed: list[str]
) -> Iterator[str]:
    """The document after each block that was written; what failed is added to a list."""
    # From the end, so that the places of the others stay.
    for block in reversed(blocks(document)):
        command, is_long = block["command"], block["long"] is not None
        if not begins(command, wanted) or is_long and not full:
            continue
        try:
            printed = markdown(run(command), level(document, block.start()))
        except Failed as error:
            failed.append(f"{command}: {error}")
            continue
        text = f"\n{caption(command, is_long)}\n\n{printed}\n\n"
        document = document[: block.start("text")] + text + document[block.end("text") :]
        yield document


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="blocks that take an hour or need Java too")
    parser.add_argument("command", nargs="*", help="only blocks whose command begins so")
    args = parser.parse_args()
    document, wanted = DOCUMENT.read_text(encoding="utf-8"), " ".join(args.command)
    if not any(begins(block["command"], wanted) for block in blocks(document)):
        raise SystemExit(f"no block of {DOCUMENT.name} has a command that begins with {wanted!r}")
    failed: list[str] = []
    # What is measured is kept when a later command is interrupted.
    for written in rewrite(document, wanted, args.full, run, failed):
        new = DOCUMENT.with_suffix(".new")
        new.write_text(written, encoding="utf-8")
        os.replace(new, DOCUMENT)
    for failure in failed:
        print(f"left as it was: {failure}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
