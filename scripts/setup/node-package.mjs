// The npm packages that hold nothing but the binary of Node, at package/bin/node.
import { Failure } from "./run.mjs";

/** The package of this version, or of the newest of a line such as "24". Throws a Failure where this CPU has none. */
export function nodePackage(version) {
  if (!["x64", "arm64"].includes(process.arch))
    throw new Failure(`There is no Node package for ${process.arch}, only for x64 and arm64.`);
  return `node-linux-${process.arch}@${version}`;
}
