// Preloaded with `node --import`: notes every module a run loads, one URL a line, in the file CASR_TEST_LOADED names.
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const list = process.env["CASR_TEST_LOADED"]!;

registerHooks({
  load(url, context, next) {
    appendFileSync(list, `${url}\n`);
    return next(url, context);
  },
});
