import { isAbsolute, join } from "node:path";
import type { DirectoryEntry, Files, FileStat, World } from "../../provider/world.ts";
import { entriesOf, isReadable, quickLines, readQuickly, type Loans } from "./quick.ts";
import type { Looks } from "./stamps.ts";
import type { Trace } from "./trace.ts";

/** The guards of readers ask for it, whatever the reader does: it shapes no answer. */
const NOT_TRACED = new Set(["CASR_PROVIDER_TIMEOUT"]);
/** Pieces up to this size are read at once: handing them to another thread costs more than reading them. */
const QUICK_BYTES = 256 * 1024;

/** The files that lie beside a SQLite database and hold part of its content. */
const databaseFiles = (path: string): string[] => [path, `${path}-wal`, `${path}-journal`];

/** Notes that a call fails: what kept it from answering may be over next time, without leaving a trace. */
async function orFickle<T>(trace: Trace, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    trace.fickle ??= "something could not be read";
    throw error;
  }
}

function tracedFiles(world: World, trace: Trace, looks: Looks, { isWhole, loans }: TracedOptions): Files {
  const { files, signal } = world;
  const look = (path: string): ReturnType<Looks["at"]> => {
    if (!isAbsolute(path)) trace.fickle ??= "a path that is not absolute";
    trace.paths.add(path);
    return looks.at(path);
  };
  return {
    async stat(path): Promise<FileStat | undefined> {
      const { kind, size, mtimeMs, inode } = look(path);
      if (kind === "missing") return undefined;
      if (kind === "unknown") return orFickle(trace, files.stat(path));
      return { kind, size, mtimeMs, inode };
    },
    async list(path): Promise<DirectoryEntry[]> {
      signal.throwIfAborted();
      if (look(path).kind === "missing") return [];
      const entries = entriesOf(path);
      const links = (entries ?? []).filter(({ kind }) => kind === "other");
      // What a link points at changes without the folder.
      for (const { name } of links) look(join(path, name));
      if (entries !== undefined && links.length === 0)
        return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      return orFickle(trace, files.list(path));
    },
    async realpath(path) {
      const real = await orFickle(trace, files.realpath(path));
      trace.reals.set(path, real);
      return real;
    },
    async read(path, range) {
      signal.throwIfAborted();
      const { kind, size } = look(path);
      if (kind === "missing") return undefined;
      const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
      const quick =
        Math.min(end, size) - start <= QUICK_BYTES ? readQuickly(path, { start, end }, loans) : undefined;
      return quick ?? orFickle(trace, files.read(path, range));
    },
    async readText(path) {
      const { kind, size } = look(path);
      if (kind === "missing") return undefined;
      const everything = { start: 0, end: Number.POSITIVE_INFINITY };
      const bytes = size <= QUICK_BYTES ? readQuickly(path, everything, loans) : undefined;
      return bytes === undefined
        ? orFickle(trace, files.readText(path))
        : new TextDecoder("utf-8").decode(bytes);
    },
    async json(path, options) {
      if (look(path).kind === "missing") return undefined;
      return orFickle(trace, files.json(path, options));
    },
    lines(path, options) {
      if (look(path).kind === "file" && !isReadable(path)) trace.fickle ??= "something could not be read";
      return isWhole ? files.lines(path, options) : quickLines(world, path, options, loans);
    },
  };
}

function tracedEnv(env: World["env"], trace: Trace): World["env"] {
  const note = (name: string | symbol): void => {
    if (typeof name === "string" && !NOT_TRACED.has(name)) trace.env.set(name, env[name]);
  };
  return new Proxy(env, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name) as unknown;
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      note(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
    ownKeys(target) {
      trace.fickle ??= "it went through all environment variables";
      return Reflect.ownKeys(target);
    },
  });
}

/** How a reader is going to read. */
export interface TracedOptions {
  /** Files will be read to their ends, not just for their first lines. */
  isWhole?: boolean;
  /** Where the memory for what is read in small pieces comes from. */
  loans?: Loans;
}

/**
 * `world`, which is for one call of a reader alone, with everything that is looked at noted in `trace`, and
 * each path looked at once a run. Readers may remember things by the world they are given; one that is shared
 * by several calls would hide from the later ones what they depend on.
 */
export function tracedWorld(world: World, trace: Trace, looks: Looks, options: TracedOptions = {}): World {
  return {
    ...world,
    get cwd() {
      trace.usesCwd = true;
      return world.cwd;
    },
    env: tracedEnv(world.env, trace),
    files: tracedFiles(world, trace, looks, options),
    async openDatabase(path) {
      for (const file of databaseFiles(path)) {
        trace.paths.add(file);
        looks.at(file);
      }
      return orFickle(trace, world.openDatabase(path));
    },
    async base64(source) {
      if ("path" in source) {
        trace.paths.add(source.path);
        looks.at(source.path);
      }
      return orFickle(trace, world.base64(source));
    },
    now() {
      trace.fickle ??= "it asked for the time";
      return world.now();
    },
    utcOffsetMinutes(epochMs) {
      trace.usesZone = true;
      return world.utcOffsetMinutes(epochMs);
    },
  };
}
