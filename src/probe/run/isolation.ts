import { spawn } from "node:child_process";

/** A folder that is covered inside, and what of it stays visible. */
export interface Cover {
  path: string;
  /** Folders shown inside: `from` on this machine appears at `to`, which lies below `path`. */
  keep: { from: string; to: string }[];
  /** Permission bits of the covered folder itself. */
  mode?: string;
}

export interface NamespaceOptions {
  /** An empty folder the covers are put together in. */
  stage: string;
  covers: readonly Cover[];
  /** The folder the command starts in, as seen inside. */
  cwd: string;
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const UNSHARE = ["unshare", "-r", "-n", "-m", "-p", "--fork", "--kill-child"];

/**
 * Runs inside fresh namespaces: raises the loopback interface, puts the covers together in the stage, mounts each
 * over its folder, and becomes the command. Its steps are `cover PATH MODE`, `keep FROM TO` (for the cover before
 * it), then `--`, the folder to start in, the PATH to run with, and the command.
 */
const SETUP = `set -eu
PATH=${SYSTEM_PATH}
stage=$1; shift
ip link set lo up 2>/dev/null || ifconfig lo up
mount -t tmpfs tmpfs "$stage"
count=0; hidden=
while [ "$1" != -- ]; do
  case $1 in
  cover)
    count=$((count + 1)); hidden=$2; at=$stage/$count
    mkdir -m "$3" "$at"; eval "path_$count=\\$hidden"; shift 3 ;;
  keep)
    to=$at\${3#"$hidden"}
    mkdir -p "$to"; mount --rbind "$2" "$to"; shift 3 ;;
  esac
done
shift
number=0
while [ "$number" -lt "$count" ]; do
  number=$((number + 1)); eval "path=\\$path_$number"
  mount --rbind "$stage/$number" "$path"
done
mount -t proc proc /proc 2>/dev/null || true
cd "$1"
PATH=$2; export PATH
shift 2
exec "$@"`;

/** The argv that runs `command` offline: a user, network, mount and process namespace of its own (Linux). */
export function namespaceArgv(
  command: readonly string[],
  options: NamespaceOptions,
  path: string = SYSTEM_PATH,
): string[] {
  const steps = options.covers.flatMap(({ path: covered, keep, mode }) => [
    "cover",
    covered,
    mode ?? "755",
    ...keep.flatMap(({ from, to }) => ["keep", from, to]),
  ]);
  return [
    ...UNSHARE,
    "sh",
    "-c",
    SETUP,
    "casr",
    options.stage,
    ...steps,
    "--",
    options.cwd,
    path,
    ...command,
  ];
}

/** How to get namespaces where a system refuses them. */
export const NAMESPACE_ADVICE =
  "Needed: Linux, util-linux, iproute2, and unprivileged user namespaces or root. On Ubuntu 24.04 and later: " +
  "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0. In a container: --privileged, or " +
  "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined.";

/** Why namespaces cannot be had here; undefined when they can. `stage` is an empty folder. */
export async function namespaceProblem(options: NamespaceOptions): Promise<string | undefined> {
  if (process.platform !== "linux") return "only Linux has them";
  const [command = "", ...args] = namespaceArgv(["true"], options);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: "/",
      env: { PATH: SYSTEM_PATH },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 20_000,
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : said.trim() || `exit ${code}`));
  });
}
