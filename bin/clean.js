// Removes the build of the folders named: a release holds what is built now, and nothing of before.
import { rmSync } from "node:fs";
import { join } from "node:path";

for (const folder of process.argv.slice(2)) rmSync(join(folder, "dist"), { recursive: true, force: true });
