/** Puts the results of several runs of the matrix together: `node test/agents/merge.ts [options] <result.json> …`. */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { AGENTS } from "./agents/index.ts";
import type { Cell } from "./cell.ts";
import { readExpectations, unexpected } from "./expectations.ts";
import { markdown } from "./report.ts";

const USAGE = `usage: node test/agents/merge.ts [options] <result.json> …

Puts results of matrix.ts (--json) together; of a conversion in several files, the last file's counts.

  --json <file>      all of them          --markdown <file>  as tables
  --help             this text

Ends with 1 on any failure that expected.json does not list.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    markdown: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

/** By source in the agents' order, then by session and target. */
function compareCells(a: Cell, b: Cell): number {
  const rank = (slug: string): number => AGENTS.findIndex((agent) => agent.slug === slug);
  const session = ({ source }: Cell): string => `${source.case}/${source.id}`;
  return (
    rank(a.source.agent) - rank(b.source.agent) ||
    session(a).localeCompare(session(b)) ||
    rank(a.target) - rank(b.target)
  );
}

async function main(): Promise<number> {
  if (values.help === true || positionals.length === 0) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const byName = new Map<string, Cell>();
  for (const file of positionals) {
    // A session may lie in a store twice under the same id.
    const times = new Map<string, number>();
    for (const cell of JSON.parse(await readFile(file, "utf8")) as Cell[]) {
      const time = (times.get(cell.name) ?? 0) + 1;
      times.set(cell.name, time);
      byName.set(`${cell.name} ${time}`, cell);
    }
  }
  const cells = [...byName.values()].sort(compareCells);
  const expectations = await readExpectations();
  const versions = AGENTS.map((agent) => `${agent.package.name} ${agent.package.version}`);
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(cells, null, 2));
  if (values.markdown !== undefined)
    await writeFile(values.markdown, markdown(cells, expectations, versions));
  const failed = cells.filter((cell) => unexpected(cell, expectations).length > 0);
  process.stdout.write(`${cells.length - failed.length} of ${cells.length} conversions are good\n`);
  return failed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
