import type { JsonObject, Lineage, ProjectedSession, World } from "casr-cli/provider";
import { present } from "./json.ts";
import { SLUG } from "./native.ts";
import { pathsOf, uriOf } from "./paths.ts";
import { ThreadMessages } from "./write-messages.ts";

/** Longer titles are cut by Amp's own lists. */
const TITLE_LENGTH = 100;

/** What a thread is made from besides its messages. */
export interface ThreadFacts {
  id: string;
  workspace: string;
  /** Amp ends at once when a folder of its trees is not there. */
  workspaceIsHere: boolean;
  lineage: Lineage;
}

/** casr's mark. The folder stands here, too: it may not be among the trees. */
export function lineageMark(facts: Pick<ThreadFacts, "lineage" | "workspace">): JsonObject {
  const { sourceProvider, sourceId, digest, casrVersion, convertedAt } = facts.lineage;
  return {
    source: { provider: sourceProvider, id: sourceId },
    digest,
    version: casrVersion,
    converted_at: isoTime(convertedAt),
    cwd: facts.workspace,
  };
}

export function isoTime(epochMs: number): string {
  return new Date(Math.abs(epochMs) <= 8.64e15 ? epochMs : 0).toISOString();
}

/** One line for lists. */
export function titleOf({ header, firstPrompt }: ProjectedSession, world: World): string | undefined {
  const { titleFrom } = world.toolkit;
  const candidates = [header.nativeName, header.title, firstPrompt];
  return candidates.map((text) => titleFrom(text ?? "", TITLE_LENGTH)).find((text) => text !== undefined);
}

/** The bytes of a thread file as Amp lays it out; what a list needs stands in front of the messages. */
export async function* threadFile(
  session: ProjectedSession,
  facts: ThreadFacts,
  world: World,
): AsyncIterable<string> {
  const { id, workspace, workspaceIsHere } = facts;
  const own = session.header.provider === SLUG;
  const tree = { displayName: pathsOf(world).basename(workspace), uri: uriOf(workspace) };
  const mode = session.header.metadata["agentMode"];
  const head = present({
    v: 0,
    id,
    created: await startOf(session, world),
    title: titleOf(session, world),
    agentMode: own && typeof mode === "string" ? mode : "smart",
    env: workspaceIsHere ? { initial: { trees: [tree] } } : undefined,
    casr: lineageMark(facts),
  });
  const text = JSON.stringify(head, null, 2);
  yield `${text.slice(0, text.lastIndexOf("\n}"))},\n  "messages": [`;
  const messages = new ThreadMessages(own, world);
  let separator = "\n    ";
  for await (const message of session.messages()) {
    world.signal.throwIfAborted();
    for (const native of await messages.of(message)) {
      yield separator + JSON.stringify(native, null, 2).replaceAll("\n", "\n    ");
      separator = ",\n    ";
    }
  }
  yield `${messages.count === 0 ? "" : "\n  "}],\n  "nextMessageId": ${messages.count}\n}`;
}

/** When the source session began, or its first message with a time. */
async function startOf(session: ProjectedSession, world: World): Promise<number> {
  if (isTime(session.header.startedAt)) return session.header.startedAt;
  for await (const { timestamp } of session.messages()) if (isTime(timestamp)) return timestamp;
  return world.now();
}

function isTime(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value <= 8.64e15;
}
