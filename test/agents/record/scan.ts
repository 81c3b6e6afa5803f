import { hostname, release, userInfo } from "node:os";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { listFiles } from "../files.ts";

/** A word that must not stand in a recording, and what it tells. */
export interface Trace {
  what: string;
  text: string;
}

/** Too short to be looked for: it would be found everywhere. In characters. */
const SHORTEST_TRACE = 4;

/** What gives this machine and its user away. `folders` are those the recording used, by what they are. */
export function tracesOfThisMachine(folders: Readonly<Record<string, string>>): Trace[] {
  const user = userInfo();
  const traces: Trace[] = [
    { what: "host name", text: hostname() },
    { what: "user name", text: user.username },
    { what: "home folder", text: user.homedir },
    { what: "kernel", text: release() },
    ...Object.entries(folders).map(([what, text]) => ({ what, text })),
  ];
  // `root` and `dev` are words, and everybody's; fixtures/sanitise-check.ts knows where `/root` is a folder.
  return traces.filter(
    ({ text }) => text.length > SHORTEST_TRACE && !["localhost", "/root", "/home/dev"].includes(text),
  );
}

/** Every trace in the names and bytes of the files below `root`; text in either of the usual encodings. */
export async function scan(root: string, traces: readonly Trace[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of await listFiles(root)) {
    const raw = await readFile(join(root, path));
    const bytes = path.endsWith(".zst") ? zstdDecompressSync(raw) : raw;
    for (const { what, text } of traces) {
      const forms = [
        Buffer.from(text),
        Buffer.from(JSON.stringify(text).slice(1, -1)),
        Buffer.from(text, "utf16le"),
      ];
      if (path.includes(text) || forms.some((form) => bytes.includes(form))) found.push(`${what}: ${path}`);
    }
  }
  return found;
}
