import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const FIXTURES = fileURLToPath(new URL("../../fixtures/", import.meta.url));

const made: string[] = [];

/** Removed when the test file that imported this module is done. */
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** A new empty folder that goes away by itself after the tests of the file. */
export function temporaryFolder(name = "home"): string {
  const folder = mkdtempSync(join(tmpdir(), `casr-test-${name}-`));
  made.push(folder);
  return folder;
}

/** The names of an agent's recorded homes, such as `rich-headless`. */
export function casesOf(agent: string): string[] {
  const folder = join(FIXTURES, agent);
  // Agents that cannot be run here have no recorded sessions.
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "home")));
}

/** The recorded home of a case such as `codex/zstd`. Never write to it. */
export function fixtureHome(name: string): string {
  const home = join(FIXTURES, name, "home");
  if (!existsSync(home)) throw new Error(`no fixture ${name} in ${FIXTURES}`);
  return home;
}

/**
 * A new home with copies of recorded homes, each named as `<agent>/<case>`. Where two of them have
 * the same file, lines of `.jsonl` files are appended and JSON objects merged; of all others
 * (settings, databases) the first one stays.
 */
export function seedHome(cases: readonly string[]): string {
  const home = temporaryFolder();
  for (const name of cases) copyInto(fixtureHome(name), home);
  return home;
}

function copyInto(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyInto(source, target);
    // Databases that were opened in place leave these; they belong to no fixture.
    else if (/\.(sqlite|db)-(shm|wal)$/.test(entry.name)) continue;
    else if (!existsSync(target)) copyFileSync(source, target);
    else if (entry.name.endsWith(".jsonl")) appendFileSync(target, readFileSync(source));
    else if (entry.name.endsWith(".json")) mergeJson(source, target);
  }
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function mergeJson(source: string, target: string): void {
  const [first, second] = [target, source].map((path) => JSON.parse(readFileSync(path, "utf8")) as Json);
  writeFileSync(target, JSON.stringify(merged(first ?? null, second ?? null), null, 2));
}

function merged(first: Json, second: Json): Json {
  const bothObjects = [first, second].every(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  if (!bothObjects) return first;
  const result = { ...(first as { [key: string]: Json }) };
  for (const [key, value] of Object.entries(second as { [key: string]: Json })) {
    const own = result[key];
    result[key] = own === undefined ? value : merged(own, value);
  }
  return result;
}
