import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { probe } from "../../../plugins/casr-provider-amp/src/probe.ts";
import type { WireItem } from "../../../src/probe/index.ts";
import { isJsonObject, type JsonValue } from "../../../src/session/json.ts";
import { listFiles, objectField, parseJson, stringField } from "../files.ts";
import type { Agent, FoundSession } from "./agent.ts";

const THREAD_FILE = /^(T-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/i;

/** Texts Amp puts in front of a prompt: the editor's state, and instruction files near a file that was read. */
const INJECTED = /^(?:# User State\n|Contents of \S.* \((?:project instructions|user's private )[^)]*\):\n)/;

/** Later versions put this in front of a picture. */
const IMAGE_NOTE =
  /^<attached_image path="[^"]*">The following image is from the source above\.<\/attached_image>$/;

export const amp: Agent = {
  slug: "amp",
  label: "amp",
  package: { folder: "amp", name: "@sourcegraph/amp", version: "0.0.1767830505-ga62310" },
  command: (folder, node) => [node, join(folder, "node_modules/@sourcegraph/amp/dist/main.js")],
  probe,
  sessions,
  conversation,
  isSummary: () => false,
};

async function sessions(home: string): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for (const path of await listFiles(home, ".local/share/amp/threads")) {
    const id = THREAD_FILE.exec(basename(path))?.[1];
    if (id === undefined) continue;
    const thread = parseJson((await readFile(join(home, path))).toString("utf8"));
    if (stringField(thread, "mainThreadID") !== undefined) continue;
    const cwd = treeOf(thread);
    if (cwd !== undefined) found.push({ id, cwd, path });
  }
  return found;
}

function treeOf(thread: JsonValue): string | undefined {
  const trees = objectField(objectField(thread, "env"), "initial")?.["trees"];
  const first = Array.isArray(trees) ? trees[0] : undefined;
  const uri = isJsonObject(first) ? stringField(first, "uri") : undefined;
  return uri === undefined ? undefined : decodeURIComponent(uri.replace(/^file:\/\//, ""));
}

/**
 * What Amp keeps of a compaction goes out as the first answer of the model; it is the user's side in all other agents
 * but Continue, whose sessions begin with such an answer themselves.
 */
function conversation(items: readonly WireItem[], _asSource: boolean, answerFirst: boolean): WireItem[] {
  const kept = items.filter((item) => {
    if (item.kind === "system") return false;
    return (
      item.kind !== "user" ||
      (item.text.trim() !== "" && !INJECTED.test(item.text) && !IMAGE_NOTE.test(item.text))
    );
  });
  const [first, ...others] = kept;
  return first?.kind === "assistant" && !answerFirst ? [{ kind: "user", text: first.text }, ...others] : kept;
}
