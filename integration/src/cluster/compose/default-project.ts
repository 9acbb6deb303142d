/** The Compose project that a command means when it names none: the one that Compose itself uses in this folder. */
export const DEFAULT_PROJECT = process.env["COMPOSE_PROJECT_NAME"] || "gossip";
