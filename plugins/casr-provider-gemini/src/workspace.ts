import { basename, join, resolve } from "node:path";
import type { World } from "casr-cli/provider";
import { isObject, objectOf, parseJson } from "./json.ts";
import { PROJECT_ROOT, storeFolder } from "./paths.ts";

const SLUG = /^[a-z0-9-]+$/u;
const HASH = /^[0-9a-f]{64}$/u;

/** The form in which the CLI compares and hashes workspace paths. */
export function normalPath(path: string, world: World): string {
  const resolved = resolve(path);
  return world.platform === "win32" ? resolved.toLowerCase() : resolved;
}

/** The workspace as the CLI sees it when started there: its working directory never has links in it. */
export async function realWorkspace(path: string, world: World): Promise<string> {
  return resolve((await world.files.realpath(path)) ?? path);
}

/** `projects.json` as path → slug; undefined when it is missing or the CLI would throw it away. */
async function registry(gemini: string, world: World): Promise<Record<string, string>> {
  const text = await world.files.readText(join(gemini, "projects.json"));
  const projects = objectOf(text === undefined ? undefined : parseJson(text), "projects");
  if (projects === undefined || !isObject(projects)) return {};
  const entries = Object.entries(projects);
  const valid = entries.every(([, slug]) => typeof slug === "string" && SLUG.test(slug));
  return valid ? (Object.fromEntries(entries) as Record<string, string>) : {};
}

/** The workspace a folder's marker names, without blanks around it. */
async function markerOf(folder: string, world: World): Promise<string | undefined> {
  const path = join(folder, PROJECT_ROOT);
  const stat = await world.files.stat(path);
  if (stat?.kind !== "file" || stat.size > 64 * 1024) return undefined;
  const text = (await world.files.readText(path))?.trim();
  return text === undefined || text === "" ? undefined : text;
}

/** Finds the workspace of a `tmp/<slug>` or `tmp/<sha256>` folder, and remembers it. */
export class Workspaces {
  readonly #world: World;
  readonly #known = new Map<string, string>();
  #byHash: Promise<Map<string, string>> | undefined;
  readonly #gemini: string;

  constructor(gemini: string, world: World) {
    this.#gemini = gemini;
    this.#world = world;
  }

  /** `hash` is the session's `projectHash`, `hint` a workspace its context text names. */
  async of(folder: string | undefined, hash: string | undefined, hint?: string): Promise<string | undefined> {
    const marked = folder === undefined ? undefined : await this.#marked(folder);
    if (marked !== undefined) return marked;
    const name = folder === undefined ? "" : basename(folder);
    const wanted = HASH.test(name) ? name : hash;
    const found = wanted === undefined ? undefined : (await this.#hashes()).get(wanted);
    return found ?? hint;
  }

  /** A marker that is not there may come later, so only found ones are remembered. */
  async #marked(folder: string): Promise<string | undefined> {
    const marked = this.#known.get(folder) ?? (await markerOf(folder, this.#world));
    if (marked !== undefined) this.#known.set(folder, marked);
    return marked;
  }

  #hashes(): Promise<Map<string, string>> {
    this.#byHash ??= this.#collectHashes();
    return this.#byHash;
  }

  /** sha256 → path for every workspace the CLI or this run knows of. */
  async #collectHashes(): Promise<Map<string, string>> {
    const store = storeFolder(this.#gemini);
    const folders = (await this.#world.files.list(store)).filter((entry) => entry.kind === "directory");
    const markers = await Promise.all(folders.map((entry) => this.#marked(join(store, entry.name))));
    const paths = [this.#world.cwd, ...Object.keys(await registry(this.#gemini, this.#world)), ...markers];
    return new Map(
      paths.filter((path) => path !== undefined).map((path) => [this.#world.toolkit.sha256(path), path]),
    );
  }
}

/** The CLI's name for a workspace's folder, in the way its registry chooses one (0.61.0). */
export async function slugFor(workspace: string, gemini: string, world: World): Promise<string> {
  const target = normalPath(workspace, world);
  const projects = await registry(gemini, world);
  const bases = [storeFolder(gemini), join(gemini, "history")];
  const owners = async (slug: string): Promise<string[]> => {
    const marked = await Promise.all(bases.map((base) => markerOf(join(base, slug), world)));
    return marked.filter((path) => path !== undefined).map((path) => normalPath(path, world));
  };
  const registered = Object.hasOwn(projects, target) ? projects[target] : undefined;
  if (registered !== undefined && (await owners(registered)).every((path) => path === target))
    return registered;
  for (const base of bases) {
    for (const entry of await world.files.list(base)) {
      if (entry.kind !== "directory") continue;
      const owner = await markerOf(join(base, entry.name), world);
      if (owner !== undefined && normalPath(owner, world) === target) return entry.name;
    }
  }
  const taken = new Set(Object.entries(projects).flatMap(([path, slug]) => (path === target ? [] : [slug])));
  const name = slugify(basename(target));
  for (let counter = 0; ; counter += 1) {
    const slug = counter === 0 ? name : `${name}-${counter}`;
    if (!taken.has(slug) && (await owners(slug)).every((path) => path === target)) return slug;
  }
}

/** Lower case, everything but letters and digits as single dashes. */
function slugify(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^-|-$/gu, "");
  return slug === "" ? "project" : slug;
}
