// Holds the tests of a file back until all of it is loaded; then they can be shuffled, or some of them left out.

import { chance, shuffled } from '/driver/node_chance.mjs';
import { isWithin } from '/driver/node_ids.mjs';

const LONGEST_WAIT = 1000;

/** Hold back the tests below a root; return a function that arranges them and lets them run.
 *
 * A file that waits for its own tests while it is loaded gets them unarranged: after a while, or when nothing else is
 * left to do.
 */
export function held(root) {
  let isHeld = true;
  const goOn = () => {
    if (!isHeld) return;
    isHeld = false;
    delete root.hasConcurrency;
    root.processPendingSubtests();
  };
  Object.defineProperty(root, 'hasConcurrency', { value: () => false, configurable: true });
  const endings = process.listeners('beforeExit');
  process.removeAllListeners('beforeExit');
  process.on('beforeExit', function end() {
    if (isHeld) {
      goOn();
      setImmediate(() => {});
      return;
    }
    process.removeListener('beforeExit', end);
    for (const each of endings) each();
  });
  const timer = setTimeout(goOn, LONGEST_WAIT);
  timer.unref();
  return (arrangement) => {
    clearTimeout(timer);
    if (isHeld) arrange(root, arrangement);
    goOn();
  };
}

/** Leave out what is not wanted, and shuffle what stands side by side; subtests stay where their test starts them. */
function arrange(root, { seed, wanted, file }) {
  if (wanted) for (const each of root.subtests) keep(each, wanted, `${file}::${each.name}`);
  if (!seed || root.pendingSubtests.length !== root.subtests.length) return;
  const next = chance(`${seed} ${file}`);
  root.pendingSubtests = shuffled(root.pendingSubtests, next);
  settle(root, root.pendingSubtests.map((each) => each.test));
  for (const each of root.subtests) shuffleSuite(each, next);
}

/** Leave a test out unless its id, or one below it, is wanted; say whether any is. */
function keep(test, wanted, id) {
  const isWanted =
    test.reportedType === 'suite'
      ? test.subtests.map((each) => keep(each, wanted, `${id} > ${each.name}`)).some(Boolean)
      : wanted.some((each) => isWithin(each, id));
  if (!isWanted) Object.assign(test, { skipped: true, subtests: [], fn: () => {} });
  return isWanted;
}

function shuffleSuite(test, next) {
  if (test.reportedType !== 'suite' || !test.buildPhaseFinished) return;
  settle(test, shuffled(test.subtests, next));
  for (const each of test.subtests) shuffleSuite(each, next);
}

/** Number the children anew: results are reported in the order of their numbers. */
function settle(parent, children) {
  parent.subtests = children;
  for (const [index, each] of children.entries()) {
    if (each.testNumber) each.testNumber = index + 1;
    if (each.childNumber) each.childNumber = index + 1;
  }
}
