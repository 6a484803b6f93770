"""The page around the sections of a report: head, style, contents. No script, nothing loaded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Section", "page", "paragraphs", "table", "unbroken"]


@dataclass(frozen=True)
class Section:
    """A part of a report: its heading, and its content as HTML."""

    title: str
    body: str

    @property
    def anchor(self) -> str:
        """The name by which the contents point to it."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def page(title: str, question: str, sections: Sequence[Section]) -> str:
    """A whole page.

    Parameters
    ----------
    title:
        Its heading.
    question:
        The docstring of the scenario: its first paragraph is set large, the others below it.
    sections:
        What follows; those without content are left out.
    """
    shown = [section for section in sections if section.body]
    links = " ".join(f'<a href="#{section.anchor}">{escape(section.title)}</a>' for section in shown)
    first, _, rest = question.strip().partition("\n\n")
    asked = (f'<p class="question">{_line(first)}</p>' if first else "") + paragraphs(rest)
    bodies = "\n".join(
        f'<section id="{section.anchor}"><h2>{escape(section.title)}</h2>\n{section.body}\n</section>'
        for section in shown
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<style>{_STYLE}</style>\n</head>\n<body>\n<header><h1>{escape(title)}</h1>\n'
        f"{asked}\n<nav>{links}</nav></header>\n<main>\n{bodies}\n</main>\n</body>\n</html>\n"
    )


def paragraphs(text: str) -> str:
    """Text with empty lines between paragraphs, as HTML."""
    return "".join(f"<p>{_line(part)}</p>" for part in text.split("\n\n") if part.strip())


def unbroken(text: str) -> str:
    """HTML in which no line ends within a name such as shard-task-1, whose number would join the one that follows."""
    return re.sub(r"\b[A-Za-z]\w*(?:-\w+)*-\d+\b", r'<span class="name">\g<0></span>', text)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that scrolls sideways where it is too wide: the first column is text, the others are numbers."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _line(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))


_STYLE = """
:root { color-scheme: light dark; --ink: #222; --muted: #666; --paper: #fff; --rule: #ddd; --link: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --muted: #a0a0a0; --paper: #16181b; --rule: #3a3d42; --link: #56b4e9; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--rule); padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p, dd { max-width: 75ch; }
.question { font-size: 1.15rem; }
a { color: var(--link); }
nav a { margin-right: .9rem; white-space: nowrap; display: inline-block; padding: .15rem 0; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: 1rem 0; }
.cards div { border: 1px solid var(--rule); border-radius: .4rem; padding: .5rem .7rem; color: var(--muted);
  font-size: .85rem; }
.cards b { display: block; color: var(--ink); font-size: 1.25rem; }
dl { display: grid; grid-template-columns: 7.5rem 1fr; gap: .4rem 1rem; margin: 0; }
dt { color: var(--muted); } dd { margin: 0; }
figure { margin: 1.2rem 0; }
figcaption { color: var(--muted); font-size: .9rem; }
.wide { overflow-x: auto; }
.drawing { background: #fff; border: 1px solid var(--rule); border-radius: .4rem; padding: .3rem; }
.drawing svg, .drawing img { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; }
th { color: var(--muted); font-weight: 600; }
pre { overflow-x: auto; border: 1px solid var(--rule); border-radius: .4rem; padding: .6rem; font-size: .85rem; }
code { font-size: .9em; overflow-wrap: anywhere; } pre code { overflow-wrap: normal; }
.name { white-space: nowrap; }
details { margin: .6rem 0; } summary { cursor: pointer; color: var(--link); }
@media (max-width: 40rem) {
  .cards { grid-template-columns: 1fr 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .7rem; }
}
@media print { nav { display: none; } body { max-width: none; } }
"""
