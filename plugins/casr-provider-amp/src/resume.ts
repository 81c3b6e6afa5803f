import type { ResumeStep, World } from "casr-cli/provider";
import { installed, type Installed } from "./installed.ts";
import { claudeFolder, copyPath, dataFolder, pathsOf, uuidOf } from "./paths.ts";

/** For people: how a current Amp gets at a session that casr wrote. */
function importNote(id: string, data: string, world: World): string {
  return `An Amp of April 2026 or later keeps threads on its server and ignores the file. For it casr made a copy: amp threads import claude --claude-dir ${claudeFolder(data, id, world)} ${uuidOf(id)}`;
}

/**
 * The way into a thread: continued from its file where Amp takes files, else imported from a copy, which
 * makes another thread, on Amp's server, that can be read and mentioned but not continued.
 */
export async function resumeSteps(
  session: { id: string; workspace?: string },
  world: World,
  amp?: Installed,
): Promise<ResumeStep[]> {
  const { id, workspace } = session;
  const data = await dataFolder(world);
  const { keeps, version } = amp ?? (await installed(world));
  const cwd = workspace === undefined ? {} : { cwd: workspace };
  const copied = amp !== undefined || (await world.files.stat(copyPath(data, id, world))) !== undefined;
  if (keeps === "server" && copied) return importSteps(id, data, cwd, world);
  const notes: string[] = [];
  if (keeps === "server")
    notes.push(
      `Amp ${version ?? "of April 2026 or later"} asks its server alone: it knows the thread only if it was there before.`,
    );
  else if (keeps === "unknown" && copied) notes.push(importNote(id, data, world));
  const { env, note } = place(data, world);
  if (note !== undefined) notes.push(note);
  return [
    {
      argv: ["amp", "threads", "continue", id],
      ...cwd,
      ...(env === undefined ? {} : { env }),
      ...(notes.length === 0 ? {} : { note: notes.join(" ") }),
    },
  ];
}

function importSteps(id: string, data: string, cwd: { cwd?: string }, world: World): ResumeStep[] {
  return [
    {
      argv: ["amp", "threads", "import", "claude", "--claude-dir", claudeFolder(data, id, world), uuidOf(id)],
      ...cwd,
      imports: true,
      note: "Imports the copy as a read-only thread on Amp's server; a login is needed.",
    },
    {
      argv: ["amp"],
      ...cwd,
      note: "An imported thread is not continued itself: start a new one that mentions it, @ and the id the import prints.",
    },
  ];
}

/** Amp follows XDG_DATA_HOME alone, and takes a relative one from the folder it is started in. */
function place(data: string, world: World): { env?: Record<string, string>; note?: string } {
  const { basename, dirname, join } = pathsOf(world);
  const named = world.env["XDG_DATA_HOME"];
  const parent = dirname(data);
  if (named === parent && basename(data) === "amp") return {};
  if ((named === undefined || named === "") && data === join(world.home, ".local", "share", "amp")) return {};
  if (basename(data) === "amp") return { env: { XDG_DATA_HOME: parent } };
  return { note: `Amp itself looks only in folders called amp, not in ${data}.` };
}
