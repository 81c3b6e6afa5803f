import { cpus, totalmem } from "node:os";
import type { Figure, Growth, Point, Results } from "./figures.ts";

/** A straight line through points, and how far the farthest point is from it. */
export interface Line {
  /** At size 0, and for each unit more. */
  start: number;
  slope: number;
  /** Largest distance of a point from the line, as a share of the line's value there. */
  deviation: number;
}

/**
 * The line through points that keeps the relative distances small: each point counts by 1 / value², since
 * a plain fit would look at the largest size only.
 */
export function fitLine(points: { size: number; value: number }[]): Line {
  const weighted = points.map(({ size, value }) => ({ size, value, weight: 1 / Math.max(value, 1e-9) ** 2 }));
  const sum = (of: (one: { size: number; value: number }) => number): number =>
    weighted.reduce((total, one) => total + one.weight * of(one), 0);
  const [count, sizes, values] = [sum(() => 1), sum(({ size }) => size), sum(({ value }) => value)];
  const squares = sum(({ size }) => size * size);
  const products = sum(({ size, value }) => size * value);
  const slope = (count * products - sizes * values) / (count * squares - sizes * sizes);
  const start = (values - slope * sizes) / count;
  const far = points.map(
    ({ size, value }) => Math.abs(value - (start + slope * size)) / (start + slope * size),
  );
  return { start, slope, deviation: Math.max(...far) };
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function figureRow({ name, run, ratio, budgets }: Figure): string[] {
  const words = budgets.map(({ text, met }) => `${met ? "met" : "**not met**"}: ${text}`);
  return [
    name,
    `${run.wall.toFixed(run.wall < 10 ? 3 : 1)} s`,
    `${run.cpu.toFixed(2)} s`,
    `${ratio.value.toFixed(ratio.value < 100 ? 2 : 0)} × ${ratio.of}`,
    `${Math.round(run.peakMb)} MB`,
    words.join("; "),
  ];
}

function valuesOf(points: Point[], key: "seconds" | "peakMb"): { size: number; value: number }[] {
  return points.map((point) => ({ size: point.size, value: point[key] }));
}

/** What of this grows fastest, as the size at which a promise would be broken. */
function breaksAt({ unit, limits }: Growth, seconds: Line, memory: Line): string {
  const reached = (limit: number | undefined, { start, slope }: Line): number =>
    limit === undefined || slope <= 0 ? Infinity : (limit - start) / slope;
  const places = [
    { at: reached(limits.seconds, seconds), what: `${limits.seconds} s` },
    { at: reached(limits.peakMb, memory), what: `${limits.peakMb} MB of memory` },
  ].toSorted((a, b) => a.at - b.at);
  const [first] = places;
  if (first === undefined || first.at === Infinity) return "";
  return `${first.what} at ${Math.round(first.at).toLocaleString("en")} ${unit}`;
}

function growthRow(growth: Growth): string[] {
  const { name, unit, points } = growth;
  const [seconds, memory] = [fitLine(valuesOf(points, "seconds")), fitLine(valuesOf(points, "peakMb"))];
  const step = unit === "MB" ? 100 : 1000;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [
    name,
    points.map((point) => point.seconds.toFixed(2)).join(" / "),
    `${seconds.start.toFixed(2)} s + ${(seconds.slope * step).toFixed(3)} s per ${step} ${unit} (± ${percent(seconds.deviation)})`,
    points.map((point) => Math.round(point.peakMb)).join(" / "),
    `${Math.round(memory.start)} MB + ${(memory.slope * step).toFixed(1)} MB per ${step} ${unit} (± ${percent(memory.deviation)})`,
    breaksAt(growth, seconds, memory),
  ];
}

function growthTable(all: Growth[], unit: Growth["unit"]): string {
  const grown = all.filter((growth) => growth.unit === unit && growth.points.length > 2);
  if (grown.length === 0) return "";
  const most = grown.reduce((a, b) => (b.points.length > a.points.length ? b : a));
  const sizes = most.points.map((point) => Math.round(point.size).toLocaleString("en")).join(" / ");
  const head = ["what", `seconds at ${sizes} ${unit}`, "line", "peak MB", "line", "first to pass"];
  return `\n## Growth with ${unit === "MB" ? "the size of a session" : "the number of sessions"}\n\n${table(head, grown.map(growthRow))}\n`;
}

/** All tables, as Markdown. */
export function tablesOf({ figures, growth }: Results): string {
  const groups = [...new Set(figures.map((figure) => figure.group))];
  const head = ["what", "time", "processor", "ratio", "peak memory", "budget"];
  const parts = groups.map((group) => {
    const rows = figures.filter((figure) => figure.group === group).map(figureRow);
    return `\n## ${group}\n\n${table(head, rows)}\n`;
  });
  return [...parts, growthTable(growth, "sessions"), growthTable(growth, "MB")].join("");
}

function machine(): string {
  const memory = Math.round(totalmem() / 1024 ** 3);
  const model = cpus()[0]?.model ?? "unknown processor";
  return `${cpus().length} × ${model}, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.version}`;
}

/** The figures for programs. */
export function jsonOf({ figures, growth }: Results, version: string): string {
  const lines = growth.map((one) => ({
    ...one,
    seconds: fitLine(valuesOf(one.points, "seconds")),
    memory: fitLine(valuesOf(one.points, "peakMb")),
  }));
  const plain = figures.map(({ run: { wall, cpu, peakMb }, ...figure }) => ({
    ...figure,
    wall,
    cpu,
    peakMb,
  }));
  return `${JSON.stringify({ casr: version, machine: machine(), figures: plain, growth: lines }, null, 2)}\n`;
}

/** docs/bench.md. */
export function documentOf(results: Results, version: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `# Measurements

Written by \`npm run bench -- --write\` (casr ${version}, ${day}; ${machine()}). Parts of it: \`npm run bench -- --only list --sessions 1000\`,
\`--only files --mb 200\`, \`--json\`; all options: \`npm run bench -- --help\`. It needs 4 GB of free disk and a machine that does
nothing else.

Whole processes, median of several runs; processor time and peak memory from GNU time. The ratio to \`node -e 0\`, or to a plain
stream over the same bytes, means the same on another machine. Files are read from the page cache.

What is measured is made from recorded sessions: a genuine session, then its turns again and again under fresh ids, times and
folders, with the records the model never sees left in, tool outputs of 1 to 200 KB (most of them small) and some pictures. A
store holds sessions of all agents that come with casr, about 300 KB each, most of them short; those of OpenCode and Kilo Code
are rows in their databases. "Converted and verified" is the whole of \`casr resume\`: finding, reading, losses, writing, fsync,
reading back, comparing. "List without an index" is casr with a cache folder it cannot write.
${tablesOf(results)}
A line is start + slope × size, fitted to relative distances; ± is the distance of the farthest point. "First to pass" says at
which size the line would pass what is promised: 1 s for a warm list, 300 MB of memory for any conversion.
`;
}
