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

/** In the order they come in. */
const sourcesOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map(({ source }) => source.agent))];

const targetsOf = (cells: readonly Cell[]): string[] =>
  [...new Set(cells.map(({ target }) => target))].sort();

/** Totals of all cells by source and target: share of cells without an unexpected failure, recall by kind. */
function totals(cells: readonly Cell[], expectations: Expectations): string[][] {
  const groups = sourcesOf(cells).flatMap((source) =>
    targetsOf(cells).map((target) =>
      cells.filter((cell) => cell.source.agent === source && cell.target === target),
    ),
  );
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const good = group.filter((cell) => unexpected(cell, expectations).length === 0).length;
    const kinds = KINDS.map((kind) => {
      const scores = group.map((cell) => cell.comparison?.scores[kind] ?? { found: 0, wanted: 0 });
      const wanted = scores.reduce((sum, score) => sum + score.wanted, 0);
      const found = scores.reduce((sum, score) => sum + score.found, 0);
      return wanted === 0 ? "·" : `${found}/${wanted}`;
    });
    return [[`${first.source.agent} → ${first.target}`, `${good}/${group.length}`, ...kinds]];
  });
}

const markdownTable = (rows: readonly string[][]): string[] => {
  const line = (cols: readonly string[]): string =>
    `| ${cols.map((col) => col.replaceAll("|", "\\|")).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...body.map(line)];
};

/** Good conversions of those tried, with a row for each source and a column for each target. */
function grid(cells: readonly Cell[], expectations: Expectations): string[][] {
  const sources = sourcesOf(cells);
  const targets = targetsOf(cells);
  const share = (source: string, target: string): string => {
    const group = cells.filter((cell) => cell.source.agent === source && cell.target === target);
    const good = group.filter((cell) => unexpected(cell, expectations).length === 0).length;
    return group.length === 0 ? "·" : `${good}/${group.length}`;
  };
  return [
    ["from \\ to", ...targets],
    ...sources.map((source) => [source, ...targets.map((target) => share(source, target))]),
  ];
}

/** What is not as in the source, with the reason where it is accepted. */
function reasons(cells: readonly Cell[], expectations: Expectations): string[] {
  return cells.flatMap((cell) =>
    Object.entries(cell.failures).map(([key, what]) => {
      const { agent, case: name } = cell.source;
      const known = [cell.name, `${agent}/${name}/* -> ${cell.target}`].map(
        (word) => expectations[word]?.[key],
      );
      const reason = known.find((word) => word !== undefined);
      const line = what.replaceAll(/\s+/g, " ").slice(0, 300);
      return `- ${cell.name}: ${key}: ${reason === undefined ? `**FAIL** ${line}` : `known: ${reason}`}`;
    }),
  );
}

/** What was noted of good conversions: once for each source, with the targets. */
function notesOf(cells: readonly Cell[]): string[] {
  const notes = new Map<string, Set<string>>();
  for (const { source, target, comparison } of cells) {
    for (const note of comparison?.notes ?? []) {
      const key = `${source.agent}: ${note}`;
      notes.set(key, (notes.get(key) ?? new Set()).add(target));
    }
  }
  return [...notes].map(([note, targets]) => `- ${note} (in ${[...targets].join(", ")})`);
}

/** The report for people; `agents` are their packages and versions. */
export function markdown(
  cells: readonly Cell[],
  expectations: Expectations,
  agents: readonly string[],
): string {
  const good = cells.filter((cell) => unexpected(cell, expectations).length === 0).length;
  const sessions = new Set(cells.map(({ source }) => `${source.agent}/${source.case}/${source.id}`)).size;
  const unlike = reasons(cells, expectations);
  const notes = notesOf(cells);
  return [
    "# Sessions resumed by the real agents",
    "",
    "Each session was resumed by its own agent, then converted by casr and resumed by the target's agent, both offline against",
    "a loopback model. Figures are things that reached the target's model of those that reach the source's own.",
    "Reasoning may be lost; anything else may not, but for what `test/agents/expected.json` gives a reason for.",
    "",
    `${good} of ${cells.length} conversions of ${sessions} recorded sessions are good.`,
    "",
    `Agents: ${agents.join(", ")}.`,
    "",
    "## Good conversions of those tried",
    "",
    ...markdownTable(grid(cells, expectations)),
    "",
    ...(unlike.length === 0 ? [] : ["## Not as in the source", "", ...unlike, ""]),
    "## What reached the models",
    "",
    ...markdownTable([["conversion", "sessions", ...KINDS], ...totals(cells, expectations)]),
    "",
    ...(notes.length === 0 ? [] : ["## Notes", "", ...notes, ""]),
  ].join("\n");
}
