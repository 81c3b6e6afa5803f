import type { Style } from "./style.ts";
import { pad, textWidth, truncate } from "./text.ts";

/** One column of a table. */
export interface Column<Row> {
  header: string;
  /** The cell's text, already safe for a terminal and without colour. */
  cell: (row: Row) => string;
  align?: "left" | "right";
  /** Narrowest useful width; a column without it is never shrunk. */
  min?: number;
  /** Which end of a long cell is cut off. */
  cut?: "end" | "start";
  /** Columns with the lowest rank are left out first when the terminal is too narrow; default: never. */
  rank?: number;
  paint?: (text: string, row: Row, style: Style) => string;
}

const GAP = 2;

interface Laid<Row> {
  column: Column<Row>;
  cells: string[];
  natural: number;
  width: number;
}

function totalWidth(laid: Laid<unknown>[], widthOf: (item: Laid<unknown>) => number): number {
  return laid.reduce((sum, item) => sum + widthOf(item), GAP * Math.max(0, laid.length - 1));
}

/** Leaves out the least important columns until the rest fits at its narrowest. */
function dropColumns<Row>(laid: Laid<Row>[], width: number): Laid<Row>[] {
  const narrowest = (item: Laid<unknown>): number => Math.min(item.natural, item.column.min ?? item.natural);
  let kept = laid;
  while (totalWidth(kept as Laid<unknown>[], narrowest) > width) {
    const ranks = kept.map((item) => item.column.rank ?? Infinity);
    const lowest = Math.min(...ranks);
    if (lowest === Infinity) break;
    const index = ranks.indexOf(lowest);
    kept = kept.filter((_, position) => position !== index);
  }
  return kept;
}

/** Takes columns from the widest shrinkable column until all fit. */
function shrinkColumns<Row>(laid: Laid<Row>[], width: number): void {
  let excess = totalWidth(laid as Laid<unknown>[], (item) => item.width) - width;
  while (excess > 0) {
    const shrinkable = laid.filter((item) => item.column.min !== undefined && item.width > item.column.min);
    if (shrinkable.length === 0) return;
    const widest = shrinkable.reduce((a, b) => (b.width > a.width ? b : a));
    const next = shrinkable
      .filter((item) => item !== widest)
      .reduce((most, item) => Math.max(most, item.width), 0);
    const step = Math.max(1, Math.min(excess, widest.width - Math.max(next, widest.column.min!)));
    widest.width -= step;
    excess -= step;
  }
}

/** Lines of a table without frames, at most `width` columns wide where its fixed columns allow. */
export function renderTable<Row>(columns: Column<Row>[], rows: Row[], width: number, style: Style): string[] {
  const all = columns.map((column): Laid<Row> => {
    const cells = rows.map((row) => column.cell(row));
    const natural = cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(column.header));
    return { column, cells, natural, width: natural };
  });
  const laid = dropColumns(all, width);
  shrinkColumns(laid, width);
  const line = (texts: string[], paint: (text: string, item: Laid<Row>) => string): string =>
    laid
      .map((item, index) => {
        const cut = truncate(texts[index]!, item.width, item.column.cut);
        const isLast = index === laid.length - 1 && item.column.align !== "right";
        const painted = paint(cut, item);
        const space = pad(cut, item.width, item.column.align).length - cut.length;
        if (isLast) return painted;
        return item.column.align === "right" ? " ".repeat(space) + painted : painted + " ".repeat(space);
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const header = line(
    laid.map((item) => item.column.header),
    (text) => style.dim(text),
  );
  const body = rows.map((row, position) =>
    line(
      laid.map((item) => item.cells[position]!),
      (text, item) => item.column.paint?.(text, row, style) ?? text,
    ),
  );
  return [header, ...body];
}
