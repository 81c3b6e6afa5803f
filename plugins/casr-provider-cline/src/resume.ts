import type { ResumeStep, World } from "casr-cli/provider";
import { TASK_FILE } from "./native.ts";
import { baseName, editorProgram, folderOf, storesOf } from "./paths.ts";

/** The CLI finds a session from everywhere, but works in the folder it is started in. */
export async function resumeSteps(
  session: { id: string; workspace?: string },
  world: World,
): Promise<ResumeStep[]> {
  const { env } = await storesOf(world);
  const step: ResumeStep = {
    argv: ["cline", "--id", session.id],
    ...(Object.keys(env).length === 0 ? {} : { env }),
  };
  if (session.workspace !== undefined) return [{ ...step, cwd: session.workspace }];
  return [
    { ...step, note: "Run it in the folder the session was made in: Cline works where it is started." },
  ];
}

/** How to go on with a session that is there; the CLI does not know the extension's tasks. */
export async function resume(
  session: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  if (baseName(session.path) !== TASK_FILE) return resumeSteps(session, world);
  // <store>/tasks/<id>/<file>
  const store = folderOf(folderOf(folderOf(session.path)));
  return taskSteps(store, session.workspace, [
    `For the CLI, copy it: CASR_CLINE_STORE=cli casr resume ${session.id} --to cline --fork`,
  ]);
}

/** No command opens a task of the extension: the editor opens the folder, a person the task. */
export function taskSteps(store: string, workspace: string | undefined, more: string[] = []): ResumeStep[] {
  const program = editorProgram(store);
  const isKnown = program !== undefined && workspace !== undefined;
  const open = isKnown ? "Open" : "Open the folder in the editor, then";
  const note = `${open} the task from Cline's history there: the extension cannot be told which one to open.`;
  return [
    {
      argv: isKnown ? [program, workspace] : [],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      note: [note, ...more].join(" "),
    },
  ];
}
