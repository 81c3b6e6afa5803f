import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Budget } from "./figures.ts";
import { plainRead, repeat } from "./measure.ts";
import type { Options } from "./options.ts";
import { AGENTS, bigSession } from "./stores.ts";

const FLAGSHIPS = ["claude-code", "codex", "gemini"] as const;
/** Where the others are converted to, and their sizes at most: they keep smaller sessions. */
const OTHERS = { target: "claude-code", mb: 50 };
/** The design: so many seconds for 200 MB, and so much memory for any size. */
const BUDGET = { mb: 200, seconds: 5, peakMb: 300 };

function pairsOf(source: string, isLargest: boolean, full: boolean): string[] {
  const targets = FLAGSHIPS.filter((target) => target !== source);
  return isLargest && !full ? targets.slice(0, 1) : [...targets];
}

/** Conversions of generated files: every pair of flagship agents, and one pair for each of the others. */
export async function measureFiles(bench: Bench, { mb, full }: Options): Promise<void> {
  const others = AGENTS.filter((slug) => !FLAGSHIPS.some((flagship) => flagship === slug));
  for (const size of mb) {
    const isLargest = size > BUDGET.mb;
    for (const source of FLAGSHIPS) await measureFile(bench, source, pairsOf(source, isLargest, full), size);
    if (size <= OTHERS.mb)
      for (const source of others) await measureFile(bench, source, [OTHERS.target], size);
  }
}

async function measureFile(bench: Bench, source: string, targets: string[], mb: number): Promise<void> {
  const group = `A session of ${mb.toLocaleString("en")} MB`;
  await bench.inHome(async (home) => {
    bench.say(`generating ${mb} MB of ${source}`);
    const { word, path } = await bigSession(home, source, mb * 1024 * 1024, bench.signal);
    const actual = statSync(path).size / 1024 / 1024;
    const read = await plainRead(path);
    const env = { CASR_CACHE_HOME: join(home, "cache"), CASR_STATE_HOME: join(home, "state") };
    for (const target of targets) {
      const args = ["resume", word, "--to", target, "--json"];
      const before = (): void => rmSync(join(home, "state"), { recursive: true, force: true });
      const times = mb <= BUDGET.mb ? 3 : 1;
      const run = await repeat(times, async () => {
        before();
        const one = await bench.casr(home, [...args, "--force"], env);
        removeWritten(one.stdout);
        return one;
      });
      const budgets: Budget[] = [];
      if (mb === BUDGET.mb) {
        budgets.push({ text: `≤ ${BUDGET.seconds} s`, met: run.wall <= BUDGET.seconds });
      }
      if (mb >= BUDGET.mb) {
        budgets.push({ text: `≤ ${BUDGET.peakMb} MB`, met: run.peakMb <= BUDGET.peakMb });
      }
      const ratio = { value: run.wall / read, of: "reading the bytes" };
      bench.add({ group, name: `${source} → ${target}`, run, ratio, budgets });
      const point = { size: actual, seconds: run.wall, peakMb: run.peakMb };
      bench.grow(`${source} → ${target}`, "MB", point, { peakMb: BUDGET.peakMb });
    }
  });
}

/** The next run shall write again, not find what this one wrote. */
function removeWritten(stdout: string): void {
  const { written_paths } = JSON.parse(stdout) as { written_paths: string[] };
  for (const path of written_paths) rmSync(path, { force: true });
}
