import type { Provider } from "../core/api.ts";
import type { Capabilities } from "../provider/capabilities.ts";
import type { History, Reader, SessionReading, SessionRef, SessionSummary } from "../provider/reader.ts";
import type { Registration } from "../provider/registration.ts";
import { reindexMessages } from "../session/content.ts";
import { TOOL_KINDS } from "../session/tool-types.ts";
import type { Message } from "../session/types.ts";
import { GOLDEN_NAMES, GOLDEN_SESSIONS, GOLDEN_SLUG, type GoldenSession } from "./golden/index.ts";

/** The golden agent can hold everything. */
const CAPABILITIES: Capabilities = {
  images: { user: true, assistant: true, toolResult: true, mediaTypes: ["image/png"] },
  documents: true,
  reasoning: { replays: [], display: true },
  system: "message",
  toolCalls: {
    unknownNames: "keep",
    kinds: [...TOOL_KINDS],
    inputs: "any",
    idCharacters: "[^]",
    idMaxLength: 1000,
    nameCharacters: "[^]",
    nameMaxLength: 1000,
  },
  toolResults: { errorFlag: true, order: "any" },
  notes: [],
};

function refOf({ header }: GoldenSession): SessionRef {
  // No file holds it, so none goes into its digest.
  return {
    provider: GOLDEN_SLUG,
    id: header.id,
    path: header.sourcePath,
    files: [],
    sizeBytes: 0,
    modifiedAt: header.endedAt ?? 0,
  };
}

async function* messagesOf(session: GoldenSession, history: History): AsyncIterable<Message> {
  const wanted = session.messages.filter((message) => history === "full" || message.inContext);
  // Readers make new values each time; so that nobody can change what the next one gets, this one does too.
  yield* structuredClone(reindexMessages(wanted));
}

function goldenReader(sessions: GoldenSession[]): Reader {
  const find = (ref: SessionRef): GoldenSession => {
    const found = sessions.find(({ header }) => header.id === ref.id);
    if (found === undefined) throw new Error(`there is no golden session ${ref.id}`);
    return found;
  };
  return {
    detect: async () => ({ found: true, evidence: ["made in memory"], roots: [] }),
    async *discover() {
      for (const session of sessions) yield refOf(session);
    },
    async *locate(word) {
      const start = word.toLowerCase();
      for (const session of sessions) if (session.header.id.startsWith(start)) yield refOf(session);
    },
    async identify(path) {
      const found = sessions.find(({ header }) => header.sourcePath === path);
      return found === undefined ? undefined : refOf(found);
    },
    async summarize(ref): Promise<SessionSummary> {
      const { title, workspace } = find(ref).header;
      return {
        ref,
        ...(title === undefined ? {} : { title }),
        ...(workspace === undefined ? {} : { workspace }),
      };
    },
    async read(ref): Promise<SessionReading> {
      const session = find(ref);
      return {
        header: structuredClone(session.header),
        messages: ({ history }) => messagesOf(session, history),
        records: { total: session.messages.length, malformed: 0 },
      };
    },
  };
}

/**
 * A provider whose store is the golden sessions, all with `workspace` as their folder. Sessions are found by
 * `golden:golden-<name>`, for example `golden:golden-conversation`.
 */
export function goldenRegistration(workspace: string): Registration {
  const reader = goldenReader(GOLDEN_NAMES.map((name) => GOLDEN_SESSIONS[name](workspace)));
  return {
    api: 1,
    slug: GOLDEN_SLUG,
    name: "Golden sessions",
    aliases: [],
    binary: { names: [], versionArgs: [] },
    homeVariables: [],
    verified: [],
    capabilities: CAPABILITIES,
    reader: async () => reader,
  };
}

/** The same as the core holds it, to be put into a registry or given to a conversion as its source. */
export function goldenProvider(workspace: string): Provider {
  const origin = { name: "casr-cli", version: "0", root: "", origin: "bundled" as const };
  return { ...goldenRegistration(workspace), package: origin };
}
