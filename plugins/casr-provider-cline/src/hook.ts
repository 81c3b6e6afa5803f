import type { Registration } from "casr-cli/provider";

/** Cline, as casr knows it: the CLI and the editor extension. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "cline",
  name: "Cline",
  aliases: ["cln"],
  binary: { names: ["cline"], versionArgs: ["--version"] },
  homeVariables: ["CLINE_SESSION_DATA_DIR", "CLINE_DB_DATA_DIR", "CLINE_DATA_DIR", "CLINE_DIR", "CLINE_HOME"],
  verified: [{ version: "3.0.65", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // Others become "[media omitted: invalid or exceeds size limit]" in the request.
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp"],
    },
    documents: false,
    // A signed thought is sent back to Anthropic as it is; an unsigned one is shown.
    reasoning: { replays: ["anthropic"], display: true },
    // A message with the role `system` makes every prompt of the session fail.
    system: "user",
    toolCalls: {
      unknownNames: "keep",
      kinds: ["shell", "read", "write", "edit", "patch", "grep", "web-fetch", "task", "view-image", "mcp"],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 64,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "any" },
    notes: [
      "Cline works in the folder it is started in, not in the one the session was made in.",
      "Cline leaves older readings of a file out of its requests once a session holds more than 64 KB of them.",
    ],
  },
  reader: async () => (await import("./read.ts")).reader,
  writer: async () => (await import("./write.ts")).writer,
  probe: async () => (await import("./probe.ts")).probe,
};

/** The `casr:providers` hook. */
export default function providers(): Registration[] {
  return [registration];
}
