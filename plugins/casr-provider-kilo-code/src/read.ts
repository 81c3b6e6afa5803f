import { createHash } from "node:crypto";
import { unreadable } from "casr-opencode-store/faults";
import type { Reader, SessionReading, SessionRef, World } from "casr-cli/provider";
import { current, detect, discover, identify, locate, summarize } from "./discover.ts";
import { glanceAt, taskMessages } from "./task-messages.ts";
import { isTask, openTask, taskHeader } from "./tasks.ts";

/** A task of the older extension: the whole conversation is one JSON document. */
async function readTask(ref: SessionRef, world: World): Promise<SessionReading> {
  const document = await openTask(ref.path, world);
  const { standing, usable } = await glanceAt(document, world);
  const torn = document.complete ? 0 : 1;
  const total = document.count("")! + torn;
  if (usable === 0) throw unreadable(`${ref.path} holds no message`, ref.path);
  if (usable < total - torn)
    world.warn({
      code: "bad-record",
      message: "records that are no JSON objects were left out",
      path: ref.path,
    });
  return {
    header: await taskHeader(ref, world),
    records: { total, malformed: total - usable },
    messages: ({ history }) => taskMessages(document, standing, history, ref.path, world),
  };
}

const PIECE_BYTES = 1024 * 1024;

/** Over the bytes of the history, which may be more than can be held at once. */
async function taskDigest(path: string, world: World): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; ; start += PIECE_BYTES) {
    world.signal.throwIfAborted();
    const bytes = await world.files.read(path, { start, end: start + PIECE_BYTES });
    if (bytes === undefined || bytes.length === 0) return hash.digest("hex");
    hash.update(bytes);
  }
}

export const reader: Reader = {
  detect,
  discover,
  locate,
  identify,
  summarize,
  digest: (ref, world) => (isTask(ref) ? taskDigest(ref.path, world) : current.digest(ref, world)),
  read: (ref, world) => (isTask(ref) ? readTask(ref, world) : current.read(ref, world)),
};
