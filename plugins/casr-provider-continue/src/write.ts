import type {
  JsonObject,
  JsonValue,
  ProjectedSession,
  World,
  WriteOptions,
  WritePlan,
  Writer,
} from "casr-cli/provider";
import { lineageMark } from "./mark.ts";
import { INDEX, pathsOf, sessionsFolder } from "./paths.ts";
import { resumeNewest, resumeSteps } from "./resume.ts";
import { nativeCall } from "./tools.ts";
import { ItemWriter } from "./write-items.ts";

/** What cn itself calls a session without a title. */
const UNTITLED = "Untitled Session";

async function plan(session: ProjectedSession, options: WriteOptions, world: World): Promise<WritePlan> {
  const { sessionId, workspace } = options;
  const { join } = pathsOf(world);
  const folder = sessionsFolder(world);
  const path = join(folder, `${sessionId}.json`);
  const about = { sessionId, title: titleOf(session, world), workspaceDirectory: workspace };
  let answers = 0;
  for await (const { role } of session.messages()) if (role === "assistant") answers += 1;
  const row: JsonObject = {
    ...about,
    dateCreated: String(session.header.startedAt ?? world.now()),
    messageCount: answers,
    casr: lineageMark(options.lineage),
  };
  return {
    sessionId,
    path,
    roots: [folder],
    steps: [
      { kind: "create-file", path, content: () => content(session, about, options, world) },
      { kind: "edit-json", path: join(folder, INDEX), edit: (current) => withRow(current, row) },
    ],
    resume: [resumeNewest(sessionId, workspace, world)],
    notes: [],
  };
}

function titleOf({ header, firstPrompt }: ProjectedSession, world: World): string {
  const { titleFrom } = world.toolkit;
  return titleFrom(header.nativeName ?? header.title ?? "") ?? titleFrom(firstPrompt ?? "") ?? UNTITLED;
}

/** The list with one more row, or with the session's row replaced; rows of all kinds stay as they are. */
function withRow(current: JsonValue | undefined, row: JsonObject): JsonValue {
  if (current !== undefined && !Array.isArray(current))
    throw new Error(`${INDEX} of Continue is not the list it should be; casr leaves it alone`);
  const others = (current ?? []).filter(
    (other) =>
      !(
        typeof other === "object" &&
        other !== null &&
        "sessionId" in other &&
        other["sessionId"] === row["sessionId"]
      ),
  );
  return [...others, row];
}

/** The file as cn lays it out: two spaces, items one by one. */
async function* content(
  session: ProjectedSession,
  about: JsonObject,
  options: WriteOptions,
  world: World,
): AsyncIterable<string> {
  const head = Object.entries(about).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
  );
  yield `{\n${head.join("")}  "history": [`;
  const items = new ItemWriter(world);
  let first = true;
  const laidOut = (item: JsonObject): string => {
    const whole = first
      ? { ...item, casr: { ...lineageMark(options.lineage), ...(item["casr"] as JsonObject | undefined) } }
      : item;
    const text = `${first ? "" : ","}\n    ${JSON.stringify(whole, undefined, 2).replaceAll("\n", "\n    ")}`;
    first = false;
    return text;
  };
  for await (const message of session.messages())
    for (const item of await items.of(message)) yield laidOut(item);
  for (const item of items.finish()) yield laidOut(item);
  yield first ? "]\n}" : "\n  ]\n}";
}

/** Writes sessions for cn 1.5 and the IDE extensions. */
export const writer: Writer = { nativeCall, plan, resume: resumeSteps };
