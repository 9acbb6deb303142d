/** The names of elements that are closed before they are opened, or never; text with a bare "<" or "&" breaks it, too. */
export function unclosed(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const rest = markup.replace(
    /<(\/?)([a-z0-9]+)((?: [a-z0-9:-]+="[^"<]*")*)(\/?)>/gi,
    (_, end: string, name: string, __, alone: string) => {
      if (alone === "/") return "";
      if (end === "") open.push(name);
      else if (open.pop() !== name) wrong.push(name);
      return "";
    },
  );
  if (/[<>]|&(?!(amp|lt|gt|quot|#39);)/.test(rest)) wrong.push("bare text");
  return [...wrong, ...open];
}

/** As `unclosed`, for a whole page: what HTML leaves open, and scripts and styles, are taken out first. */
export function unclosedIn(html: string): string[] {
  return unclosed(
    html
      .replace(/<!doctype html>/, "")
      .replace(/(<(script|style)[^>]*>).*?(<\/\2>)/gs, "$1$3")
      .replace(/<(meta|input)([^>]*)\/>/g, ""),
  );
}
