import type { JsonObject, SessionRef, SessionSummary, World } from "casr-cli/provider";
import type { Head } from "./editor-store.ts";
import { numberOf, objectOf, objectsOf, stringOf } from "./json.ts";
import { defined, lineageOf } from "./mark.ts";
import { givenName, modelName } from "./native.ts";
import { isAbsolute, pathOfUri } from "./paths.ts";

const MAX_TEXT = 1000;

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

/** What a listing shows of a head, as JSON: it goes with the session's reference. */
export function listedOf(head: Head, folder: string | undefined): JsonObject {
  const { value } = head;
  const [repository] = objectsOf(value, "trackedGitRepos");
  return defined<JsonObject>({
    name: givenName(value["name"])?.slice(0, MAX_TEXT),
    workspace: headWorkspace(head) ?? folder,
    createdAt: head.createdAt,
    updatedAt: head.updatedAt,
    model: modelName(objectOf(value, "modelConfig")?.["modelName"]),
    branch: stringOf(objectsOf(repository, "branches")[0], "branchName"),
    casr: objectOf(value, "casr"),
    hidden: head.subagent ? "subagent" : head.archived ? "archived" : undefined,
  });
}

/** The same of a reference: all of it but a title, where nobody gave a name. */
export function headSummary(ref: SessionRef, listed: JsonObject, world: World): SessionSummary {
  const name = stringOf(listed, "name");
  const createdAt = numberOf(listed, "createdAt");
  const hidden = listed["hidden"];
  return defined<SessionSummary>({
    ref,
    title: name === undefined ? undefined : world.toolkit.titleFrom(name),
    nativeName: name,
    workspace: stringOf(listed, "workspace"),
    startedAt: createdAt,
    lastActiveAt: numberOf(listed, "updatedAt") ?? createdAt,
    model: stringOf(listed, "model"),
    gitBranch: stringOf(listed, "branch"),
    lineage: lineageOf(listed["casr"], world),
    hidden: hidden === "subagent" || hidden === "archived" ? hidden : undefined,
  });
}
