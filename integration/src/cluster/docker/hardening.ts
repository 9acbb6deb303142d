import { NORMAL_MEBIBYTES } from "./memory.js";

/** What every container of a peer may do and use, as in docker-compose.yml. */
export const HARDENING = {
  Tmpfs: { "/tmp": "" },
  CapDrop: ["ALL"],
  SecurityOpt: ["no-new-privileges"],
  Init: true,
  ReadonlyRootfs: true,
  Memory: NORMAL_MEBIBYTES * 1024 ** 2,
  PidsLimit: 64,
};
