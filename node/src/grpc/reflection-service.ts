import { status, type ServiceDefinition } from "@grpc/grpc-js";
import { answerStream, type OpenStream } from "./answer-stream.js";
import { protoFiles } from "./generated/proto-files.js";
import type { ServerReflectionHandlers } from "./generated/grpc/reflection/v1/ServerReflection.js";
import type { ServerReflectionRequest__Output as Asked } from "./generated/grpc/reflection/v1/ServerReflectionRequest.js";
import type { ServerReflectionResponse as Response } from "./generated/grpc/reflection/v1/ServerReflectionResponse.js";
import { conventions } from "./schema.js";
import type { ServedPeer } from "./served-peer.js";

const { service: v1 } = conventions.ServerReflection;
const { ServerReflectionInfo: info } = v1;

/** The service under its present name, and under the one that older tools ask for. */
export const REFLECTION: readonly ServiceDefinition[] = [
  v1,
  { ServerReflectionInfo: { ...info, path: info.path.replace(".v1.", ".v1alpha.") } },
];

/**
 * The handlers of gRPC's ServerReflection, for a server of these services. Open streams are kept in `open`, so that they
 * can be ended with the peer.
 */
export function reflectionHandlers(
  peer: ServedPeer,
  open: Set<OpenStream>,
  services: readonly string[],
): ServerReflectionHandlers {
  return {
    ServerReflectionInfo: (call) => {
      void answerStream(peer, call, open, (request) => ({
        validHost: request.host,
        originalRequest: request,
        ...answer(request, services),
      }));
    },
  };
}

function answer(asked: Asked, services: readonly string[]): Response {
  switch (asked.messageRequest) {
    case "listServices":
      return { listServicesResponse: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return descriptorsOf(asked.fileByFilename, ({ name }) => name === asked.fileByFilename);
    case "fileContainingSymbol":
      return descriptorsOf(asked.fileContainingSymbol, declares(asked.fileContainingSymbol));
    case "fileContainingExtension":
      return notFound(`${asked.fileContainingExtension?.containingType ?? ""} has no extensions`);
    case "allExtensionNumbersOfType": {
      const { allExtensionNumbersOfType: baseTypeName = "" } = asked;
      if (!protoFiles.some(declares(baseTypeName))) return notFound(`${baseTypeName} is not known here`);
      return { allExtensionNumbersResponse: { baseTypeName } };
    }
    case undefined:
      break;
  }
  return failure(status.INVALID_ARGUMENT, "the request asks for nothing that is known here");
}

type ProtoFile = (typeof protoFiles)[number];

function declares(symbol = ""): (file: ProtoFile) => boolean {
  return ({ symbols }) => symbols.includes(symbol);
}

/** The file that is looked for, and all that it imports, each after who imports it. */
function descriptorsOf(what = "", isLookedFor: (file: ProtoFile) => boolean): Response {
  const found = protoFiles.filter(isLookedFor);
  if (found.length === 0) return notFound(`${what} is not known here`);
  const all = new Set(found);
  for (const { imports } of all)
    for (const name of imports) for (const file of protoFiles) if (file.name === name) all.add(file);
  const fileDescriptorProto = [...all].map(({ base64 }) => Buffer.from(base64, "base64"));
  return { fileDescriptorResponse: { fileDescriptorProto } };
}

function notFound(text: string): Response {
  return failure(status.NOT_FOUND, text);
}

function failure(errorCode: status, errorMessage: string): Response {
  return { errorResponse: { errorCode, errorMessage } };
}
