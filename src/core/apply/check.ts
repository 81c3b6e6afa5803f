import { dirname } from "node:path";
import type { SqlValue } from "../../provider/world.ts";
import type {
  AppendLinesStep,
  CreateFileStep,
  EditJsonStep,
  SqliteStep,
  SqlStatement,
  WritePlan,
} from "../../provider/writer.ts";
import { planFault, writing } from "./failure.ts";
import { assertNoLinks, isBelow, plainPath, realRoot, type Place } from "./places.ts";

/** A step as it will be done: `path` is real, `given` is what the plan said. */
export type CheckedStep = Place & { given: string } & (
    | (Pick<CreateFileStep, "kind" | "content"> & { modifiedAt: number | undefined; keepExisting: boolean })
    | Pick<AppendLinesStep, "kind" | "lines">
    | (Pick<EditJsonStep, "kind" | "edit"> & { lock: Place | undefined })
    | (Pick<SqliteStep, "kind" | "undo"> & {
        schema: string[] | undefined;
        statements: () => AsyncIterable<SqlStatement>;
      })
  );

/** A plan that was checked, copied so that nobody can change it afterwards. */
export interface CheckedPlan {
  sessionId: string;
  steps: CheckedStep[];
  /** Real roots that steps lie below. */
  roots: string[];
}

const MOST_STEPS = 10_000;
const MOST_ROOTS = 100;
const MOST_STATEMENTS = 1_000_000;
const MOST_APPENDED = 64 * 1024 * 1024;
const MOST_TABLES = 1000;
const TABLE_STATEMENT = /^CREATE\s+(?:TABLE|(?:UNIQUE\s+)?INDEX)\b/iu;
/** Statements that change rows and nothing else: no schema, no pragma, no other file, no transaction. */
const ROW_STATEMENT = /^(?:INSERT|REPLACE|UPDATE|DELETE|WITH)\b/iu;

/**
 * Refuses (`provider-fault`) a plan with wrong shapes, with steps outside its roots or behind links
 * below them, or with steps that get in each other's way. Reads the file system, changes nothing.
 */
export async function checkPlan(plan: WritePlan): Promise<CheckedPlan> {
  const raw = record(plan, "the plan");
  const roots = await checkRoots(raw["roots"]);
  if (typeof raw["sessionId"] !== "string") throw planFault("its session id is no string");
  placeBelow(roots, plainPath(raw["path"], "the main path"), "the main path");
  const steps: CheckedStep[] = [];
  for (const [index, step] of list(raw["steps"], "its steps", MOST_STEPS).entries()) {
    steps.push(checkStep(record(step, `step ${index}`), index, roots));
  }
  if (steps.length === 0) throw planFault("it has no steps");
  checkTogether(steps);
  for (const step of steps) {
    await writing("look at", step.path, () => assertNoLinks(step));
    if (step.kind === "edit-json" && step.lock !== undefined) await assertNoLinks(step.lock);
  }
  return { sessionId: raw["sessionId"], steps, roots: [...new Set(steps.map((step) => step.root))] };
}

interface Root {
  given: string;
  real: string;
}

async function checkRoots(value: unknown): Promise<Root[]> {
  const roots: Root[] = [];
  for (const item of list(value, "its roots", MOST_ROOTS)) {
    const given = plainPath(item, "a root");
    if (dirname(given) === given) throw planFault("a root is the whole disk");
    roots.push({ given, real: await writing("look at", given, () => realRoot(given)) });
  }
  return roots;
}

/** The place of a normal path below the deepest root that holds it. */
function placeBelow(roots: Root[], path: string, what: string): Place {
  const holding = roots.filter((root) => isBelow(path, root.given));
  const root = holding.sort((a, b) => b.given.length - a.given.length)[0];
  if (root === undefined) throw planFault(`${what} ${JSON.stringify(path)} lies outside its roots`);
  return { root: root.real, path: root.real + path.slice(root.given.length) };
}

function checkStep(step: Record<string, unknown>, index: number, roots: Root[]): CheckedStep {
  const what = `the path of step ${index}`;
  const given = step["path"] as string;
  const place = { ...placeBelow(roots, plainPath(given, what), what), given };
  if (/[\\/]$/u.test(given)) throw planFault(`${what} names a folder`);
  const kind = step["kind"];
  if (kind === "create-file") {
    const { content, modifiedAt, keepExisting = false } = step;
    if (typeof content !== "function") throw planFault(`step ${index} has no content`);
    if (modifiedAt !== undefined && !isTime(modifiedAt))
      throw planFault(`step ${index} has no valid modifiedAt`);
    if (typeof keepExisting !== "boolean") throw planFault(`step ${index} has no valid keepExisting`);
    return {
      ...place,
      kind,
      modifiedAt,
      keepExisting,
      content: () => content.call(step) as AsyncIterable<string>,
    };
  }
  if (kind === "append-lines") return { ...place, kind, lines: checkLines(step["lines"], index) };
  if (kind === "edit-json") {
    const { edit, lockPath } = step;
    if (typeof edit !== "function") throw planFault(`step ${index} has no edit`);
    const lockWhat = `the lock of step ${index}`;
    const lock =
      lockPath === undefined ? undefined : placeBelow(roots, plainPath(lockPath, lockWhat), lockWhat);
    if (lock?.path === place.path) throw planFault(`${lockWhat} is the file itself`);
    return { ...place, kind, lock, edit: (current) => edit.call(step, current) as never };
  }
  if (kind === "sqlite") {
    const statements = statementsOf(step, index);
    const schema = step["schema"] === undefined ? undefined : checkSchema(step["schema"], index);
    return { ...place, kind, schema, statements, undo: checkStatements(step["undo"], index) };
  }
  throw planFault(`step ${index} is of no known kind`);
}

function isTime(value: unknown): value is number {
  // The range of Date.
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= 8.64e15;
}

function checkLines(value: unknown, index: number): string[] {
  let total = 0;
  const lines: string[] = [];
  for (const line of list(value, `the lines of step ${index}`, MOST_STATEMENTS)) {
    if (typeof line !== "string") throw planFault(`a line of step ${index} is no string`);
    if (/[\r\n]/u.test(line)) throw planFault(`a line of step ${index} holds a line break`);
    total += line.length + 1;
    lines.push(line);
  }
  if (lines.length === 0) throw planFault(`step ${index} appends nothing`);
  if (total > MOST_APPENDED) throw planFault(`step ${index} appends more than 64 MiB`);
  return lines;
}

/** The statements of a step, each checked: a list at once, what a function gives when its turn comes. */
function statementsOf(step: Record<string, unknown>, index: number): () => AsyncIterable<SqlStatement> {
  const given = step["statements"];
  if (typeof given !== "function") {
    const checked = checkStatements(given, index);
    return async function* () {
      yield* checked;
    };
  }
  return async function* () {
    for await (const item of given.call(step) as AsyncIterable<unknown>) yield checkStatement(item, index);
  };
}

function checkStatements(value: unknown, index: number): SqlStatement[] {
  const items = list(value, `the statements of step ${index}`, MOST_STATEMENTS);
  return items.map((item) => checkStatement(item, index));
}

function checkStatement(item: unknown, index: number): SqlStatement {
  const { sql, params } = record(item, `a statement of step ${index}`);
  if (typeof sql !== "string" || !ROW_STATEMENT.test(sql.trimStart())) {
    throw planFault(`a statement of step ${index} does more than change rows`);
  }
  const values = list(params, `the parameters of step ${index}`, 32_766);
  if (!values.every(isSqlValue)) throw planFault(`a parameter of step ${index} is no SQL value`);
  return { sql, params: values.map((one) => (one instanceof Uint8Array ? one.slice() : one)) };
}

function checkSchema(value: unknown, index: number): string[] {
  return list(value, `the schema of step ${index}`, MOST_TABLES).map((sql) => {
    if (typeof sql === "string" && TABLE_STATEMENT.test(sql.trimStart())) return sql;
    throw planFault(`the schema of step ${index} does more than make tables and indexes`);
  });
}

function isSqlValue(value: unknown): value is SqlValue {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  return value === null || ["number", "string"].includes(typeof value) || value instanceof Uint8Array;
}

/** Refuses two creations of one file, steps of different kinds on one file, and a file used as a folder. */
function checkTogether(steps: CheckedStep[]): void {
  const kinds = new Map<string, string>();
  for (const { path, kind } of steps) {
    const other = kinds.get(path);
    if (other !== undefined && (kind === "create-file" || other !== kind)) {
      throw planFault(`two steps write ${JSON.stringify(path)}`);
    }
    kinds.set(path, kind);
  }
  for (const step of steps) {
    for (const place of step.kind === "edit-json" && step.lock !== undefined ? [step, step.lock] : [step]) {
      if (place !== step && kinds.has(place.path))
        throw planFault(`${JSON.stringify(place.path)} is a lock and a file`);
      for (let folder = dirname(place.path); isBelow(folder, step.root); folder = dirname(folder)) {
        if (kinds.has(folder)) throw planFault(`${JSON.stringify(folder)} is a file and a folder`);
      }
    }
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw planFault(`${what} is no object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, what: string, most: number): unknown[] {
  if (!Array.isArray(value)) throw planFault(`${what} are no list`);
  if (value.length > most) throw planFault(`${what} are too many (${value.length})`);
  return [...value];
}
