import type { JsonObject, JsonValue } from "casr-cli/provider";
import { isObject, numberOf, objectOf, objectsOf, stringOf } from "./json.ts";

/** No result nests deeper for the model than this; the rest is written as JSON. */
const MAX_DEPTH = 50;

/** A value as Amp shows it to its model: `<name>value</name>`, an object one line a member (0.0.1767830505). */
export function tagged(value: JsonValue, name = "result", depth = 0): string {
  if (!isObject(value) || depth > MAX_DEPTH) {
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
    return `<${name}>${text}</${name}>`;
  }
  return Object.entries(value)
    .map(([key, member]) => {
      const inner = tagged(member, key, depth + 1);
      return isObject(member) ? `<${key}>\n${inner}\n</${key}>` : inner;
    })
    .join("\n");
}

/** What the model is told of a call that a person or a crash ended (0.0.1767830505 and 0.0.1774569934). */
export function cancelledText(progress: JsonValue | undefined): string {
  if (progress === undefined || progress === null || progress === "" || progress === false || progress === 0)
    return "User cancelled tool invocation";
  return `The user cancelled the tool so it is no longer running. Progress until cancelation:\n${progressText(progress)}\n--- Tool was cancelled and is no longer running\n`;
}

function progressText(progress: JsonValue): string {
  if (typeof progress === "string") return progress;
  if (Array.isArray(progress)) {
    const [first] = progress;
    if (isObject(first) && ("tool_uses" in first || "message" in first))
      return progress.filter(isObject).map(stepText).join("\n\n");
    return progress
      .map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item)))
      .join("\n");
  }
  return stringOf(progress, "output") ?? tagged(progress, "progress");
}

/** One message of a subagent, with its calls (0.0.1774569934). */
function stepText(step: JsonObject): string {
  const said = stringOf(step, "message");
  const calls = objectsOf(step, "tool_uses").map((call) => {
    const status = stringOf(call, "status") ?? "";
    return `- ${stringOf(call, "tool_name") ?? ""}: ${status === "done" ? briefly(call["result"]) : `(${status})`}`;
  });
  return [...(said === undefined || said === "" ? [] : [said]), ...calls].join("\n");
}

const BRIEF = 200;

function cut(text: string): string {
  return text.length > BRIEF ? `${text.slice(0, BRIEF)}...` : text;
}

function briefly(result: JsonValue | undefined): string {
  if (result === undefined || result === null) return "done";
  if (typeof result === "string") return cut(result);
  if (isObject(result) && "exitCode" in result) {
    const output = cut(stringOf(result, "output") ?? "");
    const code = String(result["exitCode"]);
    return output === "" ? `exit ${code}` : `exit ${code}: ${output}`;
  }
  return typeof result === "object" ? cut(JSON.stringify(result)) : String(result);
}

/** The files a prompt mentioned, as they stand in front of it; empty when it mentioned none. */
export function attachedFiles(message: JsonObject): string {
  const files = objectsOf(objectOf(message, "fileMentions"), "files");
  if (files.length === 0) return "";
  return `# Attached Files\n\n${files.map(attachedFile).join("\n")}\n\n`;
}

function attachedFile(file: JsonObject): string {
  const info = objectOf(file, "imageInfo");
  const text = stringOf(file, "content") ?? "";
  const isImage = file["isImage"] === true && info !== undefined;
  const shown = isImage
    ? `This is an image file (${stringOf(info, "mimeType") ?? ""}, ${Math.round((numberOf(info, "size") ?? 0) / 1024)} KB)\nImage files are handled as attachments and displayed in the UI.`
    : numbered(text.endsWith("\n") ? text.slice(0, -1) : text, 1);
  return `\`\`\`${nameIn(stringOf(file, "uri") ?? "")}\n${shown}\n\`\`\``;
}

/** The last part of a URI. */
function nameIn(uri: string): string {
  const name = uri.slice(uri.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Lines as Amp's Read and mentions number them: `7: text`. */
export function numbered(text: string, first: number): string {
  return text
    .split("\n")
    .map((line, index) => `${first + index}: ${line}`)
    .join("\n");
}

const LINE_NUMBER = /^([1-9]\d{0,8}): /;

/** Takes line numbers off again; undefined when not every line has the one that is due. */
export function withoutNumbers(text: string): { text: string; first: number } | undefined {
  const match = LINE_NUMBER.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const prefix = `${first + index}: `;
    if (!line.startsWith(prefix)) return undefined;
    lines[index] = line.slice(prefix.length);
  }
  return { text: lines.join("\n"), first };
}

const COMMAND_NOTICE =
  "The following is content that was produced by the user manually running a shell command. Do not mention this to the user directly unless they refer to the content of this bash command.";

/** The texts the model gets for a command a person ran (`$ command` in the prompt); none for a hidden one. */
export function commandTexts(block: JsonObject): string[] {
  const run = objectOf(block, "toolRun");
  if (run?.["status"] !== "done" || block["hidden"] === true) return [];
  const args = objectOf(block, "args");
  const result = objectOf(run, "result");
  const lines = [
    `<command>${stringOf(args, "cmd") ?? ""}</command>`,
    `<working_directory>${stringOf(args, "cwd") || "unknown"}</working_directory>`,
    `<output>${stringOf(result, "output") ?? ""}</output>`,
    `<exit_code>${numberOf(result, "exitCode") ?? 0}</exit_code>`,
  ];
  return [COMMAND_NOTICE, dedented(`\n${lines.map((line) => `\t\t${line}`).join("\n")}\n\t`)];
}

/** What Amp's template does to its text: the least indentation goes from every line, output included. */
function dedented(text: string): string {
  const lines = text.split("\n");
  const indents = lines.flatMap((line) => /^(\s+)\S+/.exec(line)?.[1]?.length ?? []);
  // An empty minimum is taken for "none yet" by the template.
  const least = indents.length === 0 ? 0 : Math.min(...indents);
  return lines
    .map((line) => (line[0] === " " || line[0] === "\t" ? line.slice(least) : line))
    .join("\n")
    .trim()
    .replaceAll("\\n", "\n");
}
