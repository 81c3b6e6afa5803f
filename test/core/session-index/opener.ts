/** Opens the session index of a folder when a file has come to be, and stores a row: `opener.ts FOLDER BEGIN`. */
import { existsSync } from "node:fs";
import { openIndexFile } from "../../../src/core/session-index/database-file.ts";

const [folder, begin] = process.argv.slice(2) as [string, string];
process.stdout.write("ready\n");
while (!existsSync(begin));
const { database, problem } = await openIndexFile(folder);
database.exec("PRAGMA busy_timeout = 20000");
database
  .prepare(
    `INSERT INTO stores (provider, code, home, env, context, generation, changed_at)
      VALUES ('one', 'code', '/home', ?, '{}', 1, 1)`,
  )
  .run(String(process.pid));
database.close();
process.stdout.write(`${problem ?? "opened"}\n`);
