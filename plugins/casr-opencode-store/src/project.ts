import type { Database, World } from "casr-cli/provider";
import { createHash } from "node:crypto";
import { folderOf, isAbsolute, join } from "./paths.ts";

/** The project a folder belongs to; `path` is the folder within its worktree ("" at the top). */
export interface Project {
  id: string;
  worktree: string;
  vcs?: "git";
  path?: string;
}

/** The id of sessions that belong to no git repository. */
const GLOBAL = "global";
/** No folder lies deeper than this. */
const MOST_LEVELS = 200;

/** The worktree that holds a folder, and the git folder its worktrees share. */
async function repository(
  workspace: string,
  world: World,
): Promise<{ worktree: string; common: string } | undefined> {
  let folder = workspace;
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    const git = join(folder, ".git");
    const kind = (await world.files.stat(git))?.kind;
    if (kind === "directory") return { worktree: folder, common: git };
    if (kind === "file") {
      const own = /^gitdir: (.+)$/m.exec((await world.files.readText(git)) ?? "")?.[1]?.trim();
      if (own === undefined) return undefined;
      const path = isAbsolute(own) ? own : join(folder, own);
      const shared = (await world.files.readText(join(path, "commondir")))?.trim();
      if (shared === undefined) return { worktree: folder, common: path };
      return { worktree: folder, common: isAbsolute(shared) ? shared : join(path, shared) };
    }
    const above = folderOf(folder);
    if (above === folder || above === "") return undefined;
    folder = above;
  }
  return undefined;
}

/** The id OpenCode 1.17 and later give a repository with a remote `origin`, whatever its notation. */
export function remoteId(url: string): string | undefined {
  const scp = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(url);
  const full = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+)$/i.exec(url);
  const [, host, path] = (/^file:/i.test(url) ? null : (full ?? scp)) ?? [];
  if (host === undefined || path === undefined) return undefined;
  const name = path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/^\/+/, "");
  return createHash("sha1").update(`git-remote:${host.toLowerCase()}/${name}`).digest("hex");
}

/** The url of the remote `origin` in a git configuration. */
export function originUrl(config: string): string | undefined {
  let inOrigin = false;
  for (const line of config.split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) inOrigin = /^\s*\[remote "origin"\]/.test(line);
    const url = inOrigin ? /^\s*url\s*=\s*(.+?)\s*$/.exec(line)?.[1] : undefined;
    if (url !== undefined) return url;
  }
  return undefined;
}

/** A row of the same worktree: the agent was used there before. */
function known(database: Database | undefined, worktree: string): string | undefined {
  const sql = "SELECT id FROM project WHERE worktree = ? AND id <> ? ORDER BY time_updated DESC LIMIT 1";
  const [row] = database?.all(sql, worktree, GLOBAL) ?? [];
  return typeof row?.["id"] === "string" ? row["id"] : undefined;
}

/**
 * The project of a workspace, by which the agent's lists are sorted. A repository's id is what the agent noted in
 * the git folder, else what its store has for this worktree, else made from its remote. Where only git's objects
 * could tell, it is `global`: the agent moves such a session of a worktree's top folder by itself at its next start.
 */
export async function projectOf(
  workspace: string,
  database: Database | undefined,
  world: World,
): Promise<Project> {
  const found = await repository(workspace, world);
  if (found === undefined) return { id: GLOBAL, worktree: "/" };
  const { worktree, common } = found;
  // The agent keeps the id of a repository in this file, under this name also in relatives of OpenCode.
  const noted = (await world.files.readText(join(common, "opencode")))?.trim();
  const config = await world.files.readText(join(common, "config"));
  const url = config === undefined ? undefined : originUrl(config);
  const id =
    (noted !== undefined && /^[A-Za-z0-9_-]{1,128}$/.test(noted) ? noted : undefined) ??
    known(database, worktree) ??
    (url === undefined ? undefined : remoteId(url));
  if (id === undefined) return { id: GLOBAL, worktree: "/" };
  const path = workspace
    .slice(worktree.length)
    .replace(/^[\\/]+/, "")
    .replaceAll("\\", "/");
  return { id, worktree, vcs: "git", path };
}
