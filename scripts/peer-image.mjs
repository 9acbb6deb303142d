// Builds the image that containers of peers are made of, from the source as it is.
import { buildImages } from "./setup/compose.mjs";
import { main } from "./setup/run.mjs";

await main(() => buildImages("peer"));
