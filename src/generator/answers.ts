import { CasrError } from "../core/errors.ts";

/** What a new provider is made from. */
export interface Answers {
  /** Lower-case id of the agent: `amp`. */
  slug: string;
  /** Name for people: `Amp`. */
  name: string;
  /** Short name for the command line. */
  alias: string;
  /** Where the agent keeps its sessions, below the home folder, with slashes: `.local/share/amp/threads`. */
  store: string;
}

const SLUG = /^[a-z][a-z0-9-]{1,37}$/;
const ALIAS = /^[a-z][a-z0-9-]{0,37}$/;
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N} .+_()-]{0,38}[\p{L}\p{N}.+)])?$/u;
const STORE = /^[A-Za-z0-9._-][A-Za-z0-9._ -]*(?:\/[A-Za-z0-9._-][A-Za-z0-9._ -]*)*$/;

function refuse(what: string, value: string, wanted: string): CasrError {
  return new CasrError("usage", `"${value}" cannot be ${what}: ${wanted}.`, {
    suggestions: ["casr providers new amp --name Amp --alias am --store ~/.local/share/amp/threads"],
    context: { value },
  });
}

/** `amp` from `amp`, `casr-provider-amp` and `Amp`. Throws `usage` for what cannot be a slug. */
export function slugFrom(word: string): string {
  const slug = word
    .trim()
    .toLowerCase()
    .replace(/^casr-provider-/, "");
  if (!SLUG.test(slug) || slug.endsWith("-"))
    throw refuse("a slug", word, "lower-case letters, digits and hyphens, two at least");
  return slug;
}

/** `My Agent` for `my-agent`. */
export function nameFor(slug: string): string {
  return slug
    .split("-")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join(" ")
    .trim();
}

/** A short name for an agent that no other has: its initials, its first letters, else the slug itself. */
export function aliasFor(slug: string, taken: ReadonlySet<string>): string {
  const parts = slug.split("-").filter((part) => part !== "");
  const initials = parts.length > 1 ? [parts.map((part) => part[0]).join("")] : [];
  const starts = [2, 3, 4].map((length) => slug.replaceAll("-", "").slice(0, length));
  return [...initials, ...starts].find((word) => ALIAS.test(word) && !taken.has(word)) ?? slug;
}

/** The name as it is written into files. Throws `usage` for one that could not stand in code. */
export function checkedName(name: string): string {
  const trimmed = name.trim();
  if (!NAME.test(trimmed))
    throw refuse("a name", name, "letters, digits, spaces and . + _ ( ) -, 40 at most");
  return trimmed;
}

/** The alias. Throws `usage` for one that is none. */
export function checkedAlias(alias: string): string {
  const word = alias.trim().toLowerCase();
  if (!ALIAS.test(word)) throw refuse("a short name", alias, "lower-case letters, digits and hyphens");
  return word;
}

/** The store's path below the home folder, from `~/x`, `/home/me/x` or `x`. Throws `usage` for one outside of it. */
export function storeFrom(word: string, home: string): string {
  const slashed = word.trim().replaceAll("\\", "/").replace(/\/+$/, "");
  const base = `${home.replaceAll("\\", "/").replace(/\/+$/, "")}/`;
  const below = slashed.startsWith("~/")
    ? slashed.slice(2)
    : slashed.startsWith(base)
      ? slashed.slice(base.length)
      : slashed;
  const isPlain = STORE.test(below) && !below.split("/").some((part) => /^\.+$/.test(part));
  if (!isPlain) throw refuse("a store", word, "a folder below the home folder, such as ~/.amp/threads");
  return below;
}
