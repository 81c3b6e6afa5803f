#!/usr/bin/env node
// Starts casr. This file must parse on any Node that knows `import()`, to tell people on an
// old one in a single line what to do; everything newer lives in dist/.

/** Oldest supported versions: ^22.22.2 || >=24.15.0 (package.json `engines`; a test compares them). */
var OLDEST = [
  [22, 22, 2],
  [24, 15, 0],
];

function isSupported(version) {
  var parts = version.split(".").map(Number);
  if (parts[0] > OLDEST[1][0]) return true;
  return OLDEST.some(function (oldest) {
    if (parts[0] !== oldest[0]) return false;
    if (parts[1] !== oldest[1]) return parts[1] > oldest[1];
    return parts[2] >= oldest[2];
  });
}

/** Resolves when everything written to `stream` has been handed to the system, or its reader is gone. */
function drained(stream) {
  return new Promise(function (resolve) {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else
      stream.write("", function () {
        resolve();
      });
  });
}

/** What kept our output from being written. */
var outputError;

/** `casr | head` closes our stdout early: that must not interrupt a write in progress. */
function onOutputError(error) {
  if (error.code !== "EPIPE") outputError = error;
}

function finish(status) {
  return Promise.all([drained(process.stdout), drained(process.stderr)]).then(function () {
    onOutputError(process.stdout.errored || { code: "EPIPE" });
    if (outputError === undefined || status !== 0) process.exit(status);
    process.stderr.write("casr: the output could not be written: " + outputError.message + "\n");
    process.exit(1);
  });
}

/** In a container, a user may be a mere number: then the system names neither a home folder nor a shell. */
function nameUser(os) {
  try {
    os.userInfo();
  } catch {
    if (!process.env.HOME) process.env.HOME = "/";
    if (!process.env.SHELL) process.env.SHELL = "/bin/sh";
  }
}

function start() {
  var argv = process.argv.slice(2);
  process.stdout.on("error", onOutputError);
  process.stderr.on("error", onOutputError);
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V" || argv[0] === "-version")) {
    return import("node:fs").then(function (fs) {
      var text = fs.readFileSync(new URL("../package.json", import.meta.url), "utf8");
      process.stdout.write("casr " + JSON.parse(text).version + "\n");
      return 0;
    });
  }
  return Promise.all([import("node:module"), import("node:os")])
    .then(function (modules) {
      nameUser(modules[1]);
      modules[0].enableCompileCache();
      return import("../dist/cli/main.js");
    })
    .then(function (cli) {
      return cli.main(argv, new URL("..", import.meta.url));
    });
}

if (isSupported(process.versions.node)) {
  // Every way to the end leads through finish(). When nothing is left to wait for before that, somebody
  // whose answer was waited for will never give it.
  process.once("beforeExit", function () {
    process.stderr.write("casr: a plugin never answered. Which ones there are: casr plugins\n");
    process.exit(11);
  });
  start().then(finish, function (error) {
    var unbuilt = error && error.code === "ERR_MODULE_NOT_FOUND" && /dist.cli.main\.js'/.test(error.message);
    var reason = unbuilt
      ? "this checkout is not built yet. Type: npm run build"
      : (error && error.stack) || error;
    process.stderr.write("casr: " + reason + "\n");
    return finish(1);
  });
} else {
  process.stderr.write(
    "casr needs Node 22 (22.22.2 or newer) or 24.15 and newer; this is Node " +
      process.versions.node +
      ". Get one from https://nodejs.org\n",
  );
  process.exitCode = 1;
}
