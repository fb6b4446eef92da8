/** Version of this program: package.json is where it stands. What is followed is the dialect's (core). */
import { readFileSync } from 'node:fs';

const manifest = new URL('../../package.json', import.meta.url);

export const OWN_VERSION: string = JSON.parse(readFileSync(manifest, 'utf8')).version;
