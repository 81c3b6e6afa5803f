import type { JsonObject, SqlStatement } from "casr-cli/provider";
import type { EditorStore } from "./editor-store.ts";
import { objectOf, stringOf } from "./json.ts";

const HEADERS = "composer.composerHeaders";
const PROJECTS = "glass.localAgentProjects.v1";
const MEMBERSHIP = "glass.localAgentProjectMembership.v1";

/** What the editor's lists are told of a session. */
export interface Entry {
  id: string;
  /** The head, as the lists hold it. */
  head: JsonObject;
  workspace: string;
  workspaceIdentifier: JsonObject;
  workspaceId: string;
  createdAt: number;
  updatedAt: number;
  /** For a project that has to be made. */
  projectId: string;
  projectName: string;
}

/** Statements that enter a session into the editor's lists, and those that take it out again. */
export interface Registered {
  statements: SqlStatement[];
  undo: SqlStatement[];
}

/** Named with its table: `json_each` has a column of the same name. */
const VALUE = "CAST(ItemTable.value AS TEXT)";
/** Nothing is taken out of a list that does not name the session (or project). */
const NAMED = `json_valid(${VALUE}) AND instr(${VALUE}, ?) > 0`;

/** Appends to a list in `ItemTable` as it is at that moment: the editor may have changed it since it was read. */
function appended(key: string, place: string, item: string): SqlStatement {
  return {
    sql: `UPDATE ItemTable SET value = json_insert(${VALUE}, ?, json(?)) WHERE key = ? AND json_valid(${VALUE})`,
    params: [place, item, key],
  };
}

function inserted(key: string, value: string): Registered {
  return {
    statements: [{ sql: "INSERT INTO ItemTable (key, value) VALUES (?, ?)", params: [key, value] }],
    undo: [{ sql: "DELETE FROM ItemTable WHERE key = ? AND value = ?", params: [key, value] }],
  };
}

/** The list of heads: all there is before 3.12, kept beside the table since. */
function inHeaders(store: EditorStore, { id, head }: Entry): Registered {
  const current = store.item(HEADERS);
  if (current === undefined && store.has("composerHeaders")) return { statements: [], undo: [] };
  if (current === undefined) return inserted(HEADERS, JSON.stringify({ allComposers: [head] }));
  const others = `SELECT json_group_array(json(item.value)) FROM json_each(${VALUE}, '$.allComposers') item
    WHERE json_extract(item.value, '$.composerId') IS NOT ?`;
  return {
    statements: [appended(HEADERS, "$.allComposers[#]", JSON.stringify(head))],
    undo: [
      {
        sql: `UPDATE ItemTable SET value = json_set(${VALUE}, '$.allComposers', (${others}))
          WHERE key = ? AND ${NAMED} AND json_type(${VALUE}, '$.allComposers') = 'array'`,
        params: [id, HEADERS, id],
      },
    ],
  };
}

/** The table of heads of 3.12 and later, with the columns this version has. */
function inTable(store: EditorStore, entry: Entry): Registered {
  if (!store.has("composerHeaders")) return { statements: [], undo: [] };
  const values: Record<string, string | number> = {
    composerId: entry.id,
    workspaceId: entry.workspaceId,
    createdAt: entry.createdAt,
    lastUpdatedAt: entry.updatedAt,
    isArchived: 0,
    isSubagent: 0,
    recency: entry.updatedAt,
    checkpointAt: entry.updatedAt,
    value: JSON.stringify(entry.head),
  };
  const there = store.columns("composerHeaders");
  const columns = Object.keys(values).filter((name) => there.has(name));
  const sql = `INSERT INTO composerHeaders (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  return {
    statements: [{ sql, params: columns.map((name) => values[name]!) }],
    undo: [{ sql: "DELETE FROM composerHeaders WHERE composerId = ?", params: [entry.id] }],
  };
}

function projectFor(store: EditorStore, entry: Entry): string | undefined {
  const projects = store.item(PROJECTS);
  for (const project of Array.isArray(projects) ? projects : []) {
    const workspace = objectOf(project, "workspace");
    const path = stringOf(objectOf(workspace, "uri"), "fsPath");
    if (stringOf(workspace, "id") === entry.workspaceId || path === entry.workspace)
      return stringOf(project, "id");
  }
  return undefined;
}

function newProject(store: EditorStore, entry: Entry): Registered {
  const project = JSON.stringify({
    id: entry.projectId,
    name: entry.projectName,
    workspace: entry.workspaceIdentifier,
    createdAt: entry.createdAt,
    lastUpdatedAt: entry.updatedAt,
    isArchived: false,
  });
  if (store.item(PROJECTS) === undefined) return inserted(PROJECTS, `[${project}]`);
  return {
    statements: [appended(PROJECTS, "$[#]", project)],
    undo: [
      {
        sql: `UPDATE ItemTable SET value = (SELECT json_group_array(json(item.value)) FROM json_each(${VALUE}) item
            WHERE json_extract(item.value, '$.id') IS NOT ?)
          WHERE key = ? AND ${NAMED} AND json_type(${VALUE}) = 'array'`,
        params: [entry.projectId, PROJECTS, entry.projectId],
      },
    ],
  };
}

/** The sidebar of 3.12 and later: a session is shown in the project it belongs to, else nowhere. */
function inSidebar(store: EditorStore, entry: Entry): Registered {
  const membership = store.item(MEMBERSHIP);
  const isCurrent =
    store.has("composerHeaders") || membership !== undefined || store.item(PROJECTS) !== undefined;
  if (!isCurrent) return { statements: [], undo: [] };
  const known = projectFor(store, entry);
  const project = known === undefined ? newProject(store, entry) : { statements: [], undo: [] };
  const projectId = known ?? entry.projectId;
  // The id is a UUID: it cannot leave the quotes.
  const place = `$."${entry.id}"`;
  const member: Registered =
    membership === undefined
      ? inserted(MEMBERSHIP, JSON.stringify({ [entry.id]: projectId }))
      : {
          statements: [appended(MEMBERSHIP, place, JSON.stringify(projectId))],
          undo: [
            {
              sql: `UPDATE ItemTable SET value = json_remove(${VALUE}, ?) WHERE key = ? AND ${NAMED}`,
              params: [place, MEMBERSHIP, entry.id],
            },
          ],
        };
  return {
    statements: [...project.statements, ...member.statements],
    undo: [...member.undo, ...project.undo],
  };
}

/** Enters a session into every list this version of the editor has. */
export function registered(store: EditorStore, entry: Entry): Registered {
  const parts = [inTable(store, entry), inHeaders(store, entry), inSidebar(store, entry)];
  return {
    statements: parts.flatMap(({ statements }) => statements),
    undo: parts.flatMap(({ undo }) => undo),
  };
}
