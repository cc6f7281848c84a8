"""The ``jiaokan`` command."""

import signal
import sys

from ._jiaokan import run


def main() -> None:
    # Python would note Ctrl-C and wait for the command to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(run(["jiaokan", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
