import { isAbsolute } from "node:path";
import type {
  Detection,
  Reader,
  ReadingMark,
  SessionReading,
  SessionRef,
  SessionSummary,
} from "../provider/reader.ts";
import type { World } from "../provider/world.ts";
import { isJsonObject } from "../session/json.ts";
import { patience, timely, timelyItems } from "./timely.ts";

/** How long a reader may think before its next answer, in ms; opening a session may be the reading of all of it. */
const ANSWER_MS = 20_000;
const READ_MS = 600_000;

const METHODS = ["detect", "discover", "locate", "identify", "summarize", "read"] as const;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What is wrong with a reference to a session; undefined when it can be used. */
export function refProblem(ref: unknown, slug: string): string | undefined {
  if (!isJsonObject(ref)) return "a session that is no object";
  const { id, path, provider, sizeBytes, modifiedAt } = ref;
  if (typeof id !== "string" || id === "" || id.length > 512) return "a session without a usable id";
  if (CONTROL.test(id) || id.split(/[/\\]/).includes(".."))
    return `the id ${JSON.stringify(id.slice(0, 80))}`;
  if (typeof path !== "string" || !isAbsolute(path) || CONTROL.test(path))
    return "a path that is not absolute";
  if (provider !== slug) return `a session of ${JSON.stringify(provider)}`;
  if (ref["listed"] !== undefined && !isJsonObject(ref["listed"]))
    return "a session with no object as `listed`";
  if (!Number.isFinite(sizeBytes) || !Number.isFinite(modifiedAt)) return "a session without size or time";
  return undefined;
}

const strings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function checkedDetection(value: unknown): Detection {
  if (isJsonObject(value) && typeof value["found"] === "boolean") {
    const { found, evidence, roots } = value as unknown as Detection;
    if (strings(evidence) && strings(roots)) return { found, evidence, roots };
  }
  throw new Error("its detect gave something that is no detection");
}

const TEXTS = ["title", "nativeName", "workspace", "model", "gitBranch", "hidden"] as const;
const TIMES = ["startedAt", "lastActiveAt"] as const;

/** The summary without members of a wrong type. */
export function checkedSummary(value: unknown, ref: SessionRef): SessionSummary {
  if (!isJsonObject(value)) throw new Error("its summarize gave something that is no summary");
  const summary = { ...value, ref } as unknown as SessionSummary & Record<string, unknown>;
  for (const key of TEXTS) if (typeof summary[key] !== "string") delete summary[key];
  for (const key of TIMES) if (!Number.isFinite(summary[key])) delete summary[key];
  return summary;
}

function checkedReading(value: unknown): SessionReading {
  const reading = value as Partial<SessionReading> | null | undefined;
  const isSound =
    typeof reading === "object" &&
    reading !== null &&
    typeof reading.messages === "function" &&
    isJsonObject(reading.header) &&
    isJsonObject(reading.header.metadata) &&
    isJsonObject(reading.records);
  if (!isSound) throw new Error("its read gave something that is no session");
  return reading as SessionReading;
}

/** The mark, when it is one: a wrong one would make casr count a session wrongly for good. */
function checkedMark(value: unknown): ReadingMark | undefined {
  if (!isJsonObject(value) || value["state"] === undefined) return undefined;
  const { messages, offset, headerFiles = [] } = value;
  if (!Array.isArray(headerFiles) || !headerFiles.every((file) => typeof file === "string")) return undefined;
  const isCount = (count: unknown): boolean => Number.isSafeInteger(count) && (count as number) >= 0;
  return isCount(messages) && isCount(offset) ? (value as unknown as ReadingMark) : undefined;
}

/** What a reader opened, sound and in time. */
function opened(value: unknown, world: World): SessionReading {
  const reading = checkedReading(value);
  return {
    header: reading.header,
    records: reading.records,
    messages: (options) => timelyItems("messages", patience(world, READ_MS), reading.messages(options)),
    // It may be known only when the messages before it were given.
    get mark() {
      return checkedMark(reading.mark);
    },
  };
}

/** The refs a reader yields that can be used; for the others one warning each kind. */
async function* soundRefs(
  refs: AsyncIterable<SessionRef>,
  owner: Owner,
  world: World,
): AsyncIterable<SessionRef> {
  for await (const ref of refs) {
    const problem = refProblem(ref, owner.slug);
    if (problem === undefined) yield ref;
    else
      world.warn({
        code: "bad-session",
        message: `${owner.name} ${owner.version}: its reader gave ${problem}, which is left out`,
      });
  }
}

/** Whose reader it is: the provider's slug, the package's name and version. */
interface Owner {
  slug: string;
  name: string;
  version: string;
}

/**
 * A plugin's reader that answers in time and only with what the contract allows: what it gives wrongly is
 * left out with a warning, or an error of that plugin alone.
 */
function guardedReader(reader: Reader, owner: Owner): Reader {
  const missing = METHODS.find(
    (name) => typeof (reader as Partial<Reader> | undefined)?.[name] !== "function",
  );
  if (missing !== undefined) throw new Error(`its reader has no method ${missing}`);
  const inTime = <T>(what: string, world: World, promise: Promise<T>): Promise<T> =>
    timely(what, patience(world, ANSWER_MS), promise);
  const items = (what: string, world: World, refs: AsyncIterable<SessionRef>): AsyncIterable<SessionRef> =>
    soundRefs(timelyItems(what, patience(world, ANSWER_MS), refs), owner, world);
  const guarded: Reader = {
    detect: async (world) => checkedDetection(await inTime("detect", world, reader.detect(world))),
    discover: (world) => items("discover", world, reader.discover(world)),
    locate: (word, world) => items("locate", world, reader.locate(word, world)),
    async identify(path, world) {
      const ref = await inTime("identify", world, reader.identify(path, world));
      const problem = ref === undefined ? undefined : refProblem(ref, owner.slug);
      if (problem !== undefined) throw new Error(`its identify gave ${problem}`);
      return ref;
    },
    summarize: async (ref, world) =>
      checkedSummary(await inTime("summarize", world, reader.summarize(ref, world)), ref),
    async read(ref, world) {
      return opened(await timely("read", patience(world, READ_MS), reader.read(ref, world)), world);
    },
  };
  if (reader.readOn !== undefined) {
    guarded.readOn = async (ref, mark, world) => {
      const answer = timely("readOn", patience(world, READ_MS), reader.readOn!(ref, mark, world));
      const reading = await answer;
      return reading === undefined ? undefined : opened(reading, world);
    };
  }
  if (reader.digest !== undefined)
    guarded.digest = (ref, world) => timely("digest", patience(world, READ_MS), reader.digest!(ref, world));
  return guarded;
}

/** How long the code of a reader may take to be loaded, in ms. */
const LOAD_MS = 5000;

/** Loads a reader and guards it. */
export function loadGuardedReader(load: () => Promise<Reader>, owner: Owner): () => Promise<Reader> {
  return async () => guardedReader(await timely("reader", LOAD_MS, Promise.resolve(load())), owner);
}
