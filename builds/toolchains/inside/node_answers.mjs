// What stubs answer, by the types of what the functions returned when nothing was changed: see `values.py`.

const NEUTRAL = { string: '', number: 0, boolean: false, bigint: 0n, array: () => [], object: () => ({}) };
const CONTRARY = {
  ...{ string: '?stub?', number: -7919, boolean: true, bigint: -7919n },
  ...{ array: () => ['?stub?'], object: () => ({ '?stub?': '?stub?' }) },
};

/** Name a value's type; empty for what no stub can make. */
export function typeOf(value) {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return Object.getPrototypeOf(value) === Object.prototype ? 'object' : '';
  return typeof value in NEUTRAL ? typeof value : '';
}

/** Return what a stub answers for a function of which some types were seen. */
export function answerOf(kind, types = []) {
  if (kind === 'neutral' && types.includes('nothing')) return undefined;
  const known = types.filter((each) => each !== 'nothing');
  const values = kind === 'contrary' ? CONTRARY : NEUTRAL;
  const value = known.length === 1 && Object.hasOwn(values, known[0]) ? values[known[0]] : undefined;
  if (value === undefined) return kind === 'contrary' ? '?stub?' : undefined;
  return typeof value === 'function' ? value() : value;
}

/** Return another value of the same type, where there is one. */
export function otherThan(value) {
  switch (typeOf(value)) {
    case 'nothing':
      return '?mutant?';
    case 'string':
      return `${value}?`;
    case 'number':
      return Number.isFinite(value) ? value + 1 : 0;
    case 'bigint':
      return value + 1n;
    case 'boolean':
      return !value;
    case 'array':
      return [...value, '?mutant?'];
    case 'object':
      return { ...value, '?mutant?': '?mutant?' };
    default:
      return undefined;
  }
}
