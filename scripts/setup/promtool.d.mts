/** The command; undefined where there is none. */
export function promtoolCommand(): Promise<string | undefined>;
