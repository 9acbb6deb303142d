import type { MemberEventKind } from "./messages.js";
import { isSameMeta } from "./meta.js";
import { isLive, type MemberRecord } from "./record.js";

/**
 * The events that a change of a record means to a watcher of the list of members, in the order in which they make
 * sense; none where the list does not change.
 */
export function eventKinds(before: MemberRecord | undefined, after: MemberRecord): MemberEventKind[] {
  const listed = before !== undefined && isLive(before);
  if (!isLive(after)) return listed ? [after.status === "left" ? "left" : "failed"] : [];
  const wasSuspect = listed && before.status === "suspect";
  const isSuspect = after.status === "suspect";
  const kinds: MemberEventKind[] = [];
  if (!listed) kinds.push("joined");
  if (wasSuspect && !isSuspect) kinds.push("recovered");
  if (listed && !saysTheSame(before, after)) kinds.push("updated");
  if (isSuspect && !wasSuspect) kinds.push("suspected");
  return kinds;
}

/** Whether the member says the same of itself. A restart is an update even when the metadata are equal. */
function saysTheSame(before: MemberRecord, after: MemberRecord): boolean {
  return before.generation === after.generation && isSameMeta(before.meta, after.meta);
}
