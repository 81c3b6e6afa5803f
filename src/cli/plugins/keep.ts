import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listedPlugins } from "./data-folder.ts";

const KEPT = ["package.json", "package-lock.json", "node_modules"];

/**
 * Runs an installation; when it fails, the plugins are what they were before. plugin-plugins takes off
 * what it could not install, also an older version that worked.
 */
export async function keepingPlugins<T>(folder: string, action: () => Promise<T>): Promise<T> {
  if (listedPlugins(folder).length === 0) return action();
  const copy = mkdtempSync(join(folder, "before-"));
  try {
    for (const name of KEPT.filter((candidate) => existsSync(join(folder, candidate)))) {
      cpSync(join(folder, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
    }
    return await action();
  } catch (error) {
    for (const name of KEPT) {
      rmSync(join(folder, name), { recursive: true, force: true });
      if (!existsSync(join(copy, name))) continue;
      cpSync(join(copy, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
    }
    throw error;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
