/** The command line is well-formed, but its options contradict each other, or what they name cannot be used. */
export class Misused extends Error {}
