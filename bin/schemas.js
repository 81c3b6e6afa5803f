// Writes docs/schemas/*.json, the published JSON contract, from the zod schemas in the build.
// `node bin/schemas.js --check` writes nothing and fails when a file is not current.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { jsonSchemas } from "../dist/cli/json/json-schemas.js";

const check = process.argv.includes("--check");
const folder = new URL("../docs/schemas/", import.meta.url);
const stale = [];

await mkdir(folder, { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  const file = new URL(`${name}.json`, folder);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const current = await readFile(file, "utf8").catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (current === text) continue;
  stale.push(name);
  if (!check) await writeFile(file, text);
}

if (check && stale.length > 0) {
  process.stderr.write(`Not current: ${stale.join(", ")}. Run: node bin/schemas.js\n`);
  process.exitCode = 1;
}
