import { parseArgs } from "node:util";

const PARTS = ["start", "list", "files"] as const;
export type Part = (typeof PARTS)[number];

/** What is measured. */
export interface Options {
  only: ReadonlySet<Part>;
  /** Sizes of stores, in sessions. */
  sessions: number[];
  /** Sizes of files for pairs of the flagship agents, in MB. */
  mb: number[];
  /** All pairs in all sizes. */
  full: boolean;
  json: boolean;
  write: boolean;
  /** Folder for the generated stores; they are removed at the end. */
  temp: string;
}

export const USAGE = `npm run bench -- [options]

  --only start,list,files   measure only these parts
  --sessions 100,1000,10000 sizes of the generated stores (about 300 KB for each session)
  --mb 10,50,200,1000       sizes of the generated files
  --full                    every pair of flagship agents also in the largest size
  --json                    figures as JSON on stdout instead of tables
  --write                   renew docs/bench.md (only from a whole run)
  --temp FOLDER             where to put what is generated
`;

function numbers(text: string, what: string): number[] {
  const found = text.split(",").map(Number);
  if (found.some((number) => !(number > 0))) throw new Error(`${what} takes numbers: ${text}`);
  return found.toSorted((a, b) => a - b);
}

/** The options of a command line; undefined when it asks for help. Throws with one line for people. */
export function readOptions(words: string[], temp: string): Options | undefined {
  const { values } = parseArgs({
    args: words,
    options: {
      only: { type: "string", default: PARTS.join(",") },
      sessions: { type: "string", default: "100,1000,10000" },
      mb: { type: "string", default: "10,50,200,1000" },
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      temp: { type: "string", default: temp },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const wanted = values.only.split(",");
  const only = new Set(PARTS.filter((part) => wanted.includes(part)));
  const unknown = wanted.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}: ${PARTS.join(", ")}`);
  if (values.write && only.size < PARTS.length) throw new Error("--write needs all parts, leave out --only");
  const { full, json, write } = values;
  const sizes = { sessions: numbers(values.sessions, "--sessions"), mb: numbers(values.mb, "--mb") };
  return { only, ...sizes, full, json, write, temp: values.temp };
}

/** How many bytes the largest of what is generated takes: a store, or a file with its conversion and its copy beside. */
export function neededBytes({ only, sessions, mb }: Options): number {
  const stores = only.has("list") ? Math.max(...sessions) * 400_000 : 0;
  const files = only.has("files") ? Math.max(...mb) * 3.5e6 : 0;
  return Math.max(stores, files, 1e8);
}
