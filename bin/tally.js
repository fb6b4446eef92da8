// A vitest reporter that writes what `npm test` adds up: how many passed and failed, and which were
// skipped for what reason. Goes to the file named by TALLY_FILE.

import { writeFileSync } from 'node:fs';

export default class Tally {
  /** A file that could not be loaded, or a hook that failed, counts as one failed test. */
  onTestRunEnd(modules, unhandledErrors) {
    const result = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      const failedBefore = result.failed;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') result.passed += 1;
        else if (state === 'failed') result.failed += 1;
        else result.skipped.push({ name: test.fullName, reason: note ?? 'no reason given' });
      }
      if (module.state() === 'failed' && result.failed === failedBefore) result.failed += 1;
    }
    writeFileSync(process.env.TALLY_FILE, JSON.stringify(result));
  }
}
