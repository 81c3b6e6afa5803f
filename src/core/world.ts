import type { BinarySource } from "../session/types.ts";
import type { Diagnostic, Files, World } from "../provider/world.ts";
import { openDatabase } from "./database.ts";
import { CasrError } from "./errors.ts";
import { createFiles } from "./files.ts";
import { createToolkit } from "./toolkit.ts";

/** What a world is made of; tests give their own home, clock and environment. */
export interface WorldOptions {
  home: string;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  platform?: string;
  signal?: AbortSignal;
  warn: (diagnostic: Diagnostic) => void;
  /** Epoch ms; default is the machine's clock. */
  now?: () => number;
  /** Told how many bytes of files were read each time. */
  onBytes?: (bytes: number) => void;
}

async function base64Of(source: BinarySource, files: Files): Promise<string> {
  if ("base64" in source) return source.base64;
  const range = { start: source.offset, end: source.offset + source.length };
  const bytes = await files.read(source.path, range);
  if (bytes === undefined || bytes.length !== source.length) {
    throw new CasrError("source-unreadable", `${source.path} no longer holds the image it held before`, {
      context: { path: source.path },
    });
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return source.encoding === "base64" ? buffer.toString("latin1") : buffer.toString("base64");
}

/** The machine as a provider sees it: read-only files and databases below whatever paths it asks for. */
export function createWorld(options: WorldOptions): World {
  const signal = options.signal ?? new AbortController().signal;
  const now = options.now ?? Date.now;
  const files = createFiles(signal, options.warn, options.onBytes);
  return {
    home: options.home,
    cwd: options.cwd,
    platform: options.platform ?? process.platform,
    env: options.env,
    files,
    openDatabase,
    base64: (source) => base64Of(source, files),
    warn: options.warn,
    now,
    utcOffsetMinutes: (epochMs) => -new Date(epochMs).getTimezoneOffset(),
    signal,
    toolkit: createToolkit(options.warn),
  };
}
