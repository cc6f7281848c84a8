"""How docs/BENCHMARKS.md is written: `python3 -m unittest discover benches`."""

import unittest

import write

DOCUMENT = """# Benchmarks

<!-- bench: machine -->
<!-- end -->

## Harm

Prose with | a bar.

<!-- bench: harm final -->
old harm
<!-- end -->

### Later

<!-- long bench: corpus --only memory -->
### an old heading

old memory
<!-- end -->

Last words.
"""
PRINTED = {
    "machine": "| a |\n|---|\n| 1 |\n",
    "harm final": "0 edits\n",
    "corpus --only memory": "# Memory\n\n## By size\n\n| a |\n|---|\n| 2 |\n",
}


def written(wanted="", full=False, run=PRINTED.__getitem__, document=DOCUMENT):
    """The document, what was run, and what failed."""
    ran, failed = [], []

    def told(command):
        ran.append(command)
        return run(command)

    for document in write.rewrite(document, wanted, full, told, failed):
        pass
    return document, sorted(ran), failed


def prose(document):
    return write.BLOCK.sub("", document)


class Write(unittest.TestCase):
    def test_blocks_are_written_and_prose_stays(self):
        document, ran, failed = written(full=True)
        self.assertEqual((ran, failed), (sorted(PRINTED), []))
        self.assertEqual(prose(document), prose(DOCUMENT))
        self.assertIn("make bench-harm ARGS=\"final\"`, ", document)
        self.assertIn(":\n\n```\n0 edits\n```\n\n<!-- end -->", document)
        self.assertIn("(run by `make bench FULL=1` alone)", document)
        self.assertNotIn("old", document)

    def test_writing_twice_is_writing_once(self):
        once, _, _ = written(full=True)
        self.assertEqual(written(full=True, document=once)[0], once)

    def test_headings_stand_below_those_of_the_prose(self):
        document, _, _ = written(full=True)
        self.assertIn("\n#### Memory\n\n##### By size\n", document)

    def test_long_blocks_wait_for_full(self):
        document, ran, _ = written()
        self.assertEqual(ran, ["harm final", "machine"])
        self.assertIn("old memory", document)

    def test_only_what_is_wanted_runs(self):
        for wanted, ran in {"harm": ["harm final"], "harm final": ["harm final"], "har": [], "final": []}.items():
            self.assertEqual(written(wanted)[1], ran)

    def test_what_fails_stays_and_is_told(self):
        def run(command):
            if command == "harm final":
                raise write.Failed("exit code 2")
            return PRINTED[command]

        document, _, failed = written(run=run)
        self.assertEqual(failed, ["harm final: exit code 2"])
        self.assertIn("old harm\n", document)
        self.assertIn("| 1 |", document)

    def test_a_slip_in_a_marker_is_an_error(self):
        for slip in ("<!-- bench harm -->\n<!-- end -->\n", "<!-- bench: harm -->\n", "<!-- end -->\n"):
            with self.assertRaises(SystemExit):
                write.blocks(DOCUMENT + slip)

    def test_every_command_of_the_document_is_a_target(self):
        makefile = (write.ROOT / "Makefile").read_text(encoding="utf-8")
        commands = [block["command"] for block in write.blocks(write.DOCUMENT.read_text(encoding="utf-8"))]
        self.assertGreater(len(commands), 10)
        for command in commands:
            self.assertIn(f"\nbench-{command.split()[0]}:", makefile)

    def test_every_table_of_the_document_is_in_a_block(self):
        for line in prose(write.DOCUMENT.read_text(encoding="utf-8")).splitlines():
            self.assertFalse(line.startswith(("|", "```")), line)


if __name__ == "__main__":
    unittest.main()
