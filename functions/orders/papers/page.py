"""A page of a shop's paper: fonts and colours, blocks of text beside each other, a table that runs over many pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Literal

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos

from functions.orders.papers import fonts

Color = tuple[int, int, int]
MARGIN = 18.0
INK, FAINT, LINE, WHITE = (33, 37, 41), (108, 117, 125), (222, 226, 230), (255, 255, 255)
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its title, its width in millimetres, and to which side it stands."""

    title: str
    width: float
    align: Literal["L", "R", "C"] = "L"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what stands in its columns, and what follows small under the first of them."""

    cells: Sequence[str]
    small: str = ""


class Paper(FPDF):
    """A document of A4 pages that names itself at the head of all but the first, and counts them at the foot."""

    def __init__(self, title: str, seller: str, accent: str, made: datetime, text: str) -> None:
        super().__init__(format="A4")
        fonts.load(self, f"{text}{title}{seller}")
        self.title_of_pages, self.accent = f"{title} \u00b7 {seller}", _color(accent)
        self.misses = False
        """Whether a character could not be printed."""
        self.set_title(self.clean(title))
        self.set_author(self.clean(seller))
        self.set_creation_date(made)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 6)
        self.alias_nb_pages()
        self.set_draw_color(*LINE)
        self.add_page()

    def header(self) -> None:
        """What stands above a page, once it is not the first."""
        if self.page_no() == 1:
            return
        self.write_line(self.title_of_pages, 8, color=FAINT)
        self.ln(4)

    def footer(self) -> None:
        """What stands below each page."""
        self.set_y(-MARGIN)
        if self.misses:
            self.write_line(
                f"{fonts.MISSING} stands for a character that this paper's fonts do not have.", 7, color=FAINT
            )
        self.write_line(f"Page {self.page_no()} of {{nb}}", 8, color=FAINT, align="R")

    def clean(self, text: str) -> str:
        """A text as it can be printed."""
        found = fonts.printable(self, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026")
        self.misses = self.misses or fonts.MISSING in found
        return found

    def style(self, size: float, *, bold: bool = False, color: Color = INK) -> None:
        """Write on in this size and colour."""
        # The library takes the font that stood in for another for the one that was set: it must say again which.
        self.font_family = ""
        self.set_font(fonts.MAIN, "B" if bold else "", size)
        self.set_text_color(*color)

    def write_line(  # noqa: PLR0913 - how it looks
        self,
        text: str,
        size: float = 9.5,
        *,
        bold: bool = False,
        color: Color = INK,
        align: str = "L",
        width: float = 0,
    ) -> None:
        """Text from here to the right margin, or of a width, over as many lines as it takes; then the next line."""
        self.style(size, bold=bold, color=color)
        height = size * 0.5
        self.multi_cell(width, height, self.clean(text), align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)

    def block(self, left: float, top: float, width: float, title: str, lines: Sequence[str]) -> float:
        """A titled block of lines. Returns where it ends."""
        self.set_xy(left, top)
        self.write_line(title.upper(), 7.5, bold=True, color=FAINT, width=width)
        self.set_xy(left, self.get_y() + 1)
        for line in lines:
            self.write_line(line, width=width)
            self.set_x(left)
        return self.get_y()

    def picture(self, content: bytes, width: float, height: float) -> bool:
        """A picture at the top left, no larger than that. Returns whether it could be read."""
        try:
            self.image(BytesIO(content), x=MARGIN, y=MARGIN, w=width, h=height, keep_aspect_ratio=True)
        except Exception:  # whatever a broken picture makes the library raise: the paper does without
            return False
        return True

    def write_table(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """A table whose head stands on each page that it runs over; a row never breaks, unless it fills a page."""
        self._table_head(columns)
        for row in rows:
            height = self._height(columns, row)
            if self.get_y() + height > self.page_break_trigger:
                self.add_page()
                self._table_head(columns)
            self._table_row(columns, row, height)

    def keep_together(self, height: float) -> None:
        """Begin a new page unless this one has so much room left."""
        if self.get_y() + height > self.page_break_trigger:
            self.add_page()

    def rule(self) -> None:
        """A line across the page."""
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())

    def _table_head(self, columns: Sequence[Column]) -> None:
        self.style(8, bold=True, color=WHITE)
        self.set_fill_color(*self.accent)
        for column in columns:
            self.cell(column.width, 7, column.title, align=column.align, fill=True)
        self.ln(8)

    def _height(self, columns: Sequence[Column], row: Row) -> float:
        heights = []
        for column, text in zip(columns, row.cells, strict=True):
            self.style(9.5)
            heights.append(self._measured(column.width, 4.75, text))
        if row.small:
            self.style(8)
            heights[0] += self._measured(columns[0].width, 4, row.small)
        return max(heights) + 3

    def _measured(self, width: float, line: float, text: str) -> float:
        found = self.multi_cell(width, line, self.clean(text), dry_run=True, output=MethodReturnValue.HEIGHT)
        assert isinstance(found, float | int)  # noqa: S101 - what was asked for
        return float(found)

    def _table_row(self, columns: Sequence[Column], row: Row, height: float) -> None:
        left, top = MARGIN, self.get_y()
        for column, text in zip(columns, row.cells, strict=True):
            self.set_xy(left, top + 1)
            self.write_line(text, align=column.align, width=column.width)
            if row.small and left == MARGIN:
                self.set_x(left)
                self.write_line(row.small, 8, color=FAINT, width=column.width)
            left += column.width
        self.set_y(top + height)
        self.rule()


def _color(code: str) -> Color:
    """A colour to write white on: too light a one gives way to ink."""
    red, green, blue = (int(code[place : place + 2], 16) for place in (1, 3, 5))
    return (red, green, blue) if 0.299 * red + 0.587 * green + 0.114 * blue < 160 else INK
