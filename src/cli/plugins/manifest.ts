import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CasrError, messageOf } from "../../core/errors.ts";
import { isJsonObject, objectAt, type JsonObject } from "../../session/json.ts";

const BLOCK = 512;
const MOST_BYTES = 64 * 1024 * 1024;

/** The text of `<folder>/package.json` in an npm archive, whatever its top folder is called. */
function manifestInArchive(path: string): string | undefined {
  const bytes = gunzipSync(readFileSync(path), { maxOutputLength: MOST_BYTES });
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const name = bytes.toString("utf8", at, at + 100).replace(/\0[^]*$/, "");
    if (name === "") return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 136), 8);
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    const start = at + BLOCK;
    if (/^[^/]+\/package\.json$/.test(name)) return bytes.toString("utf8", start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

function textAt(path: string): string | undefined {
  return statSync(path).isDirectory()
    ? readFileSync(join(path, "package.json"), "utf8")
    : manifestInArchive(path);
}

/** The package.json of a folder or an npm archive (`.tgz`). Throws `install-failed` when there is none. */
export function localManifest(path: string): JsonObject {
  let reason = "it has no package.json";
  try {
    const text = textAt(path);
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") reason = `its package.json cannot be read (${messageOf(error)})`;
  }
  throw new CasrError("install-failed", `${path} is not a plugin: ${reason}.`, {
    suggestions: ["A plugin is a folder or an npm archive (npm pack) with a package.json"],
    context: { path },
  });
}

/** Throws `install-failed` unless a package says that it is an oclif plugin. `what` is the package, for people. */
export function requirePlugin(manifest: JsonObject, what: string): void {
  if (objectAt(manifest, "oclif") !== undefined) return;
  throw new CasrError(
    "install-failed",
    `${what} is not a casr plugin: its package.json has no oclif block.`,
    {
      suggestions: [
        "Nothing was installed. Providers are called casr-provider-<agent>; see them: casr providers",
        'Your own package? Name its hook: "oclif": {"hooks": {"casr:providers": "./dist/hook"}}',
      ],
      context: { package: what },
    },
  );
}
