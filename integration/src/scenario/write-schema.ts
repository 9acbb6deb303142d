import { writeFileSync } from "node:fs";
import { jsonSchema } from "./schema.js";

// After a change of the schema: node integration/dist/scenario/write-schema.js && npm run format
writeFileSync(new URL("../../scenarios/scenario.schema.json", import.meta.url), jsonSchema());
