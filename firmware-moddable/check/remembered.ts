/** The same answer for the same file with the same text, worked out once: a check of the whole looks at most files again. */
export function remembered<Answer>(
	work: (file: string, text: string) => Answer,
): (file: string, text: string) => Answer {
	const answers = new Map<string, { readonly text: string; readonly answer: Answer }>();
	return (file, text) => {
		const known = answers.get(file);
		if (known !== undefined && known.text === text) return known.answer;
		const answer = work(file, text);
		answers.set(file, { text, answer });
		return answer;
	};
}
