import { writeFileSync } from "node:fs";
import { suiteJsonSchema } from "./suite-schema.js";

// After a change of the schema: node integration/dist/program/chaos/write-schema.js && npm run format
writeFileSync(new URL("../../../suites/suite.schema.json", import.meta.url), suiteJsonSchema());
