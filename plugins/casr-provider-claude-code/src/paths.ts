import { isAbsolute, join } from "node:path";
import type { World } from "casr-cli/provider";

/** A session's file name: any UUID-shaped id, upper case included. */
export const SESSION_FILE = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/i;

/** A subagent's transcript (2.0.x beside the sessions, later in `<session>/subagents`). */
export const SUBAGENT_FILE = /^(agent-[A-Za-z0-9_-]+)\.jsonl$/;

/** Claude Code's own folder: `$CLAUDE_CONFIG_DIR`, else `$CLAUDE_HOME`, else `~/.claude`. */
export function configFolder(world: World): string {
  const named = world.env["CLAUDE_CONFIG_DIR"] || world.env["CLAUDE_HOME"];
  if (!named) return join(world.home, ".claude");
  return isAbsolute(named) ? named : join(world.cwd, named);
}

/** The folder that holds one folder of sessions for each workspace. */
export function projectsFolder(world: World): string {
  return join(configFolder(world), "projects");
}

const LONGEST_NAME = 200;

/**
 * The name of a workspace's session folder (Claude Code 2.1.329): every UTF-16 unit outside
 * `[A-Za-z0-9]` becomes "-"; names over 200 characters are cut and get a hash of the whole path.
 * `workspace` is the real path of the folder the agent is started in.
 */
export function projectFolderName(workspace: string): string {
  const name = workspace.replace(/[^a-zA-Z0-9]/g, "-");
  if (name.length <= LONGEST_NAME) return name;
  let hash = 0;
  for (let index = 0; index < workspace.length; index += 1) {
    hash = ((hash << 5) - hash + workspace.charCodeAt(index)) | 0;
  }
  return `${name.slice(0, LONGEST_NAME)}-${Math.abs(hash).toString(36)}`;
}
