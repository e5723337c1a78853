// Rewrites the project's functions, inside the sandbox only. Each first says its name to a hook, which notes the name,
// raises, or has the function answer without work; each shows its results; and each holds some mistakes, one of which
// may be switched on. All sessions run the same text, so nothing can know at import what a session is for. Prints the
// names of the exported functions, what asks whether it is being tested, and the mistakes.

import fs from 'node:fs';
import { chance, shuffled } from '/driver/node_chance.mjs';
import { mistakes } from '/driver/node_mutants.mjs';
import { exportedNames, moduleOf, named } from '/driver/node_names.mjs';
import { isFunction, readProgram, walk } from '/driver/node_syntax.mjs';
import { tripwires } from '/driver/node_tripwires.mjs';

const HOOK = 'globalThis.__agentsite__';
const MAX_NAMES = 2000;
const BODIES = new Set(['BlockStatement', 'Program', 'StaticBlock', 'SwitchCase']);

/** Return what is known of a file: its text, what is to be put into it, its functions, and the mistakes it may hold. */
function read(file) {
  const { text, tree } = readProgram(`/work/${file}`);
  const known = { file, text, functions: [], possible: [], wraps: [], points: [], statements: new Set() };
  if (tree === null) return known;
  const exported = exportedNames(tree);
  walk(tree, (node, parents) => {
    if (node.type === 'ExpressionStatement' && BODIES.has(parents.at(-1).type)) known.statements.add(node.start);
    const place = isFunction(node) ? parents.length : parents.findLastIndex(isFunction);
    if (place < 0) return;
    const owner = parents[place] ?? node;
    const { name, isPublic } = named(owner, parents.slice(0, place), moduleOf(file), exported);
    if (owner === node) {
      if (isPublic && !isEmpty(node) && !known.functions.includes(name)) known.functions.push(name);
      begin(node, parents.at(-1), JSON.stringify(name), known);
    } else if (node.start >= owner.body.start && node.end <= owner.body.end) {
      if (node.type === 'ReturnStatement' && node.argument && !owner.generator) show(node.argument, JSON.stringify(name), known);
      known.possible.push(...mistakes(node, parents.slice(place), text).map((each) => ({ ...each, name, known })));
    }
  });
  return known;
}

function isEmpty(node) {
  return node.body.type === 'BlockStatement' && node.body.body.length === 0;
}

/** Put in what a function does first. */
function begin(node, parent, word, { wraps, points }) {
  const [asked, answer] = [`${HOOK}?.enter(${word})`, `${HOOK}.answer(${word})`];
  if (node.body.type !== 'BlockStatement') {
    wraps.push({ ...node.body, before: `(${asked}?${answer}:(`, after: '))' });
    show(node.body, word, { wraps });
    return;
  }
  const directives = node.body.body.filter((each) => each.directive);
  const position = directives.at(-1)?.end ?? node.body.start + 1;
  let text = `;if(${asked})return ${answer};`;
  if (node.generator) text = `;if(${asked}){yield*[${answer}].filter((each)=>each!==undefined);return;}`;
  if (parent?.kind === 'constructor') text = `;${HOOK}?.enter(${word},true);`;
  points.push([position, text]);
}

/** Show a result to the hook, which returns it. */
function show(node, word, { wraps }) {
  wraps.push({ ...node, before: `(${HOOK}??{leave:(_,each)=>each}).leave(${word},(`, after: '))' });
}

/** Return some of the mistakes: every function has its turn before one has two. */
function drawn(possible, seed, most) {
  const next = chance(seed);
  const byFunction = new Map();
  for (const each of possible) byFunction.set(each.name, [...(byFunction.get(each.name) ?? []), each]);
  const lists = shuffled([...byFunction.values()], next).map((each) => shuffled(each, next));
  const turns = Math.max(0, ...lists.map((each) => each.length));
  const all = Array.from({ length: turns }, (_, turn) => lists.flatMap((each) => each.slice(turn, turn + 1)));
  return all.flat().slice(0, most);
}

/** Put everything into a file's text: outer parts around inner ones. */
function applied({ text, wraps, points, statements }) {
  const begins = wraps.map((each, order) => ({ ...each, order }));
  begins.sort((one, other) => one.start - other.start || other.end - one.end || one.order - other.order);
  const ends = [...begins].sort((one, other) => one.end - other.end || other.start - one.start || other.order - one.order);
  const opened = begins.map(({ start, before }, index) => {
    const isFirst = begins[index - 1]?.start !== start;
    return [start, isFirst && statements.has(start) ? `;${before}` : before]; // the line above may end without one
  });
  const insertions = [...ends.map(({ end, after }) => [end, after]), ...points, ...opened];
  const pieces = [];
  let done = 0;
  for (const [position, insertion] of insertions.sort(([one], [other]) => one - other)) {
    pieces.push(text.slice(done, position), insertion);
    done = position;
  }
  return [...pieces, text.slice(done)].join('');
}

const { code, tests, seed, mutants } = JSON.parse(process.argv[2]);
const files = code.map(read);
const possible = files.flatMap((each) => each.possible);
const chosen = drawn(possible, seed, mutants);
for (const [number, { node, replacement, known }] of chosen.entries()) {
  known.wraps.push({ ...node, before: `(${HOOK}?.is(${number})?(${replacement}):(`, after: '))' });
}
for (const each of files) fs.writeFileSync(`/work/${each.file}`, applied(each));
const marks = [...code, ...tests].flatMap((file) => tripwires(file, readProgram(`/src/${file}`).tree, code.includes(file)));
const facts = chosen.map(({ known, node, name, what }) => [known.file, node.loc.start.line, name, what]);
const functions = files.flatMap((each) => each.functions).slice(0, MAX_NAMES);
console.log(JSON.stringify({ functions, tripwires: marks, possible: possible.length, mutants: facts }));
