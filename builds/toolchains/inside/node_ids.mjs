// Names tests: long names are cut, and end with a hash of the whole, so that no two become one.

import { hash } from 'node:crypto';

const MAX_ID = 292; // leaves room in the record for the number of a name that comes twice
const MAX_HASH = 16;
const MAX_START = MAX_ID - MAX_HASH - 1;

const cut = Function.prototype.call.bind(String.prototype.slice);

/** Return a test's id, cut where it is too long. */
export function shortened(id) {
  return id.length <= MAX_ID ? id : `${cut(id, 0, MAX_START)}~${cut(hash('sha256', id), 0, MAX_HASH)}`;
}

/** Say whether a shortened id is that of a test, or may be that of one below it. */
export function isWithin(short, id) {
  return short === shortened(id) || short.startsWith(cut(`${id} `, 0, MAX_START));
}
