/** What a part of a drawing needs to be a button. */
export interface Pressable {
	readonly role: "button";
	readonly tabindex: 0;
	readonly "aria-label": string;
	readonly onClick: () => void;
	readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Makes a part of a drawing a button: by mouse, by finger, and by keyboard. */
export function pressable(label: string, act: () => void): Pressable {
	return {
		role: "button",
		tabindex: 0,
		"aria-label": label,
		onClick: act,
		onKeyDown: (event) => {
			if (event.key !== "Enter" && event.key !== " ") return;
			event.preventDefault();
			act();
		},
	};
}
