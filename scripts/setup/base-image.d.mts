/** The image that the text of a .env file names; undefined where it names none, or an empty one. */
export function imageIn(text: string): string | undefined;
