#!/usr/bin/env node
// `npm create casr-provider <slug>` is `casr providers new <slug>` for people who do not have casr yet.
process.argv.splice(2, 0, "providers", "new");
await import("casr-cli/run");
