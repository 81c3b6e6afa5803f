import { appendFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { atMost, type Bench, type Budget } from "./figures.ts";
import { plainRead, type Run } from "./measure.ts";
import { manySessions, type Store } from "./stores.ts";

const LIST = ["list", "--all", "--limit", "25", "--json"];
/** The design's store for "first index": so many sessions, so many bytes, in seconds. */
const FIRST_INDEX = { sessions: 1000, seconds: 0.6 };
/** The design's store for "list with a warm index". */
const WARM = { sessions: 10_000, ratio: 1.3 };

async function secondsToRead(home: string): Promise<number> {
  let seconds = 0;
  for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) seconds += await plainRead(join(entry.parentPath, entry.name));
  }
  return seconds;
}

/** Listing and look-up in a store of `count` sessions. */
export async function measureLists(bench: Bench, count: number): Promise<void> {
  const group = `A store of ${count.toLocaleString("en")} sessions`;
  await bench.inHome(async (home) => {
    bench.say(`generating ${count} sessions`);
    const store = await manySessions(home, count, bench.signal);
    await bench.casr(home, LIST, { CASR_CACHE_HOME: join(home, "cache-0") });
    const read = await secondsToRead(home);
    await measureStore(bench, group, home, store, read);
  });
}

async function measureStore(
  bench: Bench,
  group: string,
  home: string,
  { sessions, word, path }: Store,
  read: number,
): Promise<void> {
  const { version } = bench.yardsticks;
  const cache = join(home, "cache");
  const env = { CASR_CACHE_HOME: cache, CASR_STATE_HOME: join(home, "state") };
  const times = sessions > 5000 ? 3 : 5;
  const point = (name: string, run: Run, limits = {}): void =>
    bench.grow(name, "sessions", { size: sessions, seconds: run.wall, peakMb: run.peakMb }, limits);

  // A cache folder that cannot be made: casr goes without its index.
  const without = await bench.casrOften(Math.min(3, times), home, LIST, {
    env: { ...env, CASR_CACHE_HOME: "/dev/null/cache" },
  });
  bench.addStart(group, "list without an index", without);
  point("list without an index", without);

  const forget = (): void => rmSync(cache, { recursive: true, force: true });
  const first = await bench.casrOften(3, home, LIST, { env, before: forget });
  const firstBudgets: Budget[] = [];
  if (sessions === FIRST_INDEX.sessions) {
    const text = `< ${FIRST_INDEX.seconds} s`;
    firstBudgets.push({ text, met: first.wall < FIRST_INDEX.seconds });
  }
  const ratio = { value: first.wall / read, of: "reading the bytes" };
  bench.add({ group, name: "list first (builds the index)", run: first, ratio, budgets: firstBudgets });
  point("list first (builds the index)", first);

  const warm = await bench.casrOften(times, home, LIST, { env });
  const warmBudgets: Budget[] = [];
  if (sessions === WARM.sessions) {
    warmBudgets.push(atMost(warm.wall / version.wall, WARM.ratio, "casr --version"));
    const allowed = 2.5 * WARM.ratio;
    const { host } = bench.yardsticks;
    warmBudgets.push(
      atMost(warm.wall / host.wall, allowed, "the host's import (1.3 × what --version may take)"),
    );
  }
  bench.addStart(group, "list warm", warm, warmBudgets);
  point("list warm", warm, { seconds: 1 });

  const changed = await bench.casrOften(times, home, LIST, {
    env,
    before: () =>
      appendFileSync(path, `${JSON.stringify({ type: "queue-operation", operation: "dequeue" })}\n`),
  });
  bench.addStart(group, "list after one session changed", changed);
  point("list after one session changed", changed);

  const run = async (name: string, args: string[]): Promise<void> => {
    const measured = await bench.casrOften(times, home, args, { env });
    bench.addStart(group, name, measured);
    point(name, measured);
  };
  await run("list of one agent", [...LIST, "--provider", "codex"]);
  await run("list of one project", ["list", "--workspace", "/home/dev/projects/ppppppp1", "--json"]);
  await run("info by id", ["info", word, "--json"]);
  await run("info by the start of an id", ["info", word.slice(0, 8), "--json"]);
  await run("completion of an id", ["complete", "bash", "2", "--", "info", word.slice(0, 3)]);
  await run("resume, dry run", ["resume", word, "--to", "codex", "--dry-run", "--json"]);
  await run("resume, converted and verified", ["resume", word, "--to", "codex", "--fork", "--json"]);
}
