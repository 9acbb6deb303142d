/** The packages to install for these commands, and, in words, those of which one would be needed and none is there. */
export function packagesFor(
  commands: readonly string[],
  policy: string,
): { readonly packages: readonly string[]; readonly lacking: readonly string[] };
