import type { JsonObject, JsonValue, Lineage, World } from "casr-cli/provider";
import { isObject, objectOf, parseJson, stringOf } from "./json.ts";
import { MESSAGES_SUFFIX, shownText } from "./native.ts";
import { baseName, folderOf, isUsableId, join } from "./paths.ts";

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** `<id>.json`: what the CLI knows of a session without reading its messages. */
export interface Manifest {
  id: string;
  record: JsonObject;
  /** Settings and facts the CLI keeps as they are. */
  metadata: JsonObject;
}

/** The manifest in the file at `path`; undefined when it is none. */
export async function readManifest(path: string, world: World): Promise<Manifest | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size > MAX_MANIFEST_BYTES) return undefined;
  const bytes = await world.files.read(path, { start: 0, end: MAX_MANIFEST_BYTES });
  const record = parseJson(new TextDecoder().decode(bytes));
  const id = stringOf(record, "session_id");
  if (!isObject(record) || id === undefined || record["version"] !== 1) return undefined;
  return { id, record, metadata: objectOf(record, "metadata") ?? {} };
}

/** The manifest beside a session's messages. */
export function manifestFile(messagesPath: string): string {
  return `${messagesPath.slice(0, -MESSAGES_SUFFIX.length)}.json`;
}

/** Title and name: the first prompt's first line is a title, anything else somebody gave as a name. */
export function titlesOf(
  { record, metadata }: Manifest,
  world: World,
): { title?: string; nativeName?: string } {
  const prompt = world.toolkit.titleFrom(shownText(stringOf(record, "prompt") ?? ""), 120);
  const title = stringOf(metadata, "title")?.trim();
  if (title === undefined || title === "") return prompt === undefined ? {} : { title: prompt };
  const isOwn = prompt === undefined || !samePrompt(title, prompt);
  return { title, ...(isOwn ? { nativeName: title } : {}) };
}

/** The CLI cuts prompts at 120 characters in its own way. */
function samePrompt(title: string, prompt: string): boolean {
  const bare = (text: string): string => text.replace(/(?:…|\.\.\.)$/u, "").trim();
  return bare(prompt).startsWith(bare(title)) || bare(title).startsWith(bare(prompt));
}

/** Start and end, epoch ms. The start of a session casr wrote is noted in its mark. */
export function timesOf({ record, metadata }: Manifest, world: World): { start?: number; end?: number } {
  const { parseTimestamp } = world.toolkit;
  const start =
    parseTimestamp(objectOf(metadata, "casr")?.["started_at"]) ?? parseTimestamp(record["started_at"]);
  const end = parseTimestamp(record["ended_at"]);
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** casr's mark as lineage; undefined when it is not one. */
export function lineageOf(mark: JsonValue | undefined, world: World): Lineage | undefined {
  const source = objectOf(mark, "source");
  const sourceProvider = stringOf(source, "provider");
  const sourceId = stringOf(source, "id");
  const digest = stringOf(mark, "digest");
  const casrVersion = stringOf(mark, "version");
  const convertedAt = isObject(mark) ? world.toolkit.parseTimestamp(mark["converted_at"]) : undefined;
  if (sourceProvider === undefined || sourceId === undefined || digest === undefined) return undefined;
  if (casrVersion === undefined || convertedAt === undefined) return undefined;
  return { sourceProvider, sourceId, digest, casrVersion, convertedAt };
}

/**
 * The messages of the session whose manifest is at `path`. They lie beside it; a manifest may name another place,
 * which is where the CLI looks first, but a store that was moved names one that is gone.
 */
export async function messagesFileOf(path: string, manifest: Manifest, world: World): Promise<string> {
  const beside = join(folderOf(path), `${manifest.id}${MESSAGES_SUFFIX}`);
  const named = stringOf(manifest.record, "messages_path");
  if (named === undefined || named === beside || !named.endsWith(MESSAGES_SUFFIX)) return beside;
  const isThere = (await world.files.stat(beside))?.kind === "file";
  if (isThere || (await world.files.stat(named))?.kind !== "file") return beside;
  return named;
}

/** What the name of a file with messages says: the session's id, and the root session's for a subagent. */
export function idsOfFile(path: string): { id: string; parent?: string } | undefined {
  const name = baseName(path);
  if (!name.endsWith(MESSAGES_SUFFIX)) return undefined;
  const own = name.slice(0, -MESSAGES_SUFFIX.length);
  const root = baseName(folderOf(path));
  if (!isUsableId(own)) return undefined;
  // A copy outside of a session's folder stands for itself.
  if (own === root || !/^agent_\d|__/u.test(own) || !isUsableId(root)) return { id: own };
  return { id: own.startsWith("agent_") ? `${root}__${own}` : `${root}__teamtask__${own}`, parent: root };
}
