import type { World } from "casr-cli/provider";

const EXTENSION = ".jsonl";

/** The folder Sample Agent keeps its sessions in. */
export function storeFolder(world: World): string {
  const moved = world.env["SAMPLEAGENT_HOME"];
  return moved === undefined || moved === "" ? `${world.home}/.sampleagent/sessions` : moved;
}

/** The file of the session `id`. */
export function sessionFile(store: string, id: string): string {
  return `${store}/${id}${EXTENSION}`;
}

/** The id in a session's file name; undefined for other files. */
export function sessionIdOf(path: string): string | undefined {
  const name = path.split(/[/\\]/).at(-1)!;
  return name.endsWith(EXTENSION) && name !== EXTENSION ? name.slice(0, -EXTENSION.length) : undefined;
}
