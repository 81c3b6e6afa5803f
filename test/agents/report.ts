import type { Cell } from "./cell.ts";
import { KINDS } from "./compare/comparison.ts";
import { unexpected, type Expectations } from "./expectations.ts";

const COLUMNS = ["source", "session", "target", ...KINDS, "invented", "extra", "checks", "verdict"];

function row(cell: Cell, expectations: Expectations): string[] {
  const { comparison, failures } = cell;
  const scores = KINDS.map((kind) => {
    const score = comparison?.scores[kind];
    if (score === undefined) return "?";
    return score.wanted === 0 ? "·" : `${score.found}/${score.wanted}`;
  });
  const shown = new Set<string>([...KINDS, "invented", "extra"]);
  const checks = Object.keys(failures).filter((key) => !shown.has(key));
  const failed = unexpected(cell, expectations).length;
  const verdict = failed > 0 ? "FAIL" : Object.keys(failures).length > 0 ? "known" : "ok";
  return [
    `${cell.source.agent}/${cell.source.case}`,
    cell.source.id.slice(-12),
    cell.target,
    ...scores,
    count(comparison?.invented),
    count(comparison?.extra),
    checks.join(" ") || "·",
    verdict,
  ];
}

function count(list: readonly string[] | undefined): string {
  return list === undefined ? "?" : list.length === 0 ? "·" : String(list.length);
}

/** The matrix as aligned text. */
export function textTable(cells: readonly Cell[], expectations: Expectations): string {
  const rows = [COLUMNS, ...cells.map((cell) => row(cell, expectations))];
  const widths = COLUMNS.map((_, index) => Math.max(...rows.map((cols) => cols[index]!.length)));
  return rows
    .map((cols) =>
      cols
        .map((col, index) => col.padEnd(widths[index]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** First differences of every cell that failed, and what was noted. */
export function details(cells: readonly Cell[]): string {
  const lines: string[] = [];
  for (const cell of cells) {
    const failures = Object.entries(cell.failures);
    if (failures.length === 0) continue;
    lines.push(cell.name);
    for (const [key, text] of failures) lines.push(`  ${key}: ${text}`);
  }
  return lines.join("\n");
}

/** Totals of all cells by source and target: share of cells without an unexpected failure, recall by kind. */
function totals(cells: readonly Cell[], expectations: Expectations): string[][] {
  const pairs = [...new Set(cells.map((cell) => `${cell.source.agent} → ${cell.target}`))];
  return pairs.map((pair) => {
    const group = cells.filter((cell) => `${cell.source.agent} → ${cell.target}` === pair);
    const good = group.filter((cell) => unexpected(cell, expectations).length === 0).length;
    const kinds = KINDS.map((kind) => {
      const scores = group.map((cell) => cell.comparison?.scores[kind] ?? { found: 0, wanted: 0 });
      const wanted = scores.reduce((sum, score) => sum + score.wanted, 0);
      const found = scores.reduce((sum, score) => sum + score.found, 0);
      return wanted === 0 ? "·" : `${found}/${wanted}`;
    });
    return [pair, `${good}/${group.length}`, ...kinds];
  });
}

const markdownTable = (rows: readonly string[][]): string[] => {
  const line = (cols: readonly string[]): string =>
    `| ${cols.map((col) => col.replaceAll("|", "\\|")).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...body.map(line)];
};

/** The report for people. */
export function markdown(
  cells: readonly Cell[],
  expectations: Expectations,
  agents: readonly string[],
): string {
  const notes = new Map<string, number>();
  for (const cell of cells) {
    for (const note of cell.comparison?.notes ?? []) {
      const name = `${cell.source.agent} → ${cell.target}: ${note}`;
      notes.set(name, (notes.get(name) ?? 0) + 1);
    }
  }
  return [
    "# Sessions resumed by the real agents",
    "",
    "Each session was resumed by its own agent, then converted by casr and resumed by the target's agent, both offline against",
    "a loopback model. Figures are things that reached the target's model of those that reach the source's own.",
    "Reasoning may be lost; anything else may not.",
    "",
    `Agents: ${agents.join(", ")}.`,
    "",
    ...markdownTable([["conversion", "sessions", ...KINDS], ...totals(cells, expectations)]),
    "",
    "## Every session",
    "",
    ...markdownTable([COLUMNS, ...cells.map((cell) => row(cell, expectations))]),
    "",
    ...(cells.some((cell) => Object.keys(cell.failures).length > 0)
      ? ["## Differences", "", "```", details(cells), "```", ""]
      : []),
    ...(notes.size > 0
      ? ["## Notes", "", ...[...notes].map(([note, times]) => `- ${note} (${times}×)`), ""]
      : []),
  ].join("\n");
}
