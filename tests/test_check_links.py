"""The check of the built site tells of links that lead nowhere, and of no others."""

import subprocess
import sys
from pathlib import Path

CHECK = Path(__file__).parent / "check_links.py"
PAGE = (
    '<h1 id="start">Start</h1><a href="other/#part">on</a><img src="a%20b.png"><a href="https://example.org/x">out</a>'
)
OTHER = '<h2 id="part">Part</h2><a href="../index.html#start">back</a><a href="#part">here</a>{more}'


def check(folder, more=""):
    (folder / "other").mkdir(exist_ok=True)
    (folder / "a b.png").write_bytes(b"")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "other" / "index.html").write_text(OTHER.format(more=more), encoding="utf-8")
    return subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True, check=False)


def test_links_that_lead_somewhere_are_counted(tmp_path):
    done = check(tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "5 links on 2 pages, 0 broken\n")


def test_missing_files_and_anchors_are_named_with_their_place(tmp_path):
    broken = '<a href="../gone.html">x</a><img src="c.png"><a href="../#gone">y</a><a href="/../../x">z</a>'
    done = check(tmp_path, broken)
    assert done.returncode == 1 and done.stdout == "9 links on 2 pages, 4 broken\n"
    told = done.stderr.splitlines()
    assert told[0] == "other/index.html, line 1: ../gone.html: there is no such file"
    assert told[1].endswith("c.png: there is no such file") and told[2].endswith("#gone: index.html has no such anchor")


def test_an_empty_folder_is_no_site(tmp_path):
    assert subprocess.run([sys.executable, CHECK, tmp_path], capture_output=True, check=False).returncode == 1
