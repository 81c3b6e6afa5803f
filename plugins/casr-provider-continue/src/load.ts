import type { JsonDocument, JsonObject, World } from "casr-cli/provider";
import { unreadable } from "./faults.ts";
import { isObject } from "./json.ts";

/** A session's file, indexed: its items are parsed one by one when they are asked for. */
export interface Loaded {
  document: JsonDocument;
  /** A member of the session besides its history. */
  member(name: string): ReturnType<JsonDocument["member"]>;
  /** The items of the history that are objects, in order. */
  items(): AsyncIterable<JsonObject>;
}

/** The session in the file at `path`; undefined when it holds none. Rejects with `source-unreadable` for no file. */
export async function load(path: string, world: World): Promise<Loaded | undefined> {
  if ((await world.files.stat(path))?.kind !== "file") throw unreadable(path, "there is no such file");
  const document = await world.files.json(path, { lists: ["history"] });
  if (document?.root !== "object" || document.count("history") === undefined) return undefined;
  return {
    document,
    member: (name) => document.member(name),
    async *items() {
      for await (const { value } of document.items("history")) {
        world.signal.throwIfAborted();
        if (isObject(value)) yield value;
      }
    },
  };
}
