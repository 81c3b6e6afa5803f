/** `npm run bench`: start-up, listing, conversion and growth, as ratios that mean the same on another machine. */
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bench } from "./figures.ts";
import { measureLists } from "./lists.ts";
import { neededBytes, readOptions, USAGE, type Options } from "./options.ts";
import { documentOf, jsonOf, tablesOf } from "./report.ts";
import { measureFiles } from "./files.ts";
import { measureStart } from "./start.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function requireRoom(options: Options): void {
  const { bavail, bsize } = statfsSync(options.temp);
  const needed = neededBytes(options);
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  if (bavail * bsize < needed) {
    throw new Error(
      `${options.temp} has ${gb(bavail * bsize)} free, the bench needs ${gb(needed)}: name another folder with --temp, or ask for less`,
    );
  }
}

async function measure(options: Options): Promise<number> {
  requireRoom(options);
  const stop = new AbortController();
  let status = 0;
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(name, () => {
      status = code;
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  const folder = mkdtempSync(join(options.temp, "casr-bench-"));
  try {
    const bench = new Bench(root, folder, stop.signal);
    await bench.calibrate();
    if (options.only.has("start")) await measureStart(bench);
    if (options.only.has("list")) for (const count of options.sessions) await measureLists(bench, count);
    if (options.only.has("files")) await measureFiles(bench, options);
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    if (options.write) writeFileSync(join(root, "docs/bench.md"), documentOf(bench.results(), version));
    process.stdout.write(options.json ? jsonOf(bench.results(), version) : tablesOf(bench.results()));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(`\n${(stop.signal.reason as Error).message}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  return status;
}

try {
  const options = readOptions(process.argv.slice(2), tmpdir());
  if (options === undefined) process.stdout.write(USAGE);
  else process.exitCode = await measure(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
