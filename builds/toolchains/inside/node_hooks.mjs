// What instrumented functions ask. Which kind of session it is, is known here only, and told during tests only.

import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { answerOf, otherThan, typeOf } from '/driver/node_answers.mjs';

const MAX_TYPES = 4;
const STARTERS = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'];
const { freeze } = Object;
const { env } = process;
const { stringify } = JSON;

/** Stands for the missing body of a function; no `Error`, so that no test can expect it by expecting any error. */
export class StubCalled {
  constructor(name) {
    this.name = 'StubCalled';
    this.message = name;
  }
}

/** Return the hooks of a session.
 *
 * `place` names the running test, or is null outside of tests, when stubs leave everything as it is. What was called
 * goes into `called` by place, and which types were returned into `returned` by function.
 */
export function hooksOf({ kind, number, types = {} }, { place, isLoaded, called, returned }) {
  let asked = null;
  const isActive = () => !['plain', 'mark'].includes(kind) && place() !== null;
  const enter = (name, isConstructor = false) => {
    const where = kind === 'plain' ? null : place();
    if (where === null) return false;
    if (!called.has(where)) called.set(where, new Set());
    called.get(where).add(name);
    if (kind === 'raise') throw new StubCalled(name);
    asked = !isConstructor && (kind === 'neutral' || kind === 'contrary') ? name : null;
    return asked !== null;
  };
  const answer = (name) => (asked === name ? answerOf(kind, types[name]) : undefined); // only whoever has just asked
  const leave = (name, value) => {
    if (kind === 'mark') {
      if (!returned.has(name)) returned.set(name, new Set());
      if (returned.get(name).size < MAX_TYPES) returned.get(name).add(typeOf(value));
    }
    return value;
  };
  const is = (each) => kind === 'mutant' && each === number && isLoaded();
  passOn({ kind, number, types }, isActive);
  return freeze({ enter, answer, leave, is, other: otherThan });
}

/** Have programs that a test starts see stubs and mistakes as well; how programs are started looks the same always. */
function passOn(session, isActive) {
  for (const name of STARTERS) {
    const start = childProcess[name];
    childProcess[name] = function (...args) {
      if (!isActive()) return start.apply(this, args);
      const was = env.NODE_OPTIONS;
      env.NODE_OPTIONS = `${was} --import=/driver/node_program.mjs`;
      env.AGENTSITE_SESSION = stringify(session);
      try {
        return start.apply(this, args);
      } finally {
        env.NODE_OPTIONS = was;
        delete env.AGENTSITE_SESSION;
      }
    };
  }
  syncBuiltinESMExports();
}

/** Let stubs that raise pass through an assertion that something is thrown: they are not what a test may expect. */
export function letThrough(assertion) {
  return function (fn, ...rest) {
    let stub = null;
    const note = (thrown) => {
      if (thrown instanceof StubCalled) stub = thrown;
    };
    const end = () => {
      if (stub !== null) throw stub;
    };
    const endFailed = (failure) => {
      throw stub ?? failure;
    };
    try {
      const result = assertion.call(this, watched(fn, note), ...rest);
      if (typeof result?.then === 'function') return result.then(end, endFailed);
    } catch (failure) {
      endFailed(failure);
    }
    return end();
  };
}

/** Return a function, or a promise, that tells what it throws. */
function watched(fn, note) {
  if (typeof fn !== 'function') {
    fn?.then?.(undefined, note);
    return fn;
  }
  return () => {
    try {
      const result = fn();
      result?.then?.(undefined, note);
      return result;
    } catch (thrown) {
      note(thrown);
      throw thrown;
    }
  };
}
