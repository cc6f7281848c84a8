"""The package's core: what it gives, keeps and refuses."""

import json
import multiprocessing
import pickle
import random
import subprocess
import sys
from pathlib import Path

import jiaokan
import pytest

DAMAGED = "市委副書(shū)記、市長(zhǎng)調(diào)研。\n\n我們要繼續深化改革,\"擴大開放\"。"
CLEAN = "市委副书记、市长调研。\n\n我们要继续深化改革，“扩大开放”。"
SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.txt"))
SAMPLE_TEXTS = [path.read_text(encoding="utf-8") for path in SAMPLES]


def test_clean():
    cleaned = jiaokan.clean(DAMAGED)
    assert cleaned.text == str(cleaned) == CLEAN
    assert cleaned.original == cleaned.restore() == DAMAGED
    assert cleaned.changed and not jiaokan.clean(CLEAN).changed
    assert cleaned.encoding is None


@pytest.mark.parametrize("text", [DAMAGED, *SAMPLE_TEXTS])
def test_edits_say_what_changed(text):
    cleaned = jiaokan.clean(text)
    original, clean = text.encode(), cleaned.text.encode()
    assert cleaned.edits
    for edit in cleaned.edits:
        if edit.kind != "move":
            assert text[edit.start : edit.end] == edit.old
            assert cleaned.text[edit.clean_start : edit.clean_end] == edit.new
            assert original[edit.byte_start : edit.byte_end].decode() == edit.old
            assert clean[edit.clean_byte_start : edit.clean_byte_end].decode() == edit.new
    for finding in cleaned.findings:
        assert text[finding.start : finding.end] == finding.text
    assert jiaokan.restore(cleaned.text, cleaned.edits) == text
    assert jiaokan.restore(cleaned.text, [edit._asdict() for edit in cleaned.edits]) == text


def test_restore_refuses_another_text():
    cleaned = jiaokan.clean(DAMAGED)
    with pytest.raises(jiaokan.RestoreError):
        jiaokan.restore("别的", cleaned.edits)
    with pytest.raises(ValueError):
        jiaokan.restore(cleaned.text[:-3], cleaned.edits)


@pytest.mark.parametrize("text", [DAMAGED, *SAMPLE_TEXTS])
def test_offsets_go_there_and_back(text):
    cleaned = jiaokan.clean(text)
    edited = [(edit.clean_start, edit.clean_end) for edit in cleaned.edits if edit.kind != "move"]
    kept = [i for i in range(len(cleaned.text)) if not any(start <= i < end for start, end in edited)]
    assert kept
    for i in kept:
        there = cleaned.to_original(i, "right")
        assert text[there] == cleaned.text[i]
        assert cleaned.to_clean(there, "right") == i
        byte = len(cleaned.text[:i].encode())
        assert cleaned.byte_to_original(byte, "right") == len(text[:there].encode())
        assert cleaned.byte_to_clean(cleaned.byte_to_original(byte, "right"), "right") == byte


def test_offsets_are_checked():
    cleaned = jiaokan.clean(DAMAGED)
    assert cleaned.to_clean(len(DAMAGED)) == len(CLEAN)
    with pytest.raises(IndexError):
        cleaned.to_clean(len(DAMAGED) + 1)
    with pytest.raises(IndexError):
        cleaned.to_original(len(CLEAN) + 1)
    with pytest.raises(ValueError):
        cleaned.to_clean(0, "up")


def test_edits_are_refused():
    cleaned = jiaokan.clean(DAMAGED)
    everything = list(range(len(cleaned.edits)))
    assert cleaned.refuse([]) == CLEAN
    assert cleaned.refuse(everything) == DAMAGED
    (comma,) = (i for i, edit in enumerate(cleaned.edits) if edit.old == ",")
    assert cleaned.refuse([comma]) == CLEAN.replace("改革，", "改革,")
    with pytest.raises(IndexError):
        cleaned.refuse([len(cleaned.edits)])


def test_many_are_as_one():
    texts = [DAMAGED, CLEAN, "", *SAMPLE_TEXTS] * 5
    for threads in (1, 3, None):
        many = jiaokan.Cleaner(threads=threads).clean_many(iter(texts))
        assert [c.text for c in many] == [jiaokan.clean(text).text for text in texts]


def test_large_texts_are_as_on_the_command_line(tmp_path):
    text = "\n".join(SAMPLE_TEXTS)
    text *= 3_000_000 // len(text.encode()) + 1
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    run = subprocess.run(
        [sys.executable, "-m", "jiaokan", "clean", "--no-config", "-q", tmp_path / "a.txt"], capture_output=True
    )
    assert run.returncode == 0, run.stderr
    assert jiaokan.clean(text).text.encode() == run.stdout


def test_bytes():
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        data = DAMAGED.encode(encoding)
        cleaned = jiaokan.Cleaner().clean_bytes(data)
        assert cleaned.text == CLEAN
        assert cleaned.restore() == data
    assert cleaned.encoding == "UTF-16LE"
    assert pickle.loads(pickle.dumps(cleaned)).restore() == data
    with pytest.raises(jiaokan.DecodeError, match="binary"):
        jiaokan.Cleaner().clean_bytes(b"\0\0\0\0\1")


def test_configuration(tmp_path):
    mapping = jiaokan.Cleaner({"skip": ["punctuation"], "protect": ["調.研"]})
    file = tmp_path / "jiaokan.toml"
    file.write_text('skip = ["punctuation"]\nprotect = ["調.研"]\n', encoding="utf-8")
    assert jiaokan.Cleaner(file).config == jiaokan.Cleaner(str(file)).config == mapping.config
    assert ',"扩大开放"' in mapping.clean(DAMAGED).text
    (tmp_path / "ours.tsv").write_text("改革\t改格\n", encoding="utf-8")
    file.write_text('dict = ["ours.tsv"]\n', encoding="utf-8")
    assert "改格" in jiaokan.Cleaner(file).clean(DAMAGED).text


@pytest.mark.parametrize(
    "config", [{"skipp": []}, {"skip": ["nothing"]}, {"protect": ["("]}, {"profile": "missing"}, "missing.toml"]
)
def test_wrong_configurations_are_refused(config):
    with pytest.raises(jiaokan.ConfigError) as error:
        jiaokan.Cleaner(config)
    assert isinstance(error.value, ValueError) and str(error.value)


def test_wrong_types_are_refused():
    for wrong in (5, ["skip"]):
        with pytest.raises(TypeError):
            jiaokan.Cleaner(wrong)
    with pytest.raises(TypeError):
        jiaokan.clean(b"bytes")
    with pytest.raises(UnicodeEncodeError):
        jiaokan.clean("\ud800")
    with pytest.raises(jiaokan.ConfigError):
        jiaokan.Cleaner(profile=b"no profile")


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learn")
    for i, text in enumerate(SAMPLE_TEXTS):
        (folder / f"{i}.txt").write_text(text, encoding="utf-8")
    file = folder / "corpus.profile"
    subprocess.run([sys.executable, "-m", "jiaokan", "learn", "-q", folder, "-o", file], check=True)
    return file


def test_profiles_are_read_and_pickled(profile):
    cleaner = jiaokan.Cleaner({"skip": ["punctuation"]}, profile, threads=2)
    assert cleaner.profile_id is not None
    assert jiaokan.Cleaner(profile=profile.read_bytes()).profile_id == cleaner.profile_id
    copy = pickle.loads(pickle.dumps(cleaner))
    assert (copy.config, copy.profile_id) == (cleaner.config, cleaner.profile_id)
    for text in SAMPLE_TEXTS:
        assert copy.clean(text).text == cleaner.clean(text).text


def test_pickles():
    cleaned = jiaokan.clean(DAMAGED)
    copy = pickle.loads(pickle.dumps(cleaned))
    assert (copy.text, copy.edits, copy.findings) == (cleaned.text, cleaned.edits, cleaned.findings)
    assert pickle.loads(pickle.dumps(cleaned.edits)) == cleaned.edits
    error = pickle.loads(pickle.dumps(jiaokan.ConfigError("wrong")))
    assert isinstance(error, jiaokan.ConfigError)


def forked(cleaner, out):
    out.put([c.text for c in cleaner.clean_many([DAMAGED] * 100)])


def test_works_in_a_fork():
    cleaner = jiaokan.Cleaner(threads=2)
    expected = [c.text for c in cleaner.clean_many([DAMAGED] * 100)]
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    child = context.Process(target=forked, args=(cleaner, out))
    child.start()
    assert out.get(timeout=60) == expected
    child.join(60)
    assert child.exitcode == 0


def test_threads_share_a_cleaner():
    from concurrent.futures import ThreadPoolExecutor

    cleaner = jiaokan.Cleaner()
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: cleaner.clean(DAMAGED).text, range(200))) == {CLEAN}


def test_notebooks_show_the_diff():
    html = jiaokan.clean(DAMAGED + "<script>alert(1)</script>\u202e")._repr_html_()
    assert "<del" in html and "<ins" in html
    assert "&lt;script&gt;" in html and "<script" not in html and "\u202e" not in html


def test_diff():
    diff = jiaokan.clean(DAMAGED).diff("a.txt")
    assert diff.startswith("a.txt") and "GLO" in diff
    assert jiaokan.clean(CLEAN).diff() == ""


def test_random_text_is_kept():
    rng = random.Random(5)
    parts = ["書(shū)", "國體", "\n", "。", ",", "，", " ", "改革", "a-", "\r\n", "𠀀", "“", '"', "\u200b", "￾"]
    for _ in range(500):
        text = "".join(rng.choices(parts, k=rng.randrange(30)))
        cleaned = jiaokan.clean(text)
        assert cleaned.restore() == text
        assert jiaokan.restore(cleaned.text, cleaned.edits) == text
        for pos in range(len(text) + 1):
            assert 0 <= cleaned.to_clean(pos) <= len(cleaned.text)


def test_command_is_a_console_script():
    script = Path(sys.executable).with_name("jiaokan")
    run = subprocess.run([script, "clean", "--no-config", "-"], input=DAMAGED.encode(), capture_output=True)
    assert (run.returncode, run.stdout.decode()) == (0, CLEAN), run.stderr
    run = subprocess.run([script, "clean", "--no-config", "--check"], input=DAMAGED.encode(), capture_output=True)
    assert run.returncode == 1
    run = subprocess.run([script, "nonsense"], capture_output=True)
    assert run.returncode == 2 and b"Usage: jiaokan" in run.stderr
    run = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert run.stdout.strip() == f"jiaokan {jiaokan.__version__}"
    rules = subprocess.run([script, "rules", "--format", "json"], capture_output=True, check=True)
    assert json.loads(rules.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("command", [["clean", "-o", "out", "-"], ["stats", "-"]])
def test_ctrl_c_ends_the_command(tmp_path, command):
    import signal

    script = Path(sys.executable).with_name("jiaokan")
    (tmp_path / "in").mkdir()
    for i in range(2000):
        (tmp_path / "in" / f"{i}.txt").write_text(SAMPLE_TEXTS[0] * 20, encoding="utf-8")
    child = subprocess.Popen([script, command[0], *command[1:-1], "in"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        child.wait(2)
        pytest.fail("it ended before it was interrupted")
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
    assert child.wait(30) != 0


def test_docstrings_are_true():
    import doctest

    assert doctest.testmod(jiaokan).attempted > 3 and doctest.testmod(jiaokan).failed == 0
