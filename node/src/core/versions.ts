/** A range of versions of the protocol, both ends included. */
export interface Versions {
  readonly oldest: number;
  readonly newest: number;
}

/** What a peer speaks that does not say. */
const FIRST: Versions = { oldest: 1, newest: 1 };

/** What this code speaks. A change that others could not ignore raises `newest`; when nobody needs it, `oldest`. */
export const VERSIONS: Versions = FIRST;

/** The range as it travels: the first version alone goes unsaid. */
export function saidOf({ oldest, newest }: Versions): Versions | undefined {
  return oldest === FIRST.oldest && newest === FIRST.newest ? undefined : { oldest, newest };
}

/** Why two peers cannot speak with each other; undefined where they have a version in common. */
export function versionProblem(ours: Versions, theirs: Versions = FIRST): string | undefined {
  if (ours.oldest <= theirs.newest && theirs.oldest <= ours.newest) return undefined;
  return `it speaks ${textOf(theirs)} of the protocol, and this peer ${textOf(ours)}`;
}

function textOf({ oldest, newest }: Versions): string {
  return oldest === newest ? `version ${oldest}` : `versions ${oldest} to ${newest}`;
}
