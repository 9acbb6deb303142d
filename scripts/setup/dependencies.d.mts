/** A package, as a lock file of npm describes it. */
export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly libc?: readonly string[];
}

/** Whether the packages of a lock file are those of npm's account of what it installed. */
export function areInstalled(
  wanted: Readonly<Record<string, LockedPackage>>,
  installed: Readonly<Record<string, LockedPackage>>,
): boolean;
