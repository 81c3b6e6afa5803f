import type { JsonObject, ProjectedSession, World, WriteOptions, WritePlan, Writer } from "casr-cli/provider";
import { lineageMark } from "./mark.ts";
import { partsIn, SLUG, textOf } from "./native.ts";
import { CHATS, pathsOf, projectName, runtimeFolder } from "./paths.ts";
import { Records } from "./write-records.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";

/** Enough of a text for a title. */
const SHOWN_LENGTH = 300;

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { join } = pathsOf(world);
  const sessionId = options.sessionId.toLowerCase();
  // The CLI sees its working directory without links.
  const workspace = (await world.files.realpath(options.workspace)) ?? options.workspace;
  const projects = join(await runtimeFolder(world), "projects");
  const path = join(projects, projectName(workspace, world), CHATS, `${sessionId}.jsonl`);
  const startedAt = await startOf(session, world);
  return {
    sessionId,
    path,
    roots: [projects],
    steps: [
      {
        kind: "create-file",
        path,
        content: () => lines(session, { ...options, sessionId, workspace }, startedAt, world),
      },
    ],
    resume: resumeSteps(sessionId, options.workspace, world),
    notes: [],
  };
}

/** The start of the source session, or the time of its first dated message. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  if (session.header.startedAt !== undefined) return session.header.startedAt;
  for await (const { timestamp } of session.messages()) if (timestamp !== undefined) return timestamp;
  return world.now();
}

async function* lines(
  session: ProjectedSession,
  options: WriteOptions,
  startedAt: number,
  world: World,
): AsyncIterable<string> {
  const { git } = session.header;
  const common = { cwd: options.workspace, ...(git?.branch === undefined ? {} : { gitBranch: git.branch }) };
  const own = session.header.provider === SLUG;
  const records = new Records({ sessionId: options.sessionId, common, startedAt, own }, world);
  let first = true;
  let shown: string | undefined;
  for await (const message of session.messages()) {
    for await (const record of records.of(message)) {
      if (record["type"] === "user") shown ??= shownPrompt(record);
      yield lineOf(first ? withMark(record, options) : record);
      first = false;
    }
  }
  const name = nameOf(session, shown, world);
  if (name !== undefined) yield lineOf(first ? withMark(records.title(name), options) : records.title(name));
}

function withMark(record: JsonObject, { lineage }: WriteOptions): JsonObject {
  return { ...record, casr: { ...lineageMark(lineage), ...(record["casr"] as JsonObject | undefined) } };
}

/** The CLI's reader (Node's readline) ends lines at U+2028 and U+2029 too; JSON may hold them as escapes. */
function lineOf(record: JsonObject): string {
  const escaped = JSON.stringify(record).replace(/[\u2028\u2029]/gu, (mark) =>
    mark === "\u2028" ? "\\u2028" : "\\u2029",
  );
  return `${escaped}\n`;
}

/** What Qwen Code 0.24.4 lists an unnamed session by: the first text of the first user record that has one, typed or not. */
function shownPrompt(record: JsonObject): string | undefined {
  return (
    partsIn(record["message"])
      .map(textOf)
      .find((text) => text !== undefined)
      ?.slice(0, SHOWN_LENGTH) || undefined
  );
}

/** The session's name, unless `shown`, which the list shows by itself where there is none, says the same. */
function nameOf({ header }: ProjectedSession, shown: string | undefined, world: World): string | undefined {
  const { titleFrom } = world.toolkit;
  const name = titleFrom(header.nativeName ?? "") ?? titleFrom(header.title ?? "");
  return name === titleFrom(shown ?? "") ? undefined : name;
}

/** Writes sessions for Qwen Code 0.5 and later. */
export const writer: Writer = {
  nativeCall,
  plan,
  resume: async (session, world) => resumeSteps(session.id, session.workspace, world),
};
