import { InvalidArgumentError } from "commander";

const LABEL = "[a-z\\d]([a-z\\d-]{0,61}[a-z\\d])?";
const NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);

/** The parser of an option that names a host, and that may be given more than once: appends the name to those before. */
export function hostNames(text: string, before: readonly string[] = []): readonly string[] {
  const name = text.toLowerCase();
  if (!NAME.test(name))
    throw new InvalidArgumentError("It must be the name alone, as in testbed.example, with no http:// and no port.");
  return [...before, name];
}
