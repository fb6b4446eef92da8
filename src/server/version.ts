/**
 * Version of this program, from package.json. The version that is imitated is the dialect's (core).
 */
import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

export const OWN_VERSION: string = JSON.parse(readFileSync(manifest, 'utf8')).version;
