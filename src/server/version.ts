/**
 * What this program calls itself, beside the version of the line whose behaviour it follows (`Line` of the core).
 */

/** Version of this program, as in package.json. */
export const OWN_VERSION = '0.1.0';
