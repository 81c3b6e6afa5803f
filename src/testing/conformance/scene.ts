import { existsSync, readdirSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isCasrError } from "../../core/errors.ts";
import { sha256 } from "../../core/toolkit.ts";
import { createWorld } from "../../core/world.ts";
import type { History, Reader, SessionReading, SessionRef } from "../../provider/reader.ts";
import type { Diagnostic, World } from "../../provider/world.ts";
import type { Message } from "../../session/types.ts";
import { GOLDEN_START } from "../golden/index.ts";
import type { Candidate, Fixture } from "./types.ts";

/** Epoch ms that every check takes place at: a day after the golden sessions. */
export const CHECK_TIME = GOLDEN_START + 24 * 60 * 60 * 1000;

/** A scratch home with a world on it, and what the provider warned of. */
export interface Scene {
  home: string;
  world: World;
  warnings: Diagnostic[];
  /** A new world on the same home. */
  again(signal?: AbortSignal): World;
}

/** The path of what may be a URL. */
export function pathOf(place: string | URL): string {
  return place instanceof URL || place.startsWith("file:") ? fileURLToPath(place) : place;
}

/** The recorded homes below a folder, in the order of their names. */
export function fixturesIn(folder: string | URL | undefined): Fixture[] {
  if (folder === undefined) return [];
  const path = pathOf(folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .map((name) => ({ name, home: join(path, name, "home"), golden: join(path, name, "golden.txt") }))
    .filter(({ home }) => existsSync(home));
}

/** Runs `action` in a scratch home (a copy of `fixture`, else empty) that is gone afterwards. */
export async function inScene<T>(
  fixture: Fixture | undefined,
  action: (scene: Scene) => Promise<T>,
): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "casr-check-")));
  const home = join(folder, "home");
  try {
    if (fixture === undefined) await cp(await emptyFolder(folder), home, { recursive: true });
    else await cp(fixture.home, home, { recursive: true, preserveTimestamps: true });
    const warnings: Diagnostic[] = [];
    const again = (signal?: AbortSignal): World =>
      createWorld({
        home,
        cwd: home,
        env: {},
        warn: (diagnostic) => warnings.push(diagnostic),
        now: () => CHECK_TIME,
        ...(signal === undefined ? {} : { signal }),
      });
    return await action({ home, world: again(), warnings, again });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function emptyFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, "empty-"));
}

/** Digest of every file below `folder` by its path: equal maps mean that nothing was touched. */
export async function snapshot(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, `${sha256(await readFile(path))} ${(await stat(path)).mtimeMs}`);
    else files.set(path, "folder");
  }
  return files;
}

/** Everything an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All sessions of a home, by id. */
export async function discovered(reader: Reader, world: World): Promise<SessionRef[]> {
  const refs = await collect(reader.discover(world));
  return refs.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The messages of a session. */
export async function messagesOf(
  reader: Reader,
  ref: SessionRef,
  world: World,
  history: History = "context",
): Promise<{ reading: SessionReading; messages: Message[] }> {
  const reading = await reader.read(ref, world);
  return { reading, messages: await collect(reading.messages({ history })) };
}

/** The reader of a candidate; checks that need one are skipped for providers without. */
export async function readerOf({ registration }: Candidate): Promise<Reader> {
  if (registration.reader === undefined) throw new Error("the registration has no reader");
  return registration.reader();
}

/** Whether an error says that a file holds nothing to read. */
export function isUnreadable(error: unknown): boolean {
  return isCasrError(error) && error.code === "source-unreadable";
}
