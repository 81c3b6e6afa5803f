import type { SessionRef, SessionSummary, World } from "casr-cli/provider";
import type { Head } from "./editor-store.ts";
import { objectOf, objectsOf, stringOf } from "./json.ts";
import { defined, lineageOf } from "./mark.ts";
import { givenName, modelName } from "./native.ts";
import { isAbsolute, pathOfUri } from "./paths.ts";

/** The folder in a session's `workspaceIdentifier`, else that of its repository. */
export function headWorkspace(head: Head): string | undefined {
  const uri = objectOf(objectOf(head.value, "workspaceIdentifier"), "uri");
  const scheme = stringOf(uri, "scheme");
  const path = stringOf(uri, "fsPath") ?? pathOfUri(stringOf(uri, "external") ?? "") ?? stringOf(uri, "path");
  if (path !== undefined && (scheme === undefined || scheme === "file") && isAbsolute(path)) return path;
  const [repository] = objectsOf(head.value, "trackedGitRepos");
  const root = stringOf(repository, "repoPath");
  return root !== undefined && isAbsolute(root) ? root : undefined;
}

/** What a listing shows of a session of the editor. `listed` is the folder a workspace's list names it in. */
export function headSummary(
  ref: SessionRef,
  head: Head,
  listed: string | undefined,
  world: World,
): SessionSummary {
  const name = givenName(head.value["name"]);
  const [repository] = objectsOf(head.value, "trackedGitRepos");
  const branch = stringOf(objectsOf(repository, "branches")[0], "branchName");
  return defined<SessionSummary>({
    ref,
    title: name === undefined ? undefined : world.toolkit.titleFrom(name),
    nativeName: name,
    workspace: headWorkspace(head) ?? listed,
    startedAt: head.createdAt,
    lastActiveAt: head.updatedAt ?? head.createdAt,
    model: modelName(objectOf(head.value, "modelConfig")?.["modelName"]),
    gitBranch: branch,
    lineage: lineageOf(head.value["casr"], world),
    hidden: head.subagent ? "subagent" : head.archived ? "archived" : undefined,
  });
}
