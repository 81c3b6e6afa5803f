import { basename, dirname } from "node:path";
import * as z from "zod";
import { planFault } from "./failure.ts";
import type { Journal } from "./journal.ts";
import { isBelow, plainPath } from "./places.ts";

const identity = z.strictObject({ dev: digits(), ino: digits(), size: digits(), mtimeNs: digits() });
const path = z.string().refine((text) => plainPath(text, "a path of the journal") === text);
const place = { path, root: path };
const undone = z.literal(true).optional();
const encoded = z.union([
  z.null(),
  z.number(),
  z.string(),
  z.strictObject({ bigint: digits() }),
  z.strictObject({ blob: z.base64() }),
  z.strictObject({ number: z.enum(["-0", "NaN", "Infinity", "-Infinity"]) }),
]);

const step = z.discriminatedUnion("kind", [
  z.strictObject({
    ...place,
    undone,
    kind: z.literal("create"),
    temporary: path,
    staged: identity.optional(),
    placeholder: z.literal(true).optional(),
    backup: z.strictObject({ path, of: identity }).optional(),
  }),
  z.strictObject({
    ...place,
    undone,
    kind: z.literal("append"),
    state: z.enum(["planned", "writing", "written"]),
    data: z.string(),
    before: identity.optional(),
  }),
  z.strictObject({
    ...place,
    undone,
    kind: z.literal("edit"),
    temporary: path,
    lock: z.strictObject({ ...place, identity: identity.optional() }).optional(),
    state: z.enum(["planned", "begun", "staged"]),
    staged: identity.optional(),
    digest: z.string().optional(),
    original: z
      .strictObject({
        content: z.base64(),
        mode: z.int().min(0).max(0o7777),
        uid: z.int().min(0),
        gid: z.int().min(0),
        mtimeMs: z.number(),
      })
      .optional(),
  }),
  z.strictObject({
    ...place,
    undone,
    kind: z.literal("sqlite"),
    state: z.enum(["planned", "committing", "committed"]),
    undo: z.array(z.strictObject({ sql: z.string(), params: z.array(encoded) })),
  }),
]);

const journalSchema = z.strictObject({
  casrJournal: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{8,64}$/u),
  sessionId: z.string(),
  version: z.string(),
  owner: z.strictObject({ pid: z.int().min(1), started: z.string().optional() }),
  startedAt: z.number(),
  roots: z.array(path),
  folders: z.array(path),
  steps: z.array(step),
});

function digits(): z.ZodString {
  return z.string().regex(/^-?\d{1,30}$/u);
}

/**
 * Reads the text of a journal. `newer` is one of a later casr, which alone can undo it. Throws for
 * anything that is not a whole journal whose paths lie where casr writes.
 */
export function readJournal(text: string): Journal | "newer" {
  const value: unknown = JSON.parse(text);
  const format = (value as { casrJournal?: unknown } | null)?.casrJournal;
  if (typeof format === "number" && format > 1) return "newer";
  const journal = journalSchema.parse(value) as Journal;
  for (const record of journal.steps) {
    assertInside(journal, record.root, record.path);
    if (record.kind === "edit" && record.lock !== undefined)
      assertInside(journal, record.lock.root, record.lock.path);
    if (record.kind === "create" || record.kind === "edit") {
      const name = basename(record.temporary);
      if (dirname(record.temporary) !== dirname(record.path) || !name.startsWith(`.casr-${journal.id}-`)) {
        throw planFault("a temporary file of the journal is none of casr's");
      }
    }
    if (
      record.kind === "create" &&
      record.backup !== undefined &&
      !record.backup.path.startsWith(`${record.path}.casr-`)
    ) {
      throw planFault("a backup of the journal is none of casr's");
    }
  }
  return journal;
}

function assertInside(journal: Journal, root: string, inside: string): void {
  if (!journal.roots.includes(root) || !isBelow(inside, root))
    throw planFault("a path of the journal is outside");
}
