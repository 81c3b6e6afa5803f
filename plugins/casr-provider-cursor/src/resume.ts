import type { ResumeStep, World } from "casr-cli/provider";
import { layoutOf } from "./discover.ts";
import { agentFolders, folderOf, join } from "./paths.ts";

/** `cursor-agent` looks for a chat below the folder's own key, so it has to be started there. */
export function agentSteps(
  id: string,
  workspace: string | undefined,
  path: string,
  world: World,
): ResumeStep[] {
  // <config>/chats/<key>/<id>/store.db
  const config = folderOf(folderOf(folderOf(folderOf(path))));
  const usual = join(world.home, ".cursor");
  const env =
    config === usual || world.env["CURSOR_CONFIG_DIR"] === config ? {} : { CURSOR_CONFIG_DIR: config };
  const elsewhere = agentFolders(world).includes(config) && world.env["CURSOR_HOME"] === undefined;
  return [
    {
      argv: ["cursor-agent", "--resume", id],
      ...(workspace === undefined ? {} : { cwd: workspace }),
      ...(Object.keys(env).length === 0 || elsewhere ? {} : { env: env as Record<string, string> }),
    },
  ];
}

/** The editor takes no session's id: it opens the folder, and the session is in its list. */
export function editorSteps(workspace: string | undefined): ResumeStep[] {
  const note =
    "Open the Agents panel and choose the session by its title: Cursor cannot be told which one to open.";
  return [{ argv: ["cursor", ...(workspace === undefined ? [] : [workspace])], note }];
}

export async function resume(
  session: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  const layout = layoutOf(session.path);
  if (layout === "agent") return agentSteps(session.id, session.workspace, session.path, world);
  if (layout === "editor") return editorSteps(session.workspace);
  const steps: ResumeStep[] = [{ argv: ["cursor-agent", "--resume", session.id] }];
  const note =
    "Only a readable copy of this session is here; Cursor may not have it any more. Add --fork to make a new one of it.";
  return steps.map((step) => ({ ...step, note }));
}
