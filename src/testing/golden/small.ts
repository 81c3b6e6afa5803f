import { call, result, Script, text, type GoldenSession } from "./script.ts";

/** Nothing but texts: the shortest session worth resuming, with the white space and marks that texts have. */
export function texts(workspace: string): GoldenSession {
  return new Script()
    .user("What does this project do?")
    .assistant("It greets people.\n\n- in many languages\n- with\ttabs\n\n    and indented code")
    .aside("injected", "The clock of the machine says 09:00.")
    .user("Thanks. And the tests?", text(" "), "\nAre there any?")
    .assistant("A few.", "They all pass.")
    .session("texts", workspace, { title: "What the project does" });
}

/** A long conversation that was summed up once: only the summary and what follows is still sent. */
export function compacted(workspace: string): GoldenSession {
  return new Script()
    .beforeCompaction()
    .user("Rename greet to welcome everywhere.")
    .assistant(
      "I look for it.",
      call("call-old", "find_text", { regex: "greet" }, { kind: "grep", pattern: "greet" }),
    )
    .tool(result("call-old", "src/greeting.ts\nsrc/main.ts"))
    .assistant("Renamed in two files.")
    .compaction("The person had `greet` renamed to `welcome` in src/greeting.ts and src/main.ts.")
    .user("Does it still build?")
    .assistant(
      call("call-new", "terminal", { line: "npm run build" }, { kind: "shell", command: "npm run build" }),
    )
    .tool(result("call-new", "done in 0.4 s", { exitCode: 0 }))
    .assistant("Yes, it builds.")
    .session("compacted", workspace, { title: "Rename greet", nativeName: "rename" });
}

/** The kinds of tools `conversation` leaves out, one call each. */
export function tools(workspace: string): GoldenSession {
  const file = `${workspace}/src/main.ts`;
  const edits = [
    { oldText: "greet", newText: "welcome", replaceAll: true },
    { oldText: "argv[2]", newText: "argv[3]" },
  ];
  const question = {
    question: "Which port?",
    header: "Port",
    options: [{ label: "8080" }, { label: "3000" }],
  };
  return new Script()
    .system("Answers are short in this project.")
    .user("Use every other tool once.")
    .assistant(call("call-list", "list_folder", { folder: workspace }, { kind: "list", path: workspace }))
    .tool(result("call-list", "README.md\nsrc"))
    .assistant(call("call-multi", "swap_texts", { file, edits }, { kind: "multi-edit", path: file, edits }))
    .tool(result("call-multi", "2 places changed."))
    .assistant(
      call(
        "call-fetch",
        "open_page",
        { url: "https://example.com/", about: "the title" },
        {
          kind: "web-fetch",
          url: "https://example.com/",
          prompt: "the title",
        },
      ),
    )
    .tool(result("call-fetch", "Example Domain"))
    .assistant(
      call(
        "call-task",
        "send_helper",
        { job: "Count the files.", label: "count" },
        {
          kind: "task",
          prompt: "Count the files.",
          description: "count",
        },
      ),
    )
    .tool(result("call-task", "There are two files."))
    .assistant(
      call("call-ask", "ask_person", { ask: [question] }, { kind: "ask-user", questions: [question] }),
    )
    .tool(result("call-ask", "8080"))
    .assistant(
      call(
        "call-look",
        "look_at",
        { file: `${workspace}/page.png` },
        {
          kind: "view-image",
          path: `${workspace}/page.png`,
        },
      ),
    )
    .tool(result("call-look", "There is no such picture.", { isError: true }))
    .assistant(
      call(
        "call-shell",
        "terminal",
        { line: "sleep 1", seconds: 5, why: "wait a little", colour: "blue" },
        {
          kind: "shell",
          command: "sleep 1",
          timeoutMs: 5000,
          description: "wait a little",
          background: false,
          rest: { colour: "blue" },
        },
      ),
    )
    .tool(result("call-shell", "", { exitCode: 0, durationMs: 1003 }))
    .assistant("Every tool was used.")
    .session("tools", workspace, { title: "Every other tool" });
}
