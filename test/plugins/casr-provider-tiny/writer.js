import { storeOf } from "./reader.js";

async function* lines(session, options) {
  const { title } = session.header;
  yield `${JSON.stringify({ title, workspace: options.workspace, lineage: options.lineage })}\n`;
  for await (const message of session.messages()) {
    const { role, content, timestamp, origin } = message;
    yield `${JSON.stringify({ role, content, timestamp, origin })}\n`;
  }
}

export const writer = {
  nativeCall: (tool) =>
    tool.kind === "shell" ? { name: "run", input: { ...tool.rest, line: tool.command } } : undefined,
  async plan(session, options, world) {
    const store = storeOf(world);
    const path = `${store}/${options.sessionId}.jsonl`;
    return {
      sessionId: options.sessionId,
      path,
      roots: [store],
      steps: [{ kind: "create-file", path, content: () => lines(session, options) }],
      resume: await this.resume({ id: options.sessionId, workspace: options.workspace, path }),
      notes: [],
    };
  },
  resume: async (session) => [{ argv: ["tiny-agent", "--continue", session.id], cwd: session.workspace }],
};
