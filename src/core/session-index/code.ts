import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Host, Provider } from "../api.ts";
import { hash } from "node:crypto";
import { SCHEMA_VERSION } from "./schema.ts";
import type { Looks } from "./stamps.ts";

const casrRoot = dirname(fileURLToPath(new URL("../../../package.json", import.meta.url)));

/**
 * Names the code that reads a provider's sessions: what other code found out is not used. A package has a
 * version; a checkout that is built anew has the same one, but another list of what was built. Undefined for a
 * linked plugin, which is being worked on and may be built in any way.
 */
export function codeOf(provider: Provider, host: Host, looks: Looks): string | undefined {
  const { name, version, root, origin } = provider.package;
  if (origin === "linked") return undefined;
  const files = [casrRoot, root].flatMap((folder) => [
    join(folder, "package.json"),
    join(folder, "dist", ".tsbuildinfo"),
  ]);
  const stamps = files
    .map((file) => looks.at(file))
    .map(({ size, mtimeMs, inode }) => [size, mtimeMs, inode]);
  const identity = [SCHEMA_VERSION, host.version, name, version, origin, root, stamps];
  return hash("sha256", JSON.stringify(identity)).slice(0, 32);
}
