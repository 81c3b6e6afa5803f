import type { PlanStep, ProjectedSession, WriteOptions, WritePlan, Writer, World } from "casr-cli/provider";
import { readConfig } from "./config.ts";
import { sessionFile, type LineOptions } from "./lines.ts";
import { codexHome, configFile, rolloutPath, sessionsFolder, sqliteHome, titlesFile } from "./paths.ts";
import { resume, resumeSteps } from "./resume.ts";
import { threadStep } from "./threads.ts";
import { toNative } from "./tools.ts";

interface Survey {
  first?: number;
  last?: number;
  prompt?: string;
}

/** First and last time among the messages, and the first text of a user. */
async function survey(session: ProjectedSession): Promise<Survey> {
  const found: Survey = {};
  for await (const message of session.messages()) {
    const { timestamp } = message;
    if (timestamp !== undefined) {
      found.first = Math.min(found.first ?? timestamp, timestamp);
      found.last = Math.max(found.last ?? timestamp, timestamp);
    }
    if (found.prompt === undefined && message.role === "user") {
      const texts = message.content.map((block) =>
        block.type === "text" ? block.text : block.type === "compaction" ? block.summary : "",
      );
      const text = texts.join("\n").trim();
      if (text !== "") found.prompt = text;
    }
  }
  return found;
}

/** The name to enter for the session; none when Codex would show the same words by itself. */
function titleOf(session: ProjectedSession, world: World): string | undefined {
  const { nativeName, title } = session.header;
  if (nativeName !== undefined) return world.toolkit.titleFrom(nativeName, 200);
  if (title === undefined) return undefined;
  const shown = session.firstPrompt === undefined ? undefined : world.toolkit.titleFrom(session.firstPrompt);
  return title === shown ? undefined : world.toolkit.titleFrom(title, 200);
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const home = codexHome(world);
  const config = await readConfig(configFile(home), world);
  const modelProvider = config.modelProvider ?? "openai";
  const { header, firstPrompt } = session;
  const known = header.startedAt !== undefined && header.endedAt !== undefined && firstPrompt !== undefined;
  const found: Survey = known ? {} : await survey(session);
  const startedAt = header.startedAt ?? found.first ?? world.now();
  const endedAt = Math.max(found.last ?? header.endedAt ?? startedAt, startedAt);
  const path = rolloutPath(home, options.sessionId, startedAt, world.utcOffsetMinutes(startedAt));
  const lines: LineOptions = { options, modelProvider, startedAt, world };
  const steps: PlanStep[] = [
    { kind: "create-file", path, content: () => sessionFile(session, lines), modifiedAt: endedAt },
  ];
  const title = titleOf(session, world);
  if (title !== undefined) {
    const entry = { id: options.sessionId, thread_name: title, updated_at: new Date(endedAt).toISOString() };
    steps.push({ kind: "append-lines", path: titlesFile(home), lines: [JSON.stringify(entry)] });
  }
  const { git } = header;
  const { step, note } = await threadStep(
    {
      id: options.sessionId,
      path,
      createdAt: startedAt,
      updatedAt: endedAt,
      modelProvider,
      workspace: options.workspace,
      firstPrompt: firstPrompt ?? found.prompt ?? "",
      ...(git === undefined ? {} : { git }),
    },
    world,
  );
  if (step !== undefined) steps.push(step);
  const databases = await sqliteHome(world);
  return {
    sessionId: options.sessionId,
    path,
    // Each may be a link to elsewhere.
    roots: [...new Set([home, sessionsFolder(home), databases])],
    steps,
    resume: resumeSteps(options.sessionId, options.workspace, world),
    notes: note === undefined ? [] : [note],
  };
}

export const writer: Writer = { nativeCall: toNative, plan, resume };
