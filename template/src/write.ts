import type {
  Block,
  Message,
  ProjectedSession,
  World,
  WriteOptions,
  WritePlan,
  Writer,
} from "casr-cli/provider";
import type { Head, MessageRecord, Part } from "./native.ts";
import { sessionFile, storeFolder } from "./paths.ts";
import { resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";

async function partOf(block: Block, world: World): Promise<Part> {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "compaction":
      return { type: "summary", text: block.summary };
    case "reasoning":
      return { type: "thinking", text: block.text };
    case "image":
      return { type: "image", mime: block.mediaType, data: await world.base64(block.data) };
    case "document":
      // The capabilities say no, so that none comes here.
      throw new Error("documents cannot be written");
    case "tool_call":
      return { type: "call", id: block.id, tool: block.name, args: block.input };
    case "tool_result": {
      const output = await Promise.all(block.content.map((part) => partOf(part, world)));
      const exit = block.exitCode === undefined ? {} : { exit: block.exitCode };
      return { type: "result", id: block.callId, output, failed: block.isError, ...exit };
    }
  }
}

async function recordOf(message: Message, time: number, world: World): Promise<MessageRecord> {
  const parts: Part[] = [];
  for (const block of message.content) parts.push(await partOf(block, world));
  const origin = message.origin === undefined ? {} : { origin: message.origin };
  return { type: "message", role: message.role, time: new Date(time).toISOString(), ...origin, parts };
}

function headOf(session: ProjectedSession, options: WriteOptions, startedAt: number): Head {
  const { lineage, sessionId, workspace } = options;
  const title = session.header.nativeName ?? session.header.title ?? session.firstPrompt;
  return {
    session: sessionId,
    ...(title === undefined ? {} : { title }),
    workspace,
    created: new Date(startedAt).toISOString(),
    casr: {
      source: { provider: lineage.sourceProvider, id: lineage.sourceId },
      digest: lineage.digest,
      version: lineage.casrVersion,
      converted_at: new Date(lineage.convertedAt).toISOString(),
    },
  };
}

async function* lines(session: ProjectedSession, options: WriteOptions, world: World): AsyncIterable<string> {
  let time = session.header.startedAt ?? world.now();
  yield `${JSON.stringify(headOf(session, options, time))}\n`;
  for await (const message of session.messages()) {
    // Times never go back, and every message has one.
    time = Math.max(message.timestamp ?? time + 1, time);
    yield `${JSON.stringify(await recordOf(message, time, world))}\n`;
  }
}

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { sessionId, workspace } = options;
  const store = storeFolder(world);
  const path = sessionFile(store, sessionId);
  return {
    sessionId,
    path,
    roots: [store],
    steps: [{ kind: "create-file", path, content: () => lines(session, options, world) }],
    resume: resumeSteps(sessionId, workspace),
    notes: [],
  };
}

export const writer: Writer = {
  nativeCall,
  plan,
  resume: async ({ id, workspace }) => resumeSteps(id, workspace),
};
