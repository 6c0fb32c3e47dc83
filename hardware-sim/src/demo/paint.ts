import { styleText } from "node:util";

/** Colours on a terminal, plain text in a file or with NO_COLOR (no-color.org). */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
	const colored = process.stdout.isTTY === true && !process.env.NO_COLOR;
	return colored ? styleText(style, text) : text;
}
