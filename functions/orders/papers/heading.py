"""The head of a shop's paper: logo or name, what it is, and the blocks below."""

from collections.abc import Sequence

from functions.orders.papers.page import FAINT, MARGIN, Paper

_GAP = 6.0


def write_heading(paper: Paper, seller: str, logo: bytes | None, kind: str, number: str) -> None:
    """Who sends it on the left, what it is on the right, and a line below."""
    if logo is None or not paper.picture(logo, 60, 20):
        paper.set_xy(MARGIN, MARGIN)
        paper.write_line(seller, 18, bold=True, color=paper.accent, width=95)
    below = max(paper.get_y(), MARGIN + 20 if logo is not None else 0)
    paper.set_xy(MARGIN + 95, MARGIN)
    paper.write_line(kind, 20, bold=True, align="R")
    paper.set_x(MARGIN + 95)
    paper.write_line(number, 10.5, color=FAINT, align="R")
    paper.set_xy(MARGIN, max(below, paper.get_y()) + 4)
    paper.rule()
    paper.ln(5)


def write_blocks(paper: Paper, blocks: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Titled blocks beside each other."""
    width = (paper.w - 2 * MARGIN - _GAP * (len(blocks) - 1)) / len(blocks)
    top = paper.get_y()
    ends = [
        paper.block(MARGIN + place * (width + _GAP), top, width, title, lines)
        for place, (title, lines) in enumerate(blocks)
    ]
    paper.set_xy(MARGIN, max(ends) + 5)
