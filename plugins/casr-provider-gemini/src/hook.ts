import type { Registration } from "casr-cli/provider";

/** Gemini CLI, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "gemini",
  name: "Gemini CLI",
  aliases: ["gmi", "gem"],
  binary: { names: ["gemini"], versionArgs: ["--version"] },
  homeVariables: ["GEMINI_CLI_HOME", "GEMINI_HOME"],
  verified: [{ version: "0.61.0", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      // The CLI itself sends every `image/*` file (0.61.0, `detectFileType`), also those its service may refuse.
      // The CLI itself sends every image type, but the service answers 400 to GIF, BMP, TIFF and AVIF, and
      // would do so on every turn (google-gemini/gemini-cli #18057).
      mediaTypes: ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"],
    },
    documents: true,
    reasoning: { replays: [], display: true },
    system: "user",
    toolCalls: {
      unknownNames: "keep",
      kinds: [
        "shell",
        "read",
        "write",
        "edit",
        "patch",
        "list",
        "glob",
        "grep",
        "web-fetch",
        "web-search",
        "todo",
        "task",
        "ask-user",
        "view-image",
        "mcp",
      ],
      inputs: "object",
      idCharacters: "[A-Za-z0-9_.:#-]",
      idMaxLength: 128,
      nameCharacters: "[A-Za-z0-9_.:-]",
      nameMaxLength: 64,
    },
    toolResults: { errorFlag: true, order: "call" },
    notes: [
      "Gemini CLI deletes sessions that were not used for 30 days, and with its own file names also sessions that were resumed once (general.sessionRetention). casr gives its files a name of its own, which that second cleanup passes over.",
      "Gemini CLI finds a session only from the workspace it belongs to.",
      "Gemini CLI compresses a long conversation by itself, also right after a resume (model.compressionThreshold).",
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
