import type { Registration } from "casr-cli/provider";

/** Qwen Code, as casr knows it. Loads none of the provider's code. */
export const registration: Registration = {
  api: 1,
  slug: "qwen",
  name: "Qwen Code",
  aliases: ["qwn"],
  binary: { names: ["qwen"], versionArgs: ["--version"] },
  homeVariables: ["QWEN_RUNTIME_DIR", "QWEN_HOME"],
  verified: [{ version: "0.24.4", date: "2026-11-21", result: "passed" }],
  capabilities: {
    images: {
      user: true,
      assistant: false,
      toolResult: true,
      mediaTypes: ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"],
    },
    // Sent only for models that Qwen Code believes to take them, and none of Qwen's own are among those.
    documents: false,
    // Thoughts go back as `reasoning_content`, which knows no signatures.
    reasoning: { replays: [], unsigned: true, display: true },
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
      // Qwen Code itself takes anything; services of the Chat Completions kind ask for this.
      idCharacters: "[A-Za-z0-9_-]",
      idMaxLength: 40,
      nameCharacters: "[A-Za-z0-9_-]",
      nameMaxLength: 64,
    },
    // The file tells errors apart; the service Qwen Code usually talks to (Chat Completions) has no place for that.
    toolResults: { errorFlag: false, order: "any" },
    notes: [
      "Qwen Code finds a session only from the workspace it belongs to.",
      "Qwen Code sends pictures only to models it knows to see them (qwen3.5-plus, qwen3-vl-plus and the like); others get a placeholder. The session keeps the pictures.",
      "Qwen Code compresses a long conversation by itself, also right after a resume.",
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
