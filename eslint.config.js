import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** What the core may not know: a clock, a socket, chance, the process it runs in. */
const impure = [
  "Date",
  "performance",
  "process",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "fetch",
];
const whyPure = "The core is pure: the time comes in as `now`, chance as a Random, everything else as an input.";

/** The rooms of the testbed, the top floor first. Those on one floor do not know of each other. */
const floors = [
  ["program", "bench"],
  ["report", "control"],
  ["experiment"],
  ["cluster"],
  ["scenario", "terminal"],
  ["fault", "observer"],
  ["view"],
  ["lib"],
];

/** Of each room: what it may not import, which is its own floor and whatever lies above it. */
const fences = floors.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const closed = floors
      .slice(0, floor + 1)
      .flat()
      .filter((other) => other !== room);
    const regex = `^(\\.\\./)+(${closed.join("|")})/`;
    const message = `${room} lies below or beside it: an import goes one way, down (ARCHITECTURE.md, "Folders").`;
    return {
      files: [`integration/src/${room}/**`],
      rules: closed.length === 0 ? {} : { "no-restricted-imports": ["error", { patterns: [{ regex, message }] }] },
    };
  }),
);

export default defineConfig(
  globalIgnores(["**/dist/", "**/dist-test/", "**/.cache/", "reports/", "node/src/grpc/generated/"]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Numbers in messages read well as they are, and so does a logger that does nothing.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-empty-function": "off",
      // Environment variables are set to "" as often as they are left out, and both mean the default.
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }],
      // Index signatures are read with brackets, so that a name made up by the reader stands out (tsconfig says the same).
      "@typescript-eslint/dot-notation": "off",
    },
  },
  {
    files: ["node/src/core/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", ...impure.map((name) => ({ name, message: whyPure }))],
      "no-restricted-properties": ["error", { object: "Math", property: "random", message: whyPure }],
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(?!\\./[^/]+$)", message: `${whyPure} It imports its own folder only.` }] },
      ],
    },
  },
  ...fences,
  {
    files: ["{node,integration}/src/**/*.{ts,js}"],
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensionAlias: { ".js": [".ts", ".js"] } })],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".js"] },
    },
    rules: { "import-x/no-cycle": "error" },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "console",
          "process",
          "URL",
          "setTimeout",
          "clearTimeout",
          "performance",
          "AbortController",
          "AbortSignal",
          "Buffer",
          "fetch",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["integration/src/observer/page/*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "document",
          "window",
          "requestAnimationFrame",
          "setInterval",
          "clearInterval",
          "EventSource",
          "Element",
          "HTMLButtonElement",
          "HTMLDivElement",
          "HTMLElement",
          "HTMLInputElement",
          "HTMLOListElement",
          "HTMLOutputElement",
          "HTMLSelectElement",
          "HTMLTableCellElement",
          "HTMLTableElement",
          "HTMLTableRowElement",
          "HTMLUListElement",
          "Node",
          "ResizeObserver",
          "SVGSVGElement",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
);
