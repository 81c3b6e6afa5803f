import type { Registration } from "casr-cli/provider";

/** Sample Agent, as casr knows it. Metadata only: the code behind it is loaded when a session is read or written. */
export const registration: Registration = {
  api: 1,
  slug: "sampleagent",
  name: "Sample Agent",
  aliases: ["sma"],
  // How the agent's own program is found and asked for its version.
  binary: { names: ["sampleagent"], versionArgs: ["--version"] },
  homeVariables: ["SAMPLEAGENT_HOME"],
  // Versions of the agent that resumed what this plugin wrote: { version, date, result }, newest first.
  verified: [],
  // What the agent's model really gets from a session that is written for it.
  capabilities: {
    images: { user: true, assistant: false, toolResult: true, mediaTypes: ["image/png", "image/jpeg"] },
    documents: false,
    reasoning: { replays: [], display: true },
    system: "message",
    toolCalls: {
      unknownNames: "keep",
      kinds: ["shell", "read"],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [],
  },
  reader: async () => (await import("./read.ts")).reader,
  writer: async () => (await import("./write.ts")).writer,
};

/** The `casr:providers` hook. */
export default function providers(): Registration[] {
  return [registration];
}
