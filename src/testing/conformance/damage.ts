import { readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Reader, SessionRef } from "../../provider/reader.ts";
import type { JsonObject, JsonValue } from "../../session/json.ts";
import type { Message } from "../../session/types.ts";
import { malformations } from "../well-formed.ts";
import {
  copyDatabase,
  databaseVariants,
  isDatabase,
  putDatabase,
  withoutTables,
  withUnknownTable,
} from "./database.ts";
import { must, mustBeTyped, mustEqualLines, NotConforming, within } from "./expect.ts";
import { jsonVariants } from "./mutate.ts";
import { outlineOf } from "./outline.ts";
import { discovered, isUnreadable, messagesOf, readerOf, type Scene } from "./scene.ts";
import { samplesFor, type Sample } from "./samples.ts";
import type { Candidate, ConformanceCheck } from "./types.ts";

/** A file as text that can be damaged in a telling way. */
type Content =
  | { kind: "lines"; lines: string[] }
  /** One JSON document. */
  | { kind: "document"; text: string; value: JsonObject | JsonValue[] }
  | { kind: "database" }
  /** A compressed file, prose: only its whole can be ruined. */
  | { kind: "other" };

function parsed(text: string): JsonObject | JsonValue[] | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function contentOf(bytes: Buffer): Content {
  if (isDatabase(bytes)) return { kind: "database" };
  const text = bytes.toString("utf8");
  if (!bytes.equals(Buffer.from(text))) return { kind: "other" };
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines.length > 1 && lines.every((line) => parsed(line) !== undefined)) return { kind: "lines", lines };
  const value = parsed(text);
  return value === undefined ? { kind: "other" } : { kind: "document", text, value };
}

/** The file of a session that is damaged: the main one, where that is a file. */
async function fileOf(ref: SessionRef): Promise<string> {
  for (const path of [ref.path, ...(ref.files ?? [])]) {
    // Of a session in a shared database, the path goes on behind the database's name.
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true) return path;
  }
  throw new NotConforming(`no file belongs to session ${ref.id}: ref.path or ref.files must name one`);
}

const UNKNOWN = JSON.stringify({
  type: "casr-conformance-unknown",
  id: "00000000-0000-4000-8000-000000000000",
  payload: { text: "no message", list: [1] },
});
const BROKEN = '{"type": "broken';

const text = (lines: string[], end = "\n"): string => lines.map((line) => `${line}${end}`).join("");
const middle = (lines: string[]): number => Math.ceil(lines.length / 2);
const inserted = (lines: string[], ...more: string[]): string[] => [
  ...lines.slice(0, middle(lines)),
  ...more,
  ...lines.slice(middle(lines)),
];

interface Damage {
  name: string;
  /** The damaged lines. */
  make(lines: string[]): string;
  /** The same for a file that is one JSON document, where it can happen to one. */
  makeDocument?(text: string, value: JsonObject | JsonValue[]): string;
  /** The same for the database at a path. */
  makeDatabase?(path: string): Promise<Uint8Array>;
  /** Number of the line that a warning must name; 0: a warning about the file will do. */
  warns?: (lines: string[]) => number;
}

/** Damage around which everything must still be read. */
const HARMLESS: Damage[] = [
  { name: "a torn last line", make: (lines) => text(lines) + BROKEN, warns: () => 0 },
  {
    name: "a byte order mark",
    make: (lines) => `\uFEFF${text(lines)}`,
    makeDocument: (whole) => `\uFEFF${whole}`,
  },
  {
    name: "CRLF line ends",
    make: (lines) => text(lines, "\r\n"),
    makeDocument: (_whole, value) => `${JSON.stringify(value, null, 2).replaceAll("\n", "\r\n")}\r\n`,
  },
  {
    name: "blank lines",
    make: (lines) => text(inserted(lines, "", "   ", "")),
    makeDocument: (whole) => `\n \n${whole}\n\n`,
  },
  {
    name: "an unknown record",
    make: (lines) => text(inserted([...lines, UNKNOWN], UNKNOWN)),
    makeDocument: (_whole, value) =>
      JSON.stringify(
        Array.isArray(value)
          ? [...value, JSON.parse(UNKNOWN)]
          : { ...value, casrConformance: JSON.parse(UNKNOWN) as JsonValue },
      ),
    makeDatabase: withUnknownTable,
  },
  {
    name: "a broken line",
    make: (lines) => text(inserted(lines, BROKEN)),
    warns: (lines) => middle(lines) + 1,
  },
];

/** The damaged file; undefined when a store of this form cannot be damaged in this way. */
async function damaged(content: Content, damage: Damage, path: string): Promise<Uint8Array | undefined> {
  const bytes =
    content.kind === "lines"
      ? damage.make(content.lines)
      : content.kind === "document"
        ? damage.makeDocument?.(content.text, content.value)
        : content.kind === "database"
          ? await damage.makeDatabase?.(path)
          : undefined;
  return typeof bytes === "string" ? Buffer.from(bytes) : bytes;
}

const FORMS: Record<Content["kind"], string> = {
  lines: "a file of JSON lines",
  document: "one JSON document",
  database: "a database",
  other: "neither JSON nor a database",
};

/** Why a check has nothing to do with a store of this form. */
const spared = (file: string, { kind }: Content): string => `${basename(file)} is ${FORMS[kind]}`;

/** Gives why the check does not apply, if it does not. */
async function checkHarmless(
  candidate: Candidate,
  sample: Sample,
  damage: Damage,
): Promise<string | undefined> {
  const reader = await readerOf(candidate);
  const { capabilities } = candidate.registration;
  return sample.open(async (scene, ref) => {
    const file = await fileOf(ref);
    const content = contentOf(await readFile(file));
    const bytes = await damaged(content, damage, file);
    if (bytes === undefined) return spared(file, content);
    const whole = await messagesOf(reader, ref, scene.world);
    const before = await outlineOf(whole.messages, capabilities, scene.world);
    await (content.kind === "database" ? putDatabase(file, bytes) : writeFile(file, bytes));
    scene.warnings.length = 0;
    const same = await sessionAgain(reader, ref, scene);
    must(same !== undefined, `${damage.name} hides the session from discover`);
    const { reading, messages } = await messagesOf(reader, same, scene.world);
    const after = await outlineOf(messages, capabilities, scene.world);
    mustEqualLines(after, before, damage.name);
    if (damage.warns === undefined || content.kind !== "lines") return undefined;
    const line = damage.warns(content.lines);
    const said = scene.warnings.filter((warning) => warning.path === file);
    must(said.length > 0, `${damage.name} is passed over in silence: warn with path and line`);
    must(
      line === 0 || said.some((warning) => warning.line === line),
      `the warning names ${said.map((warning) => warning.line ?? "no line").join(", ")} instead of line ${line}`,
    );
    must(line === 0 || reading.records.malformed > 0, `records.malformed does not count ${damage.name}`);
    return undefined;
  });
}

async function sessionAgain(reader: Reader, ref: SessionRef, scene: Scene): Promise<SessionRef | undefined> {
  const refs = await discovered(reader, scene.world);
  return refs.find(({ id, path }) => id === ref.id || path === ref.path);
}

/** Reads what discover finds at the damaged place; whatever is thrown must be typed, what is read well formed. */
async function readDamaged(
  reader: Reader,
  ref: SessionRef,
  scene: Scene,
  what: string,
): Promise<Message[] | undefined> {
  try {
    return await within(20, `reading ${what}`, async () => {
      const found = await sessionAgain(reader, ref, scene);
      if (found === undefined) return undefined;
      await reader.summarize(found, scene.world);
      await messagesOf(reader, found, scene.world, "full");
      const { messages } = await messagesOf(reader, found, scene.world);
      const wrong = malformations(messages);
      must(wrong.length === 0, `${what}: ${wrong.slice(0, 3).join("; ")}`);
      return messages;
    });
  } catch (error) {
    if (error instanceof NotConforming) throw error;
    mustBeTyped(error, what);
    must(isUnreadable(error), `${what}: the error is not source-unreadable`);
    return undefined;
  }
}

async function checkRuined(candidate: Candidate, sample: Sample): Promise<void> {
  const reader = await readerOf(candidate);
  await sample.open(async (scene, ref) => {
    const file = await fileOf(ref);
    const whole = await readFile(file);
    const noise = Buffer.from(
      Array.from({ length: 4096 }, (_, index) => (index * 73 + (index >> 3) * 151) % 256),
    );
    const meaningless = Buffer.from("[]\n{}\nnull\n42\n");
    const ruins: [name: string, bytes: Buffer][] = [
      ["an empty file", Buffer.alloc(0)],
      ["half a file", whole.subarray(0, Math.floor(whole.length / 2))],
      ["a file of noise", noise],
      ["a file of JSON that means nothing", meaningless],
    ];
    if (isDatabase(whole)) ruins.push(["a database without tables", await withoutTables(file)]);
    for (const [name, bytes] of ruins) {
      await putDatabase(file, bytes);
      const messages = await readDamaged(reader, ref, scene, name);
      // What other files of the session hold may still be read.
      const usable = name === "half a file" || (ref.files ?? []).length > 1;
      // An empty list may be a session that nobody has said anything in yet.
      const isNothing = messages === undefined || (bytes === meaningless && messages.length === 0);
      must(usable || isNothing, `${name} is read as a session of ${messages?.length} messages`);
    }
  });
}

/** Gives why the check does not apply, if it does not. */
async function checkWrongTypes(candidate: Candidate, sample: Sample): Promise<string | undefined> {
  const reader = await readerOf(candidate);
  return sample.open(async (scene, ref) => {
    const file = await fileOf(ref);
    const content = contentOf(await readFile(file));
    if (content.kind === "other") return spared(file, content);
    if (content.kind === "database") {
      const original = join(scene.home, "..", "original.db");
      await copyDatabase(file, original);
      for await (const { what, bytes } of databaseVariants(original)) {
        await putDatabase(file, bytes);
        await readDamaged(reader, ref, scene, what);
      }
      return undefined;
    }
    const lines = content.kind === "lines" ? content.lines : undefined;
    for (const { what, content: bytes } of jsonVariants(
      lines,
      content.kind === "document" ? content.text : "",
    )) {
      await writeFile(file, bytes);
      await readDamaged(reader, ref, scene, what);
    }
    return undefined;
  });
}

/** A check that learns from the store itself whether it applies: then its `skip` says why it did not. */
function skippable(name: string, run: () => Promise<string | undefined>): ConformanceCheck {
  const check: ConformanceCheck = {
    name,
    run: async () => {
      const why = await run();
      if (why !== undefined) check.skip = why;
    },
  };
  return check;
}

/** Everything about files that are not as the agent left them. */
export function damageChecks(candidate: Candidate): ConformanceCheck[] {
  return samplesFor(candidate).flatMap((sample) => [
    ...HARMLESS.map((damage) =>
      skippable(`reads around ${damage.name}: ${sample.name}`, () =>
        checkHarmless(candidate, sample, damage),
      ),
    ),
    { name: `says what it cannot read: ${sample.name}`, run: () => checkRuined(candidate, sample) },
    skippable(`trusts no value in a record: ${sample.name}`, () => checkWrongTypes(candidate, sample)),
  ]);
}
