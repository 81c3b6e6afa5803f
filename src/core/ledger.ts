import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject, numberAt, stringAt, type JsonValue } from "../session/json.ts";
import { appendPrivateLine } from "./private-files.ts";

/** One conversion casr made on this machine. */
export interface LedgerEntry {
  source: { provider: string; id: string; digest: string };
  target: { provider: string; id: string; path: string };
  /** The choices that shape the result: history, reasoning, limits, workspace. */
  options: string;
  /** Epoch ms. */
  convertedAt: number;
}

function ledgerPath(stateFolder: string): string {
  return join(stateFolder, "conversions.jsonl");
}

function entryOf(value: JsonValue): LedgerEntry | undefined {
  if (!isJsonObject(value) || !isJsonObject(value["source"]) || !isJsonObject(value["target"]))
    return undefined;
  const { source, target } = value;
  const texts = [stringAt(source, "provider"), stringAt(source, "id"), stringAt(source, "digest")];
  const places = [stringAt(target, "provider"), stringAt(target, "id"), stringAt(target, "path")];
  const convertedAt = numberAt(value, "convertedAt");
  if ([...texts, ...places].includes(undefined) || convertedAt === undefined) return undefined;
  return {
    source: { provider: texts[0]!, id: texts[1]!, digest: texts[2]! },
    target: { provider: places[0]!, id: places[1]!, path: places[2]! },
    options: stringAt(value, "options") ?? "",
    convertedAt,
  };
}

/**
 * The conversions made so far, newest first. The ledger is a convenience: a line that cannot be read is
 * passed over, a missing file means there were none.
 */
export async function readLedger(stateFolder: string): Promise<LedgerEntry[]> {
  let text: string;
  try {
    text = await readFile(ledgerPath(stateFolder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const entries: LedgerEntry[] = [];
  for (const line of text.split("\n")) {
    try {
      const entry = entryOf(JSON.parse(line) as JsonValue);
      if (entry !== undefined) entries.push(entry);
    } catch {
      // A torn line of a crashed run, or the empty one at the end.
    }
  }
  return entries.sort((a, b) => b.convertedAt - a.convertedAt);
}

/** Remembers a conversion. */
export async function appendLedger(stateFolder: string, entry: LedgerEntry): Promise<void> {
  await appendPrivateLine(ledgerPath(stateFolder), JSON.stringify(entry));
}
