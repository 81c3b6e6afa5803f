import type { JsonObject, JsonValue, World } from "casr-cli/provider";
import { isObject, objectOf, parseJson, stringOf } from "./json.ts";
import { blocksOf } from "./native.ts";
import { membersOf, MESSAGES } from "./thread.ts";

/** What a first look at a thread file shows. */
export interface Glance {
  /** Members of the document that were in reach. */
  members: JsonObject;
  hasMessages: boolean;
  /** The beginning of what a person said first. */
  prompt?: string;
}

/** Files up to this size are looked at whole. */
const SMALL_BYTES = 96 * 1024;
/** Of larger ones this much of the head; of the tail more and more, until the last message ends in it. */
const HEAD_BYTES = 48 * 1024;
const TAIL_BYTES = [48 * 1024, 512 * 1024, 4 * 1024 * 1024];
/** So much of a larger file that is not laid out as Amp does it. */
const OTHER_LAYOUT_BYTES = 1024 * 1024;
/** Members that a list needs are shorter. */
const LONGEST_MEMBER = 64 * 1024;

/**
 * Looks at a thread file without parsing it: Amp writes JSON with two spaces of indentation, so that a line
 * that begins with two spaces and a quote is a member of the document. Undefined when it is no thread.
 */
export async function glance(path: string, size: number, world: World): Promise<Glance | undefined> {
  if (size <= SMALL_BYTES) return wholeGlance(path, size, world);
  const head = await textOf(path, 0, HEAD_BYTES, world);
  if (!/^\uFEFF?\{\r?\n {2}"/.test(head)) return wholeGlance(path, size, world);
  const members: JsonObject = {};
  const start = head.search(/\n {2}"messages": \[/);
  collect(start === -1 ? head : head.slice(0, start + 1), members);
  for (const bytes of TAIL_BYTES) {
    const tail = await textOf(path, Math.max(0, size - bytes), size, world);
    collect(tail, members);
    if (LIST_END.test(tail) || bytes >= size) break;
  }
  const prompt = start === -1 ? undefined : firstText(head.slice(start));
  return {
    members,
    hasMessages: start !== -1 || isThreadLike(members),
    ...(prompt === undefined ? {} : { prompt }),
  };
}

/** The end of a list that is a member of the document: of the messages, as they are the last list but rarely. */
const LIST_END = /\n {2}\],?\r?\n/;

/** Our own threads and those of subagents may have long members in front of their messages. */
function isThreadLike(members: JsonObject): boolean {
  return typeof members["nextMessageId"] === "number" || typeof members["v"] === "number";
}

async function textOf(path: string, start: number, end: number, world: World): Promise<string> {
  const bytes = await world.files.read(path, { start, end });
  return bytes === undefined
    ? ""
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** The members of the document whose lines are whole in `text`. */
function collect(text: string, members: JsonObject): void {
  const lines = text.split(/\r?\n/);
  let from = -1;
  const take = (to: number): void => {
    if (from === -1) return;
    const value = parseJson(`{${lines.slice(from, to).join("\n").trimEnd().replace(/,$/, "")}}`);
    if (isObject(value)) Object.assign(members, value);
  };
  for (const [index, line] of lines.entries()) {
    if (!/^ {2}"|^\}/.test(line)) continue;
    take(index);
    from = line.startsWith("}") ? -1 : index;
  }
}

/** The first text in the head of the messages. */
function firstText(text: string): string | undefined {
  const match = /\n {10}"text": ("(?:[^"\\\n]|\\.)*)/.exec(text)?.[1];
  if (match === undefined) return undefined;
  const whole = parseJson(`${match}"`) ?? parseJson(`${match.replace(/\\u?[0-9a-f]{0,3}$/i, "")}"`);
  return typeof whole === "string" ? whole : undefined;
}

/** A small file is parsed at once; of a large one, and one that is torn, the head is gone through piece by piece. */
async function wholeGlance(path: string, size: number, world: World): Promise<Glance | undefined> {
  if (size <= SMALL_BYTES) {
    const text = await textOf(path, 0, size, world);
    const document = parseJson(text.startsWith("\uFEFF") ? text.slice(1) : text);
    if (isObject(document)) return glanceOf(document, document["messages"]);
  }
  const json = await world.files.json(path, { lists: [MESSAGES], end: Math.min(size, OTHER_LAYOUT_BYTES) });
  if (json?.root !== "object") return undefined;
  const first: JsonValue[] = [];
  for await (const { value } of json.items(MESSAGES, 0, FIRST_MESSAGES)) first.push(value ?? null);
  return glanceOf(await membersOf(json, LONGEST_MEMBER), first);
}

function glanceOf({ messages: _messages, ...members }: JsonObject, messages: JsonValue | undefined): Glance {
  const list = Array.isArray(messages) ? messages : [];
  const prompt = firstPrompt(list.slice(0, FIRST_MESSAGES));
  return { members, hasMessages: list.length > 0, ...(prompt === undefined ? {} : { prompt }) };
}

/** A prompt is among so many messages. */
const FIRST_MESSAGES = 4;

function firstPrompt(messages: JsonValue[]): string | undefined {
  for (const message of messages) {
    if (!isObject(message) || message["role"] !== "user" || objectOf(message, "source") !== undefined)
      continue;
    const text = blocksOf(message)
      .map((block) => (block["type"] === "text" ? stringOf(block, "text") : undefined))
      .find((value) => value !== undefined && value.trim() !== "");
    if (text !== undefined) return text;
  }
  return undefined;
}
