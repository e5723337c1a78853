// Runs beside foreign code, once for each test file: loads the file, and tells the parent process of each test.
//
// The same module is the program that node starts and the reporter that node:test calls. What foreign code could
// replace is taken before it is loaded.

import assert from 'node:assert';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { pathToFileURL } from 'node:url';
import { describeError } from '/driver/node_failures.mjs';
import { guard } from '/driver/node_guard.mjs';
import { hooksOf, letThrough } from '/driver/node_hooks.mjs';
import { shortened } from '/driver/node_ids.mjs';
import { closed, followTests, hear, rootTest, runningPlace } from '/driver/node_machinery.mjs';
import { held } from '/driver/node_order.mjs';

const WORK = '/work/';
const MAX_WRITTEN = 1000; // characters: never more bytes than a pipe takes at once
const MAX_FUNCTIONS = 500;

const { readSync, writeSync } = fs;
const { assign, create, setPrototypeOf } = Object;
const { alloc } = Buffer;
const { stringify } = JSON;
const { reallyExit } = process;
const cut = Function.prototype.call.bind(String.prototype.slice);

let given = null;
let isLoaded = false;
const loadProblems = [];
const called = closed(new Map());
const returned = closed(new Map());

function say(message) {
  if (given === null) return;
  if (message.functions) setPrototypeOf(message.functions, null); // so that no toJSON of theirs is asked
  if (message.types) setPrototypeOf(message.types, null);
  write(`${given.token}${stringify(assign(create(null), message))}\n`);
}

/** Write a text that no buffer may hold: their memory is shared, and their methods are everybody's. */
function write(text) {
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = start + MAX_WRITTEN;
    if (/[\ud800-\udbff]/.exec(text[end - 1] ?? '')) end += 1;
    writeSync(given.report, cut(text, start, end));
  }
}

function finishTest(entry) {
  say({ kind: 'test', ...entry });
  readSync(given.acknowledge, alloc(1));
}

let isClaimed = false;
let announcedAny = false;

/** Take the events' stream for node:test, which asks first: foreign code is loaded later. They are heard before it. */
export default (source) => {
  if (isClaimed) throw new Error('there is a reporter already');
  isClaimed = true;
  return drained(source);
};

async function* drained(source) {
  for await (const _ of source); // eslint-disable-line no-empty
  yield* [];
}

/** Turn the events of node:test, which come in the order of the tests, into results; null is the last. */
function listener() {
  const names = [];
  const places = [];
  const known = closed(new Map());
  let announced = 0;
  let extra = 0;
  const tell = (entry) => {
    const count = (known.get(entry.id) ?? 0) + 1;
    known.set(entry.id, count);
    finishTest({ ...entry, id: count > 1 ? `${entry.id} #${count}` : entry.id });
  };
  const tellOfFile = (problem) => {
    extra += 1;
    tell(fileFailure(problem));
  };
  return (event) => {
    if (event === null) {
      if (!isLoaded) tellOfFile({ message: 'Error: the file waits for something that never comes', traceback: '' });
      loadProblems.forEach(tellOfFile);
      say({ kind: 'finished', count: announced + extra });
      return;
    }
    announcedAny = true;
    const { type, data } = event;
    if (type === 'test:start') {
      enterTest(data, names, places);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const isSuite = data.details.type === 'suite';
      if (isSuite && !failedItself(type, data)) return;
      extra += isSuite ? 1 : 0;
      tell(result(type, data, names.slice(0, data.nesting + 1), places.slice(0, data.nesting + 1)));
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      announced = Number(/^tests (\d+)$/.exec(data.message)?.[1] ?? announced);
      if (/^Error: .*asynchronous activity/.test(data.message)) tellOfFile({ message: data.message, traceback: '' });
    }
  };
}

/** Keep the names of the running tests, outermost first, and the place of each among its siblings. */
function enterTest({ nesting, name }, names, places) {
  names.length = nesting;
  names.push(name);
  places.length = nesting + 1;
  places[nesting] = (places[nesting] ?? 0) + 1;
}

function failedItself(type, data) {
  return type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed';
}

function result(type, data, names, places) {
  const error = data.details.error;
  const isAside = data.skip !== undefined || data.todo !== undefined;
  let outcome = type === 'test:pass' ? 'passed' : 'failed';
  if (['hookFailed', 'cancelledByParent'].includes(error?.failureType)) outcome = 'error';
  if (isAside) outcome = 'skipped';
  const reason = [data.skip, data.todo].find((each) => typeof each === 'string') ?? '';
  const told = error && !isAside ? describeError(error) : { message: reason, traceback: '' };
  return {
    ...entryOf(`${given.file}::${names.join(' > ')}`, outcome, told),
    duration_seconds: Math.max(0, Number(data.details.duration_ms) / 1000) || 0,
    functions: functionsOf(places),
    types: typesSeen(),
  };
}

function fileFailure(told) {
  return entryOf(given.file, 'error', told);
}

function entryOf(id, outcome, told) {
  const start = { id: shortened(id), path: given.file, outcome, duration_seconds: 0, functions: [], types: [] };
  return { ...start, message: told.message, traceback: told.traceback };
}

/** What a test called, with what the hooks of its suites called for it. */
function functionsOf(places) {
  const found = new Set();
  for (let length = 0; length <= places.length; length += 1) {
    for (const name of called.get(places.slice(0, length).join('.')) ?? []) found.add(name);
  }
  return [...found].sort().slice(0, MAX_FUNCTIONS);
}

/** Return the types of the results since the last test, each after its function. */
function typesSeen() {
  const seen = [...returned].flatMap(([name, types]) => [...types].map((type) => `${name} ${type}`));
  returned.clear();
  return seen.slice(0, MAX_FUNCTIONS);
}

/** Keep foreign code from replacing what its tests compare with, and from the plain ways to look into this module. */
function protect() {
  guard((what) => say({ kind: 'tampered', what }));
  const state = { place: runningPlace, isLoaded: () => isLoaded, called, returned };
  Object.defineProperty(globalThis, '__agentsite__', { value: hooksOf(given, state) });
  for (const each of [assert, assert.strict]) {
    Object.assign(each, { throws: letThrough(each.throws), rejects: letThrough(each.rejects) });
  }
  syncBuiltinESMExports();
  for (const each of [assert, assert.strict, assert.AssertionError.prototype, test]) Object.freeze(each);
}

/** Describe why a file could not be loaded; node keeps to itself where a syntax error is. */
async function described(error) {
  const told = describeError(error);
  if (!(error instanceof SyntaxError) || told.traceback) return told;
  const { firstBroken } = await import('/driver/node_syntax.mjs');
  return { ...told, message: `${told.message}${firstBroken([...given.code, given.file])}` };
}

/** Tell of an error that comes from below, as those of CommonJS modules do, before any test: node ends after it. */
function endBroken(error) {
  if (announcedAny) return;
  finishTest(fileFailure(describeError(error)));
  say({ kind: 'finished', count: 1 });
  reallyExit(1);
}

async function main() {
  given = JSON.parse(fs.readFileSync(0, 'utf-8'));
  followTests();
  after(() => {}); // so that a file without tests is reported on too
  const letRun = given.seed || given.kind !== 'plain' ? held(rootTest()) : () => {}; // all sessions alike
  process.prependListener('uncaughtException', endBroken);
  beforeEach(({ fullName }) => say({ kind: 'started', id: shortened(`${given.file}::${fullName}`) }));
  while (!isClaimed) await new Promise(setImmediate);
  hear(listener());
  protect();
  process.argv.splice(1, 1, path.join(WORK, given.file));
  try {
    await import(pathToFileURL(path.join(WORK, given.file)).href);
  } catch (error) {
    process.exitCode = 1;
    loadProblems.push(await described(error));
  }
  isLoaded = true;
  await new Promise(setImmediate); // by then all tests of the file have been announced
  letRun(given);
}

if (process.argv[1] === '/driver/node_child.mjs' && process.argv[2] === 'tests') void main(); // a reporter is loaded only when this module is complete
