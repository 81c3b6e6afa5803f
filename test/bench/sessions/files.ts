import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OutputSizes, withRealSizes, type Json, type JsonObject } from "./sizes.ts";
import { Template, type Copy } from "./template.ts";

const FIXTURES = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
/** So many versions of a session's turns are made, with outputs of different sizes, and used in turn. */
const VERSIONS = 6;

/** Where a generated session shall be and what it is called. */
export interface Place {
  session: string;
  workspace: string;
  /** Start of the session: Date of the genuine one plus this, in ms. */
  shift: number;
}

/** How an agent's genuine session is taken apart and where copies of it go. */
export interface FileAgent {
  slug: string;
  /** `<agent>/<case>` of the fixture, and the end of the path of its file. */
  fixture: string;
  file: RegExp;
  /** Another genuine session of the agent whose turns follow. */
  also?: { fixture: string; file: RegExp };
  /** Id and folder of the genuine session. */
  session: string;
  workspace: string;
  /** The records in the file; where it is one JSON document, with the text before and after them. */
  parse?: ((text: string) => { records: JsonObject[]; before: string; after: string }) | undefined;
  /** Whether the turns start here: what comes before is said only once. */
  startsTurns: (record: JsonObject) => boolean;
  isResult: RegExp;
  /** Records that say anew what the whole session is: copies of them would undo all copies before. */
  replacesAll?: (record: JsonObject) => boolean;
  /** Keys of a record's id and of the id of the record before it. */
  link?: { id: string; parent: string };
  path: (place: Place) => string;
  /** Small files the agent keeps beside a session. */
  beside?: (place: Place) => { path: string; text: string }[];
  /** The file in which the agent lists all sessions, as a JSON array. */
  list?: { path: string; entry: (place: Place) => JsonObject };
}

/** The text of a file in an agent's fixture whose path ends so. */
export function fixtureText(fixture: string, file: RegExp): string {
  const home = join(FIXTURES, fixture, "home");
  const path = readdirSync(home, { recursive: true, encoding: "utf8" }).find((name) => file.test(name));
  if (path === undefined) throw new Error(`no ${file.source} in ${home}`);
  return readFileSync(join(home, path), "utf8");
}

function linesOf(text: string): { records: JsonObject[]; before: string; after: string } {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return { records: lines.map((line) => JSON.parse(line) as JsonObject), before: "", after: "" };
}

interface Parts {
  head: Template;
  turns: Template[];
  foot: Template;
}

const made = new Map<string, Parts>();

/** What stands between records: a line feed, or a comma where the file is one JSON document. */
function partsOf(agent: FileAgent): Parts {
  const known = made.get(agent.slug);
  if (known !== undefined) return known;
  const { before, records, after } = (agent.parse ?? linesOf)(fixtureText(agent.fixture, agent.file));
  const isDocument = agent.parse !== undefined;
  // What was compacted away would be skipped: that is not what shall be measured.
  const compaction = records.findIndex((record) => /compaction/.test(String(record["type"])));
  if (compaction >= 0) records.splice(compaction);
  const first = records.findIndex(agent.startsTurns);
  if (first < 0) throw new Error(`${agent.slug}: no turn in ${agent.fixture}`);
  if (agent.also !== undefined) {
    const other = linesOf(fixtureText(agent.also.fixture, agent.also.file)).records;
    records.push(...other.slice(other.findIndex(agent.startsTurns)));
  }
  const kept = records.slice(first).filter((record) => agent.replacesAll?.(record) !== true);
  records.splice(first, records.length, ...kept);
  const chained = records.map((record) => (agent.link === undefined ? undefined : record[agent.link.id]));
  const last = chained.findLast((id): id is string => typeof id === "string");
  const entry = last?.replace(/^.{8}/, "eeeeeeee");
  const genuine = { session: agent.session, workspace: agent.workspace };
  const sizes = new OutputSizes();
  const textOf = (record: Json): string => JSON.stringify(record);
  const real = (record: JsonObject): string =>
    textOf(withRealSizes(record, agent.isResult.test(textOf(record)), sizes));
  const joined = (texts: string[]): string => texts.map((text) => `${text}\n`).join("");
  const listed = (texts: string[]): string => texts.map((text) => `,\n${text}`).join("");
  const opening = isDocument ? before + records.map(textOf).join(",\n") : joined(records.map(textOf));
  const turns = Array.from({ length: VERSIONS }, () => {
    const turn = records.slice(first);
    if (agent.link !== undefined && entry !== undefined) {
      turn[0] = { ...turn[0], [agent.link.parent]: entry };
    }
    const texts = turn.map(real);
    const chain = entry === undefined || last === undefined ? {} : { entry, last };
    return new Template(isDocument ? listed(texts) : joined(texts), { ...genuine, ...chain });
  });
  const parts = { head: new Template(opening, genuine), turns, foot: new Template(after, genuine) };
  made.set(agent.slug, parts);
  return parts;
}

/** Minutes from one round of turns to the next. */
const ROUND_MS = 7 * 60_000;

/**
 * The bytes of a session of about `bytes` bytes: a genuine session, then its turns again and again under new
 * ids, with outputs of real sizes. `number` tells sessions apart; at most 4095 rounds do not repeat ids.
 */
export function* sessionBytes(
  agent: FileAgent,
  place: Place,
  bytes: number,
  number: number,
): Iterable<Buffer> {
  const { head, turns, foot } = partsOf(agent);
  const copyOf = (round: number): Copy => {
    const salt = (number * 65_536 + round) % 0x7fff_ffff;
    return {
      session: place.session,
      workspace: place.workspace,
      salt,
      before: salt - 1,
      shift: place.shift + round * ROUND_MS,
    };
  };
  let written = head.size + foot.size;
  yield head.copy(copyOf(0));
  for (let round = 1; written < bytes; round += 1) {
    const turn = turns[round % turns.length]!;
    written += turn.size;
    yield turn.copy(copyOf(round));
  }
  yield foot.copy(copyOf(0));
}
