import { readFile } from "node:fs/promises";
import type { Cell } from "./cell.ts";

/**
 * Known failures, committed beside this file: cell name (or `agent/case/* -> target`) → failure keys, each with
 * the reason why it is accepted.
 */
export type Expectations = Record<string, Record<string, string>>;

export async function readExpectations(): Promise<Expectations> {
  return JSON.parse(await readFile(new URL("expected.json", import.meta.url), "utf8")) as Expectations;
}

function namesOf(cell: Cell): string[] {
  const { agent, case: name } = cell.source;
  return [cell.name, `${agent}/${name}/* -> ${cell.target}`];
}

/** Failures that nobody expects. */
export function unexpected(cell: Cell, expectations: Expectations): [string, string][] {
  const known = new Set(namesOf(cell).flatMap((name) => Object.keys(expectations[name] ?? {})));
  return Object.entries(cell.failures).filter(([key]) => !known.has(key));
}

/** Expected failures that no longer happen in any cell that ran: they must be taken off the list. */
export function outdated(cells: readonly Cell[], expectations: Expectations): string[] {
  const found: string[] = [];
  for (const [name, keys] of Object.entries(expectations)) {
    const concerned = cells.filter((cell) => namesOf(cell).includes(name));
    for (const key of Object.keys(keys)) {
      if (concerned.length > 0 && !concerned.some((cell) => key in cell.failures))
        found.push(`${name}: ${key}`);
    }
  }
  return found;
}
