/** What both made-up agents share. */
function agent(slug, name, alias, able) {
  return {
    api: 1,
    slug,
    name,
    aliases: [alias],
    binary: { names: [`${slug}-agent`], versionArgs: ["--version"] },
    homeVariables: [`${slug.toUpperCase()}_HOME`],
    verified: [{ version: "1.0.0", date: "2026-01-01", result: "passed" }],
    capabilities: {
      images: { user: able, assistant: false, toolResult: able, mediaTypes: ["image/png"] },
      documents: false,
      reasoning: { replays: [], display: false },
      system: "user",
      toolCalls: {
        unknownNames: able ? "keep" : "text",
        kinds: [],
        inputs: "object",
        idCharacters: "[A-Za-z0-9_-]",
        idMaxLength: 64,
        nameCharacters: "[A-Za-z0-9_-]",
        nameMaxLength: 64,
      },
      toolResults: { errorFlag: true, order: "any" },
      notes: [],
    },
    reader: async () => (await import("./store.js")).createStore(slug).reader,
    writer: async () => (await import("./store.js")).createStore(slug).writer,
    probe: async () => (await import("./probe.js")).createProbe(slug),
  };
}

/** Registers two agents as a stranger's plugin would: one that holds nearly all, and one that holds little. */
export default function providers() {
  return [agent("toy", "Toy Agent", "ty", true), agent("plain", "Plain Agent", "pl", false)];
}
