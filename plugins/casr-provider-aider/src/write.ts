import type {
  JsonObject,
  Message,
  ProjectedSession,
  World,
  WriteOptions,
  WritePlan,
  Writer,
} from "casr-cli/provider";
import { markOf } from "./mark.ts";
import { PART_SEPARATOR } from "./messages.ts";
import { BREAK, escapeLine, linesOf, NOTE, noteText, trimmed, USER } from "./native.ts";
import { ownFolder, ownHistory } from "./paths.ts";
import { resume, resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";

function note(value: JsonObject): string {
  return `${NOTE}${noteText(value)}${BREAK}\n`;
}

/** `2026-05-01 10:00:00`, local time. */
function localTime(epochMs: number, world: World): string {
  const local = new Date(epochMs + world.utcOffsetMinutes(epochMs) * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

/** Half a character cannot be written as UTF-8: then the note holds the text. */
function exactly(text: string): JsonObject {
  return text.isWellFormed() ? {} : { text };
}

/** The texts of a message as one, and what casr has to note of it. */
function said(message: Message): { text: string; about: JsonObject } {
  const texts = message.content.flatMap((block) => {
    if (block.type === "text") return [block.text];
    return block.type === "compaction" ? [block.summary] : [];
  });
  const parts = texts.length > 1 ? { parts: texts.map((text) => text.length) } : {};
  const text = texts.join(PART_SEPARATOR);
  return { text, about: { ...parts, ...exactly(text) } };
}

/**
 * A prompt's lines, without the two blanks Aider itself puts at the end of each: its model would get them. A blank
 * line behind them keeps the next prompt apart.
 */
function promptText(text: string): string {
  return `${linesOf(text)
    .map((line) => `${USER}${line.text}${line.end === "" ? "\n" : line.end}`)
    .join("")}\n`;
}

function answerText(text: string): string {
  const lines = linesOf(text).map((line) => `${escapeLine(line.text)}${line.end}`);
  return `${lines.join("")}\n\n`;
}

/** A user message without its summaries, and these, each as a prompt of its own. */
function prompts(message: Message): { text: string; about: JsonObject }[] {
  const summaries = message.content.flatMap((block) =>
    block.type === "compaction"
      ? [{ text: block.summary, about: { origin: "compaction", ...exactly(block.summary) } }]
      : [],
  );
  const rest = said({ ...message, content: message.content.filter((block) => block.type === "text") });
  const { origin } = message;
  // A prompt that looks like a command is told from one by its note.
  const looks = /^[/!]\S/u.test(rest.text);
  const marked = origin === "injected" || origin === "command" || (looks && origin === "person");
  const about = { ...rest.about, ...(marked ? { origin } : {}) } as JsonObject;
  return [...summaries, ...(rest.text === "" ? [] : [{ text: rest.text, about }])];
}

async function* historyText(
  session: ProjectedSession,
  head: JsonObject,
  startedAt: number,
  world: World,
): AsyncIterable<string> {
  yield `\n# aider chat started at ${localTime(startedAt, world)}\n\n`;
  yield `${note(head)}\n`;
  let last: string | undefined;
  for await (const message of session.messages()) {
    if (message.role === "assistant") {
      const { text, about } = said(message);
      const bare = trimmed(text);
      if (bare.text === "") continue;
      const edges = { before: bare.before, after: bare.after };
      const more = { ...about, ...(bare.before + bare.after === "" ? {} : { edges }) };
      // Two answers in a row would be one without something between them.
      if (last === "assistant" || Object.keys(more).length > 0) yield `${note(more)}\n`;
      yield answerText(bare.text);
      last = "assistant";
      continue;
    }
    for (const { text, about } of prompts(message)) {
      if (Object.keys(about).length > 0) yield `${note(about)}\n`;
      yield promptText(text);
      last = "user";
    }
  }
}

/** The start of the source, or the time of its first dated message. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  // Four digits for the year.
  const fits = (time: number | undefined): time is number =>
    time !== undefined && time > 86_400_000 && time < 253_402_000_000_000;
  if (fits(session.header.startedAt)) return session.header.startedAt;
  for await (const { timestamp } of session.messages()) if (fits(timestamp)) return timestamp;
  return world.now();
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { sessionId, workspace, lineage } = options;
  const path = ownHistory(sessionId, world);
  const { header, firstPrompt } = session;
  const { titleFrom } = world.toolkit;
  const title = [header.nativeName, header.title, firstPrompt]
    .map((text) => titleFrom(text ?? ""))
    .find((text) => text !== undefined);
  const head: JsonObject = {
    id: sessionId,
    workspace,
    ...(title === undefined ? {} : { title }),
    ...markOf(lineage),
  };
  const startedAt = await startOf(session, world);
  return {
    sessionId,
    path,
    roots: [ownFolder(world)],
    steps: [{ kind: "create-file", path, content: () => historyText(session, head, startedAt, world) }],
    resume: resumeSteps(path, workspace),
    notes: [],
  };
}

/** Writes a history of its own for each session (Aider 0.86): one in a project would be restored with all others in it. */
export const writer: Writer = { nativeCall, plan, resume };
