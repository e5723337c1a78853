// Turns what V8 counted into lines: of each file the lines on which a statement begins, and those that never ran.

import fs from 'node:fs';
import { readProgram, walk } from '/driver/node_syntax.mjs';

const MAX_REPORTS = 50;
const MAX_MISSING = 5000;
const NOT_COUNTED = new Set(['BlockStatement', 'EmptyStatement', 'FunctionDeclaration', 'ClassDeclaration']);

/** Return where each statement begins: position by line, the first of a line only. */
function statementsOf(tree) {
  const starts = new Map();
  walk(tree, (node) => {
    const isStatement = /Statement$|^VariableDeclaration$/.test(node.type) && !NOT_COUNTED.has(node.type);
    if (isStatement && !starts.has(node.loc.start.line)) starts.set(node.loc.start.line, node.start);
  }, (node) => {
    const isShort = node.type === 'ArrowFunctionExpression' && node.expression;
    if (isShort && !starts.has(node.body.loc.start.line)) starts.set(node.body.loc.start.line, node.body.start);
  });
  return [...starts].sort(([one], [other]) => one - other);
}

/** Return the lines that ran, by the innermost range around each statement. */
function linesRun(statements, functions) {
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  const run = new Set();
  const open = [];
  let next = 0;
  for (const [line, position] of [...statements].sort(([, one], [, other]) => one - other)) {
    while (next < ranges.length && ranges[next].startOffset <= position) {
      while (open.length > 0 && open.at(-1).endOffset <= ranges[next].startOffset) open.pop();
      open.push(ranges[next]);
      next += 1;
    }
    while (open.length > 0 && open.at(-1).endOffset <= position) open.pop();
    if (open.length > 0 && open.at(-1).count > 0) run.add(line);
  }
  return run;
}

/** Read what each process left; one that is broken counts for nothing. */
function reports(folder) {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).slice(0, MAX_REPORTS) : [];
  return names.flatMap((name) => {
    try {
      return JSON.parse(fs.readFileSync(`${folder}/${name}`, 'utf-8')).result;
    } catch {
      return [];
    }
  });
}

const { folder, code } = JSON.parse(process.argv[2]);
const scripts = reports(folder);
const counts = {};
let room = MAX_MISSING;
for (const file of code) {
  const { tree } = readProgram(`/work/${file}`);
  if (tree === null) continue;
  const statements = statementsOf(tree);
  const runs = scripts.filter((each) => each.url === `file:///work/${file}`).map((each) => linesRun(statements, each.functions));
  const missing = statements.map(([line]) => line).filter((line) => !runs.some((run) => run.has(line)));
  counts[file] = { statements: statements.length, covered: statements.length - missing.length, missing: missing.slice(0, room) };
  room = Math.max(0, room - missing.length);
}
console.log(JSON.stringify(counts));
