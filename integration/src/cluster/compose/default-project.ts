/** The Compose project that is meant where none is named, as Compose itself has it in this project's folder. */
export const DEFAULT_PROJECT = process.env["COMPOSE_PROJECT_NAME"] || "gossip";
