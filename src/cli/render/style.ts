/** Colours by meaning. Without colour every function returns its text unchanged. */
export interface Style {
  strong(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour: NO_COLOR (any value but empty) always wins, then FORCE_COLOR
 * (`0` and `false` mean no), then whether the stream is a terminal that is not `dumb`.
 */
export function wantsColor(isTerminal: boolean, env: Environment): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const force = env["FORCE_COLOR"];
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTerminal && env["TERM"] !== "dumb";
}

/** The style for a stream. */
export function createStyle(color: boolean): Style {
  const sgr =
    (open: number, close: number) =>
    (text: string): string =>
      color && text !== "" ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return {
    strong: sgr(1, 22),
    dim: sgr(2, 22),
    accent: sgr(36, 39),
    good: sgr(32, 39),
    warn: sgr(33, 39),
    bad: sgr(31, 39),
  };
}

/** A place to write to: how wide, how coloured. `width` is Infinity where lines are not cut. */
export interface Page {
  width: number;
  style: Style;
  /** Epoch ms, for relative times. */
  now: number;
  home: string;
}

/**
 * Columns to lay out for: the terminal's, else COLUMNS, else 80 on a terminal and unlimited in a
 * pipe, where whole ids and titles are worth more than a neat right edge.
 */
export function pageWidth(stream: { isTTY?: boolean; columns?: number }, env: Environment): number {
  if (stream.isTTY === true && stream.columns !== undefined && stream.columns > 0) return stream.columns;
  const columns = Number(env["COLUMNS"]);
  if (Number.isInteger(columns) && columns > 0) return columns;
  return stream.isTTY === true ? 80 : Infinity;
}
