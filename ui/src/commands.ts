// Lines for a terminal, for the data folder of the service that is shown.

/** The same line with the program as it is called for this folder, wherever it is called in it. */
export function called(line: string, program: string): string {
  return line.replaceAll(/(?<=^|[(' ])turnpike (?!--data-dir )/g, () => `${program} `);
}
