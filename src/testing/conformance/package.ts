import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../session/json.ts";
import { must, NotConforming } from "./expect.ts";
import { pathOf } from "./scene.ts";
import type { ConformanceCheck } from "./types.ts";

/** The event a provider plugin hooks into. */
const HOOK_EVENT = "casr:providers";

/** Places in a package where recorded homes are looked for. */
const FIXTURE_FOLDERS = ["fixtures", "test/fixtures"];

const BUILT = ["", ".js", ".mjs", ".cjs", "/index.js"];

/** The package.json in a folder. Throws, with words for people, when there is none or it is damaged. */
function manifestOf(folder: string | URL): JsonObject {
  const path = join(pathOf(folder), "package.json");
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new NotConforming(`${path} cannot be read: ${messageOf(error)}`);
  }
  if (!isJsonObject(value)) throw new NotConforming(`${path} is no JSON object`);
  return value;
}

function targetsOf(value: JsonValue | undefined): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(targetsOf);
  return isJsonObject(value) && typeof value["target"] === "string" ? [value["target"]] : [];
}

/** The module a package names for the hook, as it is on disk. Throws when there is none. */
export function hookOf(folder: string | URL): string {
  const manifest = manifestOf(folder);
  const oclif = isJsonObject(manifest["oclif"]) ? manifest["oclif"] : {};
  const hooks = isJsonObject(oclif["hooks"]) ? oclif["hooks"] : {};
  const [target, ...more] = targetsOf(hooks[HOOK_EVENT]);
  if (target === undefined) {
    throw new NotConforming(
      `package.json has no oclif.hooks["${HOOK_EVENT}"]: casr does not see a provider in it`,
    );
  }
  if (more.length > 0)
    throw new NotConforming(`package.json names several hooks for ${HOOK_EVENT}: name one`);
  const path = join(pathOf(folder), target);
  const found = BUILT.map((end) => `${path}${end}`).find((one) => existsSync(one) && statSync(one).isFile());
  if (found === undefined)
    throw new NotConforming(`${target} is not there: build the package first (npm run build)`);
  return found;
}

/** Where a package keeps its recorded homes; undefined when it comes without. */
export function fixtureFolderOf(folder: string | URL): string | undefined {
  return FIXTURE_FOLDERS.map((name) => join(pathOf(folder), name)).find((path) => existsSync(path));
}

/** What makes a package installable as a plugin without bringing casr along. */
export function packageChecks(folder: string | URL): ConformanceCheck[] {
  return [
    {
      name: "the package is made as a plugin",
      async run() {
        const manifest = manifestOf(folder);
        const { dependencies, peerDependencies, peerDependenciesMeta, keywords } = manifest;
        must(
          !(isJsonObject(dependencies) && "casr-cli" in dependencies),
          "casr-cli is among its dependencies: only types come from there, make it an optional peer",
        );
        const meta = isJsonObject(peerDependenciesMeta) ? peerDependenciesMeta["casr-cli"] : undefined;
        const isPeer = isJsonObject(peerDependencies) && "casr-cli" in peerDependencies;
        const isOptional = isJsonObject(meta) && meta["optional"] === true;
        must(
          !isPeer || isOptional,
          "the peer casr-cli is not marked optional in peerDependenciesMeta: installing the plugin would install casr again",
        );
        const found = Array.isArray(keywords) && keywords.includes("casr-provider");
        must(
          found || manifest["private"] === true,
          "the keyword casr-provider is missing: people find providers by it",
        );
      },
    },
  ];
}
