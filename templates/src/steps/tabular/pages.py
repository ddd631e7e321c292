"""HTML that stands alone: no script, no request to anywhere, every value escaped.

What a page says is decided elsewhere.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p.lead { font-size: 1.05rem; } p.note { color: #5b6573; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .25rem .8rem; text-align: left; }
th { border-bottom: 2px solid #8793a3; font-weight: 600; } td { border-bottom: 1px solid #dfe4ea; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.bad td { background: #fdeceb; }
.bad { color: #a3221a; font-weight: 600; } .good { color: #1b6e3c; font-weight: 600; }
img { max-width: 100%; }
"""
# Tells the browser what the page is: something that loads nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, *parts: str) -> str:
    """A whole document. `parts` are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{escape(kind)}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def image(png: bytes, alternative: str) -> str:
    return f'<img alt="{escape(alternative)}" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}">'


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], bad: Iterable[int] = ()) -> str:
    """Numbers (and None, shown as a dash) are aligned right; `bad` are the positions of rows to mark.

    A cell of type Markup is HTML already.
    """
    listed, marked = [list(row) for row in rows], set(bad)
    right = [all(not isinstance(row[at], str) for row in listed) and bool(listed) for at in range(len(headers))]
    kinds = [' class="number"' if each else "" for each in right]
    head = "".join(f"<th{kind}>{escape(text)}</th>" for kind, text in zip(kinds, headers))
    body = "".join(
        f"<tr{' class=' + chr(34) + 'bad' + chr(34) if at in marked else ''}>"
        + "".join(f"<td{kind}>{_cell(value)}</td>" for kind, value in zip(kinds, row))
        + "</tr>\n"
        for at, row in enumerate(listed)
    )
    return f"<table>\n<tr>{head}</tr>\n{body}</table>"


class Markup(str):
    """Text that is HTML already."""


def _cell(value: object) -> str:
    if isinstance(value, Markup):
        return value
    if value is None:
        return "–"
    if isinstance(value, float):
        return escape(f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}")
    return escape(str(value))


def paired_bars(labels: Sequence[str], expected: Sequence[float], actual: Sequence[float]) -> Markup:
    """A small drawing of two distributions over the same bins: the baseline grey, what was found coloured.

    Values are shares.
    """
    top, height, step = max([*expected, *actual, 1e-9]), 28, 14
    bars = []
    for at, (label, *pair) in enumerate(zip(labels, expected, actual)):
        for offset, (share, colour) in enumerate(zip(pair, ("#a9b4c2", "#2c5aa0"))):
            tall = height * share / top
            left, upper = at * step + offset * 6, height - tall
            place = f'x="{left}" y="{upper:.1f}" width="6" height="{tall:.1f}"'
            bars.append(f'<rect {place} fill="{colour}"><title>{escape(label)}: {share:.1%}</title></rect>')
    return Markup(f'<svg width="{len(expected) * step}" height="{height}" role="img">{"".join(bars)}</svg>')
