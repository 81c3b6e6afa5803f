/**
 * The program of the made-up agents, and all the ways in which a program can misbehave:
 *   node agent.js SLUG FAULT --version | --list | --new [PROMPT] | --resume ID [PROMPT]
 * Without a prompt it asks for one on its terminal.
 */
import { spawn } from "node:child_process";
import { appendFile, mkdir, readdir, readFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";

const [slug, fault, action, ...words] = process.argv.slice(2);
const folder = `${process.env.HOME}/.${slug}/sessions`;

if (action === "--version") {
  process.stdout.write("toy 1.0.0\n");
  process.exit(0);
}
const forever = () => new Promise(() => setInterval(() => {}, 1000));
switch (fault) {
  case "hang":
    process.stdout.write("thinking...\n");
    await forever();
    break;
  case "crash":
    process.kill(process.pid, "SIGSEGV");
    await forever();
    break;
  case "login":
    process.stderr.write("You are not logged in. Run toy-agent login first.\n");
    process.exit(1);
  case "old":
    process.stderr.write("error: unknown option '--new'\n");
    process.exit(2);
  case "garbage":
    process.stdout.write(Buffer.from([0, 27, 91, 50, 74, 255, 254, 7, 10, 155]));
    process.exit(0);
  case "daemon":
    spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "casr-toy-daemon"], {
      detached: true,
      stdio: "ignore",
    }).unref();
}

if (action === "--list") {
  for (const name of await readdir(folder)) {
    const [first] = (await readFile(`${folder}/${name}`, "utf8")).split("\n");
    process.stdout.write(`${JSON.parse(first).title ?? name}\n`);
  }
  process.exit(0);
}

const id = action === "--resume" ? words.shift() : "fresh";
if (fault === "rejects" && action === "--resume") {
  process.stderr.write(`Error: no conversation ${id} that this version can read\n`);
  process.exit(1);
}
const path = `${folder}/${id}.jsonl`;
const stored =
  id === "fresh" ? [] : (await readFile(path, "utf8")).trim().split("\n").slice(1).map(JSON.parse);
let prompt = words[0];
if (prompt === undefined) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  prompt = await terminal.question("\u001b[1mAsk me\u001b[0m > ");
}

function blockOf(block) {
  if (block.type === "tool_call")
    return [{ type: "tool_use", id: block.id, name: block.name, input: block.input }];
  if (block.type === "image")
    return [
      { type: "image", source: { type: "base64", media_type: block.mediaType, data: block.data.base64 } },
    ];
  if (block.type === "tool_result") {
    if (fault === "forgets") return [];
    const content = block.content.flatMap(blockOf);
    return [{ type: "tool_result", tool_use_id: block.callId, is_error: block.isError, content }];
  }
  return block.type === "text" ? [{ type: "text", text: block.text }] : [];
}

const messages = stored
  .map(({ role, content }) => ({
    role: role === "assistant" ? role : "user",
    content: content.flatMap(blockOf),
  }))
  .filter(({ content }) => content.length > 0);
messages.push({
  role: "user",
  content: [
    { type: "text", text: "<reminder>be good</reminder>" },
    { type: "text", text: prompt },
  ],
});
if (fault === "reaches out") await fetch("https://example.com/telemetry").catch(() => {});
const response = await fetch(`${process.env.TOY_BASE_URL}/v1/messages`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    model: "toy",
    max_tokens: 100,
    tools: [{ name: "shell", input_schema: {} }],
    messages,
  }),
});
const answer = await response.json();
await mkdir(folder, { recursive: true });
if (id === "fresh") await appendFile(path, `${JSON.stringify({ agent: slug, title: "fresh" })}\n`);
if (fault !== "forgets itself") {
  for (const [role, text] of [
    ["user", prompt],
    ["assistant", answer.content[0].text],
  ])
    await appendFile(path, `${JSON.stringify({ role, content: [{ type: "text", text }] })}\n`);
}
process.stdout.write(`${answer.content[0].text}\n`);
process.exit(0);
