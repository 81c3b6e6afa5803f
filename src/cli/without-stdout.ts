/** Runs code that is not casr's own; what it prints goes to stderr, so that stdout stays a report or one JSON value. */
export async function withoutStdout<T>(action: () => Promise<T>): Promise<T> {
  const write = process.stdout.write;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  try {
    return await action();
  } finally {
    process.stdout.write = write;
  }
}
