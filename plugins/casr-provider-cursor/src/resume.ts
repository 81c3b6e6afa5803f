import type { ResumeStep, World } from "casr-cli/provider";
import { layoutOf } from "./discover.ts";
import { agentFolders, baseName, folderOf } from "./paths.ts";

/** Folder of `cursor-agent` a chat lies in: above `chats/<key>/<id>`, or above `acp-sessions/<id>`. */
function configFolder(path: string): string {
  const bucket = folderOf(folderOf(path));
  return baseName(bucket) === "acp-sessions" ? folderOf(bucket) : folderOf(folderOf(bucket));
}

/** What `cursor-agent` has to be told so that it looks where the chat is. */
function environment(config: string, world: World): Pick<ResumeStep, "env"> {
  const told = world.env["CURSOR_CONFIG_DIR"];
  const byItself =
    told === undefined
      ? world.env["CURSOR_HOME"] === undefined && agentFolders(world)[0] === config
      : told === config;
  return byItself ? {} : { env: { CURSOR_CONFIG_DIR: config } };
}

/** `cursor-agent` looks for a chat below the folder's own key, so it has to be started there. */
export function agentSteps(
  id: string,
  workspace: string | undefined,
  path: string,
  world: World,
): ResumeStep[] {
  const argv = ["cursor-agent", "--resume", id];
  const where = workspace === undefined ? {} : { cwd: workspace };
  return [{ argv, ...where, ...environment(configFolder(path), world) }];
}

/** The editor takes no session's id: it opens the folder, and the session is in its list. */
export function editorSteps(workspace: string | undefined): ResumeStep[] {
  const note =
    "Open the Agents panel and choose the session by its title: Cursor cannot be told which one to open.";
  return [{ argv: ["cursor", ...(workspace === undefined ? [] : [workspace])], note }];
}

const COPY =
  "Only a readable copy of this session is here; Cursor may not have it any more. Add --fork to make a new one of it.";

export async function resume(
  session: { id: string; workspace?: string; path: string },
  world: World,
): Promise<ResumeStep[]> {
  const layout = layoutOf(session.path);
  if (layout === "agent") return agentSteps(session.id, session.workspace, session.path, world);
  if (layout === "editor") return editorSteps(session.workspace);
  return [{ argv: ["cursor-agent", "--resume", session.id], note: COPY }];
}
