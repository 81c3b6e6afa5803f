import type { Diagnostic } from "../provider/world.ts";

/** How many diagnostics of one kind and file are shown singly before they are summed up. */
const SHOWN_PER_KIND = 3;

/** One diagnostic as a line for people: `file:line: message`. */
function diagnosticLine(diagnostic: Diagnostic): string {
  const { path, line, message } = diagnostic;
  const place = path === undefined ? "" : line === undefined ? `${path}: ` : `${path}:${line}: `;
  return `${place}${message}`;
}

/** Gathers what readers warn about; the same thing said twice (a file is read more than once) counts once. */
export class DiagnosticLog {
  readonly #seen = new Map<string, Diagnostic>();

  readonly warn = (diagnostic: Diagnostic): void => {
    const key = [diagnostic.code, diagnostic.path, diagnostic.line, diagnostic.message].join("\0");
    if (!this.#seen.has(key)) this.#seen.set(key, diagnostic);
  };

  /** How many different diagnostics of this kind there were. */
  count(code: string): number {
    return [...this.#seen.values()].filter((diagnostic) => diagnostic.code === code).length;
  }

  /** Ready to print; many of one kind in one file become a few lines and a count. */
  lines(): string[] {
    const groups = new Map<string, Diagnostic[]>();
    for (const diagnostic of this.#seen.values()) {
      const key = `${diagnostic.code}\0${diagnostic.path ?? ""}`;
      groups.set(key, [...(groups.get(key) ?? []), diagnostic]);
    }
    return [...groups.values()].flatMap((group) => {
      const shown = group.slice(0, SHOWN_PER_KIND).map(diagnosticLine);
      const more = group.length - shown.length;
      const path = group[0]!.path;
      if (more > 0)
        shown.push(
          `${path === undefined ? "" : `${path}: `}and ${more} more of this kind (${group[0]!.code})`,
        );
      return shown;
    });
  }
}
