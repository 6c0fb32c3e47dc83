/** Breaks a phrase at its spaces into lines of at most `columns` characters. A word that is longer stays whole. */
export function wrap(text: string, columns: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (longer.length <= columns || line === "") {
			line = longer;
		} else {
			lines.push(line);
			line = word;
		}
	}
	lines.push(line);
	return lines;
}

/** The text, or as much of its beginning as fits `columns` characters together with an ellipsis. */
export function shorten(text: string, columns: number): string {
	return text.length <= columns ? text : `${text.slice(0, columns - 1).trimEnd()}…`;
}
