/** Metadata only: the code behind it is imported when a session of this agent is read or written. */
export default function providers() {
  return [
    {
      api: 1,
      slug: "tiny",
      name: "Tiny Agent",
      aliases: ["tny"],
      binary: { names: ["tiny-agent"], versionArgs: ["--version"] },
      homeVariables: ["TINY_HOME"],
      verified: [],
      capabilities: {
        images: { user: true, assistant: false, toolResult: true, mediaTypes: ["image/png"] },
        documents: false,
        reasoning: { replays: [], display: false },
        system: "user",
        toolCalls: {
          unknownNames: "keep",
          kinds: ["shell"],
          inputs: "object",
          idCharacters: "[A-Za-z0-9_-]",
          idMaxLength: 64,
          nameCharacters: "[A-Za-z0-9_-]",
          nameMaxLength: 64,
        },
        toolResults: { errorFlag: true, order: "any" },
        notes: [],
      },
      reader: () => import("./reader.js").then((module) => module.reader),
      writer: () => import("./writer.js").then((module) => module.writer),
    },
  ];
}
