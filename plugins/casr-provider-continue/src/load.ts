import type { JsonObject, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject, parseJson } from "./json.ts";

/** A session is one JSON value and has to be parsed as a whole. */
const MAX_BYTES = 256 * 1024 * 1024;

export interface Loaded {
  session: JsonObject;
  items: JsonObject[];
  /** Entries of the history that are no objects, and one for a file that was cut. */
  malformed: number;
}

/** The session in the file at `path`; undefined when it holds none. Rejects with `source-unreadable` for no or too large files. */
export async function load(path: string, world: World): Promise<Loaded | undefined> {
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file") throw unreadable(path, "there is no such file");
  if (stat.size > MAX_BYTES) throw unreadable(path, `it is larger than ${MAX_BYTES} bytes`);
  const text = new TextDecoder().decode(await world.files.read(path));
  const parsed = parseJson(text);
  const session = parsed === undefined ? salvage(text) : parsed;
  if (!isObject(session) || !Array.isArray(session["history"])) return undefined;
  const items = session["history"].filter(isObject);
  const torn = parsed === undefined ? 1 : 0;
  if (torn > 0)
    world.warn({
      code: "torn-line",
      message: "the end of the file is missing; complete items were kept",
      path,
    });
  const odd = session["history"].length - items.length;
  if (odd > 0) world.warn({ code: "bad-line", message: `${odd} items of the history are no objects`, path });
  return { session, items, malformed: odd + torn };
}

/** The complete items of a file whose end is missing, told by the indentation cn writes. */
function salvage(text: string): JsonObject | undefined {
  let end = text.lastIndexOf("\n    }");
  // The last such line may stand inside a text of ours no more: JSON has no raw line breaks in texts.
  for (let attempt = 0; attempt < 3 && end !== -1; attempt += 1) {
    const repaired = parseJson(`${text.slice(0, end)}\n    }\n  ]\n}`);
    if (isObject(repaired)) return repaired;
    end = text.lastIndexOf("\n    }", end - 1);
  }
  return undefined;
}
