#!/usr/bin/env python3
"""What the benches ran on: machine, compilers, and the peers at the versions that are installed or locked."""

import importlib.metadata
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / "target" / "bench-data" / "tools"
# The peers in Rust, by the bench that has them, and those in Python.
LOCKED = {
    "script": ["fast2s", "ferrous-opencc", "hanconv", "opencc-rust"],
    "script/fmmseg": ["opencc-fmmseg"],
    "reflow": ["autocorrect"],
}
INSTALLED = ["chardet", "charset-normalizer", "ftfy", "opencc"]


def first(path: str, pattern: str) -> str:
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"), re.M)
    except OSError:
        found = None
    return found[1] if found else "unknown"


def printed(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "none"


def peers() -> list[str]:
    there = importlib.metadata.distributions(path=[str(TOOLS / "python")])
    found = {f"{d.name} {d.version} (Python)" for d in there if d.name.lower().replace("_", "-") in INSTALLED}
    for bench, packages in LOCKED.items():
        lock = (ROOT / "benches" / bench / "Cargo.lock").read_text(encoding="utf-8")
        for package in packages:
            version = re.search(rf'^name = "{package}"\nversion = "(.*)"$', lock, re.M)
            found.add(f"{package} {version[1]}")
    zhconv = TOOLS / "zhconv" / ".crates.toml"
    if zhconv.exists():
        found.add("zhconv " + first(str(zhconv), r'"zhconv (\S+)'))
    return sorted(found, key=str.lower)


def main() -> None:
    memory = int(first("/proc/meminfo", r"^MemTotal:\s+(\d+)").replace("unknown", "0")) / 2**20
    rows = {
        "processor": first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "cores": f"{len(os.sched_getaffinity(0))} of {os.cpu_count()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Rust": printed("rustc", "--version").removeprefix("rustc "),
        "Python": platform.python_version(),
        "peers": ", ".join(peers()),
    }
    print("| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
