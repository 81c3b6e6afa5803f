import type { Diagnostic } from "../../provider/world.ts";
import type { World } from "../../provider/world.ts";

/** More warnings than this are not kept: whoever has that many is read anew each time. */
const MOST_WARNINGS = 1000;

/** What one call of a reader looked at, and what it warned of. */
export class Trace {
  /** Paths whose content, or absence, the answer depends on. */
  readonly paths = new Set<string>();
  /** Answers of `realpath`, by the path asked about. */
  readonly reals = new Map<string, string | undefined>();
  /** Values of environment variables. */
  readonly env = new Map<string, string | undefined>();
  /** It asked for the folder casr was started in. */
  usesCwd = false;
  /** It asked for the local time zone. */
  usesZone = false;
  /** Why the answer may be another one next time although nothing that is traced has changed. */
  fickle: string | undefined;
  readonly warnings: Diagnostic[] = [];

  readonly warn = (diagnostic: Diagnostic): void => {
    if (this.warnings.length >= MOST_WARNINGS) this.fickle = "too many warnings";
    this.warnings.push(diagnostic);
  };

  /** Takes over what another call looked at. */
  join(other: Trace): void {
    for (const path of other.paths) this.paths.add(path);
    for (const [path, real] of other.reals) this.reals.set(path, real);
    for (const [name, value] of other.env) this.env.set(name, value);
    this.usesCwd ||= other.usesCwd;
    this.usesZone ||= other.usesZone;
    this.fickle ??= other.fickle;
  }
}

/** What of the run itself, not of its files, an answer depends on. Stored as JSON, values of variables digested. */
export interface Context {
  env?: Record<string, string>;
  cwd?: string;
  zone?: string;
  /** Why it never is the same context. */
  fickle?: string;
}

const zoneOf = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The form in which the value of a variable is stored: it may be a secret. */
function valueForm(value: string | undefined, world: World): string {
  return value === undefined ? "" : world.toolkit.sha256(value).slice(0, 16);
}

/** The context `trace` depends on, as it is in this run, without the variables in `known`; undefined when nothing is left. */
export function contextOf(trace: Trace, world: World, known: Context["env"] = {}): Context | undefined {
  const context: Context = {};
  const env = [...trace.env].filter(([name]) => !Object.hasOwn(known, name));
  if (env.length > 0)
    context.env = Object.fromEntries(env.sort().map(([name, value]) => [name, valueForm(value, world)]));
  if (trace.usesCwd) context.cwd = world.cwd;
  if (trace.usesZone) context.zone = zoneOf();
  return Object.keys(context).length === 0 ? undefined : context;
}

/** Whether the variables of a context have the values they had. */
export function hasSameEnv(context: Context, world: World): boolean {
  return Object.entries(context.env ?? {}).every(
    ([name, form]) => form === valueForm(world.env[name], world),
  );
}

/** Whether a context is that of this run. */
export function isHere(context: Context, world: World): boolean {
  const { cwd, zone, fickle } = context;
  return (
    fickle === undefined &&
    hasSameEnv(context, world) &&
    (cwd === undefined || cwd === world.cwd) &&
    (zone === undefined || zone === zoneOf())
  );
}
