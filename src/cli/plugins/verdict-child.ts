/** Tries plugins in a process of its own: casr's folder and package names in, verdicts as JSON out (fd 3). */
import { writeSync } from "node:fs";
import { verdictsOn } from "./verdict.ts";

const [root = "", ...names] = process.argv.slice(2);
writeSync(3, JSON.stringify(await verdictsOn(root, names)));
process.exit(0);
