/** The words of the command that renders the folder appended to them; undefined where there is none. */
export function kustomizeCommand(): Promise<readonly string[] | undefined>;
