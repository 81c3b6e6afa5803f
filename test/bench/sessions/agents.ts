import { createHash } from "node:crypto";
import { fixtureText, type FileAgent, type Place } from "./files.ts";
import type { JsonObject } from "./sizes.ts";

/** When the fixtures were recorded, and with them every generated session before it is shifted. */
export const RECORDED = Date.parse("2026-11-21T05:00:00.000Z");

function uuidFolder(workspace: string): string {
  return workspace.replaceAll(/[^A-Za-z0-9]/g, "-");
}

function started(place: Place): string {
  return new Date(RECORDED + place.shift).toISOString();
}

/** The message of a record, wherever the agent keeps it. */
function messageOf(record: JsonObject): JsonObject {
  const { message } = record;
  return typeof message === "object" && message !== null && !Array.isArray(message) ? message : {};
}

/** One JSON document with a list in it: the text before the list's records, the records, the text after. */
function documentWith(key: string): FileAgent["parse"] {
  return (text) => {
    const { [key]: records, ...rest } = JSON.parse(text) as JsonObject & { [key: string]: JsonObject[] };
    const around = JSON.stringify(rest);
    return {
      records: records!,
      before: `${around.slice(0, -1)},${JSON.stringify(key)}:[\n`,
      after: "\n]}\n",
    };
  };
}

const CLAUDE: FileAgent = {
  slug: "claude-code",
  fixture: "claude-code/rich-headless",
  file: /4a10\.jsonl$/,
  session: "5b8f6a52-3c1e-4d0b-9a77-6e2f1c9d4a10",
  workspace: "/home/dev/projects/shop-api",
  startsTurns: (record) => record["type"] === "user",
  isResult: /"type":"tool_result"/,
  link: { id: "uuid", parent: "parentUuid" },
  path: ({ session, workspace }) => `.claude/projects/${uuidFolder(workspace)}/${session}.jsonl`,
};

const CODEX: FileAgent = {
  slug: "codex",
  fixture: "codex/codemode-gpt6",
  file: /bc0378f7f\.jsonl$/,
  session: "01a1fc7a-619c-7681-b85d-498bc0378f7f",
  workspace: "/home/dev/projects/shop",
  startsTurns: (record) => record["type"] === "turn_context",
  isResult: /_call_output"/,
  path: (place) => {
    const [day = "", time = ""] = started(place).slice(0, 19).split("T");
    const folder = day.replaceAll("-", "/");
    return `.codex/sessions/${folder}/rollout-${day}T${time.replaceAll(":", "-")}-${place.session}.jsonl`;
  },
};

/** Gemini CLI names a project's folder after the project, with a file in it that says which folder it is. */
function geminiFolder(workspace: string): string {
  return `.gemini/tmp/${workspace.slice(workspace.lastIndexOf("/") + 1)}`;
}

const GEMINI: FileAgent = {
  slug: "gemini",
  fixture: "gemini/image-and-big-output",
  file: /chats\/session-.*\.jsonl$/,
  also: { fixture: "gemini/basic-tools", file: /chats\/session-2026-11-21T05-10.*\.jsonl$/ },
  session: "48416d82-b914-40af-96d3-f6cc93806dec",
  workspace: "/home/dev/projects/gallery",
  startsTurns: (record) => record["type"] === "user" && record["$set"] === undefined,
  isResult: /"functionResponse"/,
  replacesAll: ({ $set: set }) => typeof set === "object" && set !== null && "messages" in set,
  path: (place) => {
    const minute = started(place).slice(0, 16).replaceAll(":", "-");
    return `${geminiFolder(place.workspace)}/chats/session-${minute}-${place.session.slice(0, 8)}.jsonl`;
  },
  beside: ({ workspace }) => [{ path: `${geminiFolder(workspace)}/.project_root`, text: workspace }],
};

const QWEN: FileAgent = {
  slug: "qwen",
  fixture: "qwen/image-and-big-output",
  file: /chats\/.*\.jsonl$/,
  session: "f24f34bc-507d-419b-b6dd-c650ee875301",
  workspace: "/home/dev/projects/gallery",
  startsTurns: (record) => record["type"] === "user",
  isResult: /"type":"tool_result"/,
  link: { id: "uuid", parent: "parentUuid" },
  path: ({ session, workspace }) => `.qwen/projects/${uuidFolder(workspace)}/chats/${session}.jsonl`,
};

const COPILOT: FileAgent = {
  slug: "copilot",
  fixture: "copilot/rich",
  file: /events\.jsonl$/,
  session: "bf6e688a-3167-4b91-a3de-2f0f1abfe965",
  workspace: "/home/dev/projects/app",
  startsTurns: (record) => record["type"] === "user.message",
  isResult: /"type":"tool\.execution_complete"/,
  link: { id: "id", parent: "parentId" },
  path: ({ session }) => `.copilot/session-state/${session}/events.jsonl`,
  beside: (place) => [
    {
      path: `.copilot/session-state/${place.session}/workspace.yaml`,
      text: fixtureText("copilot/rich", /workspace\.yaml$/)
        .replaceAll("bf6e688a-3167-4b91-a3de-2f0f1abfe965", place.session)
        .replaceAll("/home/dev/projects/app", place.workspace),
    },
  ],
};

const FACTORY: FileAgent = {
  slug: "factory",
  fixture: "factory/rich",
  file: /37a4c691[^/]*\.jsonl$/,
  session: "37a4c691-05af-4dce-bbcd-ad9f228d9bb2",
  workspace: "/home/dev/projects/app",
  startsTurns: (record) => record["type"] === "message" && messageOf(record)["visibility"] === undefined,
  isResult: /"type":"tool_result"/,
  link: { id: "id", parent: "parentId" },
  path: ({ session, workspace }) => `.factory/sessions/${uuidFolder(workspace)}/${session}.jsonl`,
  beside: ({ session, workspace }) => [
    {
      path: `.factory/sessions/${uuidFolder(workspace)}/${session}.settings.json`,
      text: fixtureText("factory/rich", /37a4c691.*settings\.json$/),
    },
  ],
};

const PI: FileAgent = {
  slug: "pi",
  fixture: "pi/tools",
  file: /\.jsonl$/,
  session: "01a1fdef-84b8-7271-acc2-521d74560a52",
  workspace: "/home/dev/projects/app",
  startsTurns: (record) => messageOf(record)["role"] === "user",
  isResult: /"role":"toolResult"/,
  link: { id: "id", parent: "parentId" },
  path: (place) => {
    const stamp = started(place).replaceAll(/[:.]/g, "-");
    return `.pi/agent/sessions/-${uuidFolder(place.workspace)}--/${stamp}_${place.session}.jsonl`;
  },
};

const CLINE: FileAgent = {
  slug: "cline",
  fixture: "cline/rich",
  file: /\.messages\.json$/,
  session: "1795238087756_za64d",
  workspace: "/home/dev/projects/app",
  parse: documentWith("messages"),
  startsTurns: (record) => record["role"] === "user",
  isResult: /"type":"tool_result"/,
  path: ({ session }) => `.cline/data/sessions/${session}/${session}.messages.json`,
  beside: ({ session, workspace }) => [
    {
      path: `.cline/data/sessions/${session}/${session}.json`,
      text: fixtureText("cline/rich", /za64d\.json$/)
        .replaceAll("1795238087756_za64d", session)
        .replaceAll("/home/dev/projects/app", workspace),
    },
  ],
};

const CONTINUE: FileAgent = {
  slug: "continue",
  fixture: "continue/edit",
  file: /88d490f6[^/]*\.json$/,
  session: "88d490f6-24ea-4346-b3ce-2fb008d777bc",
  workspace: "/home/dev/projects/notes-api",
  parse: documentWith("history"),
  startsTurns: (record) => messageOf(record)["role"] === "user",
  isResult: /"toolCallStates"/,
  path: ({ session }) => `.continue/sessions/${session}.json`,
  list: {
    path: ".continue/sessions/sessions.json",
    entry: (place) => ({
      sessionId: place.session,
      title: "Add pagination to the notes list",
      dateCreated: String(RECORDED + place.shift),
      workspaceDirectory: place.workspace,
      messageCount: 9,
    }),
  },
};

/** Kimi Code names the folder of a workspace's sessions after its last part and its path. */
function kimiFolder({ session, workspace }: Place): string {
  const name = workspace.slice(workspace.lastIndexOf("/") + 1);
  const digest = createHash("sha256").update(workspace).digest("hex").slice(0, 12);
  return `.kimi-code/sessions/wd_${name}_${digest}/${session}`;
}

const KIMI: FileAgent = {
  slug: "kimi",
  fixture: "kimi/tools",
  file: /agents\/main\/wire\.jsonl$/,
  session: "session_7da9d7fc-7957-4169-9f0c-2df4a9ef8f55",
  workspace: "/home/dev/projects/app",
  startsTurns: (record) => record["type"] === "turn.prompt",
  isResult: /"type":"tool\.result"/,
  path: (place) => `${kimiFolder(place)}/agents/main/wire.jsonl`,
  beside: (place) => [
    {
      path: `${kimiFolder(place)}/state.json`,
      text: fixtureText("kimi/tools", /state\.json$/)
        .replaceAll("session_7da9d7fc-7957-4169-9f0c-2df4a9ef8f55", place.session)
        .replaceAll("/home/dev/projects/app", place.workspace),
    },
  ],
};

/** The agents that keep a session in a file of its own. */
export const FILE_AGENTS: readonly FileAgent[] = [
  CLAUDE,
  CODEX,
  GEMINI,
  QWEN,
  COPILOT,
  FACTORY,
  PI,
  CLINE,
  CONTINUE,
  KIMI,
];
