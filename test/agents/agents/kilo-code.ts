import { join } from "node:path";
import { probe } from "../../../plugins/casr-provider-kilo-code/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import type { Agent } from "./agent.ts";
import { conversation as spoken, opencode, storedSessions } from "./opencode.ts";

/** What Kilo Code puts behind every prompt when it sends it: time and folders. */
const ENVIRONMENT = /\s*<environment_details>[\s\S]*?<\/environment_details>\s*$/;

/** A remark on a change of agents. It stands in the store, and is also made anew on a resume. */
const AGENT_CHANGED = /<system-reminder>\s*The active agent has changed from [\s\S]*?<\/system-reminder>/;

/** A fork of OpenCode, with a store and a conversation of the same kind. */
export const kiloCode: Agent = {
  slug: "kilo-code",
  label: "kil",
  package: { folder: "kilo", name: "@kilocode/cli-linux-x64", version: "7.7.9" },
  command: (folder) => [join(folder, "node_modules/@kilocode/cli-linux-x64/bin/kilo")],
  probe,
  sessions: (home) => storedSessions(home, ".local/share/kilo", "kilo.db"),
  conversation,
  isSummary: opencode.isSummary,
  mayCarry: (text) => AGENT_CHANGED.test(text) || opencode.mayCarry?.(text) === true,
};

function conversation(items: readonly WireItem[]): WireItem[] {
  const plain = items.flatMap((item): WireItem[] => {
    if (item.kind !== "user") return [item];
    const text = item.text.replace(ENVIRONMENT, "").replace(AGENT_CHANGED, "");
    return text.trim() === "" ? [] : [{ ...item, text }];
  });
  return spoken(plain);
}
