import type { Detection, SessionRef, SessionSummary, World } from "casr-cli/provider";
import { agentChats, identifyAgent, summarizeAgent } from "./agent-discover.ts";
import { editorSessions, identifyEditor, summarizeEditor } from "./editor-discover.ts";
import { identifyTranscript, summarizeTranscript, transcripts } from "./transcript.ts";
import { agentFolders, editorFolder, join, stateDatabase } from "./paths.ts";

/** Where a session is kept. */
export type Layout = "editor" | "agent" | "transcript";

export function layoutOf(path: string): Layout {
  if (/\.(?:jsonl|txt)$/iu.test(path)) return "transcript";
  return /[\\/]store\.db$/u.test(path) ? "agent" : "editor";
}

/** Looks for the editor's database and the folders of `cursor-agent`. */
export async function detect(world: World): Promise<Detection> {
  const editor = editorFolder(world);
  const database = stateDatabase(editor);
  const stores = agentFolders(world).flatMap((folder) => [
    join(folder, "chats"),
    join(folder, "acp-sessions"),
  ]);
  const evidence: string[] = [];
  if ((await world.files.stat(database))?.kind === "file") evidence.push(`${database} exists`);
  for (const folder of stores)
    if ((await world.files.stat(folder))?.kind === "directory") evidence.push(`${folder} exists`);
  return { found: evidence.length > 0, evidence, roots: [join(editor, "User"), ...stores] };
}

/** All sessions a person started, newest first: of the editor, of `cursor-agent`, and those only transcripts tell of. */
export async function* discover(world: World): AsyncIterable<SessionRef> {
  const refs = [...(await editorSessions(world)), ...(await agentChats(world))];
  const known = new Set(refs.map(({ id }) => id));
  refs.push(...(await transcripts(world)).filter(({ id }) => !known.has(id)));
  const seen = new Set<string>();
  for (const ref of refs.sort((a, b) => b.modifiedAt - a.modifiedAt)) {
    if (seen.has(ref.id)) continue;
    seen.add(ref.id);
    yield ref;
  }
}

/** Sessions whose id equals or begins with `word`, subagents too: whoever asks for an id gets it. */
export async function* locate(word: string, world: World): AsyncIterable<SessionRef> {
  if (word === "") return;
  const wanted = word.toLowerCase();
  const seen = new Set<string>();
  const fits = ({ id }: SessionRef): boolean => {
    if (!id.toLowerCase().startsWith(wanted) || seen.has(id)) return false;
    seen.add(id);
    return true;
  };
  // Ids are in lower case but for those that hold another service's id of a call.
  for (const prefix of new Set([wanted, word]))
    for (const ref of await editorSessions(world, prefix, true)) if (fits(ref)) yield ref;
  for (const ref of await agentChats(world)) if (fits(ref)) yield ref;
  for (const ref of await transcripts(world)) if (fits(ref)) yield ref;
}

/** The session in a `store.db`, at `<state database>/<id>`, in a state database alone, or in a transcript. */
export async function identify(path: string, world: World): Promise<SessionRef | undefined> {
  if (layoutOf(path) === "transcript") return identifyTranscript(path, world);
  return (await identifyAgent(path, world)) ?? (await identifyEditor(path, world));
}

/** What a listing shows. */
export async function summarize(ref: SessionRef, world: World): Promise<SessionSummary> {
  const layout = layoutOf(ref.path);
  if (layout === "agent") return summarizeAgent(ref, world);
  return layout === "transcript" ? summarizeTranscript(ref, world) : summarizeEditor(ref, world);
}
