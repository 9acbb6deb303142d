/**
 * The mutants. Each breaks one thing: `find` occurs exactly once in the file of node/src/core, and `put` takes its
 * place.
 */
export const mutants = [
  {
    name: "the order of records ignores the incarnation",
    file: "record.ts",
    find: "if (theirs.incarnation !== ours.incarnation) return theirs.incarnation > ours.incarnation;\n  if (theirs.status",
    put: "if (theirs.status",
  },
  {
    name: "the order of statuses is reversed",
    file: "record.ts",
    find: "STATUSES.indexOf(theirs.status) > STATUSES.indexOf(ours.status)",
    put: "STATUSES.indexOf(theirs.status) < STATUSES.indexOf(ours.status)",
  },
  {
    name: "in a tie theirs always holds",
    file: "record.ts",
    find: "return !isSameMeta(theirs.meta, ours.meta) && metaText(theirs.meta) > metaText(ours.meta);",
    put: "return true;",
  },
  {
    name: "the order of records ignores the generation",
    file: "record.ts",
    find: "if (theirs.generation !== ours.generation) return theirs.generation > ours.generation;\n",
    put: "",
  },
  {
    name: "a restart does not rise above its former generation",
    file: "membership.ts",
    find: 'if (theirs.generation > generation || (theirs.status === "alive" && conflicts(theirs, this.#state.self))) {',
    put: "if (false) {",
  },
  {
    name: "the failed leave no tombstone",
    file: "view.ts",
    find: "    else this.#addTombstone(address, { goneSince, wasListed: wasLive }, now);\n",
    put:
      "    else this.#addTombstone(address, { goneSince, wasListed: wasLive }, now);\n" +
      '    if (theirs.status === "failed") this.forget(address);\n',
  },
  {
    name: "tombstones are forgotten in the next round",
    file: "tombstones.ts",
    find: "=> this.isTooOld(now - goneSince);",
    put: "=> goneSince <= now;",
  },
  {
    name: "nobody refutes what is said of it",
    file: "merging.ts",
    find: "if (isAccused ? reachability.accused(now) : supersedes(theirs, self)) membership.refute(theirs, now);",
    put: "if (now < 0 && isAccused) membership.refute(theirs, reachability.accused(now) ? now : 0);",
  },
  {
    name: "who is not meant answers all the same",
    file: "protocol.ts",
    find: 'if (recipient !== "" && recipient !== this.address) return',
    put: "if (false) return",
  },
  {
    name: "another cluster is answered",
    file: "protocol.ts",
    find: "if (cluster !== own) return",
    put: "if (false) return",
  },
  {
    name: "hearsay removes at once",
    file: "merging.ts",
    find: "else if (ours !== undefined && hearsay.isHearsay(theirs, ours, witnesses)) hearsay.suspect(ours, from, spread, now);\n",
    put: "",
  },
  {
    name: "news is never told",
    file: "dissemination.ts",
    find: "    this.#news.add(item, range, ",
    put: "    if (now < 0) this.#news.add(item, range, ",
  },
  {
    name: "a closed connection removes",
    file: "protocol.ts",
    find: "closedConnections.add(input.address, now);",
    put:
      "for (const held of this.#state.view.records()) if (held.address === input.address) " +
      'this.#parts.membership.accept({ ...held, status: "failed" }, "closed", now);',
  },
  {
    name: "one way that is broken removes",
    file: "failure-detector.ts",
    find: 'else if (record.status === "suspect" || (evidence.broken && !this.#hasDenied(record.address, now)))\n',
    put: "else if (true) accusations.fail(record.address, evidence.reason, now);\n    else if (this.#hasDenied(record.address, now))\n",
  },
  {
    name: "who wakes late blames the others",
    file: "protocol.ts",
    find: "if (latenessMs <= this.#state.timing.minTimeoutMs / 2) return;",
    put: "return;",
  },
  {
    name: "an answer that is late is not waited for",
    file: "outcomes.ts",
    find: "    else calls.setOverdue(call);\n",
    put: "    else calls.end(id);\n",
  },
  {
    name: "whoever slept for long brings the dead back",
    file: "protocol.ts",
    find: "if (sleptMs < tombstoneTtlMs || this.#state.isLeaving) return;",
    put: "if (sleptMs >= 0) return;",
  },
  {
    name: "views are equal though they differ in the gone",
    file: "buckets.ts",
    find: "    this.#toggle(record);\n",
    put: '    if (record.status === "alive" || record.status === "suspect") this.#toggle(record);\n',
  },
  {
    name: "every late answer counts as a round trip",
    file: "late-answers.ts",
    find: "const isSample = !call.isOverdue ||",
    put: "const isSample = true ||",
  },
  {
    name: "a closed connection counts against a later life",
    file: "closed-connections.ts",
    find: "const isOfThisLife = closing?.generation === this.#state.view.get(address)?.generation;",
    put: "const isOfThisLife = true;",
  },
  {
    name: "whoever is on no list accuses as well",
    file: "merging.ts",
    find: "return accusers?.filter(({ address }) => this.#state.view.isLive(address)) ?? NOBODY;",
    put: "return accusers ?? NOBODY;",
  },
  {
    name: "the lost are never tried again",
    file: "protocol.ts",
    find: "    this.#parts.reconnect.round(now);\n",
    put: "",
  },
  {
    name: "peers without a common version learn from each other",
    file: "versions.ts",
    find: "if (ours.oldest <= theirs.newest && theirs.oldest <= ours.newest) return undefined;",
    put: "if (ours.oldest >= 0 || theirs.oldest >= 0) return undefined;",
  },
];
