import type {
  JsonObject,
  JsonValue,
  Message,
  ProjectedSession,
  World,
  WriteOptions,
  WritePlan,
} from "casr-cli/provider";
import { refuseWhileRunning } from "./editor-running.ts";
import { unwritable } from "./faults.ts";
import { isObject } from "./json.ts";
import { TASK_FILE, TASK_UI_FILES } from "./native.ts";
import { join, taskHistoryFile, tasksFolder } from "./paths.ts";
import { taskSteps } from "./resume.ts";
import { TaskRecords } from "./task-records.ts";
import { TaskScreen } from "./task-screen.ts";

/** What the extension notes of a task as it works (3.89); it fills it itself. */
const METADATA: JsonObject = { files_in_context: [], model_usage: [], environment_history: [] };

/** What the list of tasks and casr's mark say of the session. */
export interface TaskFacts {
  /** The name the list shows. */
  title: string;
  mark: JsonObject;
  startedAt: number;
}

/** A task of the extension: its files, then its entry in the store's list, by which the extension knows it. */
export async function taskPlan(
  session: ProjectedSession,
  { sessionId, workspace }: WriteOptions,
  { title, mark, startedAt }: TaskFacts,
  store: string,
  world: World,
): Promise<WritePlan> {
  await refuseWhileRunning(store, world);
  const folder = join(tasksFolder(store), sessionId);
  const path = join(folder, TASK_FILE);
  const list = taskHistoryFile(store);
  const item: JsonObject = {
    id: sessionId,
    ts: world.now(),
    task: title,
    tokensIn: 0,
    tokensOut: 0,
    totalCost: 0,
    cwdOnTaskInitialization: workspace,
    ...(session.header.model === undefined ? {} : { modelId: session.header.model }),
  };
  const screen = (): AsyncIterable<string> => {
    const shown = new TaskScreen(startedAt, world);
    return listOf(session, [shown.begin(session.firstPrompt ?? title)], (message) => shown.of(message));
  };
  const conversation = (): AsyncIterable<string> => {
    const records = new TaskRecords(mark, startedAt, world);
    return listOf(session, [], (message) => records.of(message));
  };
  return {
    sessionId,
    path,
    roots: [store],
    steps: [
      { kind: "create-file", path, content: conversation },
      { kind: "create-file", path: join(folder, TASK_UI_FILES[0]!), content: screen },
      {
        kind: "create-file",
        path: join(folder, "task_metadata.json"),
        content: () => once(JSON.stringify(METADATA, null, 2)),
      },
      { kind: "edit-json", path: list, edit: (current) => withItem(current, item, list) },
    ],
    resume: taskSteps(store, workspace),
    notes: [
      "The session is written as a task of Cline's extension. For the CLI instead, set CASR_CLINE_STORE=cli.",
    ],
  };
}

/** The list with the task in it, once; the others stay as they are. Throws `write-failed` when it is no list. */
function withItem(current: JsonValue | undefined, item: JsonObject, path: string): JsonValue {
  if (current !== undefined && !Array.isArray(current)) {
    throw unwritable(
      `${path} is not the list of tasks that Cline keeps there.`,
      path,
      "Open Cline once in the editor, so that it puts the list right, and quit the editor; then run the command again.",
    );
  }
  const others = (current ?? []).filter((other) => !isObject(other) || other["id"] !== item["id"]);
  return [...others, item];
}

/** A JSON array with a line for each item, so that its pieces are small. */
async function* listOf(
  session: ProjectedSession,
  first: JsonObject[],
  itemsOf: (message: Message) => Promise<JsonObject[]>,
): AsyncIterable<string> {
  let separator = "[\n";
  const piece = (item: JsonObject): string => {
    const text = separator + JSON.stringify(item);
    separator = ",\n";
    return text;
  };
  for (const item of first) yield piece(item);
  for await (const message of session.messages())
    for (const item of await itemsOf(message)) yield piece(item);
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}
