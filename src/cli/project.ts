import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The project `folder` belongs to: the nearest folder at or above it that holds `.git`, else
 * `folder` itself. A home folder under version control is not taken for a project above `folder`.
 */
export function projectRoot(folder: string, home: string): string {
  for (let current = folder; ; current = dirname(current)) {
    if (current === home && folder !== home) return folder;
    if (existsSync(join(current, ".git"))) return current;
    if (dirname(current) === current) return folder;
  }
}
