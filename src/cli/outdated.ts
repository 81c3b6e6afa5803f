import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Registry } from "../core/api.ts";
import { compareVersions } from "../core/versions.ts";
import { isJsonObject, stringAt } from "../session/json.ts";

/** The version of the package that comes with casr under this name; undefined when none does. */
function bundledVersion(root: string, name: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(
      readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
    );
    return isJsonObject(manifest) ? stringAt(manifest, "version") : undefined;
  } catch {
    // Nothing of that name comes with casr, or what does cannot be read: then there is nothing to compare with.
    return undefined;
  }
}

/**
 * One line for each installed plugin that is used in place of a newer one that comes with casr, which is in `root`:
 * it was a fix once, and keeps later ones away. Linked plugins are a developer's own affair. Reads a file for each
 * installed provider, and none where there is none.
 */
export function outdatedPlugins(registry: Registry, root: string): string[] {
  const installed = registry.providers.filter(({ package: { origin } }) => origin === "user");
  const lines = installed.flatMap(({ package: { name, version } }) => {
    const bundled = bundledVersion(root, name);
    if (bundled === undefined || compareVersions(version, bundled) >= 0) return [];
    return [
      `the installed plugin ${name} ${version} is older than the ${bundled} that comes with casr, and used in its place; ` +
        `casr plugins uninstall ${name} brings back the newer one`,
    ];
  });
  return [...new Set(lines)];
}
